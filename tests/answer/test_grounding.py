"""Which written sentences the passages bear out, on labelled sentences: figures with floors, and the rules one by one."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from assistant.answer.grounding import Grounds

ROWS = [json.loads(line) for line in (Path(__file__).parent / "grounding.jsonl").read_text(encoding="utf-8").splitlines()]
KEPT_FLOOR = 0.90
WRONG_CEILING = 0.18


@pytest.fixture(scope="module")
def shares(assistant, embedder):
    """Label -> the share of its sentences that pass, each judged against its own passage and two others."""
    ids = list(dict.fromkeys(row["passage"] for row in ROWS))
    passed = defaultdict(list)
    for at, name in enumerate(ids):
        given = [assistant.passage(ids[(at + step) % len(ids)]) for step in (0, 1, 7)]
        mine = [row for row in ROWS if row["passage"] == name]
        for row, verdict in zip(mine, Grounds(given, embedder).judge([row["sentence"] for row in mine]), strict=True):
            passed[row["label"]].append(verdict.is_supported and verdict.passage == name)
    print({label: f"{sum(found)}/{len(found)}" for label, found in passed.items()})
    return passed


def test_there_are_enough_labelled_sentences():
    assert len(ROWS) >= 150
    assert {row["label"] for row in ROWS} == {"supported", "half-supported", "contradicted", "swapped", "negated", "invented number", "invented name"}


def test_true_sentences_are_kept_with_their_own_passage(shares):
    assert sum(shares["supported"]) >= KEPT_FLOOR * len(shares["supported"])


def test_most_of_what_is_wrong_is_held_back(shares):
    wrong = [passed for label, found in shares.items() if label != "supported" for passed in found]
    assert sum(wrong) <= WRONG_CEILING * len(wrong)


def test_no_invented_number_passes(shares):
    assert sum(shares["invented number"]) == 0


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Only the sending side closes a Go channel.", ""),
        ("Only the receiving side closes a Go channel.", "negation"),
        ("A channel must not be closed for memory; 17 receivers know that.", "number"),
        ("Call `chan.Shutdown` when it has sent its last value.", "name"),
        ("Tomatoes grow best in full sun with regular water.", "too far"),
        ("Only the sending side closes a Go channel, and only when it has sent its last value, and tomatoes grow.", "part"),
    ],
)
def test_each_rule_gives_its_reason(assistant, embedder, sentence, reason):
    [verdict] = Grounds([assistant.passage("go-channels#who-may-close")], embedder).judge([sentence])
    assert verdict.reason == reason


def test_without_passages_nothing_is_supported(embedder):
    assert [verdict.is_supported for verdict in Grounds([], embedder).judge(["Anything."])] == [False]
