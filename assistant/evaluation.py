"""Measure search on labelled questions. In: question files (JSON lines). Out: figures by kind, language and document, and the misses.

Figures: nDCG@10 with gain 2^grade - 1 (Järvelin and Kekäläinen 2002), recall@5, hit@1 (the first is a primary document), MRR; abstention precision and recall.
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from assistant.answer.retrieval import Retrieval
from assistant.errors import GnomonError
from assistant.significance import interval, paired_difference

METRICS = ("ndcg@10", "recall@5", "hit@1", "mrr")
PRIMARY = 2


@dataclass(frozen=True)
class LabelledQuestion:
    """One line of a question file; `relevant` maps methodology ids to 2 (primary) or 1 (also good)."""

    id: str
    turns: tuple[str, ...]
    kind: str
    context: Mapping[str, object] = field(default_factory=dict)
    relevant: Mapping[str, int] = field(default_factory=dict)
    expected: str = "answer"
    route: str | None = None
    pair: str | None = None

    @property
    def must_abstain(self) -> bool:
        """Whether the right answer is no answer."""
        return self.expected in ("route", "abstain", "refuse")


@dataclass(frozen=True)
class Outcome:
    """What search did with one question."""

    question: LabelledQuestion
    ranked: tuple[str, ...]
    abstained: bool
    route: str | None
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """All outcomes; the figures are computed from them."""

    outcomes: tuple[Outcome, ...]
    documents: frozenset[str]

    def ranked_outcomes(self) -> list[Outcome]:
        """Questions that have a primary document in this pack."""
        return [outcome for outcome in self.outcomes if any(grade == PRIMARY and doc in self.documents for doc, grade in outcome.question.relevant.items())]

    def by(self, key: Callable[[LabelledQuestion], Iterable[str]]) -> dict[str, dict[str, float]]:
        """Mean figures of the ranked questions in each group."""
        groups: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in self.ranked_outcomes():
            for name in key(outcome.question):
                groups[name].append(outcome)
        return {name: mean_scores(found) for name, found in sorted(groups.items())}

    def abstention(self) -> dict[str, float]:
        """Precision and recall of abstaining, share of answerable questions answered, share of right routes."""
        must = [outcome for outcome in self.outcomes if outcome.question.must_abstain]
        keep = [outcome for outcome in self.outcomes if not outcome.question.must_abstain and outcome in self.ranked_outcomes()]
        said, wrong = sum(outcome.abstained for outcome in must), sum(outcome.abstained for outcome in keep)
        routed = [outcome for outcome in must if outcome.question.expected == "route"]
        return {
            "refused": _ratio(said, len(must)),
            "answered": 1 - _ratio(wrong, len(keep)),
            "precision": _ratio(said, said + wrong),
            "route": _ratio(sum(outcome.route == outcome.question.route for outcome in routed), len(routed)),
        }

    def pairs(self) -> float:
        """Share of the pairs (one text in two contexts) of which both halves have a primary document first."""
        found: dict[str, list[float]] = defaultdict(list)
        for outcome in self.ranked_outcomes():
            if outcome.question.pair:
                found[outcome.question.pair].append(outcome.scores["hit@1"])
        both = [min(hits) for hits in found.values() if len(hits) > 1]
        return _ratio(sum(both), len(both))

    def scores(self) -> dict[str, dict[str, float]]:
        """The figures of every ranked question, by its id."""
        return {outcome.question.id: dict(outcome.scores) for outcome in self.ranked_outcomes()}

    def to_json(self) -> dict[str, Any]:
        """The figures as `gnomon eval --json` prints them."""
        return {
            "questions": len(self.outcomes),
            "ranked": len(self.ranked_outcomes()),
            "overall": mean_scores(self.ranked_outcomes()),
            "intervals": {name: interval([outcome.scores[name] for outcome in self.ranked_outcomes()]) for name in METRICS},
            "pairs": self.pairs(),
            "by_document": self.by(lambda question: [doc for doc, grade in question.relevant.items() if grade == PRIMARY and doc in self.documents]),
            "by_kind": self.by(lambda question: [question.kind]),
            "by_language": self.by(lambda question: [str(question.context.get("language", "none"))]),
            "abstention": self.abstention(),
            "misses": [
                {"id": outcome.question.id, "wanted": dict(outcome.question.relevant), "got": list(outcome.ranked[:3])}
                for outcome in self.ranked_outcomes()
                if not outcome.scores["hit@1"]
            ],
        }


def read_questions(paths: Sequence[Path]) -> list[LabelledQuestion]:
    """Every question of the files. Raises GnomonError with file and line."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                found.append(_read_question(path, number, line))
    return found


def _read_question(path: Path, number: int, line: str) -> LabelledQuestion:
    try:
        row = json.loads(line)
        return LabelledQuestion(
            id=row["id"],
            turns=tuple(row.get("turns") or [row["question"]]),
            kind=row["kind"],
            context=row.get("context", {}),
            relevant=row.get("relevant") or row.get("relevant_last") or {},
            expected=row.get("expected", "answer"),
            route=row.get("route"),
            pair=row.get("pair"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GnomonError(f"{path.name}:{number}: not a labelled question ({error}); see tests/relevance for the form.") from error


def evaluate(questions: Iterable[LabelledQuestion], find: Callable[[LabelledQuestion], Retrieval], documents: Iterable[str]) -> Evaluation:
    """Ask every question and score what was found; documents outside the pack do not count as missed."""
    documents = frozenset(documents)
    outcomes = []
    for question in questions:
        found = find(question)
        route = found.scope.route.id if found.scope.route else None
        outcomes.append(
            Outcome(
                question,
                found.ranked,
                found.abstains,
                route,
                score_ranking(found.ranked, {doc: grade for doc, grade in question.relevant.items() if doc in documents}),
            )
        )
    return Evaluation(tuple(outcomes), documents)


def score_ranking(ranked: Sequence[str], relevant: Mapping[str, int]) -> dict[str, float]:
    """The figures of one ranked list of methodologies."""
    gains = [2 ** relevant.get(doc, 0) - 1 for doc in ranked[:10]]
    ideal = [2**grade - 1 for grade in sorted(relevant.values(), reverse=True)[:10]]
    first = next((at for at, doc in enumerate(ranked, 1) if relevant.get(doc) == PRIMARY), None)
    return {
        "ndcg@10": _ratio(_discounted(gains), _discounted(ideal)),
        "recall@5": _ratio(sum(doc in relevant for doc in ranked[:5]), len(relevant)),
        "hit@1": float(bool(ranked) and relevant.get(ranked[0]) == PRIMARY),
        "mrr": 1 / first if first else 0.0,
    }


def score_rankings(questions: Iterable[LabelledQuestion], rank: Callable[[str], Sequence[str]], documents: Iterable[str]) -> dict[str, dict[str, float]]:
    """The figures of a ranking that knows nothing of contexts or conversations, by question id."""
    known = frozenset(documents)
    rows = [(question, {doc: grade for doc, grade in question.relevant.items() if doc in known}) for question in questions]
    return {question.id: score_ranking(rank(question.turns[-1]), wanted) for question, wanted in rows if PRIMARY in wanted.values()}


def compare_runs(new: Mapping[str, Mapping[str, float]], old: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Per figure: the mean difference new - old over the questions of both runs, with its 95 % interval."""
    return {metric: paired_difference({name: row[metric] for name, row in new.items()}, {name: row[metric] for name, row in old.items()}) for metric in METRICS}


def mean_scores(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The mean of every figure, and how many questions it is over."""
    return mean_of([outcome.scores for outcome in outcomes])


def mean_of(rows: Collection[Mapping[str, float]]) -> dict[str, float]:
    """The same of bare figures."""
    return {"n": len(rows), **{name: fmean(row[name] for row in rows) if rows else 0.0 for name in METRICS}}


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(at + 2) for at, gain in enumerate(gains))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
