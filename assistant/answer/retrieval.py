"""From a question to the passages that may answer it. In: a standalone question, the pack, the context's filters. Out: a Retrieval with a verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from assistant.answer.about_project import Subject, project_subject
from assistant.answer.language import foreign_language, implied_language
from assistant.answer.scope import Scope, judge_scope
from assistant.answer.shape import WHICH_OF, shape_of, snippet_language, split_aspects
from assistant.conversation import StandaloneQuestion
from index.filters import PREFERENCE_KEYS, SearchFilter
from index.pack import Pack
from index.search import Hit, Search, SearchResult

Band = Literal["answer", "closest", "none"]

LANGUAGES = ("go", "rust")
LANGUAGES_OWN = ("web_framework", "async_runtime", "db_driver")  # a gin project asks about Rust: gin says nothing there
SHOWN_LANGUAGES = {"sql": "SQL", "javascript": "JavaScript or TypeScript"}
HITS = 120  # enough that every methodology with a candidate is ranked
SHOWN_PASSAGES = 10
MAX_PER_METHODOLOGY = 3
BEST_PASSAGES = (1.0, 0.5, 0.25)  # hit@1 of the development questions .76 -> .79 against the best passage alone; flat around these weights
# Bands, read off the labelled questions in tests/relevance: the nearest passage's cosine, and how many of the question's rare words the best hold.
ANSWER_SIMILARITY = 0.52
ANSWER_SCORE = 0.72
CLOSEST_SCORE = 0.525  # keeps 97 of 100 labelled questions that share no error text with the corpus, refuses 92 of 100 about other subjects
FOREIGN_SIMILARITY = 0.30  # the embedder knows English; of another language it recognises the technical words


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
    subject: Subject | None = None  # set when the question is about the user's own project
    foreign: str | None = None  # the human language of the question when it is not English

    @property
    def abstains(self) -> bool:
        """Whether the answer is refused or routed."""
        if self.subject and not self.scope.refusal:
            return False
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
    foreign = foreign_language(question.text)
    band = _band(question, result)
    if foreign and band == "none" and result.best_similarity >= FOREIGN_SIMILARITY:
        band = "closest"
    notes = (*scope.notes, *notes, *_snippet_note(scope.query))
    subject = project_subject(question.text)
    return Retrieval(question, scope, result, _spread(hits), rank_methodologies(hits), band, in_force, notes, subject, foreign)


def _snippet_note(query: str) -> tuple[str, ...]:
    language = snippet_language(query)
    if language is None:
        return ()
    return (f"The pasted code reads as {SHOWN_LANGUAGES.get(language, language.title())}.",)


def find_aspects(found: Retrieval, search: Search) -> tuple[Retrieval, ...]:
    """What is found for each question inside the question; just `found` unless every one has passages of its own."""
    parts = split_aspects(found.scope.query)
    if len(parts) < 2:
        return (found,)
    aspects = []
    for part in parts:
        result = search.find(part, search_filter(found.filters, _kinds(replace(found.question, text=part))), HITS)
        aspects.append(replace(found, scope=replace(found.scope, query=part), result=result, hits=_spread(result.hits), band=judge_band(result)))
    leads = {aspect.hits[0].passage.id for aspect in aspects if aspect.hits}
    return tuple(aspects) if len(leads) == len(aspects) and all(aspect.band == "answer" for aspect in aspects) else (found,)


def _filters_in_force(question: StandaloneQuestion, filters: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    in_force = dict(filters)
    if question.language and in_force.get("language") != (question.language,):
        notes = (f"The question names {question.language.title()}, which outweighs the project's language.",) if in_force.get("language") else ()
        kept = {key: values for key, values in in_force.items() if key not in LANGUAGES_OWN}
        return {**kept, "language": (question.language,)}, notes
    if not in_force.get("language") and (implied := implied_language(question.text) or _pasted_language(question.text)):
        in_force["language"] = (implied,)
    return in_force, ()


def _pasted_language(text: str) -> str | None:
    language = snippet_language(text)
    return language if language in LANGUAGES else None


def _kinds(question: StandaloneQuestion) -> tuple[str, ...]:
    """The kinds of passages that fit the form of the question: code was asked for, or things are compared."""
    if question.wants_code:
        return ("pattern", "template", "example")
    if shape_of(question.text) == "checklist":
        return ("checklist",)
    return ("decision-guide",) if WHICH_OF.search(question.text) else ()


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
