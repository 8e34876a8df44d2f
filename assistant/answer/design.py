"""A recommendation for "design a service that ...". In: the question, what was found, the context. Out: a Design of quotes, as text or as a decision record.

Each aspect of the question asks the decision passages; their options, defaults, pitfalls and checks are quoted. Nothing is chosen that no passage recommends.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.answer.answer import Quote
from assistant.answer.citations import ProjectMarks, first_fact, said_by_user
from assistant.answer.for_project import name_of
from assistant.answer.quote import Composer, strength_of
from assistant.answer.retrieval import HITS, Retrieval, search_filter
from assistant.project.catalogue import Catalogue
from assistant.project.context import CONTEXT_KEYS, FACT_NAMES, SERVICE_WORDS, ProjectContext
from index.passages import Passage
from index.prose import Sentence
from index.search import Hit, Search

MOST_DECISIONS = 4
MOST_RISKS = 3
MOST_CHECKS = 4
NEAR_SIMILARITY, SURE_SIMILARITY = 0.38, 0.50  # below: about something else; from the second on: a document may decide twice
ERROR_HEADING = re.compile(r"^`|error\[|:\s*`")  # the text of an error is no risk of a design
ASPECT = re.compile(r"[,;.:]\s+|\s+(?:and|that|which|who|with|from|into|using|then|so that)\s+", re.IGNORECASE)
OPENING = re.compile(
    r"^\s*(?:please |can you |help me )*(?:design|architect|propose|sketch|draft|plan|(?:i|we) (?:need|want) to (?:build|design))\s+(?:me |us )?", re.I
)
KEY_WORDS = {
    "language": "Language", "service_type": "Kind of service", "concurrency": "Concurrency", "web_framework": "Web framework", "async_runtime": "Async runtime",
    "db_driver": "Database driver", "databases": "Database", "queue": "Queue", "cache": "Cache",
}  # fmt: skip
ALWAYS_ASKED = ("language", "service_type", "concurrency", "databases", "queue")


@dataclass(frozen=True)
class Decision:
    """One decision: its heading, the sentence that recommends, the options with their trade-offs, and the mark of the passage."""

    heading: str
    choice: str
    options: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Design:
    """A recommendation, every line with its mark; `unknown` are the things that nobody has said yet."""

    question: str
    assumptions: tuple[str, ...]
    unknown: tuple[str, ...]
    decisions: tuple[Decision, ...]
    risks: tuple[str, ...]
    checks: tuple[str, ...]


def compose_design(found: Retrieval, search: Search, context: ProjectContext, catalogue: Catalogue, composer: Composer, marks: ProjectMarks) -> Design | None:
    """The recommendation; None when no decision passage is near the question."""
    aspects = _aspects(found.scope.query)
    hits = _one_a_document(_near(aspects, found, search, ("decision-guide",)))[:MOST_DECISIONS]
    if not hits:
        return None
    decisions = tuple(_decision(hit, search, composer) for hit in hits)
    topics = [*aspects, *(hit.passage.heading for hit in hits)]
    pitfalls = [hit.passage for hit in _near(topics, found, search, ("pitfall",)) if not ERROR_HEADING.search(hit.passage.heading)]
    risks = tuple(_risk(passage, search, composer) for passage in pitfalls[:MOST_RISKS])
    return Design(
        question=said_by_user(OPENING.sub("", found.scope.query)).rstrip("?.! "),
        assumptions=tuple(_assumptions(context, catalogue, marks)),
        unknown=tuple(KEY_WORDS[key] for key in ALWAYS_ASKED if not context.values(key)),
        decisions=decisions,
        risks=risks,
        checks=tuple(_checks(hits, search, composer)),
    )


def _aspects(question: str) -> list[str]:
    """The parts of the question that name something to decide about, the whole first."""
    whole = OPENING.sub("", question).strip()
    parts = [part.strip(" ?.!") for part in ASPECT.split(whole)]
    return list(dict.fromkeys([whole, *(part for part in parts if len(part.split()) > 1)]))


def _near(texts: Sequence[str], found: Retrieval, search: Search, kinds: tuple[str, ...]) -> Iterator[Hit]:
    """The best passage of these kinds for each text in turn, then the second best, each once."""
    rows = []
    for text in texts:
        result = search.find(text, search_filter(found.filters, kinds), HITS)
        rows.append([hit for hit in result.hits if hit.passage.kind in kinds and hit.why.dense_similarity >= NEAR_SIMILARITY][:2])
    seen: set[str] = set()
    for place in (0, 1):
        for row in rows:
            if len(row) > place and row[place].passage.id not in seen:
                seen.add(row[place].passage.id)
                yield row[place]


def _one_a_document(hits: Iterator[Hit]) -> list[Hit]:
    """The first hit of each document, and further ones only when they are surely meant."""
    kept: list[Hit] = []
    for hit in hits:
        if hit.why.dense_similarity >= SURE_SIMILARITY or hit.passage.methodology not in {other.passage.methodology for other in kept}:
            kept.append(hit)
    return kept


def _assumptions(context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> Iterator[str]:
    for key in CONTEXT_KEYS:
        for value in context.values(key):
            fact = None if key in context.answers else first_fact(context.facts, FACT_NAMES.get(key, key), value)
            shown = SERVICE_WORDS.get(value) or (value.title() if key == "language" else name_of(catalogue, value))
            yield f"{KEY_WORDS[key]}: {shown} {marks.of(fact.evidence) if fact else '(as you said)'}"


def _decision(hit: Hit, search: Search, composer: Composer) -> Decision:
    passage = hit.passage
    sentences = search.sentences_of(passage.id)[0]
    spans = _items(sentences)
    lead = [sentence for sentence in sentences if sentence.item < 0][:2]
    quotes = [*(Quote(sentence.text, sentence.start, sentence.end) for sentence in lead), *(_span(passage, start, end) for start, end in spans)]
    mark = composer.cite(passage, strength_of(hit), quotes)
    options = tuple(passage.text[start:end] for start, end in spans)
    return Decision(passage.heading, " ".join(sentence.text for sentence in lead), options, mark)


def _items(sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Where each item of the list begins and ends."""
    found: dict[int, tuple[int, int]] = {}
    for sentence in sentences:
        if sentence.item >= 0:
            found[sentence.item] = (found.get(sentence.item, (sentence.start, 0))[0], sentence.end)
    return list(found.values())


def _span(passage: Passage, start: int, end: int) -> Quote:
    return Quote(passage.text[start:end], start, end)


def _risk(passage: Passage, search: Search, composer: Composer) -> str:
    """A pitfall as its heading and its fix."""
    sentences = [sentence for sentence in search.sentences_of(passage.id)[0] if sentence.label == "Fix"][:2]
    mark = composer.cite(passage, "partial", [Quote(sentence.text, sentence.start, sentence.end) for sentence in sentences])
    return f"**{passage.heading}**: {' '.join(sentence.text for sentence in sentences)} {mark}"


def _checks(hits: Sequence[Hit], search: Search, composer: Composer) -> Iterator[str]:
    """For each decision, the item of its document's checklists that is nearest to it."""
    vectors = search.embedder.embed([hit.passage.heading for hit in hits])
    for hit, vector in list(zip(hits, vectors, strict=True))[:MOST_CHECKS]:
        if item := composer.nearest_check(vector, hit.passage.methodology):
            yield item


def design_text(design: Design) -> str:
    """The recommendation as the text of an answer."""
    parts = [f"A recommendation for {design.question}, put together from the decisions that the corpus describes."]
    parts.append("**Assumptions**\n\n" + _rows(design.assumptions or ("nothing is known of your project yet",)))
    if design.unknown:
        parts.append(f"Not known yet, and it may change the choice: {', '.join(word.lower() for word in design.unknown)}.")
    for number, decision in enumerate(design.decisions, 1):
        choice = f"**Choice:** {decision.choice} {decision.mark}\n\n" if decision.choice else ""
        parts.append(f"**Decision {number}: {decision.heading}**\n\n{choice}{_rows([f'{option} {decision.mark}' for option in decision.options])}")
    if design.risks:
        parts.append("**Risks**\n\n" + _rows(design.risks))
    if design.checks:
        parts.append("**What to check**\n\n" + _rows(design.checks))
    return "\n\n".join(parts)


def decision_record(design: Design, references: Sequence[str], corpus: Mapping[str, str], date: str) -> str:
    """The recommendation as an architecture decision record in the form of MADR 4.0 (https://adr.github.io/madr/)."""
    title = design.question
    options = [f"{_label(option)} ({decision.heading})" for decision in design.decisions for option in decision.options]
    outcome = [f"{decision.heading} {decision.choice} {decision.mark}" for decision in design.decisions if decision.choice]
    pros = "\n\n".join(f"### {decision.heading}\n\n{_rows([f'{option} {decision.mark}' for option in decision.options])}" for decision in design.decisions)
    return "\n\n".join(
        [
            f'---\nstatus: "proposed"\ndate: {date}\n---',
            f"# {title[:1].upper()}{title[1:]}",
            f"## Context and Problem Statement\n\nWanted: {title}.",
            "## Decision Drivers\n\n" + _rows([*design.assumptions, *(f"{word}: not known yet" for word in design.unknown)]),
            "## Considered Options\n\n" + _rows(options),
            "## Decision Outcome\n\n" + _rows(outcome or ["open: no passage recommends one of the options for this context"]),
            "### Consequences\n\n" + _rows(design.risks or ["none found in the corpus"]),
            "### Confirmation\n\n" + _rows(design.checks or ["none found in the corpus"]),
            "## Pros and Cons of the Options\n\n" + pros,
            f"## More Information\n\n{_rows(references)}\n- Corpus {corpus['pack']}, version {corpus['version']}; composed by Gnomon from quoted passages.",
        ]
    )


def _label(option: str) -> str:
    """`**iter.Seq**: no goroutine ...` as `iter.Seq`; a sentence without a label as it stands."""
    found = re.match(r"\*\*(.+?)\*\*", option)
    return found[1] if found else option.rstrip(".")


def _rows(rows: Sequence[str]) -> str:
    return "\n".join(f"- {row}" for row in rows)
