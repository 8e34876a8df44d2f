"""Aliases: error texts and everyday words that name a passage. In: passages. Out: which of them a query calls by such a name."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from index.keywords import tokenize
from index.passages import Passage

SHORTEST = 8  # shorter aliases are ordinary words, and BM25 sees those
FEWEST_WORDS = 3
TICKED = re.compile(r"``\s?(.+?)\s?``|`([^`]+)`")


@dataclass(frozen=True)
class Named:
    """The alias that a query holds; `verbatim` when it stands there word for word, else all its words do in any order."""

    alias: str
    verbatim: bool


NOT_NAMED = Named("", verbatim=False)


class Aliases:
    """Looks only at aliases whose rarest word is in the query, so that a hundred thousand cost no more than a hundred."""

    def __init__(self, passages: Iterable[Passage], count_holders: Callable[[str], int]) -> None:
        self._by_word: dict[str, list[tuple[str, frozenset[str], str]]] = defaultdict(list)
        for passage in passages:
            for alias in _aliases(passage):
                words = frozenset(tokenize(alias))
                if words:
                    self._by_word[min(words, key=lambda word: (count_holders(word), word))].append((fold(alias), words, passage.id))

    def find(self, query: str, tokens: Iterable[str]) -> dict[str, Named]:
        """Passage id -> the alias that the query holds; a verbatim one wins."""
        folded, words = fold(query), set(tokens)
        found: dict[str, Named] = {}
        for word in words:
            for alias, own, name in self._by_word.get(word, ()):
                if len(alias) >= SHORTEST and alias in folded:
                    found[name] = Named(alias, verbatim=True)
                elif len(own) >= FEWEST_WORDS and own <= words:
                    found.setdefault(name, Named(alias, verbatim=False))
        return found


def fold(text: str) -> str:
    """Lower case, single blanks."""
    return " ".join(text.lower().split())


def _aliases(passage: Passage) -> list[str]:
    """The passage's aliases, and the error texts that the heading of a pitfall quotes."""
    quoted = [first or second for first, second in TICKED.findall(passage.heading)] if passage.kind == "pitfall" else []
    return [*passage.aliases, *quoted]
