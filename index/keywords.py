"""BM25 over the passages. In: texts. Out: scores by word. Knows prose and code: identifiers are kept whole and also split, words are stemmed."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer
from bm25s.stopwords import STOPWORDS_EN_PLUS

from index.errors import IndexUnusable

TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:(?:::|\.|-)[A-Za-z0-9_]+)*|\d+(?:\.\d+)*")
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
STOP_WORDS = frozenset(STOPWORDS_EN_PLUS)
_stem = Stemmer.Stemmer("english")


def tokenize(text: str) -> list[str]:
    """The keyword tokens of a text, in order, with repeats: `r.Context()` gives `r.context`, `context`."""
    tokens: list[str] = []
    for match in TOKEN.finditer(text):
        tokens += _tokens_of(match[0])
    return tokens


@lru_cache(maxsize=50_000)
def _tokens_of(word: str) -> tuple[str, ...]:
    parts = [part for piece in re.split(r"::|[._-]", word) for part in CAMEL.findall(piece)]
    whole = word.lower().strip("_.-:")
    if len(parts) <= 1:
        return () if whole in STOP_WORDS or len(whole) < 2 else (_stem.stemWord(whole),)
    stems = [_stem.stemWord(part.lower()) for part in parts if len(part) > 1 and part.lower() not in STOP_WORDS]
    return (whole, *stems)


class KeywordIndex:
    """BM25 (Lucene's form) over texts in a fixed order."""

    def __init__(self, retriever: bm25s.BM25) -> None:
        self._retriever = retriever
        self._vocabulary: dict[str, int] = retriever.vocab_dict

    @classmethod
    def build(cls, texts: Sequence[str]) -> "KeywordIndex":
        """Index `texts`; scores come back in their order."""
        retriever = bm25s.BM25(method="lucene")
        retriever.index([tokenize(text) for text in texts], show_progress=False)
        return cls(retriever)

    @classmethod
    def load(cls, folder: Path) -> "KeywordIndex":
        """Open what `save` wrote. Raises IndexUnusable."""
        try:
            return cls(bm25s.BM25.load(str(folder), allow_pickle=False))
        except Exception as error:  # bm25s raises whatever its files make numpy and json raise
            raise IndexUnusable("The keyword index cannot be opened. Run: gnomon index --rebuild") from error

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        self._retriever.save(str(folder), show_progress=False)

    def known(self, tokens: Sequence[str]) -> list[str]:
        """The distinct tokens that occur in the corpus."""
        return [token for token in dict.fromkeys(tokens) if token in self._vocabulary]

    def holders(self, token: str) -> npt.NDArray[np.int32]:
        """Positions of the texts that hold the token, unsorted."""
        at = self._vocabulary.get(token)
        if at is None:
            return np.zeros(0, dtype=np.int32)
        matrix = self._retriever.scores  # BM25 scores as a sparse matrix, one column a token
        return np.asarray(matrix["indices"][matrix["indptr"][at] : matrix["indptr"][at + 1]], dtype=np.int32)

    def scores(self, tokens: Sequence[str]) -> npt.NDArray[np.float32]:
        """One BM25 score a text, in index order."""
        known = self.known(tokens)
        if not known:
            return np.zeros(self._retriever.scores["num_docs"], dtype=np.float32)
        return np.asarray(self._retriever.get_scores(known), dtype=np.float32)
