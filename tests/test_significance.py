import random

import pytest

from assistant.significance import interval, paired_difference


def test_the_interval_holds_the_mean_and_narrows_with_more_questions():
    drawn = random.Random(1)
    few, many = [drawn.random() for _ in range(20)], [drawn.random() for _ in range(2_000)]
    (low, high), (lower, higher) = interval(few), interval(many)
    assert low < sum(few) / len(few) < high
    assert higher - lower < (high - low) / 4


def test_no_scores_have_no_interval():
    assert interval([]) == (0.0, 0.0)


def test_runs_are_compared_question_by_question():
    difference = paired_difference({"a": 1.0, "b": 0.5, "new": 0.0}, {"a": 0.5, "b": 0.0, "old": 1.0})
    assert difference == pytest.approx({"n": 2, "mean": 0.5, "low": 0.5, "high": 0.5})
    assert paired_difference({"a": 1.0}, {"b": 1.0})["n"] == 0
