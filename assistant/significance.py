"""How sure a mean is. In: scores by question. Out: bootstrap intervals (Efron 1979), of one run or of the difference of two."""

from collections.abc import Mapping, Sequence

import numpy as np

RESAMPLES = 2_000
SEED = 0  # the same figures in each run
LEVEL = 95


def interval(scores: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean; (0, 0) without scores."""
    if not scores:
        return 0.0, 0.0
    values = np.asarray(scores, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return float(low), float(high)


def paired_difference(new: Mapping[str, float], old: Mapping[str, float]) -> dict[str, float]:
    """Mean of new - old over the questions that both runs hold, with its interval; `n` is 0 when they share none."""
    shared = [name for name in new if name in old]
    differences = [new[name] - old[name] for name in shared]
    low, high = interval(differences)
    return {"n": len(shared), "mean": float(np.mean(differences)) if shared else 0.0, "low": low, "high": high}
