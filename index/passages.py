"""Cut methodologies into passages. In: Methodology objects. Out: Passages with stable ids and everything that search needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from index.documents import KINDS, Methodology, Section
from index.prose import Block, plain_prose, split_blocks, strip_marks

MAX_PIECES = 254  # MiniLM reads 256 word pieces, two of them its own marks; it cuts off the rest without a word
SUMMARY = "summary"
NEUTRAL = "neutral"
SECTION_TITLE = {kind: title for title, kind in KINDS.items()}


@dataclass(frozen=True)
class CodeBlock:
    """A block of code of a passage, and the example file that it is a region of."""

    language: str
    code: str
    file: str = ""
    region: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Passage:
    """The unit that is searched and quoted; `id` is `methodology#section`, `text` the authored Markdown below the heading."""

    id: str
    methodology: str
    title: str
    heading: str
    kind: str
    text: str
    domain: str = ""
    language: str = NEUTRAL  # the partition: go, rust or neutral
    frameworks: tuple[str, ...] = ()
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    since: str = ""
    evidence: str = ""
    verified: str = ""

    @property
    def embedded_text(self) -> str:
        """What the embedder reads: `title > section > heading`, then the prose."""
        section = SECTION_TITLE.get(self.kind)
        path = [self.title, section, strip_marks(self.heading)] if section else [self.title]
        return " > ".join(part for part in path if part) + "\n" + plain_prose(self.text)

    @property
    def keyword_text(self) -> str:
        """What BM25 reads: heading path, aliases, prose, code and tables."""
        return "\n".join([self.title, self.methodology, self.heading, *self.aliases, self.text])

    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The code of the passage, in order."""
        return tuple(read_code_block(self.text, block) for block in split_blocks(self.text) if block.type == "code")


def read_code_block(text: str, block: Block) -> CodeBlock:
    """A code block with its info string taken apart: language, file=..., region=..., bad."""
    words = block.info.split()
    named = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    lines = text[block.start : block.end].splitlines()
    code = "\n".join(lines[1:-1] if len(lines) > 1 and lines[-1].strip().startswith(("```", "~~~")) else lines[1:])
    return CodeBlock(words[0] if words else "", code, named.get("file", ""), named.get("region", ""), "bad" in words[1:])


def cut_passages(methodologies: Iterable[Methodology]) -> list[Passage]:
    """Every passage of every document, each document's summary first."""
    return [passage for document in methodologies for passage in _passages(document)]


def _passages(document: Methodology) -> list[Passage]:
    summary = Passage(id=f"{document.id}#{SUMMARY}", heading=document.title, kind=SUMMARY, text=document.summary, aliases=document.aliases, **_shared(document))
    return [summary, *(_passage(document, section) for section in document.sections)]


def _passage(document: Methodology, section: Section) -> Passage:
    meta = section.meta
    return Passage(
        id=f"{document.id}#{section.id}",
        heading=section.heading,
        kind=section.kind,
        text=section.text,
        frameworks=meta.frameworks,
        aliases=meta.aliases,
        rules=meta.rules,
        refs=meta.refs,
        since=meta.since or "",
        evidence=meta.evidence or "",
        **_shared(document),
    )


def _shared(document: Methodology) -> dict[str, Any]:
    return {
        "methodology": document.id,
        "title": document.title,
        "domain": document.domain,
        "language": document.languages[0] if len(document.languages) == 1 else NEUTRAL,
        "applies_to": dict(document.applies_to),
        "verified": document.verified.date.isoformat(),
    }
