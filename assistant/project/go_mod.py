"""Parse go.mod. In: its text. Out: a GoModule. The grammar is that of the Go Modules Reference, section "go.mod files"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A comment may start inside a word; strings are "..." with escapes or `...`.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|//.*|=>|[()\[\],]|(?:(?!//)[^\s"`()\[\],])+')


@dataclass(frozen=True)
class Requirement:
    """One required module; `line` is 1-based."""

    path: str
    version: str
    indirect: bool
    line: int
    text: str


@dataclass(frozen=True)
class GoModule:
    """What a go.mod says; `tools` are package paths of tool directives. An empty `path` stands for code that has no go.mod."""

    path: str
    line: int
    go_version: str | None = None
    go_line: int = 0
    requirements: tuple[Requirement, ...] = ()
    tools: tuple[str, ...] = ()

    def requirement_of(self, package: str) -> Requirement | None:
        """The requirement that provides a package: the one with the longest path."""
        found = (required for required in self.requirements if package == required.path or package.startswith(f"{required.path}/"))
        return max(found, key=lambda required: len(required.path), default=None)


@dataclass(frozen=True)
class Use:
    """One folder that a go.work lists; `line` is 1-based."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class GoWork:
    """What a go.work says."""

    go_version: str | None
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Statement:
    """One line of a directive, blocks unfolded."""

    line: int
    directive: str
    words: tuple[str, ...]
    comment: str
    text: str


def parse_go_mod(text: str) -> GoModule:
    """Parse the text of a go.mod; replace, exclude, retract, toolchain and what newer Go adds are read over. Raises ValueError when it is none."""
    found: dict[str, list[Statement]] = {}
    for statement in _statements(text):
        found.setdefault(statement.directive, []).append(statement)
    if not found.get("module"):
        raise ValueError("it has no module line")
    module, go = found["module"][0], next(iter(found.get("go", ())), None)
    return GoModule(
        path=module.words[0],
        line=module.line,
        go_version=go.words[0] if go else None,
        go_line=go.line if go else 0,
        requirements=tuple(_requirement(each) for each in found.get("require", ()) if len(each.words) == 2),
        tools=tuple(each.words[0] for each in found.get("tool", ())),
    )


def parse_go_work(text: str) -> GoWork:
    """Parse the text of a go.work; what is no `use` or `go` is read over. Raises ValueError for a block that is not closed."""
    found = list(_statements(text))
    go = next((each.words[0] for each in found if each.directive == "go"), None)
    return GoWork(go, tuple(Use(each.words[0], each.line, each.text) for each in found if each.directive == "use"))


def _requirement(statement: Statement) -> Requirement:
    path, version = statement.words
    indirect = re.match(r"indirect\s*(?:;|$)", statement.comment) is not None
    return Requirement(path, version, indirect, statement.line, statement.text)


def _statements(text: str) -> Iterator[Statement]:
    block = ""
    for number, raw in enumerate(text.splitlines(), 1):
        tokens = TOKEN.findall(raw)
        comment = tokens.pop().removeprefix("//").strip() if tokens and tokens[-1].startswith("//") else ""
        words = tuple(_unquoted(token) for token in tokens)
        if not words:
            continue
        if block and words == (")",):
            block = ""
        elif block:
            yield Statement(number, block, words, comment, raw.strip())
        elif words[1:] == ("(",):
            block = words[0]
        elif words[1:]:
            yield Statement(number, words[0], words[1:], comment, raw.strip())
    if block:
        raise ValueError(f"its {block} block is not closed")


def _unquoted(token: str) -> str:
    return token[1:-1] if token[0] in '"`' and len(token) > 1 else token
