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
from index.prose import split_sentences, strip_marks

Reason = Literal["", "too far", "part", "number", "name", "negation", "swapped"]

SUPPORTED = 0.70  # from the labelled sentences in tests/answer/grounding.jsonl; docs/evaluation.md has the curve
COSINE_WEIGHT = 0.5
PART_OVERLAP = 0.4  # every part of a sentence has to have this share of its words in the passage, so that nothing is added to a true beginning
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,_]\d+)*(?:\s?(?:%|ms|s\b|kB|KB|MB|GB|KiB|MiB|GiB))?")
# What only code is called: in ticks, qualified, with a call's brackets, in mixed case, or with an underscore.
NAME = re.compile(r"`([^`]+)`|\b([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\b|\b([a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[A-Za-z]\w*_\w+|[A-Z]+\d+\w*)\b")
NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "hundred": 100, "thousand": 1000, "million": 1_000_000,
}  # fmt: skip
PREPOSITIONS, PREPOSITION_REACH = ("without", "instead of", "rather than"), 2
PART = re.compile(r"[,;:]\s+|\s+(?:and|but|which|because|since|so that|while|unless|or)\s+")
CLAUSE = re.compile(r"[,;:.]\s+|\s+(?:and|but|which|because|since|so|while|when|unless)\s+")
WORD = re.compile(r"[A-Za-z_][\w]*")
MARKER = "\0"  # stands for a negation while a clause is read word by word
NEGATED = re.compile(
    r"\b(?:not|no|never|none|nothing|nobody|neither|nor|without|cannot|can't|don't|doesn't|isn't|aren't|won't|mustn't|shouldn't|instead of|rather than"
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
        ("senders?|sending|producers?", "receivers?|receiving|consumers?"),
        ("open[s]?|opened", "close[sd]?|closing"),
        ("allow(?:s|ed)?|permit(?:s|ted)?|accept(?:s|ed)?", "forbid[s]?|refuse[sd]?|reject(?:s|ed)?"),
        ("unbuffered", "buffered"),
        ("synchronous(?:ly)?", "asynchronous(?:ly)?"),
        ("safe", "unsafe"),
        ("bounded", "unbounded"),
        ("enable[sd]?", "disable[sd]?"),
        ("required|mandatory", "optional"),
        ("read[s]?|reading", "write[s]?|writing"),
        ("clients?", "servers?"),
        ("minimum|at least", "maximum|at most"),
        ("all|every", "none|no"),
        ("succeed[s]?", "fail[s]?"),
        ("early", "late"),
        ("start[s]?|begin[s]?", "end[s]?|stop[s]?"),
        ("immutable", "mutable"),
        ("above", "below"),
        ("inside|within", "outside"),
        ("success", "failure"),
        ("w[io]n(?:s|ning)?", "los[et](?:s|ing)?"),
        ("same", "separate|different"),
        ("local", "global"),
        ("old(?:er)?", "new(?:er)?"),
        ("compile time", "run time"),
        ("few", "many"),
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
    is_single: bool


class Grounds:
    """The passages that a text was written from, ready to be compared with its sentences."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._embedder = embedder
        self._evidence = [evidence for passage in passages for evidence in _evidence_of(passage)]
        self._vectors = embedder.embed([each.text for each in self._evidence]) if self._evidence else np.zeros((0, 1), dtype=np.float32)
        self._whole = {passage.id: _Whole(passage) for passage in passages}

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
        evidence, score = self._evidence[int(np.argmax(scores))], float(scores.max())
        return Verdict(score, evidence.passage, self._reason(sentence, plain, score, evidence, scores.tolist()))

    def _reason(self, sentence: str, plain: str, score: float, evidence: _Evidence, scores: Sequence[float]) -> Reason:
        """Why the sentence does not hold; empty when it does. Numbers and names have to stand in the one passage that bears it out."""
        whole = self._whole[evidence.passage]
        if not _numbers_in(plain) <= whole.numbers:
            return "number"
        if not _names_in(sentence) <= whole.names:
            return "name"
        if score < SUPPORTED:
            return "too far"
        if any(_overlap(part, whole.words) < PART_OVERLAP for part in _parts_of(plain)):
            return "part"
        single = max((at for at, each in enumerate(self._evidence) if each.is_single and each.passage == evidence.passage), key=lambda at: scores[at])
        return _objection(plain, self._evidence[single].text)


class _Whole:
    """All numbers, names and words of a passage."""

    def __init__(self, passage: Passage) -> None:
        text = f"{passage.title}\n{passage.heading}\n{passage.text}"
        self.numbers = _numbers_in(text)
        self.names = set(WORD.findall(text))
        self.words = frozenset(tokenize(strip_marks(text)))


def _evidence_of(passage: Passage) -> list[_Evidence]:
    """The passage's sentences, and each with the one after it; the heading belongs to the first."""
    texts = [strip_marks(sentence.text) for sentence in split_sentences(passage.text)]
    pairs = [f"{first} {second}" for first, second in pairwise(texts)]
    headed = [f"{strip_marks(passage.heading)} {texts[0]}"] if texts else []
    return [_Evidence(passage.id, text, frozenset(tokenize(text)), at < len(texts)) for at, text in enumerate((*texts, *pairs, *headed))]


def _overlap(words: frozenset[str], source: frozenset[str]) -> float:
    """Share of the first words that are among the others; 1 when there are none."""
    return len(words & source) / len(words) if words else 1.0


def _numbers_in(text: str) -> set[str]:
    """The numbers of a text as digits, with number words: `thirty` is 30."""
    digits = {re.sub(r"[,_\s]|(?<=\d)[a-zA-Z%]+$", "", found) for found in NUMBER.findall(text)}
    spelled = {str(NUMBER_WORDS[word]) for word in re.findall(r"[a-z]+", text.lower()) if word in NUMBER_WORDS}
    return digits | spelled


def _names_in(sentence: str) -> set[str]:
    """Identifiers of a sentence, taken apart: `http.Server` asks for http and Server."""
    found = (part for groups in NAME.findall(sentence) for part in groups if part)
    return {word for name in found for word in WORD.findall(name)}


def _parts_of(sentence: str) -> list[frozenset[str]]:
    """The parts of a sentence that claim something of their own, as words."""
    parts = [frozenset(tokenize(part)) for part in PART.split(sentence)]
    return [part for part in parts if part]


def _objection(sentence: str, source: str) -> Reason:
    """Why a near source does not bear the sentence out: one of them denies, an opposite stands in place of a word, or names changed places."""
    if _denies_otherwise(sentence, source):
        return "negation"
    for one, other in OPPOSITES:
        for here, there in ((one, other), (other, one)):
            if here.search(sentence) and not there.search(sentence) and there.search(source) and not here.search(source):
                return "negation"
    return "swapped" if _is_swapped(sentence, source) else ""


def _denies_otherwise(sentence: str, source: str) -> bool:
    """Whether most of the shared words that one of the two denies are not denied in the other."""
    here, there = _denied(sentence), _denied(source)
    shared = here.keys() & there.keys()
    denied = [word for word in shared if here[word] or there[word]]
    return sum(here[word] != there[word] for word in denied) > len(denied) / 2


def _denied(text: str) -> dict[str, bool]:
    """Each word of a text, and whether a negation before it in its clause reaches it."""
    found: dict[str, bool] = {}
    for clause in CLAUSE.split(text):
        reach = 0
        for word in re.findall(r"\S+", NEGATED.sub(lambda negation: f" {MARKER}{_reach(negation[0])} ", clause)):
            if word.startswith(MARKER):
                reach = int(word.removeprefix(MARKER))
                continue
            tokens = tokenize(word)
            found |= dict.fromkeys(tokens, reach > 0)
            reach -= bool(tokens)
    return found


def _reach(negation: str) -> int:
    """How many telling words a negation reaches: a preposition its object, anything else the rest of the clause."""
    return PREPOSITION_REACH if negation.lower() in PREPOSITIONS else 99


def _is_swapped(sentence: str, source: str) -> bool:
    """Whether the sentence has the words of the source with two of them in each other's place."""
    here, there = _telling(sentence), _telling(source)
    shared = [word for word in here if here.count(word) == there.count(word) == 1]
    if len(shared) < 4 or len(shared) < 0.5 * len(here):
        return False
    order = [there.index(word) for word in shared]
    wrong = [at for at, (place, right) in enumerate(zip(order, sorted(order), strict=True)) if place != right]
    return len(wrong) == 2 and wrong[1] - wrong[0] > 1  # neighbours change places in "the caller's trace", "the trace of the caller"


def _telling(text: str) -> list[str]:
    """The words that say something, whole and in order."""
    return [word for word in re.findall(r"[\w:.]*\w", text.lower()) if tokenize(word)]
