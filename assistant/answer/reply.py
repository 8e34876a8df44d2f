"""From what was found to the Answer that is shown. In: a Retrieval. Out: one frozen Answer: answered, partial, refused or routed."""

from collections.abc import Mapping

from assistant.answer.answer import Answer, ProjectSource, Source
from assistant.answer.places import find_places
from assistant.answer.quote import compose_quotes
from assistant.answer.retrieval import Retrieval
from assistant.project.source_tree import SourceTree
from index.search import Hit, Search

NEAREST_TOPICS = 3
MOST_SUGGESTIONS = 3
CLOSEST_HITS = 3


def write_answer(found: Retrieval, search: Search, tree: SourceTree | None, corpus: Mapping[str, str]) -> Answer:
    """The answer without a model: quoted, or a short refusal that shows no sources."""
    if found.scope.refusal:
        return _bare(found, corpus, "refused", found.scope.refusal)
    if route := found.scope.route:
        text = f"This belongs to **{route.title}**, which covers {route.covers} The pack here does not, so nothing is quoted."
        return _bare(found, corpus, "routed", text, route.id)
    if found.band == "none":
        return _bare(found, corpus, "refused", _not_covered(found))
    return _quoted(found, search, tree, corpus)


def _bare(found: Retrieval, corpus: Mapping[str, str], status: str, text: str, route: str | None = None) -> Answer:
    return Answer(
        status="routed" if status == "routed" else "refused",
        text=text,
        query=found.scope.query,
        route=route,
        filters=found.filters,
        notes=found.notes,
        corpus=corpus,
    )


def _not_covered(found: Retrieval) -> str:
    """What was looked for, that it is not covered, and the nearest topics."""
    titles = list(dict.fromkeys(hit.passage.title for hit in found.hits))[:NEAREST_TOPICS]
    nearest = f" The nearest topics are: {', '.join(titles)}." if titles else ""
    return f"The corpus does not cover this. I looked for “{_short(found.scope.query)}” and found nothing close enough to quote.{nearest}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:117] + "..."


def _quoted(found: Retrieval, search: Search, tree: SourceTree | None, corpus: Mapping[str, str]) -> Answer:
    partial = found.band == "closest"
    hits = found.hits[:CLOSEST_HITS] if partial else found.hits
    languages = found.filters.get("language", ())
    composed = compose_quotes(hits, search, found.result.vector, languages, found.question.wants_code)
    places = find_places(composed.sources, tree)
    opening = "The corpus has no direct answer to this; these are the closest passages.\n\n" if partial else ""
    sources: tuple[Source | ProjectSource, ...] = (*composed.sources, *places)
    return Answer(
        status="partial" if partial else "answered",
        text=opening + composed.text + _places_text(places),
        query=found.scope.query,
        sources=sources,
        unused=composed.unused[:10],
        filters=found.filters,
        hidden=found.result.hidden,
        notes=found.notes,
        suggestions=_suggestions(found.hits, {source.passage for source in composed.sources}),
        corpus=corpus,
    )


def _places_text(places: tuple[ProjectSource, ...]) -> str:
    """The user's own lines; their text stands in the sources, escaped by the door that shows it."""
    if not places:
        return ""
    rows = "\n".join(f"- `{place.path.replace('`', '')}:{place.line}` [{place.n}]" for place in places)
    return f"\n\n**In your code**, the names above stand at:\n{rows}"


def _suggestions(hits: tuple[Hit, ...], used: set[str]) -> tuple[str, ...]:
    """Questions that the corpus answers and that lie near this one."""
    near = [hit.passage.heading for hit in hits if hit.passage.id not in used and hit.passage.heading.endswith("?") and hit.passage.kind != "review-questions"]
    return tuple(near[:MOST_SUGGESTIONS])
