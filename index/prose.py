"""Authored Markdown cut into blocks and sentences. In: a passage's text. Out: spans with offsets in Unicode code points."""

import re
from dataclasses import dataclass
from typing import Literal

BlockType = Literal["paragraph", "item", "table", "code"]

FENCE = re.compile(r"^(```+|~~~+)\s*(.*)$")
ITEM = re.compile(r"^\s*(?:[-*]\s+(?:\[[ xX]\]\s+)?|\d+\.\s+)")
LABEL = re.compile(r"^\*\*(Symptom|Cause|Fix|How to detect)\.\*\*\s*")
# A full stop ends a sentence only before a space and something that can begin one; abbreviations and "1.22" are not ends.
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]`]*\s+(?=[\"'(\[`*]*[A-Z0-9])")
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|vs|cf|etc|no|approx)\.|\b[A-Z]\.)$", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """One block of Markdown: `text[start:end]`; `info` is the info string of a code block."""

    type: BlockType
    start: int
    end: int
    info: str = ""


@dataclass(frozen=True)
class Sentence:
    """One sentence: exactly `text[start:end]`; `label` names the part of a pitfall it belongs to ("Fix"), `item` its list item."""

    text: str
    start: int
    end: int
    label: str = ""
    item: int = -1


def split_blocks(text: str) -> list[Block]:
    """The blocks of `text` in order; code fences are kept whole, every list item is a block."""
    blocks: list[Block] = []
    fence, info, opened = "", "", 0
    for start, end, line in _lines(text):
        mark = FENCE.match(line.strip())
        if fence:
            if mark and mark.group(1).startswith(fence) and not mark.group(2):
                blocks.append(Block("code", opened, end, info))
                fence = ""
        elif mark:
            fence, info, opened = mark.group(1), mark.group(2).strip(), start
        elif line.strip():
            _grow(blocks, text, start, end, line)
    if fence:
        blocks.append(Block("code", opened, len(text), info))
    return blocks


def _lines(text: str) -> list[tuple[int, int, str]]:
    spans, start = [], 0
    for line in text.splitlines(keepends=True):
        spans.append((start, start + len(line.rstrip("\n")), line))
        start += len(line)
    return spans


def _grow(blocks: list[Block], text: str, start: int, end: int, line: str) -> None:
    """Begin a block at this line, or add the line to the block that it continues."""
    kind: BlockType = "table" if line.lstrip().startswith("|") else "item" if ITEM.match(line) else "paragraph"
    last = blocks[-1] if blocks else None
    touches = last is not None and not re.search(r"\n\s*\n", text[last.end : start])
    continues = touches and last is not None and (kind == last.type == "table" or (kind == "paragraph" and last.type in ("paragraph", "item")))
    if continues and last is not None:
        blocks[-1] = Block(last.type, last.start, end)
    else:
        blocks.append(Block(kind, start, end))


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of the prose of `text` (no code, no tables), each with its exact offsets."""
    found: list[Sentence] = []
    label = ""
    items = 0
    for block in split_blocks(text):
        if block.type not in ("paragraph", "item"):
            continue
        start, item = block.start, -1
        body = text[start : block.end]
        if block.type == "item":
            item, items = items, items + 1
            start += len(ITEM.match(body).group(0)) if ITEM.match(body) else 0  # type: ignore[union-attr]
        elif named := LABEL.match(body):
            label = named.group(1)
            start += named.end()
        found += [Sentence(text[a:b], a, b, label, item) for a, b in _sentence_spans(text, start, block.end)]
    return found


def _sentence_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    body = text[start:end]
    cuts = [0]
    for match in SENTENCE_END.finditer(body):
        if not ABBREVIATION.search(body[: match.start() + 1].rstrip()) and body[: match.start()].count("`") % 2 == 0:
            cuts.append(match.end())
    spans = []
    for a, b in zip(cuts, [*cuts[1:], len(body)], strict=True):
        piece = body[a:b]
        if piece.strip():
            spans.append((start + a + len(piece) - len(piece.lstrip()), start + a + len(piece.rstrip())))
    return spans


def plain_prose(text: str) -> str:
    """The prose of `text` as it is embedded: no code blocks, no tables, no Markdown marks, one line."""
    parts = [text[b.start : b.end] for b in split_blocks(text) if b.type in ("paragraph", "item")]
    return strip_marks(" ".join(ITEM.sub("", part, count=1) for part in parts))


def strip_marks(markdown: str) -> str:
    """Markdown's inline marks removed: emphasis, code ticks, link targets; white space folded."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\*\*|(?<!\w)__|__(?!\w)|`", "", text)
    return re.sub(r"\s+", " ", text).strip()
