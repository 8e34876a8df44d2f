"""Two rankings into one. In: scores by id of the dense and of the keyword ranking. Out: one fused score an id."""

from collections.abc import Callable, Mapping, Sequence

Scores = Mapping[str, float]
Fusion = Callable[[Sequence[str], Scores, Scores], dict[str, float]]

RANK_CONSTANT = 60  # from the paper


def convex(dense_weight: float) -> Fusion:
    """Convex combination of min-max scaled scores over the union of both lists (Bruch et al. 2023, doi:10.1145/3596512).

    1.0 is the dense ranking alone, 0.0 BM25 alone.
    """

    def fuse(ids: Sequence[str], dense: Scores, words: Scores) -> dict[str, float]:
        scaled_dense, scaled_words = _min_max(dense), _min_max(words, low=0.0)
        return {name: dense_weight * scaled_dense.get(name, 0.0) + (1 - dense_weight) * scaled_words.get(name, 0.0) for name in ids}

    return fuse


def reciprocal_rank(ids: Sequence[str], dense: Scores, words: Scores) -> dict[str, float]:
    """Reciprocal rank fusion (Cormack et al. 2009, doi:10.1145/1571941.1572114), scaled to 1 for the first of both lists."""
    places = ranks(dense), ranks(words)
    top = 2 / (RANK_CONSTANT + 1)
    return {name: sum(1 / (RANK_CONSTANT + place[name]) for place in places if name in place) / top for name in ids}


def ranks(scores: Scores) -> dict[str, int]:
    """Places from 1, best first."""
    return {name: rank for rank, name in enumerate(sorted(scores, key=lambda name: -scores[name]), 1)}


def _min_max(scores: Scores, low: float | None = None) -> dict[str, float]:
    if not scores:
        return {}
    floor = min(scores.values()) if low is None else low
    span = max(scores.values()) - floor
    return {name: (score - floor) / span if span > 0 else 1.0 for name, score in scores.items()}
