"""Mend misspelt words of a query. In: a query and the corpus's texts. Out: the query; words that are neither English nor the corpus's become near ones."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

SHORTEST = 5  # shorter words have too many neighbours
NEAR = 0.8  # share of matching letters (Ratcliff and Obershelp); "retuns" and "returns" have 0.92
WORD = re.compile(r"(?<![\w.:/`'-])[a-z]+(?![\w.:/(`'-])")


def plain_words(texts: Iterable[str]) -> list[str]:
    """The distinct words of four letters and more, sorted."""
    return sorted({word for text in texts for word in re.findall(r"[a-z]{4,}", text.lower())})


class Spelling:
    """Knows the plain words of the corpus, and English from pyspellchecker's word list."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_letter: dict[str, set[str]] = defaultdict(set)
        for word in words:
            self._by_letter[word[0]].add(word)

    @cached_property
    def _english(self) -> set[str]:
        from spellchecker import SpellChecker  # a word list of 1 MB, read when the first unknown word comes

        return set(SpellChecker(language="en").word_frequency.words())

    def mend(self, query: str) -> str:
        """The query with every misspelt lower-case word replaced by the nearest word of the corpus, where one is near."""
        return WORD.sub(lambda match: self._nearest(match[0]), query)

    def _nearest(self, word: str) -> str:
        candidates = self._by_letter.get(word[0], set())
        if len(word) < SHORTEST or word in candidates or word in self._english:
            return word
        near = sorted(other for other in candidates if abs(len(other) - len(word)) <= 2)
        return next(iter(difflib.get_close_matches(word, near, n=1, cutoff=NEAR)), word)
