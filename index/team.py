"""A team's own Markdown as passages. In: folders. Out: Passages whose ids begin with `team.` and whose titles say whose they are.

Documents with front matter are read as methodologies are; plain Markdown is cut by heading. Neither is taken for the vetted pack: the prefix
stays in every citation.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from index.documents import read_methodology
from index.errors import CorpusError
from index.passages import Passage, cut_passages
from index.prose import FENCE

PREFIX = "team."
OWNER = "your team's"
KIND = "team-note"
DOMAIN = "team"
MOST_BYTES = 1_000_000  # of one file; a note is short, a dump is no note
CHUNK_CHARS = 900  # about 200 word pieces: what the embedder reads of a passage
HEADING = re.compile(r"^(#{1,6})\s+(?P<title>.+?)\s*#*\s*$")


def team_files(folders: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Every (folder, Markdown file) below the folders, sorted. Raises CorpusError for what is no folder."""
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise CorpusError(str(folder), 0, "is not a folder; GNOMON_CORPUS names folders with Markdown files")
        found += [(folder, path) for path in sorted(folder.rglob("*.md")) if path.is_file() and path.stat().st_size <= MOST_BYTES]
    return found


def load_team_passages(folders: Sequence[Path]) -> list[Passage]:
    """The passages of every file; ids are unique over all folders. Raises CorpusError with file and line."""
    passages = [passage for folder, path in team_files(folders) for passage in _read_file(folder, path)]
    twice = Counter(passage.id for passage in passages)
    seen: Counter[str] = Counter()
    return [_numbered(passage, seen) if twice[passage.id] > 1 else passage for passage in passages]


def _numbered(passage: Passage, seen: Counter[str]) -> Passage:
    seen[passage.id] += 1
    return dataclasses.replace(passage, id=f"{passage.id}-{seen[passage.id]}")


def _read_file(folder: Path, path: Path) -> list[Passage]:
    text = path.read_text(encoding="utf-8", errors="replace")
    if text.startswith("---\n") and re.search(r"^domain:", text.split("\n---", 1)[0], re.MULTILINE):
        return [_as_team(passage) for passage in cut_passages([read_methodology(path, folder)])]
    return list(_cut_notes(path.relative_to(folder), text))


def _as_team(passage: Passage) -> Passage:
    return dataclasses.replace(
        passage, id=PREFIX + passage.id, methodology=PREFIX + passage.methodology, title=f"{passage.title} ({OWNER})", domain=DOMAIN, evidence="", verified=""
    )


def _cut_notes(shown: Path, text: str) -> Iterator[Passage]:
    """One passage a heading, or several where a section is longer than the embedder reads."""
    sections = list(_sections(text.splitlines()))
    name = _slug(shown.with_suffix("").as_posix())
    title = next((heading for level, heading, _ in sections if level == 1), shown.stem)
    for _, heading, body in sections:
        for part in _parts(body):
            yield Passage(
                id=f"{PREFIX}{name}#{_slug(heading or title)}",
                methodology=PREFIX + name,
                title=f"{title} ({OWNER})",
                heading=heading or title,
                kind=KIND,
                text=part,
                domain=DOMAIN,
            )


def _sections(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """(level, heading, body) in order; text before the first heading has level 0. A `#` inside a code block is no heading."""
    level, heading, fence = 0, "", ""
    body: list[str] = []
    for line in lines:
        if mark := FENCE.match(line):
            fence = "" if fence and line.strip().startswith(fence) else fence or mark[0].strip()[:3]
        found = None if fence else HEADING.match(line)
        if found:
            yield level, heading, "\n".join(body)
            level, heading, body = len(found[1]), found["title"], []
        else:
            body.append(line)
    yield level, heading, "\n".join(body)


def _parts(body: str) -> list[str]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # seconds to import, and only needed with notes

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARS, chunk_overlap=0, separators=["\n\n", "\n", ". ", " "], keep_separator="end")
    return [part.strip() for part in splitter.split_text(body.strip()) if part.strip()]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "note"
