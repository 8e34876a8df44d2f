"""From what was found to the Answer that is shown. In: a Retrieval and the context. Out: one frozen Answer: answered, partial, refused or routed."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.answer.about_project import tell_about_project
from assistant.answer.answer import Answer, ProjectSource, Source
from assistant.answer.citations import ProjectMarks, said_by_user, with_references
from assistant.answer.design import Design, compose_design, design_text
from assistant.answer.for_project import for_project
from assistant.answer.language import foreign_opening
from assistant.answer.quote import Composer, strength_of
from assistant.answer.retrieval import Retrieval, find_aspects
from assistant.answer.shape import shape_of
from assistant.project.catalogue import Catalogue
from assistant.project.context import ProjectContext
from index.search import Search

NEAREST_TOPICS = 3
MOST_SUGGESTIONS = 3
CLOSEST_HITS = 3
SOURCES_PER_ASPECT = 2
NO_DIRECT_ANSWER = "The corpus has no direct answer to this; these are the closest passages.\n\n"


@dataclass(frozen=True)
class Library:
    """What an answer is made from: the search over the corpus, the technology catalogue, and which corpus it is."""

    search: Search
    catalogue: Catalogue
    corpus: Mapping[str, str]


def write_answer(found: Retrieval, library: Library, context: ProjectContext) -> Answer:
    """The answer without a model: quoted, or a short refusal that shows no sources."""
    if found.scope.refusal:
        return _bare(found, library, "refused", found.scope.refusal)
    if found.subject:
        return _about_project(found, library, context)
    if route := found.scope.route:
        text = f"This belongs to **{route.title}**, which covers {route.covers} The pack here does not, so nothing is quoted."
        return _bare(found, library, "routed", text, route.id)
    if found.band == "none":
        return _bare(found, library, "refused", _not_covered(found))
    if shape_of(found.scope.query) == "design" and (designed := design_answer(found, library, context)):
        return designed[0]
    return _quoted(found, library, context)


def _bare(found: Retrieval, library: Library, status: str, text: str, route: str | None = None) -> Answer:
    return Answer(
        status="routed" if status == "routed" else "refused",
        text=text,
        query=found.scope.query,
        route=route,
        filters=found.filters,
        notes=found.notes,
        corpus=library.corpus,
    )


def _about_project(found: Retrieval, library: Library, context: ProjectContext) -> Answer:
    """An answer from the user's own files; partial when there are none."""
    assert found.subject is not None
    marks = ProjectMarks()
    text = tell_about_project(found.subject, context, library.catalogue, marks)
    return Answer(
        status="answered" if context.facts else "partial",
        text=with_references(text, marks.used, library.search.passages),
        query=found.scope.query,
        sources=marks.used,
        filters=found.filters,
        notes=found.notes,
        suggestions=suggest(found, library.search, set()),
        corpus=library.corpus,
    )


def _not_covered(found: Retrieval) -> str:
    """What was looked for, that it is not covered, and the nearest topics."""
    titles = list(dict.fromkeys(hit.passage.title for hit in found.hits))[:NEAREST_TOPICS]
    nearest = f" The nearest topics are: {', '.join(titles)}." if titles else ""
    return f"The corpus does not cover this. I looked for “{_short(found.scope.query)}” and found nothing close enough to quote.{nearest}"


def _short(text: str) -> str:
    line = said_by_user(text)
    return line if len(line) <= 120 else line[:117] + "..."


def _quoted(found: Retrieval, library: Library, context: ProjectContext) -> Answer:
    composer = Composer(library.search, found.filters.get("language", ()), found.scope.query)
    parts = [foreign_opening(found.foreign), _said(found, composer, library), composer.check_next(found.result.vector)]
    marks = ProjectMarks()
    passages = [library.search.passages[source.passage] for source in composer.sources]
    parts.append(for_project(composer.sources, passages, context, library.catalogue, marks))
    sources: tuple[Source | ProjectSource, ...] = (*composer.sources, *marks.used)
    return Answer(
        status="partial" if found.band == "closest" else "answered",
        text=with_references("\n\n".join(part for part in parts if part), sources, library.search.passages),
        query=found.scope.query,
        sources=sources,
        unused=tuple(hit.passage.id for hit in found.hits if hit.passage.id not in composer.passages)[:10],
        filters=found.filters,
        hidden=found.result.hidden,
        notes=found.notes,
        suggestions=suggest(found, library.search, composer.passages),
        corpus=library.corpus,
    )


def design_answer(found: Retrieval, library: Library, context: ProjectContext) -> tuple[Answer, Design] | None:
    """A recommendation from decision passages, as an answer and as its parts; None when no decision is near the question."""
    composer, marks = Composer(library.search, found.filters.get("language", ())), ProjectMarks()
    design = compose_design(found, library.search, context, library.catalogue, composer, marks)
    if design is None:
        return None
    sources: tuple[Source | ProjectSource, ...] = (*composer.sources, *marks.used)
    answer = Answer(
        status="answered" if found.band == "answer" else "partial",
        text=with_references(design_text(design), sources, library.search.passages),
        query=found.scope.query,
        sources=sources,
        filters=found.filters,
        hidden=found.result.hidden,
        notes=found.notes,
        suggestions=suggest(found, library.search, composer.passages),
        corpus=library.corpus,
    )
    return answer, design


def _said(found: Retrieval, composer: Composer, library: Library) -> str:
    """The quotes: one part for each aspect of the question, or one for all of it."""
    if found.band == "closest":
        return NO_DIRECT_ANSWER * (not found.foreign) + composer.compose(found.hits[:CLOSEST_HITS], found.result.vector)
    aspects = find_aspects(found, library.search)
    if len(aspects) < 2:
        return composer.compose(found.hits, found.result.vector, shape_of(found.scope.query), found.question.wants_code)
    parts = []
    for aspect in aspects:
        text = composer.compose(aspect.hits, aspect.result.vector, shape_of(aspect.scope.query), found.question.wants_code, SOURCES_PER_ASPECT)
        parts.append(f"**On “{_short(aspect.scope.query)}”**\n\n{text}" if text else "")
    return "\n\n".join(part for part in parts if part)


def suggest(found: Retrieval, search: Search, used: set[str]) -> tuple[str, ...]:
    """Headings near this question that are questions themselves, which the search answers with the passages below them."""
    leading = {hit.passage.methodology for hit in found.hits[:1]} | {search.passages[name].methodology for name in used}
    near = [hit.passage for hit in found.hits if strength_of(hit) != "weak"]
    near += [hit.passage for hit in found.hits if hit.passage.methodology in leading]
    near += [passage for passage in search.passages.values() if passage.methodology in leading]
    headings = [
        passage.heading
        for passage in near
        if passage.id not in used and passage.heading.endswith("?") and passage.kind not in ("review-questions", "checklist")
    ]
    return tuple(list(dict.fromkeys(headings))[:MOST_SUGGESTIONS])
