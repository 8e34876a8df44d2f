"""The form of each kind of passage. In: an authored section. Out: what does not fit, as text. The table of kinds and forms is docs/methodology-format.md."""

import re
from collections.abc import Callable, Iterator

from index.code_regions import FILE_LANGUAGES, code_of
from index.documents import Section
from index.passages import MAX_PIECES, Passage
from index.prose import plain_prose, split_blocks

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
CHECK_ITEM = re.compile(r"\((?:rule: [a-z0-9-]+(?:, [a-z0-9-]+)*|manual)\)$")
PITFALL_PARTS = ["Symptom", "Cause", "Fix", "How to detect"]


def check_form(section: Section) -> Iterator[str]:
    """What the section's kind asks for and it lacks."""
    yield from FORMS[section.kind](section)


def check_pieces(passage: Passage, count: Callable[[str], int]) -> Iterator[str]:
    """Whether the embedder reads all of it, and whether it keeps the length of its kind."""
    total, body = count(passage.embedded_text), count(plain_prose(passage.text))
    if total > MAX_PIECES:
        yield f"{total} word pieces with its heading path; the embedder reads {MAX_PIECES}"
    elif body > PIECES_BY_KIND[passage.kind]:
        yield f"{body} word pieces of prose; a {passage.kind} has at most {PIECES_BY_KIND[passage.kind]}"
    if passage.kind == "claim" and body < FEWEST_CLAIM_PIECES:
        yield f"{body} word pieces; a claim says its fact, its version and its consequence"


def _items(section: Section) -> list[str]:
    return [section.text[block.start : block.end] for block in split_blocks(section.text) if block.type == "item"]


def _form_when_to_use(section: Section) -> Iterator[str]:
    items = _items(section)
    if not 3 <= len(items) <= 5 or any(not re.match(r"[-*] (?:\*\*)?(?:Use|Do not use)\b", item) for item in items):
        yield "when-to-use is 3 to 5 bullets that begin 'Use ...' or 'Do not use ...'"


def _form_decision(section: Section) -> Iterator[str]:
    if sum(bool(re.match(r"[-*] \*\*", item)) for item in _items(section)) < 2:
        yield "a decision has a bullet '- **Option**: ...' for each of two or more options"


def _form_pattern(section: Section) -> Iterator[str]:
    if not code_of(section):
        yield "a pattern shows a block of code"
    for code in code_of(section):
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
    blocks = code_of(section)
    if not any(block.file and not block.region for block in blocks):
        yield "a template shows one whole compiled file (file=... without region)"


def _form_example(section: Section) -> Iterator[str]:
    blocks = code_of(section)
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
