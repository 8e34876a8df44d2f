"""Answers without a model: verbatim sentences and code of the best passages. In: hits and the query's vector. Out: text with marks, and its sources.

The kind of a passage decides how it is read out: a pitfall as symptom, cause, fix; a decision as its options; a pattern as its answer and its code.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answer.answer import Quote, Source, Strength
from index.embedders import Vectors
from index.passages import Passage, read_code_block
from index.prose import Block, Sentence, split_blocks
from index.search import Hit, Search

MOST_SOURCES = 4
NEAR_THE_BEST = 0.72  # share of the best hit's score that a further passage needs to be quoted as well
NEAR_THE_BEST_WITH_CODE = 0.55  # the passage with the code may stand a little behind the one that explains
LEAD_SENTENCES = 4
ALSO_SENTENCES = 2
STRONG_SIMILARITY, PARTIAL_SIMILARITY = 0.55, 0.40
LEAST_TELLING = ("summary", "review-questions", "checklist")  # they name a subject and explain nothing
KINDS_WITH_CODE = ("pattern", "template", "example")
CODE_LANGUAGES = ("go", "rust")


@dataclass(frozen=True)
class Piece:
    """A part of the answer: `text` as shown, and the verbatim quotes in it."""

    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class QuotedAnswer:
    """The composed text, its sources in order of use, and the passages that were found but not quoted."""

    text: str
    sources: tuple[Source, ...]
    unused: tuple[str, ...]


def compose_quotes(hits: Sequence[Hit], search: Search, vector: Vectors, languages: Sequence[str], wants_code: bool = False) -> QuotedAnswer:
    """Compose an answer from the best passages; every claim carries the mark of its source."""
    chosen = _choose(hits, wants_code)
    parts, sources = [], []
    for at, hit in enumerate(chosen):
        mark = f"M{at + 1}"
        pieces = list(_lead(hit, search, vector, languages, mark) if at == 0 else _also(hit, search, vector, languages, mark, wants_code))
        parts.append("\n\n".join(piece.text for piece in pieces))
        sources.append(_source(mark, hit, tuple(quote for piece in pieces for quote in piece.quotes)))
    used = {source.passage for source in sources}
    return QuotedAnswer("\n\n".join(parts), tuple(sources), tuple(hit.passage.id for hit in hits if hit.passage.id not in used))


def _choose(hits: Sequence[Hit], wants_code: bool) -> list[Hit]:
    """The passages to quote: the best one, and those that come near it; one with code leads when code was asked for."""
    telling = [hit for hit in hits if hit.passage.kind not in LEAST_TELLING] or list(hits)
    floor = telling[0].score * (NEAR_THE_BEST_WITH_CODE if wants_code else NEAR_THE_BEST)
    near = [hit for hit in telling if hit.score >= floor]
    if wants_code:
        near.sort(key=lambda hit: hit.passage.kind not in KINDS_WITH_CODE)
    return near[:MOST_SOURCES]


def _source(mark: str, hit: Hit, quotes: tuple[Quote, ...]) -> Source:
    passage = hit.passage
    return Source(mark, passage.id, passage.methodology, passage.heading, strength_of(hit), quotes)


def strength_of(hit: Hit) -> Strength:
    """How well a passage fits the question, in a word."""
    if hit.why.alias or hit.why.dense_similarity >= STRONG_SIMILARITY:
        return "strong"
    return "partial" if hit.why.dense_similarity >= PARTIAL_SIMILARITY else "weak"


def _lead(hit: Hit, search: Search, vector: Vectors, languages: Sequence[str], mark: str) -> Iterator[Piece]:
    """The first passage, read out as its kind asks."""
    passage = hit.passage
    shape = SHAPES.get(passage.kind, _shape_plain)
    yield from shape(passage, *search.sentences_of(passage.id), vector, mark)
    yield from _code(passage, languages, mark)


def _also(hit: Hit, search: Search, vector: Vectors, languages: Sequence[str], mark: str, wants_code: bool) -> Iterator[Piece]:
    """A further passage: its heading and the one or two sentences nearest to the question."""
    passage = hit.passage
    sentences, vectors = search.sentences_of(passage.id)
    best = _nearest(sentences, vectors, vector, ALSO_SENTENCES)
    said = " ".join(sentence.text for sentence in best)
    yield Piece(f"**{passage.heading}** — {said} [{mark}]", tuple(_quote(sentence) for sentence in best))
    if wants_code:
        yield from _code(passage, languages, mark)


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
    spans = [(said[0].start, said[-1].end) for said in items.values()]
    if spans:
        lines = [f"- {passage.text[start:end]} [{mark}]" for start, end in spans]
        yield Piece("\n".join(lines), tuple(Quote(passage.text[start:end], start, end) for start, end in spans))


def _shape_whole(passage: Passage, sentences: Sequence[Sentence], vectors: Vectors, vector: Vectors, mark: str) -> Iterator[Piece]:
    """Every sentence of a short passage."""
    yield Piece(" ".join(sentence.text for sentence in sentences) + f" [{mark}]", tuple(_quote(sentence) for sentence in sentences))


Shape = Callable[[Passage, Sequence[Sentence], Vectors, Vectors, str], Iterator[Piece]]
SHAPES: dict[str, Shape] = {
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


def _code(passage: Passage, languages: Sequence[str], mark: str) -> Iterator[Piece]:
    """The passage's blocks of code in the reader's languages, each with the example file it is from."""
    for block in split_blocks(passage.text):
        if block.type == "code" and is_shown(block, languages):
            yield _code_piece(passage, block, mark)


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
