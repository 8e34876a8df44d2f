"""The project's own cases of whole answers, with floors; `gnomon eval --answers` prints the misses."""

from pathlib import Path

import pytest

from assistant.answer_evaluation import answer_figures, measure_answers, read_cases
from assistant.doors.cli_eval import ask_case

CASES = read_cases([Path(__file__).parent / "cases.jsonl"])


@pytest.fixture(scope="module")
def figures(assistant):
    outcomes = measure_answers(CASES, lambda case: ask_case(assistant, case), assistant.search.passages, assistant.search.embedder)
    found = answer_figures(outcomes)
    print(found["overall"])
    return found["overall"]


def test_there_are_enough_cases_of_every_kind():
    assert len(CASES) >= 120
    assert {case.kind for case in CASES} == {"question", "upload", "design", "follow-up"}


def test_every_mark_and_quote_holds(figures):
    assert figures["quotes exact"] == 1.0


def test_the_best_passage_is_cited(figures):
    assert figures["best cited"] >= 0.90


def test_the_facts_are_covered(figures):
    assert figures["facts covered"] >= 0.80


def test_nothing_is_said_that_must_not_be(figures):
    assert (figures["must not"], figures["repeated"]) == (0, 0)
