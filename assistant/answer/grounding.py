"""Is a written sentence borne out by the passages it was written from? In: sentences and passages. Out: a Verdict each, with the best source.

The score is the mean of embedding cosine and stemmed word overlap with the nearest sentence of the sources (or two neighbours). A sentence does not hold either
when a number, a version or an identifier of it stands in no source, when it denies what its source says, or swaps its names. A filter, not a proof.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from index.embedders import Embedder, Vectors
from index.keywords import tokenize
from index.passages import Passage
from index.prose import Sentence, split_sentences, strip_marks

Reason = Literal["", "too far", "number", "name", "negation", "swapped"]

SUPPORTED = 0.62  # from the labelled sentences in tests/answer/grounding.jsonl; docs/evaluation.md has the curve
COSINE_WEIGHT = 0.5
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,_]\d+)*(?:\s?(?:%|ms|s\b|kB|KB|MB|GB|KiB|MiB|GiB))?")
# What only code is called: in ticks, qualified, with a call's brackets, in mixed case, or with an underscore.
NAME = re.compile(r"`([^`]+)`|\b([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\b|\b([a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[A-Za-z]\w*_\w+)\b")
WORD = re.compile(r"[A-Za-z_][\w]*")
NEGATED = re.compile(
    r"\b(?:not|no|never|none|nothing|nobody|neither|nor|without|cannot|can't|don't|doesn't|isn't|aren't|won't|mustn't|shouldn't|instead of|rather than|unless"
    r"|avoid\w*|refus\w+|prevent\w*|forbid\w*|fails? to|stops? being)\b",
    re.IGNORECASE,
)
# Pairs of which one word cannot stand for the other: a sentence with one, whose source has only the other, says the contrary.
OPPOSITES = tuple(
    tuple(re.compile(rf"\b(?:{side})\b", re.IGNORECASE) for side in pair)
    for pair in (
        ("before", "after"),
        ("always", "never|sometimes"),
        ("more|larger|longer|higher|faster|greater", "less|fewer|smaller|shorter|lower|slower"),
        ("increase[sd]?|grow[s]?|rise[s]?", "decrease[sd]?|shrink[s]?|fall[s]?|drop[s]?"),
        ("first", "last"),
        ("sender|sending|producer", "receiver|receiving|consumer"),
        ("open[s]?|opened", "close[sd]?|closing"),
        ("allow(?:s|ed)?|permit(?:s|ted)?|accept(?:s|ed)?", "forbid[s]?|refuse[sd]?|reject(?:s|ed)?"),
        ("unbuffered", "buffered"),
        ("synchronous(?:ly)?", "asynchronous(?:ly)?"),
        ("safe", "unsafe"),
        ("bounded", "unbounded"),
        ("enable[sd]?", "disable[sd]?"),
        ("required|mandatory", "optional"),
        ("read[s]?|reading", "write[s]?|writing"),
        ("client", "server"),
        ("minimum|at least", "maximum|at most"),
        ("all|every", "none|no"),
        ("succeed[s]?", "fail[s]?"),
        ("early", "late"),
        ("start[s]?|begin[s]?", "end[s]?|stop[s]?"),
        ("immutable", "mutable"),
    )
)


@dataclass(frozen=True)
class Verdict:
    """How well a sentence is borne out: its score, the passage it rests on, and why it does not hold."""

    score: float
    passage: str
    reason: Reason = ""

    @property
    def is_supported(self) -> bool:
        """Whether the sentence may stand with the passage as its source."""
        return not self.reason


@dataclass(frozen=True)
class _Evidence:
    """A sentence of a source, or two neighbours together."""

    passage: str
    text: str
    words: frozenset[str]


class Grounds:
    """The passages that a text was written from, ready to be compared with its sentences."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._embedder = embedder
        self._evidence = [evidence for passage in passages for evidence in _evidence_of(passage)]
        self._vectors = embedder.embed([each.text for each in self._evidence]) if self._evidence else np.zeros((0, 1), dtype=np.float32)
        whole = "\n".join(f"{passage.title}\n{passage.heading}\n{passage.text}" for passage in passages)
        self._numbers = {_number(found) for found in NUMBER.findall(whole)}
        self._names = {word.lower() for word in WORD.findall(whole)}

    def judge(self, sentences: Sequence[str]) -> list[Verdict]:
        """A verdict for each sentence."""
        clean = [strip_marks(sentence) for sentence in sentences]
        if not self._evidence or not clean:
            return [Verdict(0.0, "", "too far") for _ in clean]
        vectors = self._embedder.embed(clean)
        return [self._judge(sentence, plain, row) for sentence, plain, row in zip(sentences, clean, vectors, strict=True)]

    def _judge(self, sentence: str, plain: str, vector: Vectors) -> Verdict:
        words = frozenset(tokenize(plain))
        scores = COSINE_WEIGHT * (self._vectors @ vector) + (1 - COSINE_WEIGHT) * np.array([_overlap(words, each.words) for each in self._evidence])
        best = int(np.argmax(scores))
        evidence, score = self._evidence[best], float(scores[best])
        if any(_number(found) not in self._numbers for found in NUMBER.findall(plain)):
            return Verdict(0.0, evidence.passage, "number")
        if any(name not in self._names for name in _names_in(sentence)):
            return Verdict(0.0, evidence.passage, "name")
        if score < SUPPORTED:
            return Verdict(score, evidence.passage, "too far")
        # Any source as near as the best may bear the sentence out: a neighbour that says the contrary is no objection then.
        near = [self._evidence[at] for at in np.flatnonzero(scores >= SUPPORTED)]
        objections = [_objection(plain, each.text) for each in near]
        if all(objections):
            return Verdict(score, evidence.passage, objections[near.index(evidence)])
        held = max((at for at in np.flatnonzero(scores >= SUPPORTED) if not _objection(plain, self._evidence[at].text)), key=lambda at: scores[at])
        return Verdict(float(scores[held]), self._evidence[int(held)].passage)


def _evidence_of(passage: Passage) -> list[_Evidence]:
    """The passage's sentences, and each with the one after it; the heading belongs to the first."""
    texts = [strip_marks(sentence.text) for sentence in split_sentences(passage.text)]
    pairs = [f"{first} {second}" for first, second in pairwise(texts)]
    headed = [f"{strip_marks(passage.heading)} {texts[0]}"] if texts else []
    return [_Evidence(passage.id, text, frozenset(tokenize(text))) for text in (*texts, *pairs, *headed)]


def _overlap(words: frozenset[str], source: frozenset[str]) -> float:
    """Share of the sentence's words that the source has."""
    return len(words & source) / len(words) if words else 0.0


def _number(text: str) -> str:
    return re.sub(r"[,_\s]", "", text).lower()


def _names_in(sentence: str) -> set[str]:
    """Identifiers of a sentence, taken apart: `http.Server` asks for http and server."""
    found = (part for groups in NAME.findall(sentence) for part in groups if part)
    return {word.lower() for name in found for word in WORD.findall(name)}


def _objection(sentence: str, source: str) -> Reason:
    """Why a near source does not bear the sentence out: one of them denies, an opposite stands in place of a word, or names changed places."""
    if len(NEGATED.findall(sentence)) % 2 != len(NEGATED.findall(_nearest_part(sentence, source))) % 2:
        return "negation"
    for one, other in OPPOSITES:
        for here, there in ((one, other), (other, one)):
            if here.search(sentence) and not there.search(sentence) and there.search(source) and not here.search(source):
                return "negation"
    return "swapped" if _is_swapped(sentence, source) else ""


def _nearest_part(sentence: str, source: str) -> str:
    """The clause of the source that the sentence speaks of, so that a denial in another clause does not count."""
    words = frozenset(tokenize(sentence))
    parts = re.split(r"[;:]\s+|(?<=[.!?])\s+|,\s+(?=(?:and|but|so|because|which|while)\b)", source)
    kept = [part for part in parts if frozenset(tokenize(part)) & words and _overlap(frozenset(tokenize(part)), words) >= 0.5]
    return " ".join(kept) or source


def _is_swapped(sentence: str, source: str) -> bool:
    """Whether two telling words that stand once in each stand in the other order, with the same words between or around them."""
    here, there = tokenize(sentence), tokenize(source)
    shared = [word for word in here if here.count(word) == there.count(word) == 1]
    if len(shared) < 4 or len(shared) < 0.75 * len(here):
        return False
    order = [there.index(word) for word in shared]
    inversions = sum(first > second for at, first in enumerate(order) for second in order[at + 1 :])
    return inversions > 0 and _is_one_exchange(order)


def _is_one_exchange(order: list[int]) -> bool:
    """Whether exchanging two places puts the order right: `A before B` for `B before A`, and no mere rewording."""
    rising = sorted(order)
    wrong = [at for at, place in enumerate(order) if place != rising[at]]
    return len(wrong) == 2


def split_written(text: str) -> list[Sentence]:
    """The sentences of a written text, with offsets; code and tables are none."""
    return split_sentences(text)
