"""What Go modules are built with. In: a SourceTree and its Go modules. Out: Modules and their facts. Only what shipped code imports counts."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from assistant.project.catalogue import Catalogue, Technology
from assistant.project.facts import (
    Evidence,
    Fact,
    Module,
    Used,
    file_technologies,
    first_call,
    line_evidence,
    place_of,
    reached,
    redis_use,
    technology_facts,
    texts_below,
)
from assistant.project.go_services import go_grpc, go_router, go_service_facts
from assistant.project.imports import Source, SourceReader
from assistant.project.manifests import GoModuleAt, Manifests, is_generated
from assistant.project.source_tree import SourceTree

FEWEST_LOG_FILES = 4  # from here on the plain log package is in use beside another logger
SHARE_OF_A_LOGGER = 0.1  # of the files of the most used one; less is an adapter
TELLING_GO = re.compile(
    r"^(?:net|net/http|net/rpc|flag|os/signal|database/sql)$|grpc|rpc|pb(?:/|$)|proto|connect|cron|controller-runtime|http|server|miekg/dns|gnet|redcon"
)
TELLING_KINDS = {"web_framework", "queue", "task", "rpc"}
NONE = ("\0",)  # no path begins so
GO_USES_SQL = re.compile(r"^database/sql\.(?:Open|OpenDB|Register|DB|Tx|Conn|Stmt)$")


def read_go_module(tree: SourceTree, at: GoModuleAt, manifests: Manifests, catalogue: Catalogue, reader: SourceReader) -> Module:
    """The module with its shipped sources and the technologies that they import."""
    inside = tuple(other.module.path for other in manifests.go if other.module.path)
    sources = [reader.read_go_imports(path, text) for path, text in texts_below(tree, at.root, ".go", [other.root for other in manifests.go])]
    sources += _imported_all_the_same(tree, at, sources, manifests, reader)
    found = tuple(reader.read_go_calls(source, tree.texts[source.path], lambda name: _is_telling(name, catalogue)) for source in sources)
    used = {use.tech.id: use for use in reversed(list(_go_used(at, found, catalogue, inside)))}
    if "database/sql" in used and not first_call(found, GO_USES_SQL):
        del used["database/sql"]  # imported for sql.NullString or sql.ErrNoRows beside a library that does the work
    return Module(at, found, (*(_as_logger(use, used) for use in reversed(used.values())), *file_technologies(tree, at.root, catalogue)))


def _is_telling(name: str, catalogue: Catalogue) -> bool:
    """Whether the calls of a file that imports this say what is started or how redis is used."""
    tech = catalogue.of_import(name)
    return TELLING_GO.search(name) is not None or (tech is not None and (tech.kind in TELLING_KINDS or "redis" in tech.id))


def _imported_all_the_same(tree: SourceTree, at: GoModuleAt, sources: list[Source], manifests: Manifests, reader: SourceReader) -> list[Source]:
    """Packages in a folder called tools, samples or docs that shipped code imports: they ship with it."""
    read, waiting, found = {posixpath.dirname(source.path) for source in sources}, list(sources), list[Source]()
    inner = tuple(other.root for other in manifests.go if other.root != at.root and other.root.startswith(at.root)) or NONE
    others = _hidden_packages(tree, at, read, inner)
    while waiting:
        for name in {imported.name for imported in waiting.pop().imports}:
            folder = name.removeprefix(at.module.path).strip("/") if at.module.path and name.startswith(f"{at.module.path}/") else None
            new = [reader.read_go_imports(path, tree.texts[path]) for path in others.pop(f"{at.root}{folder}", ())]
            found += new
            waiting += new
    return found


def _hidden_packages(tree: SourceTree, at: GoModuleAt, read: set[str], inner: tuple[str, ...]) -> dict[str, list[str]]:
    """Folder -> hand-written sources, of the module's folders that were not read."""
    found: dict[str, list[str]] = {}
    for path, text in tree.texts.items():
        is_own = path.endswith(".go") and not path.endswith("_test.go") and path.startswith(at.root) and not path.startswith(inner)
        if is_own and posixpath.dirname(path) not in read and not is_generated(text):
            found.setdefault(posixpath.dirname(path), []).append(path)
    return found


def _as_logger(use: Used, used: Mapping[str, Used]) -> Used:
    """The technology; only possible when it is a logger that others outweigh: a log.Fatal beside zap, or an adapter in one file."""
    others = [other.files for other in used.values() if other.tech.kind == "logging" and other.tech.id != use.tech.id]
    if use.tech.kind != "logging" or not others:
        return use
    is_plain = use.tech.id == "log" and use.files < max(FEWEST_LOG_FILES, *others)
    return replace(use, certainty="possible") if is_plain or use.files < SHARE_OF_A_LOGGER * max(others) else use


def _go_used(at: GoModuleAt, sources: tuple[Source, ...], catalogue: Catalogue, inside: tuple[str, ...]) -> Iterator[Used]:
    """Technologies of other repositories that shipped code imports; those that go.mod requires directly when no source was kept."""
    files: dict[str, list[Evidence]] = {}
    for source in sources:
        for found in source.imports:
            files.setdefault(found.name, []).append(place_of(source, found))
    if not sources:
        files = {required.path: [Evidence(at.path, required.line, required.text)] for required in at.module.requirements if not required.indirect}
    names: dict[str, tuple[Technology, set[str], int]] = {}
    for name, places in files.items():
        tech = catalogue.of_import(name)
        if tech and not any(f"{name}/".startswith(f"{path}/") for path in inside):
            _, before, count = names.get(tech.id, (tech, set[str](), 0))
            names[tech.id] = (tech, before | {name}, count + len(places))
    for tech, of_tech, count in names.values():
        first = next(name for name in files if name in of_tech)
        required = next(filter(None, map(at.module.requirement_of, (name for name in files if name in of_tech))), None)
        evidence = Evidence(at.path, required.line, required.text) if required else files[first][0]
        yield Used(tech, evidence, required.version.removeprefix("v") if required else None, tech.certainty, count, names=frozenset(of_tech))


def link_go_modules(modules: list[Module]) -> list[Module]:
    """Each module with those of this repository that it imports, and that those import."""
    by_path = {module.at.module.path: module for module in modules if isinstance(module.at, GoModuleAt) and module.at.module.path}

    def neighbours(module: Module) -> Iterator[Module]:
        for name in {found.name for source in module.sources for found in source.imports}:
            parts = name.split("/")
            prefixes = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
            if owner := next((by_path[prefix] for prefix in prefixes if prefix in by_path), None):
                yield owner

    return [replace(module, linked=reached(module, neighbours)) for module in modules]


def go_facts(tree: SourceTree, module: Module) -> Iterator[Fact]:
    at = module.at
    assert isinstance(at, GoModuleAt)
    yield Fact("primary_languages", "go", "certain", line_evidence(tree, at.path, at.module.line))
    if at.module.go_version:
        yield Fact("go_version", at.module.go_version, "certain", line_evidence(tree, at.path, at.module.go_line))
    yield from technology_facts(module.used)
    yield from redis_use(module.sources, module.ids())
    is_program = any(source.package == "main" for source in module.sources)
    router = go_router(module.sources) if is_program or len(module.linked) > 1 else None
    if router and not any(use.tech.kind == "web_framework" and use.certainty != "possible" for use in module.used):
        yield Fact("web_framework", "net/http", "certain", router)
    yield from go_grpc(module)
    yield from go_service_facts(module)
    yield from _go_layout(tree, at)


def _go_layout(tree: SourceTree, at: GoModuleAt) -> Iterator[Fact]:
    standard = re.compile(rf"{re.escape(at.root)}(cmd|internal)/.+\.go")
    if shown := next((found for path in tree.paths if (found := standard.fullmatch(path))), None):
        yield Fact("layout", "go-standard", "certain", Evidence(shown[0], None, f"{shown[1]}/"))
    listing = f"{at.root}vendor/modules.txt"
    if listing in tree.paths:
        yield Fact("layout", "go-vendor", "certain", Evidence(listing, None, "vendor/modules.txt"))
