"""From a question to the passages that may answer it. In: a standalone question, the pack, the context's filters. Out: a Retrieval with a verdict."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from assistant.answer.language import implied_language
from assistant.answer.scope import Scope, judge_scope
from assistant.conversation import StandaloneQuestion
from index.filters import PREFERENCE_KEYS, SearchFilter
from index.pack import Pack
from index.search import Hit, Search, SearchResult

Band = Literal["answer", "closest", "none"]

COMPARES = re.compile(
    r"\b(?:vs\.?|versus|compared (?:to|with)|which (?:one|of)|better than|difference between)\b|^[^.?!]{3,80}\bor\b[^.?!]{2,60}\?", re.IGNORECASE
)
LANGUAGES_OWN = ("web_framework", "async_runtime", "db_driver")  # a gin project asks about Rust: gin says nothing there
HITS = 120  # enough that every methodology with a candidate is ranked
SHOWN_PASSAGES = 10
MAX_PER_METHODOLOGY = 3
BEST_PASSAGES = (1.0, 0.5, 0.25)  # hit@1 of the development questions .76 -> .79 against the best passage alone; flat around these weights
# Bands, read off the labelled questions in tests/relevance: the nearest passage's cosine, and how many of the question's rare words the best hold.
ANSWER_SIMILARITY = 0.52
ANSWER_SCORE = 0.72
CLOSEST_SCORE = 0.525  # keeps 97 of 100 labelled questions that share no error text with the corpus, refuses 92 of 100 about other subjects


@dataclass(frozen=True)
class Retrieval:
    """What search found: `hits` best first, at most three a methodology; `ranked` the methodologies behind all hits, best first."""

    question: StandaloneQuestion
    scope: Scope
    result: SearchResult
    hits: tuple[Hit, ...]
    ranked: tuple[str, ...]
    band: Band
    filters: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()

    @property
    def abstains(self) -> bool:
        """Whether the answer is refused or routed."""
        return bool(self.scope.refusal or self.scope.route) or self.band == "none"

    def to_json(self, question_id: str | None = None) -> dict[str, Any]:
        """The object of `gnomon search --json`, ready for json.dumps."""
        return {
            "id": question_id,
            "ranked": list(self.ranked),
            "passages": [{"id": hit.passage.id, "score": round(hit.score, 4), "why": asdict(hit.why)} for hit in self.hits[:SHOWN_PASSAGES]],
            "query": self.scope.query,
            "abstain": self.abstains,
            "route": self.scope.route.id if self.scope.route else None,
            "notes": list(self.notes),
        }


def find_passages(search: Search, pack: Pack, question: StandaloneQuestion, filters: Mapping[str, tuple[str, ...]]) -> Retrieval:
    """Search under the filters of the context; a language named in the question outweighs the context's."""
    scope = judge_scope(question.text, pack)
    in_force, notes = _filters_in_force(question, filters)
    kinds = _kinds(question)
    result = search.find(scope.query, search_filter(in_force, kinds), HITS)
    if not result.hits and in_force.get("language"):
        notes = (*notes, f"Nothing was found for {', '.join(in_force['language'])}; the language filter was dropped.")
        in_force = {key: values for key, values in in_force.items() if key != "language"}
        result = search.find(scope.query, search_filter(in_force, kinds), HITS)
    hits = result.hits
    return Retrieval(question, scope, result, _spread(hits), rank_methodologies(hits), _band(question, result), in_force, (*scope.notes, *notes))


def _filters_in_force(question: StandaloneQuestion, filters: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    in_force = dict(filters)
    if question.language and in_force.get("language") != (question.language,):
        notes = (f"The question names {question.language.title()}, which outweighs the project's language.",) if in_force.get("language") else ()
        kept = {key: values for key, values in in_force.items() if key not in LANGUAGES_OWN}
        return {**kept, "language": (question.language,)}, notes
    if not in_force.get("language") and (implied := implied_language(question.text)):
        in_force["language"] = (implied,)
    return in_force, ()


def _kinds(question: StandaloneQuestion) -> tuple[str, ...]:
    """The kinds of passages that fit the form of the question: code was asked for, or things are compared."""
    if question.wants_code:
        return ("pattern", "template", "example")
    return ("decision-guide",) if COMPARES.search(question.text) else ()


def search_filter(filters: Mapping[str, tuple[str, ...]], kinds: tuple[str, ...] = ()) -> SearchFilter:
    """Context keys as a search filter: the language excludes, everything else prefers."""
    return SearchFilter(filters.get("language", ()), {key: filters[key] for key in PREFERENCE_KEYS if filters.get(key)}, kinds)


def judge_band(result: SearchResult) -> Band:
    """Whether the corpus answers (`answer`), has only something near (`closest`), or says nothing (`none`)."""
    if any(hit.why.verbatim for hit in result.hits[:3]):
        return "answer"
    score = result.best_similarity + 0.4 * result.coverage
    if result.best_similarity >= ANSWER_SIMILARITY or score >= ANSWER_SCORE:
        return "answer"
    return "closest" if score >= CLOSEST_SCORE else "none"


def _band(question: StandaloneQuestion, result: SearchResult) -> Band:
    """The verdict on the search; code in Go or Rust has few words to go by and is never called off-topic."""
    band = judge_band(result)
    return "closest" if band == "none" and implied_language(question.text) else band


def _spread(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """At most three passages a methodology, so that one document does not crowd out the others."""
    seen: dict[str, int] = {}
    kept = []
    for hit in hits:
        seen[hit.passage.methodology] = seen.get(hit.passage.methodology, 0) + 1
        if seen[hit.passage.methodology] <= MAX_PER_METHODOLOGY:
            kept.append(hit)
    return tuple(kept)


def rank_methodologies(hits: tuple[Hit, ...]) -> tuple[str, ...]:
    """Methodologies by their best three passages, the second and third counting less: a subject that a document owns is met in several of its passages."""
    best: dict[str, list[float]] = {}
    for hit in hits:
        best.setdefault(hit.passage.methodology, []).append(hit.score)
    worth = {methodology: sum(share * score for share, score in zip(BEST_PASSAGES, scores, strict=False)) for methodology, scores in best.items()}
    return tuple(sorted(worth, key=lambda methodology: -worth[methodology]))
