"""Small source trees for the tests of the stack: texts in, a SourceTree out."""

from functools import cache
from pathlib import Path

from assistant.project.catalogue import Catalogue, load_catalogue
from assistant.project.facts import Fact
from assistant.project.source_tree import SourceTree
from assistant.project.stack import detect_stack, whole
from index.pack import Pack, load_pack

PACK_FOLDER = Path(__file__).parents[2] / "corpus" / "backend-systems"


@cache
def catalogue() -> Catalogue:
    return load_catalogue(PACK_FOLDER)


@cache
def pack() -> Pack:
    return load_pack(PACK_FOLDER)


def tree(texts: dict[str, str], *more_paths: str) -> SourceTree:
    """A project called shop; `more_paths` are files that were seen and not kept."""
    return SourceTree("shop", texts, (*texts, *more_paths))


def facts(texts: dict[str, str], *more_paths: str) -> tuple[Fact, ...]:
    """The facts of the whole project."""
    return whole(detect_stack(tree(texts, *more_paths), catalogue()))


def values(texts: dict[str, str], name: str, *more_paths: str) -> set[str]:
    """The values of one fact that count."""
    return {fact.value for fact in facts(texts, *more_paths) if fact.name == name and fact.certainty != "possible"}


def go_mod(*requirements: str, module: str = "example.com/shop") -> str:
    return f"module {module}\n\ngo 1.26\n\nrequire (\n" + "".join(f"\t{each}\n" for each in requirements) + ")\n"


def go_file(*imports: str, package: str = "main", body: str = "func main() {}") -> str:
    lines = "".join(f"\t{each}\n" if " " in each else f'\t"{each}"\n' for each in imports)
    return f"package {package}\n\nimport (\n{lines})\n\n{body}\n"


def cargo(*dependencies: str, name: str = "shop", rest: str = "") -> str:
    return f'[package]\nname = "{name}"\nedition = "2024"\n\n[dependencies]\n' + "\n".join(dependencies) + f"\n{rest}\n"
