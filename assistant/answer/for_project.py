"""What an answer means for the user's own project. In: the passages quoted and the context. Out: lines of Markdown with [R] marks.

Which of the project's technologies the quotes speak of, code that is for another framework, and passages that need a newer version than the project declares.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from assistant.answer.answer import Source
from assistant.answer.citations import ProjectMarks, first_fact, shown_place
from assistant.answer.places import find_places
from assistant.project.catalogue import Catalogue
from assistant.project.context import ProjectContext
from assistant.project.facts import Evidence, Fact
from index.passages import Passage

NAMED_KINDS = ("web_framework", "async_runtime", "db_driver", "queue", "cache", "databases", "logging", "metrics")
VERSIONED_KINDS = ("web_framework", "async_runtime", "db_driver", "logging", "metrics")
MOST_NAMED = 3
RUST_VERSION = re.compile(r'^rust-version\s*=\s*"([\d.]+)"', re.MULTILINE)
# `go1.22`, `Rust 1.85`, `edition 2024, Rust 1.85`, `axum 0.8`: what a passage needs at least.
SINCE = re.compile(r"(?P<name>[A-Za-z][\w-]*?)[ ]?v?(?P<version>\d+(?:\.\d+)*)")


def for_project(sources: Sequence[Source], passages: Sequence[Passage], context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> str:
    """The paragraph "For your project", the caveats and the places in the user's code; empty when nothing applies."""
    if not context.facts:
        return ""
    said = [*_in_use(sources, passages, context, catalogue, marks), *_caveats(sources, passages, context, catalogue, marks)]
    told = f"**For your project:** {' '.join(said)}" if said else ""
    return "\n\n".join(part for part in (told, _places(sources, context, marks)) if part)


def _in_use(sources: Sequence[Source], passages: Sequence[Passage], context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> Iterator[str]:
    text = " ".join([*(passage.heading for passage in passages), *(quote.text for source in sources for quote in source.quotes)])
    named = [fact for fact in _technologies(context) if _speaks_of(fact, text, passages, catalogue)][:MOST_NAMED]
    if named:
        yield f"you use {_and([f'{shown_technology(fact, catalogue)} {marks.of(fact.evidence)}' for fact in named])}, which the quotes name."
    yield from _other_framework(passages, context, catalogue, marks)


def _technologies(context: ProjectContext) -> list[Fact]:
    """The project's technologies, one fact each, drivers and frameworks first."""
    values = dict.fromkeys((name, value) for name in NAMED_KINDS for value in [fact.value for fact in context.facts if fact.name == name])
    found = (first_fact(context.facts, name, value) for name, value in values)
    seen: dict[str, Fact] = {}
    for fact in found:
        if fact:
            seen.setdefault(fact.value, fact)
    return list(seen.values())


def _speaks_of(fact: Fact, text: str, passages: Sequence[Passage], catalogue: Catalogue) -> bool:
    if passages and fact.value in passages[0].frameworks:
        return True
    return bool(named_in_text(catalogue, fact.value).search(text))


def words_of(catalogue: Catalogue, technology_id: str) -> set[str]:
    """What a technology is called: its id, name and aliases."""
    return {technology_id, *(word for row in catalogue.technologies if row.id == technology_id for word in (row.name, *row.aliases))}


def named_in_text(catalogue: Catalogue, technology_id: str) -> re.Pattern[str]:
    """Finds a technology in prose, in its own case: a GIN index is no Gin."""
    words = {form for word in words_of(catalogue, technology_id) for form in (word, word[:1].upper() + word[1:])}
    return re.compile(rf"(?<![\w/.-])(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})(?![\w-])")


def name_of(catalogue: Catalogue, technology_id: str) -> str:
    """The name of a technology as people write it."""
    return next((row.name for row in catalogue.technologies if row.id == technology_id), technology_id)


def shown_technology(fact: Fact, catalogue: Catalogue) -> str:
    """The name, with the version where it is the version of the thing itself and not of a client for it."""
    version = re.match(r"[\^~=v ]*(\d[\w.]*)", fact.version or "") if fact.name in VERSIONED_KINDS else None
    return f"{name_of(catalogue, fact.value)} {version[1]}" if version else name_of(catalogue, fact.value)


def _other_framework(passages: Sequence[Passage], context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> Iterator[str]:
    """A word on code that is written for a framework of the same kind that the project does not use."""
    lead = passages[0] if passages else None
    for kind in ("web_framework", "db_driver"):
        own = context.values(kind)
        shown = [name for name in lead.frameworks if name in catalogue.ids_of(kind)] if lead else []
        fact = first_fact(context.facts, kind, own[0]) if own else None
        if shown and fact and not set(shown) & set(own):
            names = _and([name_of(catalogue, name) for name in shown])
            yield f"the quotes are for {names}; you use {shown_technology(fact, catalogue)} {marks.of(fact.evidence)}, where names differ."


def _caveats(sources: Sequence[Source], passages: Sequence[Passage], context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> Iterator[str]:
    """Passages that need a newer version than the project declares."""
    for source, passage in zip(sources, passages, strict=True):
        for needed in SINCE.finditer(passage.since):
            fact, shown = _declared(needed["name"].lower(), passage, context, catalogue)
            if fact and (own := fact.version or fact.value) and _numbers(own) < _numbers(needed["version"]):
                said = re.sub(r"^[\^~=v ]+", "", own)
                where = posixpath.basename(fact.evidence.path).replace("`", "")
                yield f"Passage [{source.n}] assumes {shown} {needed['version']} or later; your `{where}` says {said} {marks.of(fact.evidence)}."


def _declared(name: str, passage: Passage, context: ProjectContext, catalogue: Catalogue) -> tuple[Fact | None, str]:
    """The fact that says which version of a language or library the project declares."""
    if name == "go":
        return first_fact(context.facts, "go_version"), "Go"
    if name == "rust":
        return _rust_version(context), "Rust"
    if name == "edition":
        return first_fact(context.facts, "rust_edition"), "edition"
    return next((fact for fact in _technologies(context) if fact.value == name and fact.version), None), name_of(catalogue, name)


def _rust_version(context: ProjectContext) -> Fact | None:
    """The `rust-version` of a Cargo.toml."""
    for path, text in context.tree.texts.items() if context.tree else ():
        if path.endswith("Cargo.toml") and (found := RUST_VERSION.search(text)):
            return Fact("rust_version", found[1], "certain", Evidence(path, text.count("\n", 0, found.start()) + 1, found[0]))
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _places(sources: Sequence[Source], context: ProjectContext, marks: ProjectMarks) -> str:
    """The user's own lines; their text stands in the sources, escaped by the door that shows it."""
    places = find_places(sources, context.tree)
    if not places:
        return ""
    rows = "\n".join(f"- {shown_place(marks.source(place))} {marks.of(place)}" for place in places)
    return f"**In your code**, the names above stand at:\n{rows}"


def _and(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
