"""Gates for authors of methodologies. In: a pack folder. Out: problems with file and line; `sync` writes code regions into documents.

Run as `python -m index.authoring check|sync [ID...]`. Code is built and run by tests/corpus, not here.
"""

import argparse
import datetime
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from index.documents import KINDS, Methodology, Section, read_methodology
from index.embedders import PieceCounter
from index.errors import CorpusError
from index.passages import MAX_PIECES, Passage, cut_passages, read_code_block
from index.prose import Block, plain_prose, split_blocks, split_sentences

PIECES_BY_KIND = {
    "when-to-use": 160,
    "decision-guide": 160,
    "pattern": 220,
    "claim": 100,
    "pitfall": 200,
    "checklist": 180,
    "template": 120,
    "example": 120,
    "review-questions": 220,
}
FEWEST_CLAIM_PIECES = 40
MAX_PATTERN_LINES = 12
PASSAGES = (30, 60)
FEWEST_PITFALLS = 8
STALE_DAYS = 180
MAX_SHARED_LINES = 0.10
FILE_LANGUAGES = {"go", "rust", "sql", "yaml", "toml", "dockerfile", "sh", "bash", "proto", "mod"}
PLACEHOLDERS = re.compile(r"\b(TODO|FIXME|TBD|XXX|lorem ipsum|placeholder|your[_-]?(?:code|value)[_-]?here)\b", re.IGNORECASE)
EMPTY_HEADINGS = re.compile(r"^(overview|introduction|best practices|summary|notes?|general|conclusion)\b", re.IGNORECASE)
DANGLING_START = re.compile(r"^(This|That|These|Those|It|They|As (?:we|shown|mentioned)|The above|Here)\b(?! `)")
REGION = re.compile(r"^\s*(?://|--|#)\s*(end)?region:\s*(\S+)\s*$")
CHECK_ITEM = re.compile(r"\((?:rule: [a-z0-9-]+(?:, [a-z0-9-]+)*|manual)\)$")
PITFALL_PARTS = ["Symptom", "Cause", "Fix", "How to detect"]


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
        problems += [say(text) for text in _check_pieces(passages[f"{document.id}#{section.id}"], count)]
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
    yield from FORMS[section.kind](section)


def _items(section: Section) -> list[str]:
    return [section.text[block.start : block.end] for block in split_blocks(section.text) if block.type == "item"]


def _code(section: Section) -> list[Block]:
    return [block for block in split_blocks(section.text) if block.type == "code"]


def _form_when_to_use(section: Section) -> Iterator[str]:
    items = _items(section)
    if not 3 <= len(items) <= 5 or any(not re.match(r"[-*] (?:\*\*)?(?:Use|Do not use)\b", item) for item in items):
        yield "when-to-use is 3 to 5 bullets that begin 'Use ...' or 'Do not use ...'"


def _form_decision(section: Section) -> Iterator[str]:
    if sum(bool(re.match(r"[-*] \*\*", item)) for item in _items(section)) < 2:
        yield "a decision has a bullet '- **Option**: ...' for each of two or more options"


def _form_pattern(section: Section) -> Iterator[str]:
    if not _code(section):
        yield "a pattern shows a block of code"
    for block in _code(section):
        code = read_code_block(section.text, block)
        lines = sum(1 for line in code.code.splitlines() if line.strip())
        if code.language in FILE_LANGUAGES and lines > MAX_PATTERN_LINES:
            yield f"a pattern's block has {lines} lines of code; at most {MAX_PATTERN_LINES}"


def _form_claim(section: Section) -> Iterator[str]:
    if not section.meta.refs or not section.meta.evidence:
        yield "a claim needs refs and evidence in its comment line"


def _form_pitfall(section: Section) -> Iterator[str]:
    parts = re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", section.text, re.MULTILINE)
    if parts != PITFALL_PARTS:
        yield "a pitfall has the four paragraphs **Symptom.** **Cause.** **Fix.** **How to detect.** in this order"


def _form_checklist(section: Section) -> Iterator[str]:
    items = _items(section)
    if not 1 <= len(items) <= 7:
        yield f"a checklist group has 1 to 7 items, not {len(items)}"
    for item in items:
        if not item.startswith("- [ ] ") or not CHECK_ITEM.search(item.strip()):
            yield f"a checklist item reads '- [ ] Do ... (rule: id)' or '(manual)': {item[:60]!r}"


def _form_template(section: Section) -> Iterator[str]:
    blocks = [read_code_block(section.text, block) for block in _code(section)]
    if not any(block.file and not block.region for block in blocks):
        yield "a template shows one whole compiled file (file=... without region)"


def _form_example(section: Section) -> Iterator[str]:
    blocks = [read_code_block(section.text, block) for block in _code(section)]
    if not any(block.file for block in blocks) or not any(block.language == "text" for block in blocks):
        yield "an example shows its program (file=...) and its output (a text block)"


def _form_review(section: Section) -> Iterator[str]:
    items = _items(section)
    if not 5 <= len(items) <= 8 or any("Evidence:" not in item for item in items):
        yield "review questions are 5 to 8 numbered questions, each followed by 'Evidence: ...'"


FORMS: dict[str, Callable[[Section], Iterator[str]]] = {
    "when-to-use": _form_when_to_use,
    "decision-guide": _form_decision,
    "pattern": _form_pattern,
    "claim": _form_claim,
    "pitfall": _form_pitfall,
    "checklist": _form_checklist,
    "template": _form_template,
    "example": _form_example,
    "review-questions": _form_review,
}


def _check_pieces(passage: Passage, count: Callable[[str], int]) -> Iterator[str]:
    total, body = count(passage.embedded_text), count(plain_prose(passage.text))
    if total > MAX_PIECES:
        yield f"{total} word pieces with its heading path; the embedder reads {MAX_PIECES}"
    elif body > PIECES_BY_KIND[passage.kind]:
        yield f"{body} word pieces of prose; a {passage.kind} has at most {PIECES_BY_KIND[passage.kind]}"
    if passage.kind == "claim" and body < FEWEST_CLAIM_PIECES:
        yield f"{body} word pieces; a claim says its fact, its version and its consequence"


def _check_code(section: Section, pack_folder: Path) -> Iterator[tuple[int, str]]:
    for block in _code(section):
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
            yield line, f"block differs from {code.file} {code.region}: run python -m index.authoring sync"


def _doubts(document: Methodology, section: Section) -> Iterator[str]:
    first = next(iter(split_sentences(section.text)), None)
    if first and section.kind in ("pattern", "claim", "decision-guide") and DANGLING_START.match(first.text):
        yield f"the first sentence does not name its subject: {first.text[:60]!r}"
    shown = {read_code_block(section.text, block).language for block in _code(section)}
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


def _check_shared_lines(documents: list[Methodology]) -> Iterator[Problem]:
    lines = {document.path: _prose_lines(document) for document in documents}
    for path, own in lines.items():
        for other, theirs in lines.items():
            if path < other and own and len(own & theirs) / min(len(own), len(theirs) or 1) > MAX_SHARED_LINES:
                yield Problem(path, 1, f"more than {MAX_SHARED_LINES:.0%} of its lines stand in {other} too")


def _prose_lines(document: Methodology) -> set[str]:
    return {line for section in document.sections for block in _prose_blocks(section) for line in block.splitlines() if len(line) > 40}


def read_region(pack_folder: Path, file: str, region: str) -> str:
    """The code of one region of an example file, dedented and without inner region marks; the whole file when `region` is empty."""
    path = (pack_folder / "examples" / file).resolve()
    if not path.is_relative_to((pack_folder / "examples").resolve()) or not path.is_file():
        raise CorpusError(file, 0, "there is no such example file")
    lines = path.read_text(encoding="utf-8").splitlines()
    if region:
        lines = _cut_region(file, lines, region)
    kept = [line for line in lines if not REGION.match(line)]
    margin = min((len(line) - len(line.lstrip()) for line in kept if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in kept).strip("\n")


def _cut_region(file: str, lines: list[str], region: str) -> list[str]:
    marks = [(at, bool(match[1])) for at, line in enumerate(lines) if (match := REGION.match(line)) and match[2] == region]
    if [ends for _, ends in marks] != [False, True]:
        raise CorpusError(file, 0, f"region {region!r} has to begin and end exactly once")
    return lines[marks[0][0] + 1 : marks[1][0]]


def sync_document(path: Path, pack_folder: Path) -> int:
    """Write every code region into its block in one document. Returns how many blocks changed."""
    text = path.read_text(encoding="utf-8")
    changed = 0
    for block in reversed([block for block in split_blocks(text) if block.type == "code"]):
        code = read_code_block(text, block)
        if not code.file:
            continue
        real = read_region(pack_folder, code.file, code.region)
        if real != code.code:
            text = text[: block.start] + f"```{block.info}\n{real}\n```" + text[block.end :]
            changed += 1
    if changed:
        path.write_text(text, encoding="utf-8")
    return changed


def summarise(documents: list[Methodology], problems: Iterable[Problem]) -> str:
    """The counts that end a check."""
    kinds = Counter(section.kind for document in documents for section in document.sections)
    blocks = Counter(read_code_block(section.text, block).language for document in documents for section in document.sections for block in _code(section))
    found = list(problems)
    rows = {
        "documents": len(documents),
        "passages": kinds.total(),
        **{f"  {kind}": kinds[kind] for kind in KINDS.values()},
        "code blocks": blocks.total(),
        **{f"  {language}": number for language, number in blocks.most_common()},
        "references": sum(len(document.references) for document in documents),
        "warnings": sum(problem.warning for problem in found),
        "errors": sum(not problem.warning for problem in found),
    }
    return yaml.safe_dump(rows, sort_keys=False).strip().replace("'", "")


def main(arguments: list[str] | None = None) -> int:
    """`check` prints problems and counts, `sync` writes code regions; ids narrow both. Exit code 1 when something has to be mended."""
    parser = argparse.ArgumentParser(prog="python -m index.authoring", description="Check methodologies, or write code regions into them.")
    parser.add_argument("action", choices=["check", "sync"])
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--pack", type=Path, default=Path("corpus/backend-systems"))
    chosen = parser.parse_args(arguments)
    if chosen.action == "sync":
        return _sync(chosen.pack, chosen.ids)
    documents, problems = check_pack(chosen.pack)
    if chosen.ids:
        problems = [problem for problem in problems if Path(problem.path).stem in chosen.ids]
        documents = [document for document in documents if document.id in chosen.ids]
    for problem in problems:
        print(problem)
    print(summarise(documents, problems))
    return int(any(not problem.warning for problem in problems))


def _sync(pack_folder: Path, ids: list[str]) -> int:
    failed = 0
    for path in sorted((pack_folder / "methodologies").glob("*/*.md")):
        if ids and path.stem not in ids:
            continue
        try:
            print(f"{path.name}: {sync_document(path, pack_folder)} blocks written")
        except CorpusError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
