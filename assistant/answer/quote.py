"""Answers without a model: verbatim sentences and code of the best passages. In: hits and the query's vector. Out: text with marks, and its sources.

The form of the question decides which passage leads; the kind of a passage decides how it is read out: a pitfall as symptom, cause, fix; a decision as its
options; a pattern as its answer and its code. Words that are not quoted come from the few templates in this file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answer.answer import Quote, Source, Strength
from assistant.answer.scope import is_instruction
from assistant.answer.shape import Shape, snippet_of
from index.embedders import Vectors
from index.keywords import tokenize
from index.passages import Passage, read_code_block
from index.prose import Block, Sentence, split_blocks
from index.search import Hit, Search

MOST_SOURCES = 3
MOST_CODE_BLOCKS = 2
MOST_CLAIMS = 5
LEAD_CLAIMS = 3  # symptom, cause, fix and how to detect of one pitfall are no four things
NEAR_THE_BEST = 0.72  # share of the best hit's score that a further passage needs to be quoted as well
NEAR_THE_BEST_WITH_CODE = 0.55  # the passage with the code may stand a little behind the one that explains
AS_GOOD = 0.85  # share of the best hit's score from which a passage of the kind that the question asks for may lead
LEAD_SENTENCES = 4
ALSO_SENTENCES = 2
SAID_ALREADY = 0.6  # share of a sentence's words that stand in one sentence above
STRONG_SIMILARITY, PARTIAL_SIMILARITY = 0.55, 0.40
CHECK_SIMILARITY = 0.30  # a checklist item farther from the question than this is another subject
LEAST_TELLING = ("summary", "review-questions", "checklist")  # they name a subject and explain nothing
KINDS_WITH_CODE = ("pattern", "template", "example")
LEADING_KINDS: dict[Shape, tuple[str, ...]] = {
    "which-of": ("decision-guide", "when-to-use"),
    "how-to": ("pattern", "template"),
    "why-does": ("pitfall", "claim"),
    "error-text": ("pitfall",),
    "snippet": ("pitfall", "pattern"),
    "checklist": ("checklist",),
}
LABELS_BY_SHAPE: dict[Shape, tuple[str, ...]] = {
    "why-does": ("Cause", "Symptom", "Fix", "How to detect"),
    "snippet": ("Cause", "Fix", "Symptom", "How to detect"),
}
CODE_LANGUAGES = ("go", "rust")
RULE_NOTE = re.compile(r"\s*\((?:rule: [^)]*|manual)\)$")


@dataclass(frozen=True)
class Piece:
    """A part of the answer: `text` as shown, and the verbatim quotes in it."""

    text: str
    quotes: tuple[Quote, ...]


class Composer:
    """One answer as it grows: it numbers the sources, says nothing twice and keeps to the two blocks of code."""

    def __init__(self, search: Search, languages: Sequence[str], question: str = "") -> None:
        self.sources: list[Source] = []
        self._search, self._languages = search, languages
        self._in_snippet = set(IDENTIFIER.findall(snippet_of(question)))
        self._said: list[set[str]] = []
        self._code_blocks = 0

    def compose(self, hits: Sequence[Hit], vector: Vectors, shape: Shape = "plain", wants_code: bool = False, most: int = MOST_SOURCES) -> str:
        """The text for one question from its hits, best first; empty when all of it was said before."""
        parts: list[str] = []
        claims = 0
        for hit in choose(hits, shape, wants_code, most, self.passages):
            mark = f"M{len(self.sources) + 1}"
            pieces = self._lead(hit, vector, mark, shape) if not parts else self._also(hit, vector, mark, wants_code)
            if not pieces or (parts and claims + len(pieces) > MOST_CLAIMS):
                continue
            claims += len(pieces) if parts else min(len(pieces), LEAD_CLAIMS)
            parts.append("\n\n".join(piece.text for piece in pieces))
            self._add(mark, hit.passage, strength_of(hit), pieces)
        return "\n\n".join(parts)

    def check_next(self, vector: Vectors) -> str:
        """What to check next: an item of the leading document's checklists; empty when none is near, or the answer tells already how to notice."""
        if not self.sources or any("How to detect" in label for label in self._labels()):
            return ""
        item = self.nearest_check(vector, self.sources[0].methodology)
        return f"**Check next:** {item}" if item else ""

    def nearest_check(self, vector: Vectors, methodology: str) -> str:
        """The item of a document's checklists that is nearest to the question, with its mark; empty when none is near."""
        passages = [passage for passage in self._search.passages.values() if passage.methodology == methodology and passage.kind == "checklist"]
        items = [(float(row @ vector), passage, sentence) for passage in passages for sentence, row in zip(*self._search.sentences_of(passage.id), strict=True)]
        score, passage, item = max(items, key=lambda found: found[0], default=(0.0, None, None))
        if passage is None or item is None or score < CHECK_SIMILARITY or passage.id in self.passages or self._is_said(item.text):
            return ""
        text = RULE_NOTE.sub("", item.text)
        return f"{text} {self.cite(passage, 'partial', [Quote(text, item.start, item.start + len(text))])}"

    def cite(self, passage: Passage, strength: Strength, quotes: Sequence[Quote]) -> str:
        """Number a passage as a source with these quotes; `[M1]` for it."""
        mark = f"M{len(self.sources) + 1}"
        self._add(mark, passage, strength, [Piece("", tuple(quotes))])
        return f"[{mark}]"

    @property
    def passages(self) -> set[str]:
        """The ids of the passages quoted so far."""
        return {source.passage for source in self.sources}

    def _quotable(self, passage: Passage) -> tuple[list[Sentence], Vectors]:
        """The sentences of a passage and their vectors, without those that give orders to a language model."""
        sentences, vectors = self._search.sentences_of(passage.id)
        kept = [at for at, sentence in enumerate(sentences) if not is_instruction(sentence.text)]
        return [sentences[at] for at in kept], vectors[kept]

    def _labels(self) -> list[str]:
        return [sentence.label for sentence in self._search.sentences_of(self.sources[0].passage)[0]]

    def _add(self, mark: str, passage: Passage, strength: Strength, pieces: Sequence[Piece]) -> None:
        quotes = tuple(quote for piece in pieces for quote in piece.quotes)
        self._said += [set(tokenize(quote.text)) for quote in quotes]
        self.sources.append(Source(mark, passage.id, passage.methodology, passage.heading, strength, quotes))

    def _is_said(self, text: str) -> bool:
        words = set(tokenize(text))
        return any(len(words & said) >= SAID_ALREADY * len(words) for said in self._said)

    def _lead(self, hit: Hit, vector: Vectors, mark: str, shape: Shape) -> list[Piece]:
        """The first passage, read out as its kind asks; below a heading of its own when it has no sentence that answers it."""
        passage = hit.passage
        sentences, vectors = self._quotable(passage)
        read_out = READ_OUT.get(passage.kind, _shape_plain)
        pieces = list(read_out(passage, sentences, vectors, vector, mark))
        if passage.kind == "pitfall" and shape in LABELS_BY_SHAPE:
            order = LABELS_BY_SHAPE[shape]
            pieces.sort(key=lambda piece: next((at for at, label in enumerate(order) if piece.text.startswith(f"**{label}.")), len(order)))
        opening = self._opening(passage, sentences, shape)
        if opening and pieces:
            pieces[0] = Piece(opening + pieces[0].text, pieces[0].quotes)
        return [*pieces, *self._code(passage, mark)]

    def _opening(self, passage: Passage, sentences: Sequence[Sentence], shape: Shape) -> str:
        """The words before the first quote, where the quote alone would not say what it is about."""
        if shape == "error-text" and passage.kind == "pitfall":
            return f"This is a known error: **{passage.heading}**.\n\n"
        if shape == "snippet":
            shared = sorted(self._in_snippet & set(IDENTIFIER.findall(passage.text)))[:3]
            names = f", by {_and([f'`{name}`' for name in shared])}" if shared else ""
            return f"The code fits **{passage.heading}**{names}.\n\n"
        return f"**{passage.heading}**\n\n" if not sentences or sentences[0].item >= 0 or passage.kind == "pitfall" else ""

    def _also(self, hit: Hit, vector: Vectors, mark: str, wants_code: bool) -> list[Piece]:
        """A further passage: its heading and the one or two sentences nearest to the question (of a pitfall its fix) that were not said yet."""
        passage = hit.passage
        sentences, vectors = self._quotable(passage)
        fixes = [sentence for sentence in sentences if sentence.label == "Fix"][:ALSO_SENTENCES]
        best = [sentence for sentence in fixes or _nearest(sentences, vectors, vector, ALSO_SENTENCES) if not self._is_said(sentence.text)]
        if not best:
            return []
        said = " ".join(RULE_NOTE.sub("", sentence.text) for sentence in best)
        pieces = [Piece(f"**{passage.heading}** — {said} [{mark}]", tuple(_quote(sentence) for sentence in best))]
        return pieces + (self._code(passage, mark) if wants_code else [])

    def _code(self, passage: Passage, mark: str) -> list[Piece]:
        """The passage's code in the reader's languages, whole, while the answer has room for it."""
        blocks = [block for block in split_blocks(passage.text) if block.type == "code" and is_shown(block, self._languages)]
        shown = blocks[: MOST_CODE_BLOCKS - self._code_blocks]
        self._code_blocks += len(shown)
        return [_code_piece(passage, block, mark) for block in shown]


IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+|[A-Z][a-z0-9]+[A-Z]\w*|[A-Za-z]+_\w+")


def _and(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def choose(hits: Sequence[Hit], shape: Shape, wants_code: bool, most: int, besides: set[str]) -> list[Hit]:
    """The passages to quote: the best one and those that come near it; among near equals the kind that the question asks for leads."""
    asked = LEADING_KINDS.get(shape, ())
    hits = [hit for hit in hits if hit.passage.id not in besides]
    telling = [hit for hit in hits if hit.passage.kind in asked or hit.passage.kind not in LEAST_TELLING] or hits
    if not telling:
        return []
    best = telling[0]
    floor = best.score * (NEAR_THE_BEST_WITH_CODE if wants_code else NEAR_THE_BEST)
    near = [hit for hit in telling if hit.score >= floor and (hit is best or strength_of(hit) != "weak" or hit.score >= AS_GOOD * best.score)]
    if wants_code:
        near.sort(key=lambda hit: hit.passage.kind not in KINDS_WITH_CODE)
    elif asked and not best.why.verbatim:
        near.sort(key=lambda hit: not (hit.passage.kind in asked and hit.score >= AS_GOOD * best.score))
    return near[:most]


def strength_of(hit: Hit) -> Strength:
    """How well a passage fits the question, in a word."""
    if hit.why.alias or hit.why.dense_similarity >= STRONG_SIMILARITY:
        return "strong"
    return "partial" if hit.why.dense_similarity >= PARTIAL_SIMILARITY else "weak"


def _quote(sentence: Sentence) -> Quote:
    return Quote(sentence.text, sentence.start, sentence.end)


def _nearest(sentences: Sequence[Sentence], vectors: Vectors, vector: Vectors, limit: int) -> list[Sentence]:
    """The sentences nearest to the question, in the order of the text; the first one, which answers the heading, always among them."""
    scores = vectors @ vector
    order = sorted(range(len(sentences)), key=lambda at: -float(scores[at]))
    chosen = {0, *[at for at in order if at][: limit - 1]} if sentences else set()
    return [sentences[at] for at in sorted(chosen)]


def _shape_plain(_passage: Passage, sentences: Sequence[Sentence], vectors: Vectors, vector: Vectors, mark: str) -> Iterator[Piece]:
    best = _nearest(sentences, vectors, vector, LEAD_SENTENCES)
    yield Piece(" ".join(sentence.text for sentence in best) + f" [{mark}]", tuple(_quote(sentence) for sentence in best))


def _shape_pitfall(_passage: Passage, sentences: Sequence[Sentence], _vectors: Vectors, _vector: Vectors, mark: str) -> Iterator[Piece]:
    for label in dict.fromkeys(sentence.label for sentence in sentences):
        said = [sentence for sentence in sentences if sentence.label == label]
        yield Piece(f"**{label or 'Answer'}.** " + " ".join(sentence.text for sentence in said) + f" [{mark}]", tuple(_quote(sentence) for sentence in said))


def _shape_list(passage: Passage, sentences: Sequence[Sentence], _vectors: Vectors, _vector: Vectors, mark: str) -> Iterator[Piece]:
    """The sentences outside the list, then every item as it stands."""
    lead = [sentence for sentence in sentences if sentence.item < 0]
    if lead:
        yield Piece(" ".join(sentence.text for sentence in lead) + f" [{mark}]", tuple(_quote(sentence) for sentence in lead))
    items: dict[int, list[Sentence]] = {}
    for sentence in sentences:
        if sentence.item >= 0:
            items.setdefault(sentence.item, []).append(sentence)
    spans = [(said[0].start, said[0].start + len(RULE_NOTE.sub("", passage.text[said[0].start : said[-1].end]))) for said in items.values()]
    if spans:
        lines = [f"- {passage.text[start:end]} [{mark}]" for start, end in spans]
        yield Piece("\n".join(lines), tuple(Quote(passage.text[start:end], start, end) for start, end in spans))


def _shape_whole(passage: Passage, sentences: Sequence[Sentence], vectors: Vectors, vector: Vectors, mark: str) -> Iterator[Piece]:
    """Every sentence of a short passage."""
    yield Piece(" ".join(sentence.text for sentence in sentences) + f" [{mark}]", tuple(_quote(sentence) for sentence in sentences))


ReadOut = Callable[[Passage, Sequence[Sentence], Vectors, Vectors, str], Iterator[Piece]]
READ_OUT: dict[str, ReadOut] = {
    "pitfall": _shape_pitfall,
    "decision-guide": _shape_list,
    "when-to-use": _shape_list,
    "checklist": _shape_list,
    "review-questions": _shape_list,
    "claim": _shape_whole,
    "template": _shape_whole,
    "example": _shape_whole,
    "summary": _shape_whole,
}


def is_shown(block: Block, languages: Sequence[str]) -> bool:
    """Whether a block of code is in a language of the reader, or in one that is nobody's own (SQL, YAML)."""
    language = block.info.split(" ", 1)[0]
    return not languages or language not in CODE_LANGUAGES or language in languages


def _code_piece(passage: Passage, block: Block, mark: str) -> Piece:
    code = read_code_block(passage.text, block)
    start = passage.text.index("\n", block.start) + 1
    end = start + len(code.code)
    told = " (shows the mistake)" if code.bad else ""
    caption = f"*{code.file}{told}* [{mark}]\n" if code.file else f"[{mark}]\n"
    return Piece(f"{caption}```{code.language}\n{code.code}\n```", (Quote(passage.text[start:end], start, end),))
