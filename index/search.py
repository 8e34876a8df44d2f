"""Find passages. In: a query and a filter. Out: Hits, best first, each with the reason it matched. Dense and BM25 rankings are fused here."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.aliases import NOT_NAMED, Aliases, Named
from index.chroma_store import ChromaStore
from index.embedders import Embedder, Vectors
from index.filters import SearchFilter
from index.fusion import Fusion, ranks
from index.keywords import KeywordIndex, tokenize
from index.passages import NEUTRAL, Passage
from index.prose import Sentence
from index.spelling import Spelling

COVERING = 5  # the best hits that have to hold the rare words of an answerable question
CANDIDATES = 100  # of each ranking; fusing the two top-100 lists is what the weight below was measured with
# Preferences move a passage among its near equals and never past a clearly better one: fused scores of neighbours differ by about 0.02.
FRAMEWORK_MATCH = 0.08
FRAMEWORK_MISS = -0.15
OTHER_MATCH = 0.01
READERS_LANGUAGE = 0.12  # a neutral document on the same subject comes second; flat from 0.08 to 0.2 on the labelled questions
KIND_MATCH = 0.12
ALIAS_MATCH = 0.35  # an alias that stands in the question word for word
ALIAS_WORDS_MATCH = 0.12  # all words of an alias, in any order


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
        spelling: Spelling,
        fuse: Fusion,
    ) -> None:
        self.passages = {passage.id: passage for passage in passages}
        self.embedder = embedder
        self._order = list(passages)
        self._position = {passage.id: at for at, passage in enumerate(self._order)}
        languages = [passage.language for passage in self._order]
        self._inside = {language: np.array([own == language for own in languages]) for language in set(languages)}
        self._store, self._keywords, self._sentences = store, keywords, sentences
        self._aliases = Aliases(self._order, lambda word: len(keywords.holders(word)))
        self._fuse = fuse
        self._spelling = spelling

    def find(self, query: str, wanted: SearchFilter, limit: int = 10) -> SearchResult:
        """The `limit` best passages for the query, with what the filter hid."""
        query = self._spelling.mend(query)
        vector = self.embedder.embed([query])[0]
        tokens = list(dict.fromkeys(tokenize(query)))
        partitions = wanted.partitions(self._store.partitions)
        dense = dict(self._store.nearest(partitions, vector, CANDIDATES))
        words, hidden = self._keyword_scores(tokens, partitions)
        named = {name: alias for name, alias in self._aliases.find(query, tokens).items() if wanted.matches(self.passages[name])}
        ids = list(dict.fromkeys([*dense, *words, *named]))
        fused = self._fuse(ids, dense, words)
        order = sorted(ids, key=lambda name: (-(fused[name] + self._preference(name, wanted, named)), name))
        held = self._held_words(tokens, order[: max(limit, COVERING)])
        places = ranks(dense), ranks(words)
        hits = []
        for name in order[:limit]:
            passage, alias = self.passages[name], named.get(name, NOT_NAMED)
            similarity = round(dense.get(name, 0.0), 4)
            why = Why(places[0].get(name), similarity, places[1].get(name), held[name], alias.alias, alias.verbatim, wanted.met(passage))
            hits.append(Hit(passage, fused[name] + self._preference(name, wanted, named), why))
        return SearchResult(
            tuple(hits),
            vector,
            hidden={"language": hidden} if hidden and wanted.languages else {},
            best_similarity=max(dense.values(), default=0.0),
            coverage=self._coverage(tokens, [held[name] for name in order[:COVERING]]),
        )

    def fused_by(self, fuse: Fusion) -> "Search":
        """The same search with another way to fuse, for comparisons."""
        other = copy.copy(self)
        other._fuse = fuse
        return other

    def sentences_of(self, passage_id: str) -> tuple[Sequence[Sentence], Vectors]:
        """The sentences of a passage and their vectors, shape (sentences, dimension), as stored when the index was built."""
        return self._sentences[passage_id]

    def _keyword_scores(self, tokens: Sequence[str], partitions: Sequence[str]) -> tuple[dict[str, float], int]:
        """The best by BM25 in these partitions, and how many passages with a word of the query lie outside them."""
        scores = self._keywords.scores(tokens)
        inside = np.zeros(len(scores), dtype=bool)
        for partition in partitions:
            inside |= self._inside[partition]
        hidden = int(np.count_nonzero(scores[~inside] > 0))
        scores = np.where(inside, scores, 0.0)
        best: npt.NDArray[np.intp] = np.argpartition(-scores, CANDIDATES)[:CANDIDATES] if len(scores) > CANDIDATES else np.arange(len(scores))
        best = best[np.lexsort((best, -scores[best]))]
        return {self._order[at].id: float(scores[at]) for at in best if scores[at] > 0}, hidden

    def _preference(self, name: str, wanted: SearchFilter, named: Mapping[str, Named]) -> float:
        bonus = (ALIAS_MATCH if named[name].verbatim else ALIAS_WORDS_MATCH) if name in named else 0.0
        return bonus + _fit(self.passages[name], wanted)

    def _held_words(self, tokens: Sequence[str], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Which words of the query each of these passages holds."""
        places = np.array([self._position[name] for name in names], dtype=np.int32)
        holds = {token: np.isin(places, self._keywords.holders(token)) for token in tokens}
        return {name: tuple(token for token in tokens if holds[token][at]) for at, name in enumerate(names)}

    def _coverage(self, tokens: Sequence[str], held: Sequence[Sequence[str]]) -> float:
        """Share of the query's distinct words, rare ones weighing more, that stand in the best hits together."""
        together = {token for words in held for token in words}
        weight = {token: float(np.log1p(len(self._order) / (1 + len(self._keywords.holders(token))))) for token in tokens}
        total = sum(weight.values())
        return sum(weight[token] for token in together) / total if total else 0.0


def _fit(passage: Passage, wanted: SearchFilter) -> float:
    """How much better or worse a passage fits the reader than its text alone says."""
    bonus = 0.0
    if passage.language != NEUTRAL and passage.language in wanted.languages:
        bonus += READERS_LANGUAGE
    if passage.kind in wanted.kinds:
        bonus += KIND_MATCH
    if wanted.misses_framework(passage):
        bonus += FRAMEWORK_MISS
    for met in wanted.met(passage):
        key, value = met.split("=", 1)
        if value in passage.frameworks:
            bonus += FRAMEWORK_MATCH
        elif key != "language":
            bonus += OTHER_MATCH
    return bonus
