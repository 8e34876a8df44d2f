"""Places in the user's own code that an answer speaks of. In: quoted passages and the project. Out: the lines that hold the quoted names, shipped code only."""

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.answer.answer import Source
from assistant.answer.citations import LONGEST_SHOWN
from assistant.project.facts import Evidence
from assistant.project.source_tree import SourceTree

MOST_PLACES = 3
MOST_LINES = 200_000  # lines looked at for one answer
# An identifier that says something: qualified (http.Server, axum::serve) or mixed case of some length (ReadHeaderTimeout).
IDENTIFIER = re.compile(r"(?<![\w.])(?:[A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)(?!\w)")
IN_TICKS = re.compile(r"`([^`]+)`")
NOT_SHIPPED = re.compile(r"(?:^|/)(?:tests?|testdata|examples?|benches|vendor|third_party)/|_test\.go$")
SOURCES = (".go", ".rs", ".sql")
NOT_CODE = ("//", "--", "#", "import ", "use ")


def find_places(sources: Sequence[Source], tree: SourceTree | None) -> tuple[Evidence, ...]:
    """The first line of the project for each of the most telling names in what is quoted; the leading source's names come first."""
    names = list(dict.fromkeys(_names(sources)))
    if tree is None or not names:
        return ()
    pattern = re.compile(rf"(?<![\w.])(?:{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})(?!\w)")
    found: dict[str, tuple[str, int, str]] = {}
    for path, number, line in _lines(tree):
        for match in pattern.finditer(line):
            found.setdefault(match[0], (path, number, line.strip()[:LONGEST_SHOWN]))
    places = dict.fromkeys(found[name] for name in names if name in found)
    return tuple(Evidence(*place) for place in list(places)[:MOST_PLACES])


def _names(sources: Sequence[Source]) -> Iterator[str]:
    for source in sources:
        for text in [source.heading, *(quote.text for quote in source.quotes)]:
            for ticked in IN_TICKS.findall(text):
                yield from IDENTIFIER.findall(ticked)


def _lines(tree: SourceTree) -> Iterable[tuple[str, int, str]]:
    """Every line of shipped sources, bounded, without comments and imports."""
    left = MOST_LINES
    for path, text in tree.texts.items():
        if not path.endswith(SOURCES) or NOT_SHIPPED.search(path):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            left -= 1
            if left < 0:
                return
            if not line.lstrip().startswith(NOT_CODE):
                yield path, number, line
