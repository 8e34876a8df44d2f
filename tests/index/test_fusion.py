import pytest

from index.fusion import convex, ranks, reciprocal_rank

DENSE = {"a": 0.9, "b": 0.5, "c": 0.1}
WORDS = {"b": 8.0, "d": 4.0}
IDS = ["a", "b", "c", "d"]


@pytest.mark.parametrize(("weight", "best"), [(1.0, "a"), (0.0, "b"), (0.5, "b")])
def test_the_weight_moves_between_the_two_rankings(weight, best):
    fused = convex(weight)(IDS, DENSE, WORDS)
    assert max(fused, key=fused.__getitem__) == best


def test_convex_scores_are_scaled_between_the_ends_of_each_list():
    assert convex(0.7)(IDS, DENSE, WORDS) == pytest.approx({"a": 0.7, "b": 0.35 + 0.3, "c": 0.0, "d": 0.15})


def test_reciprocal_rank_counts_places_only():
    fused = reciprocal_rank(IDS, DENSE, WORDS)
    assert fused == reciprocal_rank(IDS, {name: score * 100 for name, score in DENSE.items()}, WORDS)
    assert max(fused, key=fused.__getitem__) == "b"


def test_places_count_from_one():
    assert ranks(WORDS) == {"b": 1, "d": 2}
