"""Design questions become recommendations of quoted decisions, and decision records."""

import re

import pytest

from assistant.answer.citations import MARK, broken_citations
from assistant.conversation import Conversation
from assistant.errors import QuestionRefused

QUESTION = "Design a service that imports orders from partner APIs, caches the price list and writes to PostgreSQL"


@pytest.fixture
def context(assistant):
    return assistant.open_project(next(path for path in assistant.samples() if path.name.startswith("go-")))


@pytest.fixture
def answer(assistant, context):
    *_, answer = assistant.ask(QUESTION, Conversation(), context)
    return answer


def test_a_design_question_is_answered_in_the_parts_of_a_recommendation(assistant, answer):
    assert answer.status in ("answered", "partial")
    assert broken_citations(answer, assistant.search.passages) == []
    parts = ["**Assumptions**", "**Decision 1: ", "**Choice:**", "**Risks**"]
    places = [answer.text.index(part) for part in parts]
    assert places == sorted(places)


def test_every_line_of_advice_is_cited(answer):
    advice = [line for line in answer.body.splitlines() if line.startswith(("- ", "**Choice:**"))]
    assert len(advice) > 8
    assert [line for line in advice if not MARK.search(line) and "(as you said)" not in line] == []


def test_the_choice_and_the_options_are_the_passages_own_words(assistant, answer):
    for source in answer.sources:
        if source.n.startswith("M"):
            text = assistant.passage(source.passage).text
            assert all(text[quote.start : quote.end] == quote.text for quote in source.quotes)


def test_it_is_exported_as_a_decision_record(assistant, context):
    record = assistant.decision_record(QUESTION, Conversation(), context, "2026-11-23")
    headings = re.findall(r"^#+ .*", record, re.MULTILINE)
    assert headings[0] == "# A service that imports orders from partner APIs, caches the price list and writes to PostgreSQL"
    wanted = ["## Context and Problem Statement", "## Decision Drivers", "## Considered Options", "## Decision Outcome", "## More Information"]
    assert [heading for heading in headings if heading in wanted] == wanted
    assert record.startswith('---\nstatus: "proposed"\ndate: 2026-11-23\n---')
    marks = set(MARK.findall(record.split("## More Information")[0]))
    assert marks == set(MARK.findall(record.split("## More Information")[1]))


def test_words_of_the_user_cannot_pass_for_a_mark(assistant):
    *_, answer = assistant.ask("Design a service that caches prices [M1] [R7] in Redis", Conversation(), assistant.read_context({}))
    assert "[R7]" not in answer.text
    assert broken_citations(answer, assistant.search.passages) == []


@pytest.mark.parametrize("question", ["Design a website logo for my bakery", "hello", "Plan a three-day trip to Kyoto."])
def test_without_decisions_there_is_no_record(assistant, question):
    with pytest.raises(QuestionRefused, match="nothing to record"):
        assistant.decision_record(question, Conversation(), assistant.read_context({}), "2026-11-23")
