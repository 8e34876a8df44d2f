"""Find passages. In: a query and a filter. Out: Hits, best first, each with the reason it matched. Dense and BM25 rankings are fused here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from index.chroma_store import ChromaStore
from index.embedders import Embedder, Vectors
from index.filters import SearchFilter
from index.keywords import KeywordIndex, tokenize
from index.passages import NEUTRAL, Passage
from index.prose import Sentence
from index.spelling import Spelling

CANDIDATES = 100  # of each ranking; fusing the two top-100 lists is what the weight below was measured with
# Preferences move a passage among its near equals and never past a clearly better one: fused scores of neighbours differ by about 0.02.
FRAMEWORK_MATCH = 0.08
FRAMEWORK_MISS = -0.15
OTHER_MATCH = 0.01
READERS_LANGUAGE = 0.04
KIND_MATCH = 0.12
ALIAS_MATCH = 0.35  # an alias that stands in the question word for word
ALIAS_WORDS_MATCH = 0.12  # all words of an alias, in any order
SHORTEST_ALIAS = 8  # shorter aliases are ordinary words, and BM25 sees those
FEWEST_ALIAS_WORDS = 3
TICKED = re.compile(r"``\s?(.+?)\s?``|`([^`]+)`")


@dataclass(frozen=True)
class Why:
    """The reason a passage matched: ranks count from 1, None when it was not among the candidates of that ranking."""

    dense_rank: int | None
    dense_similarity: float
    keyword_rank: int | None
    words: tuple[str, ...] = ()
    alias: str = ""
    verbatim: bool = False  # whether the alias stands in the question word for word
    filters_met: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A passage that matched; `score` orders hits of one search and means nothing across searches."""

    passage: Passage
    score: float
    why: Why


@dataclass(frozen=True)
class SearchResult:
    """Hits, best first.

    `hidden`: passages with a word of the query that each hard filter kept back. `best_similarity`: cosine of the nearest passage.
    `coverage`: share of the query's distinct words, rare ones weighing more, that the best hits hold (0..1). `vector`: the query's own.
    """

    hits: tuple[Hit, ...]
    vector: Vectors
    hidden: Mapping[str, int] = field(default_factory=dict)
    best_similarity: float = 0.0
    coverage: float = 0.0


class Search:
    """Hybrid search over one pack."""

    def __init__(
        self,
        passages: Sequence[Passage],
        store: ChromaStore,
        keywords: KeywordIndex,
        embedder: Embedder,
        sentences: Mapping[str, tuple[Sequence[Sentence], Vectors]],
        *,
        dense_weight: float = 0.7,
    ) -> None:
        self.passages = {passage.id: passage for passage in passages}
        self.embedder = embedder
        self._order = list(passages)
        self._position = {passage.id: at for at, passage in enumerate(self._order)}
        self._tokens = [frozenset(tokenize(passage.keyword_text)) for passage in self._order]
        self._aliases = [(_folded(alias), frozenset(tokenize(alias)), passage.id) for passage in self._order for alias in _aliases(passage)]
        self._store, self._keywords, self._sentences = store, keywords, sentences
        self._dense_weight = dense_weight
        self._spelling = Spelling(passage.keyword_text for passage in self._order)

    def find(self, query: str, wanted: SearchFilter, limit: int = 10) -> SearchResult:
        """The `limit` best passages for the query, with what the filter hid."""
        query = self._spelling.mend(query)
        vector = self.embedder.embed([query])[0]
        tokens = tokenize(query)
        partitions = wanted.partitions(self._store.partitions)
        dense = dict(self._store.nearest(partitions, vector, CANDIDATES))
        words = self._keyword_scores(tokens, wanted)
        aliases = self._aliases_in(query)
        ids = list(dict.fromkeys([*dense, *words, *(name for name in aliases if wanted.matches(self.passages[name]))]))
        fused = self._fuse(ids, dense, words)
        hits = [self._hit(name, fused[name], self._why(name, dense, words, query, aliases), wanted) for name in ids]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.id))
        return SearchResult(
            tuple(hits[:limit]),
            vector,
            hidden=self._count_hidden(tokens, wanted),
            best_similarity=max(dense.values(), default=0.0),
            coverage=self._coverage(tokens, hits[:limit]),
        )

    def sentences_of(self, passage_id: str) -> tuple[Sequence[Sentence], Vectors]:
        """The sentences of a passage and their vectors, shape (sentences, dimension), as stored when the index was built."""
        return self._sentences[passage_id]

    def _keyword_scores(self, tokens: Sequence[str], wanted: SearchFilter) -> dict[str, float]:
        scores = self._keywords.scores(tokens)
        best: npt.NDArray[np.intp] = np.argsort(-scores, kind="stable")
        found: dict[str, float] = {}
        for at in best:
            if scores[at] <= 0 or len(found) == CANDIDATES:
                break
            passage = self._order[at]
            if wanted.matches(passage):
                found[passage.id] = float(scores[at])
        return found

    def _aliases_in(self, query: str) -> dict[str, str]:
        """Passage id -> the alias that the query holds: word for word, or at least all its words."""
        folded, tokens = _folded(query), set(tokenize(query))
        by_words = {name: alias for alias, words, name in self._aliases if len(words) >= FEWEST_ALIAS_WORDS and words <= tokens}
        return by_words | {name: alias for alias, _, name in self._aliases if len(alias) >= SHORTEST_ALIAS and alias in folded}

    def _fuse(self, ids: Sequence[str], dense: Mapping[str, float], words: Mapping[str, float]) -> dict[str, float]:
        """Convex combination of min-max scaled scores over the union of both lists (Bruch et al. 2023, doi:10.1145/3596512)."""
        scaled_dense, scaled_words = _min_max(dense), _min_max(words, low=0.0)
        weight = self._dense_weight
        return {name: weight * scaled_dense.get(name, 0.0) + (1 - weight) * scaled_words.get(name, 0.0) for name in ids}

    def _why(self, name: str, dense: Mapping[str, float], words: Mapping[str, float], query: str, aliases: Mapping[str, str]) -> Why:
        own = self._tokens[self._position[name]]
        return Why(
            dense_rank=_rank(name, dense),
            dense_similarity=round(dense.get(name, 0.0), 4),
            keyword_rank=_rank(name, words),
            words=tuple(token for token in dict.fromkeys(tokenize(query)) if token in own),
            alias=aliases.get(name, ""),
            verbatim=name in aliases and aliases[name] in _folded(query),
        )

    def _hit(self, name: str, fused: float, why: Why, wanted: SearchFilter) -> Hit:
        passage = self.passages[name]
        why = replace(why, filters_met=wanted.met(passage))
        return Hit(passage, fused + _preference(passage, wanted, why), why)

    def _count_hidden(self, tokens: Sequence[str], wanted: SearchFilter) -> dict[str, int]:
        """How many passages that share a word with the query each language of the filter keeps back."""
        if not wanted.languages:
            return {}
        scores = self._keywords.scores(tokens)
        hidden = sum(1 for at, passage in enumerate(self._order) if scores[at] > 0 and not wanted.matches(passage))
        return {"language": hidden} if hidden else {}

    def _coverage(self, tokens: Sequence[str], hits: Sequence[Hit]) -> float:
        """Share of the query's distinct tokens, rare ones weighing more, that stand in the best hits together."""
        distinct = list(dict.fromkeys(tokens))
        held = set().union(*(self._tokens[self._position[hit.passage.id]] for hit in hits[:5])) if hits else set()
        weight = {token: self._rarity(token) for token in distinct}
        total = sum(weight.values())
        return sum(weight[token] for token in distinct if token in held) / total if total else 0.0

    def _rarity(self, token: str) -> float:
        holding = sum(1 for tokens in self._tokens if token in tokens)
        return float(np.log1p(len(self._order) / (1 + holding)))


def _preference(passage: Passage, wanted: SearchFilter, why: Why) -> float:
    bonus = (ALIAS_MATCH if why.verbatim else ALIAS_WORDS_MATCH) if why.alias else 0.0
    if passage.language != NEUTRAL and passage.language in wanted.languages:
        bonus += READERS_LANGUAGE
    if passage.kind in wanted.kinds:
        bonus += KIND_MATCH
    if wanted.misses_framework(passage):
        bonus += FRAMEWORK_MISS
    for met in why.filters_met:
        key, value = met.split("=", 1)
        if value in passage.frameworks:
            bonus += FRAMEWORK_MATCH
        elif key != "language":
            bonus += OTHER_MATCH
    return bonus


def _min_max(scores: Mapping[str, float], low: float | None = None) -> dict[str, float]:
    if not scores:
        return {}
    floor = min(scores.values()) if low is None else low
    span = max(scores.values()) - floor
    return {name: (score - floor) / span if span > 0 else 1.0 for name, score in scores.items()}


def _rank(name: str, scores: Mapping[str, float]) -> int | None:
    return 1 + sum(1 for other in scores.values() if other > scores[name]) if name in scores else None


def _aliases(passage: Passage) -> list[str]:
    """The words people use for a passage, and the error texts that its heading quotes."""
    quoted = [first or second for first, second in TICKED.findall(passage.heading)] if passage.kind == "pitfall" else []
    return [*passage.aliases, *quoted]


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
