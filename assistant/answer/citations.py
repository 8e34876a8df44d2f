"""Checks of an answer against the passages it rests on. In: sources and passages. Out: nothing, or the mark or quote that does not hold."""

import re
from collections.abc import Mapping

from assistant.answer.answer import Answer, Source
from index.passages import Passage

MARK = re.compile(r"\[([MR]\d+)\]")


def broken_citations(answer: Answer, passages: Mapping[str, Passage]) -> list[str]:
    """What does not hold: a mark without a source, a source that no mark names, a quote that is not the passage's own text."""
    marks = set(MARK.findall(answer.text))
    numbers = {source.n for source in answer.sources}
    found = [f"{mark} has no source" for mark in sorted(marks - numbers)]
    found += [f"{number} is cited nowhere" for number in sorted(numbers - marks)]
    for source in answer.sources:
        if isinstance(source, Source):
            text = passages[source.passage].text
            found += [f"{source.n} quotes what {source.passage} does not say" for quote in source.quotes if text[quote.start : quote.end] != quote.text]
    return found
