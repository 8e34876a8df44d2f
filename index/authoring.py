"""Gates for authors of methodologies. In: a pack folder. Out: problems with file and line, counts, and the skeleton of a new document.

`gnomon corpus new|sync|check` is the door. Code is built and run by tests/corpus, not here.
"""

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from index.code_regions import FILE_LANGUAGES, code_of, count_programs, read_region
from index.documents import KINDS, Methodology, Section, read_methodology
from index.embedders import PieceCounter
from index.errors import CorpusError
from index.forms import check_form, check_pieces
from index.passages import cut_passages, read_code_block
from index.prose import plain_prose, split_blocks, split_sentences

PASSAGES = (30, 60)
FEWEST_PITFALLS = 8
STALE_DAYS = 180
MAX_SHARED_LINES = 0.10
SHINGLE = 5  # words; shorter runs are common phrases of the field
MAX_SHARED_SHINGLES = 0.30  # of the shorter passage; above it one of the two says what the other owns
PLACEHOLDERS = re.compile(r"\b(TODO|FIXME|TBD|XXX|lorem ipsum|placeholder|your[_-]?(?:code|value)[_-]?here)\b", re.IGNORECASE)
EMPTY_HEADINGS = re.compile(r"^(overview|introduction|best practices|summary|notes?|general|conclusion)\b", re.IGNORECASE)
DANGLING_START = re.compile(r"^(This|That|These|Those|It|They|As (?:we|shown|mentioned)|The above|Here)\b(?! `)")


@dataclass(frozen=True)
class Problem:
    """Something to mend (or, as a warning, to look at) in one document."""

    path: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.text}"


def check_pack(pack_folder: Path, today: datetime.date | None = None) -> tuple[list[Methodology], list[Problem]]:
    """Every gate over every document. Returns what could be read and all problems found."""
    documents, problems = _read_all(pack_folder)
    count = PieceCounter().count
    words = _known_words(pack_folder)
    for document in documents:
        problems += check_document(document, pack_folder, count, today or datetime.date.today())
        problems += _check_spelling(document, words)
    problems += _check_across(documents)
    return documents, sorted(problems, key=lambda problem: (problem.path, problem.line))


def _read_all(pack_folder: Path) -> tuple[list[Methodology], list[Problem]]:
    documents, problems = [], []
    for path in sorted((pack_folder / "methodologies").glob("*/*.md")):
        try:
            documents.append(read_methodology(path, pack_folder))
        except CorpusError as error:
            problems.append(Problem(error.path, error.line, error.problem))
    return documents, problems


def check_document(document: Methodology, pack_folder: Path, count: Callable[[str], int], today: datetime.date) -> list[Problem]:
    """The gates that look at one document alone."""
    problems = [*_check_front_matter(document, today), *_check_totals(document)]
    passages = {passage.id: passage for passage in cut_passages([document])}
    for section in document.sections:
        say = partial(Problem, document.path, section.line)
        problems += [say(text) for text in _check_section(document, section)]
        problems += [say(text) for text in check_pieces(passages[f"{document.id}#{section.id}"], count)]
        problems += [Problem(document.path, section.text_line + line, text) for line, text in _check_code(section, pack_folder)]
        problems += [say(text, warning=True) for text in _doubts(document, section)]
    return problems


def _check_front_matter(document: Methodology, today: datetime.date) -> Iterator[Problem]:
    say = partial(Problem, document.path, 1)
    if Path(document.path).stem != document.id or Path(document.path).parent.name != document.domain:
        yield say(f"id {document.id!r} and domain {document.domain!r} have to be the file's name and folder")
    if (today - document.verified.date).days > STALE_DAYS:
        yield say(f"facts were verified {document.verified.date}, more than {STALE_DAYS} days ago", warning=True)
    used = {ref for section in document.sections for ref in section.meta.refs}
    for reference in document.references:
        if not reference.url.startswith("https://"):
            yield say(f"reference {reference.id!r} needs an https address")
        if reference.id not in used:
            yield say(f"reference {reference.id!r} is used by no passage", warning=True)


def _check_totals(document: Methodology) -> Iterator[Problem]:
    say = partial(Problem, document.path, 1)
    kinds = Counter(section.kind for section in document.sections)
    low, high = PASSAGES
    if not low <= len(document.sections) <= high:
        yield say(f"{len(document.sections)} passages; a document has {low} to {high}")
    for kind in KINDS.values():
        if not kinds[kind]:
            yield say(f"no passage of the kind {kind}")
    if kinds["pitfall"] < FEWEST_PITFALLS:
        yield say(f"{kinds['pitfall']} pitfalls; at least {FEWEST_PITFALLS} are needed")
    ids = Counter(section.id for section in document.sections)
    for name in [name for name, times in ids.items() if times > 1 or name == "summary"]:
        yield say(f"passage id {name!r} is not unique")


def _check_section(document: Methodology, section: Section) -> Iterator[str]:
    known = {reference.id for reference in document.references}
    for ref in section.meta.refs:
        if ref not in known:
            yield f"reference {ref!r} is not in the front matter"
    if EMPTY_HEADINGS.match(section.heading):
        yield f"heading {section.heading!r} says nothing: write the question or the symptom"
    if PLACEHOLDERS.search(section.text):
        yield f"placeholder {PLACEHOLDERS.search(section.text)[0]!r} left in the text"  # type: ignore[index]
    if section.kind not in ("pitfall", "decision-guide", "pattern") and not plain_prose(section.text):
        yield "the passage has no prose"
    yield from check_form(section)


def _check_code(section: Section, pack_folder: Path) -> Iterator[tuple[int, str]]:
    for block in (block for block in split_blocks(section.text) if block.type == "code"):
        code = read_code_block(section.text, block)
        line = section.text[: block.start].count("\n")
        if not code.file:
            if code.language in FILE_LANGUAGES:
                yield line, f"a {code.language} block names its example file: ```{code.language} file=... region=..."
            continue
        try:
            real = read_region(pack_folder, code.file, code.region)
        except CorpusError as error:
            yield line, str(error)
            continue
        if real != code.code:
            yield line, f"block differs from {code.file} {code.region}: run gnomon corpus sync"


def _doubts(document: Methodology, section: Section) -> Iterator[str]:
    first = next(iter(split_sentences(section.text)), None)
    if first and section.kind in ("pattern", "claim", "decision-guide") and DANGLING_START.match(first.text):
        yield f"the first sentence does not name its subject: {first.text[:60]!r}"
    shown = {code.language for code in code_of(section)}
    if not document.languages and len(shown & {"go", "rust"}) == 1:
        yield "a neutral document shows Go and Rust side by side"


def _check_spelling(document: Methodology, words: set[str]) -> Iterator[Problem]:
    from spellchecker import SpellChecker  # a development tool

    speller = SpellChecker(language="en")
    for section in document.sections:
        prose = re.sub(r"`[^`]*`|https?://\S+", " ", "\n".join(text for text in _prose_blocks(section)))
        plain = {word for word in re.findall(r"(?<![\w.-])[a-z]+(?:'[a-z]+)?(?![\w-])", prose) if len(word) > 2}
        unknown = {word for word in speller.unknown({word.removesuffix("'s") for word in plain}) if word not in words}
        for word in sorted(unknown):
            yield Problem(document.path, section.line, f"unknown word {word!r}: mend it or add it to words.txt")


def _prose_blocks(section: Section) -> Iterator[str]:
    yield section.heading
    for block in split_blocks(section.text):
        if block.type != "code":
            yield section.text[block.start : block.end]


def _known_words(pack_folder: Path) -> set[str]:
    path = pack_folder / "words.txt"
    return set(path.read_text(encoding="utf-8").split()) if path.exists() else set()


def _check_across(documents: list[Methodology]) -> Iterator[Problem]:
    """What must be unique or consistent over the whole pack."""
    seen: dict[str, str] = {}
    for document in documents:
        for name, what in [(section.heading, "heading") for section in document.sections] + [(fact, "fact") for fact in document.owns]:
            key = f"{what} {name.casefold()}"
            if key in seen:
                yield Problem(document.path, 1, f"{what} {name!r} stands in {seen[key]} too")
            seen[key] = document.path
    ids = {document.id for document in documents}
    for document in documents:
        for related in document.related:
            if related.id not in ids:
                yield Problem(document.path, 1, f"related document {related.id!r} is not in this pack", warning=True)
    yield from _check_shared_lines(documents)
    yield from _check_near_duplicates(documents)


def _check_shared_lines(documents: list[Methodology]) -> Iterator[Problem]:
    lines = {document.path: _prose_lines(document) for document in documents}
    for path, own in lines.items():
        for other, theirs in lines.items():
            if path < other and own and len(own & theirs) / min(len(own), len(theirs) or 1) > MAX_SHARED_LINES:
                yield Problem(path, 1, f"more than {MAX_SHARED_LINES:.0%} of its lines stand in {other} too")


def _prose_lines(document: Methodology) -> set[str]:
    return {line for section in document.sections for block in _prose_blocks(section) for line in block.splitlines() if len(line) > 40}


def _check_near_duplicates(documents: list[Methodology]) -> Iterator[Problem]:
    """Passages of two documents that say the same in nearly the same words."""
    shingles: dict[tuple[str, int, str], set[tuple[str, ...]]] = {}
    holders: dict[tuple[str, ...], list[tuple[str, int, str]]] = defaultdict(list)
    for document in documents:
        for section in document.sections:
            key = (document.path, section.line, f"{document.id}#{section.id}")
            words = re.findall(r"\w+", plain_prose(section.text).casefold())
            shingles[key] = {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}
            for shingle in shingles[key]:
                holders[shingle].append(key)
    shared = Counter((one, two) for keys in holders.values() for one in keys for two in keys if one[0] < two[0])
    for (one, two), number in shared.items():
        if number > MAX_SHARED_SHINGLES * min(len(shingles[one]), len(shingles[two])):
            yield Problem(one[0], one[1], f"{one[2]} and {two[2]} say nearly the same: keep the fact in the document that owns it and link")


def summarise(documents: list[Methodology], problems: Iterable[Problem], pack_folder: Path) -> dict[str, int | dict[str, int]]:
    """The counts that end a check: documents, passages by kind, blocks by language, programs, sources, warnings, errors."""
    kinds = Counter(section.kind for document in documents for section in document.sections)
    blocks = Counter(code.language for document in documents for section in document.sections for code in code_of(section))
    found = list(problems)
    return {
        "documents": len(documents),
        "passages": kinds.total(),
        "passages by kind": {kind: kinds[kind] for kind in KINDS.values()},
        "code blocks": dict(blocks.most_common()),
        "programs": count_programs(pack_folder),
        "sources": sum(len(document.references) for document in documents),
        "warnings": sum(problem.warning for problem in found),
        "errors": sum(not problem.warning for problem in found),
    }


def new_methodology(pack_folder: Path, name: str, domain: str) -> Path:
    """Write the skeleton of a document with every kind of passage. Raises CorpusError when the id is taken or unfit."""
    path = pack_folder / "methodologies" / domain / f"{name}.md"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise CorpusError(name, 1, "an id is lower-case words joined by '-', such as go-testing")
    if any((pack_folder / "methodologies").glob(f"*/{name}.md")):
        raise CorpusError(path.relative_to(pack_folder).as_posix(), 1, "there is a document with this id; choose another or edit that one")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_skeleton(name, domain), encoding="utf-8")
    return path


def _skeleton(name: str, domain: str) -> str:
    front = {
        "id": name,
        "title": name.replace("-", " ").capitalize(),
        "domain": domain,
        "languages": [domain] if domain in ("go", "rust") else [],
        "summary": "TODO one sentence that says what the document decides and for whom.",
        "applies_to": {},
        "tags": [],
        "aliases": [],
        "related": [],
        "owns": [],
        "do_not_suggest": [],
        "verified": {"date": datetime.date.today(), "versions": {}},
        "references": [],
    }
    kinds = "".join(
        f"\n## {title}\n\n### TODO a question or a symptom? {{#todo-{kind}}}\n\nTODO the answer in the first sentence.\n" for title, kind in KINDS.items()
    )
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n{kinds}"
