"""Marks and what they stand for. In: sources and passages. Out: numbered places of the project, the reference block of a text, and what does not hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.answer.answer import REFERENCES, Answer, ProjectSource, Source
from assistant.project.facts import Evidence, Fact
from assistant.project.source_tree import INVISIBLE, escaped_name
from index.passages import Passage

MARK = re.compile(r"\[([MR]\d+)\]")
LONGEST_SHOWN = 160


class ProjectMarks:
    """Places of the user's project, numbered R1, R2 ... by first use; one place is one source."""

    def __init__(self) -> None:
        self._numbered: dict[tuple[str, int | None], ProjectSource] = {}

    def mark(self, path: str, line: int | None, text: str) -> str:
        """`[R1]` for a place."""
        return self.of(Evidence(path, line, text))

    def of(self, evidence: Evidence) -> str:
        """`[R1]` for the place that shows a fact."""
        return f"[{self.source(evidence).n}]"

    def source(self, evidence: Evidence) -> ProjectSource:
        """The numbered place that shows a fact."""
        made = ProjectSource(f"R{len(self._numbered) + 1}", evidence.path, evidence.line, evidence.text.strip()[:LONGEST_SHOWN])
        return self._numbered.setdefault((evidence.path, evidence.line), made)

    @property
    def used(self) -> tuple[ProjectSource, ...]:
        """The places that were marked, in order."""
        return tuple(self._numbered.values())


def first_fact(facts: Sequence[Fact], name: str, value: str | None = None) -> Fact | None:
    """The first fact of a name, or of a name and value, that is more than possible."""
    return next((fact for fact in facts if fact.name == name and value in (None, fact.value) and fact.certainty != "possible"), None)


def shown_place(source: ProjectSource) -> str:
    """`path:line` as it may stand in Markdown: escaped, in code ticks."""
    path = escaped_name(source.path).replace("`", "")
    return f"`{path}:{source.line}`" if source.line else f"`{path}`"


def said_by_user(text: str) -> str:
    """Words of the user as they may stand in an answer: one line, without anything that would read as one of our marks."""
    return " ".join(MARK.sub("", INVISIBLE.sub("", text)).split())


def with_references(text: str, sources: Sequence[Source | ProjectSource], passages: Mapping[str, Passage]) -> str:
    """The text with its reference block, so that a copy of the text keeps both the marks and where they point."""
    if not sources:
        return text
    rows = [f"- [{source.n}] {_reference(source, passages)}" for source in sources]
    return f"{text}\n\n{REFERENCES}\n\n" + "\n".join(rows)


def _reference(source: Source | ProjectSource, passages: Mapping[str, Passage]) -> str:
    if isinstance(source, ProjectSource):
        return f"{shown_place(source)} in your project"
    passage = passages[source.passage]
    checked = f", verified {passage.verified}" if passage.verified else ""
    return f"{passage.title} > {source.heading} · `{source.passage}`{checked}"


def without_references(text: str) -> str:
    """The text as it was before its reference block."""
    return text.split(f"\n\n{REFERENCES}\n\n", 1)[0]


def renumber(text: str, sources: Sequence[Source | ProjectSource]) -> tuple[str, tuple[Source | ProjectSource, ...]]:
    """Marks numbered by first use, [M1] [M2] ... and [R1] [R2] ...; sources that no mark names are dropped, marks without a source as well."""
    by_mark = {source.n: source for source in sources}
    found = [mark for mark in dict.fromkeys(MARK.findall(text)) if mark in by_mark]
    new: dict[str, str] = {}
    for mark in found:
        new[mark] = f"{mark[0]}{sum(other[0] == mark[0] for other in new) + 1}"
    text = MARK.sub(lambda at: f"[{new[at[1]]}]" if at[1] in new else "", text)
    order = sorted(found, key=lambda mark: (mark[0], int(new[mark][1:])))
    return text, tuple(replace(by_mark[mark], n=new[mark]) for mark in order)


def broken_citations(answer: Answer, passages: Mapping[str, Passage]) -> list[str]:
    """What does not hold: a mark without a source, a source that no mark names, a quote that is not the passage's own text."""
    marks = set(MARK.findall(answer.body))
    numbers = {source.n for source in answer.sources}
    found = [f"{mark} has no source" for mark in sorted(marks - numbers)]
    found += [f"{number} is cited nowhere" for number in sorted(numbers - marks)]
    for source in answer.sources:
        if isinstance(source, Source):
            text = passages[source.passage].text
            found += [f"{source.n} quotes what {source.passage} does not say" for quote in source.quotes if text[quote.start : quote.end] != quote.text]
    return found
