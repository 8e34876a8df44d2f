"""Read methodology documents. In: Markdown files with front matter. Out: Methodology objects; a mistake names its file and line."""

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import CorpusError
from index.prose import FENCE

KINDS = {
    "When to use": "when-to-use",
    "Decisions": "decision-guide",
    "Patterns": "pattern",
    "Claims": "claim",
    "Pitfalls": "pitfall",
    "Checklist": "checklist",
    "Templates": "template",
    "Examples": "example",
    "Review questions": "review-questions",
}
Evidence = Literal["ran", "documented", "source"]
HEADING = re.compile(r"^### (?P<title>.+?)\s*\{#(?P<id>[a-z0-9]+(?:-[a-z0-9]+)*)\}\s*$")
COMMENT = re.compile(r"^<!--\s*(?P<body>.*?)\s*-->\s*$")
COMMENT_PART = re.compile(r";\s*(?=[a-z_]+:)")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Related(_Frozen):
    """A neighbouring methodology and why a reader would go there."""

    id: str
    why: str


class Reference(_Frozen):
    """Where a fact can be checked; `evidence` says how it was."""

    id: str
    title: str
    org: str
    url: str
    version: str
    retrieved: datetime.date
    evidence: Evidence


class Verified(_Frozen):
    """When the document was last checked, and with which versions."""

    date: datetime.date
    versions: Mapping[str, str]


class SectionMeta(_Frozen):
    """The comment line under a heading."""

    since: str | None = None
    refs: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    evidence: Evidence | None = None


class Section(_Frozen):
    """One authored passage: `text` is the Markdown below its heading and comment line."""

    id: str
    heading: str
    kind: str
    text: str
    line: int
    text_line: int
    meta: SectionMeta = SectionMeta()


class Methodology(_Frozen):
    """One document. `languages` empty means neutral."""

    id: str
    title: str
    domain: str
    languages: tuple[str, ...]
    summary: str
    applies_to: Mapping[str, tuple[str, ...]]
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    related: tuple[Related, ...]
    owns: tuple[str, ...]
    do_not_suggest: tuple[str, ...]
    verified: Verified
    references: tuple[Reference, ...]
    path: str = ""
    sections: tuple[Section, ...] = Field(default=())


def load_methodologies(pack_folder: Path) -> list[Methodology]:
    """All documents of a pack, sorted by id. Raises CorpusError at the first mistake."""
    paths = sorted((pack_folder / "methodologies").glob("*/*.md"), key=lambda path: path.stem)
    return [read_methodology(path, pack_folder) for path in paths]


def read_methodology(path: Path, pack_folder: Path) -> Methodology:
    """Read one document. Raises CorpusError with file and line."""
    shown = path.relative_to(pack_folder).as_posix()
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise CorpusError(shown, 1, "front matter is missing: begin with '---', the keys, '---'")
    end = lines.index("---", 1)
    front = _read_front_matter(shown, lines[1:end])
    sections = _read_sections(shown, lines, end + 1)
    return _checked(shown, {**front, "path": shown, "sections": sections}, lines)


def _read_front_matter(shown: str, lines: list[str]) -> dict[str, Any]:
    try:
        front = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise CorpusError(shown, mark.line + 2 if mark else 1, f"front matter is not YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(front, dict):
        raise CorpusError(shown, 1, "front matter has to be a mapping of keys to values")
    for key in ("path", "sections"):
        if key in front:
            raise CorpusError(shown, 1, f"front matter may not hold {key!r}")
    return front


def _checked(shown: str, data: dict[str, Any], lines: list[str]) -> Methodology:
    try:
        return Methodology.model_validate(data)
    except ValidationError as error:
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")  # a misspelt key before the missing one
        key = str(first["loc"][0])
        line = next((n for n, text in enumerate(lines, 1) if text.startswith(f"{key}:")), 1)
        where = ".".join(str(part) for part in first["loc"])
        raise CorpusError(shown, line, f"front matter {where}: {first['msg']}") from error


def _read_sections(shown: str, lines: list[str], first: int) -> list[Section]:
    """Cut the body at its headings; code fences hide lines that look like headings."""
    sections: list[Section] = []
    kind, fence, start = "", "", 0
    for at in range(first, len(lines) + 1):
        line = lines[at] if at < len(lines) else "## end"
        mark = FENCE.match(line.strip())
        if mark and at < len(lines):
            fence = "" if fence and mark.group(1).startswith(fence) and not mark.group(2) else fence or mark.group(1)
            continue
        if fence and at < len(lines):
            continue
        if line.startswith(("## ", "### ")):
            if start:
                sections.append(_read_section(shown, lines, start, at, kind))
                start = 0
            if line.startswith("### "):
                start = at
            elif at < len(lines):
                kind = _kind(shown, at + 1, line)
        elif line.startswith("#"):
            raise CorpusError(shown, at + 1, "only '##' (kind) and '###' (passage) headings are used")
        elif line.strip() and not start:
            raise CorpusError(shown, at + 1, "text stands outside a passage: put it below a '###' heading")
    return sections


def _kind(shown: str, line_number: int, line: str) -> str:
    title = line.removeprefix("## ").strip()
    if title not in KINDS:
        raise CorpusError(shown, line_number, f"'## {title}' is not a kind of passage; one of: {', '.join(KINDS)}")
    return KINDS[title]


def _read_section(shown: str, lines: list[str], start: int, end: int, kind: str) -> Section:
    heading = HEADING.match(lines[start])
    if not heading:
        raise CorpusError(shown, start + 1, "a passage heading reads '### A question? {#its-id}'")
    if not kind:
        raise CorpusError(shown, start + 1, "a passage stands below a '##' heading that names its kind")
    body = start + 1
    while body < end and not lines[body].strip():
        body += 1
    meta = SectionMeta()
    if body < end and (comment := COMMENT.match(lines[body])):
        meta = _read_meta(shown, body + 1, comment.group("body"))
        body += 1
    while body < end and not lines[body].strip():
        body += 1
    text = "\n".join(lines[body:end]).rstrip()
    if not text:
        raise CorpusError(shown, start + 1, "the passage is empty")
    return Section(id=heading["id"], heading=heading["title"], kind=kind, text=text, line=start + 1, text_line=body + 1, meta=meta)


def _read_meta(shown: str, line: int, body: str) -> SectionMeta:
    try:
        data: dict[str, Any] = {}
        for part in COMMENT_PART.split(body):
            data |= yaml.safe_load(part)
        return SectionMeta.model_validate({key: str(value) if key == "since" else value for key, value in data.items()})
    except (yaml.YAMLError, TypeError, ValidationError) as error:
        reason = error.errors()[0]["msg"] + f" ({error.errors()[0]['loc'][0]})" if isinstance(error, ValidationError) else "not 'key: value; key: value'"
        raise CorpusError(shown, line, f"the comment line under the heading cannot be read: {reason}") from error
