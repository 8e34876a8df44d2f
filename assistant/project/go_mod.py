"""Parse go.mod. In: its text. Out: a GoModule. The grammar is that of the Go Modules Reference, section "go.mod files"."""

import re
from dataclasses import dataclass

DIRECTIVES = {"module", "go", "toolchain", "require", "exclude", "replace", "retract", "tool", "godebug", "ignore"}
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|=>|[^\s,()\[\]]+|[()\[\],]')


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
    """What a go.mod says; `tools` are package paths of tool directives."""

    path: str
    line: int
    go_version: str | None
    go_line: int
    requirements: tuple[Requirement, ...]
    tools: tuple[str, ...]


def parse_go_mod(text: str) -> GoModule:
    """Parse the text of a go.mod. Raises ValueError with the line when it is not one."""
    module, module_line, go_version, go_line = "", 0, None, 0
    requirements, tools = [], []
    for line, block, words, comment, raw in _statements(text):
        if block == "module" and words:
            module, module_line = words[0], line
        elif block == "go" and words:
            go_version, go_line = words[0], line
        elif block == "require" and len(words) >= 2:
            requirements.append(Requirement(words[0], words[1], comment.startswith("indirect"), line, raw.strip()))
        elif block == "tool" and words:
            tools.append(words[0])
    if not module:
        raise ValueError("has no module line")
    return GoModule(module, module_line, go_version, go_line, tuple(requirements), tuple(tools))


def _statements(text: str) -> list[tuple[int, str, list[str], str, str]]:
    """(line, directive, words, comment, raw line) of every statement; blocks in parentheses are unfolded."""
    found = []
    block = ""
    for number, raw in enumerate(text.splitlines(), 1):
        code, _, comment = raw.partition("//")
        words = [word.strip('"`') for word in WORD.findall(code)]
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
            else:
                found.append((number, block, words, comment.strip(), raw))
        elif words[0] not in DIRECTIVES:
            raise ValueError(f"line {number}: {words[0]!r} is not a directive")
        elif words[1:] == ["("]:
            block = words[0]
        else:
            found.append((number, words[0], words[1:], comment.strip(), raw))
    if block:
        raise ValueError(f"the {block} block is not closed")
    return found
