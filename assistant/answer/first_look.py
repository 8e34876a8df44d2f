"""The assistant's opening words on a project. In: a context and the pack's methodologies. Out: an Answer: what is seen, where to look first, cited."""

from collections.abc import Mapping, Sequence

from assistant.answer.answer import Answer, Quote, Source
from assistant.answer.citations import ProjectMarks, first_fact
from assistant.project.context import FACT_NAMES, ProjectContext
from index.documents import Methodology
from index.passages import SUMMARY

MOST_METHODOLOGIES = 5
# What a match with the project weighs: a framework or driver says most about where its problems are.
WEIGHTS = {"web_framework": 3.0, "async_runtime": 3.0, "db_driver": 3.0, "databases": 3.0, "queue": 3.0, "cache": 3.0, "service_type": 2.0, "concurrency": 1.0}


def look_first(context: ProjectContext, methodologies: Sequence[Methodology], corpus: Mapping[str, str]) -> Answer:
    """What is seen in the project, and three to five methodologies to look at first, each with why."""
    filters = context.filters()
    chosen = _choose([(reasons, document) for document in methodologies if _speaks(document, filters) and (reasons := _reasons(document, filters))])
    proofs = ProjectMarks()
    lines, sources = [], []
    for at, (reasons, document) in enumerate(chosen, 1):
        why = ", ".join(value + _mark(proofs, context, key, value) for key, values in reasons.items() for value in values)
        lines.append(f"- **{document.title}** ({why}): {document.summary} [M{at}]")
        quote = Quote(document.summary, 0, len(document.summary))
        sources.append(Source(f"M{at}", f"{document.id}#{SUMMARY}", document.id, document.title, "strong", (quote,)))
    seen = context.summary or "Nothing in this project names a stack that I know."
    unknown = "Tell me the language and the kind of service, and I can say where to look first."
    where = "\n\nWhere to look first:\n\n" + "\n".join(lines) if lines else f"\n\n{unknown}"
    return Answer(
        status="answered",
        text=seen + where,
        query="",
        sources=(*sources, *proofs.used),
        filters=filters,
        suggestions=tuple(_openers(document) for _, document in chosen)[:3],
        corpus=corpus,
    )


def _speaks(document: Methodology, filters: Mapping[str, tuple[str, ...]]) -> bool:
    languages = filters.get("language", ())
    return not document.languages or not languages or bool(set(document.languages) & set(languages))


def _reasons(document: Methodology, filters: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """The project's values that the document is written for."""
    reasons = {key: [value for value in filters.get(key, ()) if value in document.applies_to.get(key, ())] for key in WEIGHTS}
    if not any(reasons.values()) and set(document.languages) & set(filters.get("language", ())):
        return {"language": list(document.languages)}
    return {key: values for key, values in reasons.items() if values}


def _choose(candidates: list[tuple[dict[str, list[str]], Methodology]]) -> list[tuple[dict[str, list[str]], Methodology]]:
    """The best few, one after the other; what a chosen one speaks of counts half from then on, so that every part of the stack gets its document."""
    worth = dict(WEIGHTS)
    left = list(candidates)
    chosen: list[tuple[dict[str, list[str]], Methodology]] = []
    while left and len(chosen) < MOST_METHODOLOGIES:
        best = max(left, key=lambda candidate: sum(worth.get(key, 1) for key in candidate[0]))
        left.remove(best)
        chosen.append(best)
        worth.update({key: worth[key] / 2 for key in best[0] if key in worth})
    return chosen


def _mark(proofs: ProjectMarks, context: ProjectContext, key: str, value: str) -> str:
    """` [R1]` for a context value that a fact shows; empty for one that the user said."""
    fact = first_fact(context.facts, FACT_NAMES.get(key, key), value)
    return f" {proofs.of(fact.evidence)}" if fact else ""


def _openers(document: Methodology) -> str:
    """A first question to ask of a document."""
    asked = (section.heading for section in document.sections if section.kind in ("pattern", "decision-guide"))
    return next((heading for heading in asked if heading.endswith("?")), document.title)
