from dataclasses import replace

import pytest

from assistant.answer.answer import Answer, Quote, Source
from assistant.answer.citations import broken_citations

PASSAGE = "go-http-handlers#slow-client"


@pytest.fixture
def answer(assistant):
    text = assistant.passage(PASSAGE).text[:20]
    return Answer("answered", f"{text} [M1]", "q", sources=(Source("M1", PASSAGE, "go-http-handlers", "h", "strong", (Quote(text, 0, 20),)),))


def test_an_answer_whose_marks_and_quotes_hold_has_nothing_broken(assistant, answer):
    assert broken_citations(answer, assistant.search.passages) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [("claim [M2]", "M2 has no source"), ("claim without a mark", "M1 is cited nowhere"), ("claim [M1] [R1]", "R1 has no source")],
)
def test_a_mark_without_a_source_or_a_source_without_a_mark_is_named(assistant, answer, text, problem):
    assert problem in broken_citations(replace(answer, text=text), assistant.search.passages)


def test_a_quote_that_is_not_the_passages_text_is_named(assistant, answer):
    [source] = answer.sources
    changed = replace(source, quotes=(Quote("never written", 0, 13),))
    assert broken_citations(replace(answer, sources=(changed,)), assistant.search.passages) == [f"M1 quotes what {PASSAGE} does not say"]
