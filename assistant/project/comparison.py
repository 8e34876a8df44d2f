"""What changed between two uploads of one project. In: two contexts. Out: sentences, and the new context with the answers carried over."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from assistant.project.context import CONTEXT_KEYS, FACT_NAMES, ProjectContext
from assistant.project.facts import Fact

NAMES = {
    "service_types": "kind of service", "primary_languages": "language", "web_framework": "web framework", "async_runtime": "async runtime",
    "db_driver": "database driver", "databases": "database", "queue": "queue", "cache": "cache", "logging": "logging library", "metrics": "metrics library",
    "layout": "layout", "grpc": "gRPC",
}  # fmt: skip
SCALARS = {"go_version": "The Go version", "rust_edition": "The Rust edition", "rust_toolchain": "The Rust toolchain"}
SWITCHES = {"tests": "tests", "ci": "continuous integration", "docker": "Docker files"}
MOST_SENTENCES = 30


def compare_projects(before: ProjectContext, after: ProjectContext) -> tuple[str, ...]:
    """One sentence for each thing that came, went or changed its version, with the place that shows it. Empty when nothing of the stack changed."""
    old, new = _sure(before.facts), _sure(after.facts)
    found = [*_values(old, new), *_scalars(old, new), *_versions(old, new), *_switches(old, new), *_answers(before, after)]
    return tuple(dict.fromkeys(found))[:MOST_SENTENCES]


def carry_answers(before: ProjectContext, after: ProjectContext) -> ProjectContext:
    """The second upload with what the user said about the first: a correction stays in force until it is taken back."""
    return replace(after, answers={**before.answers, **after.answers})


def _sure(facts: Iterable[Fact]) -> dict[tuple[str, str], Fact]:
    return {(fact.name, fact.value): fact for fact in facts if fact.certainty != "possible"}


def _values(old: dict[tuple[str, str], Fact], new: dict[tuple[str, str], Fact]) -> Iterator[str]:
    for name, words in NAMES.items():
        came = [fact for (of, _), fact in new.items() if of == name and (of, fact.value) not in old]
        gone = [fact for (of, _), fact in old.items() if of == name and (of, fact.value) not in new]
        if len(came) == len(gone) == 1:
            yield f"The {words} was {gone[0].value} and is now {came[0].value} ({_place(came[0])})."
            continue
        yield from (f"New {words}: {fact.value} ({_place(fact)})." for fact in came)
        yield from (f"No longer seen: the {words} {fact.value} (it was in {_place(fact)})." for fact in gone)


def _scalars(old: dict[tuple[str, str], Fact], new: dict[tuple[str, str], Fact]) -> Iterator[str]:
    for name, words in SCALARS.items():
        was, now = (next((fact for (of, _), fact in facts.items() if of == name), None) for facts in (old, new))
        if was and now and was.value != now.value:
            yield f"{words} went from {was.value} to {now.value} ({_place(now)})."


def _versions(old: dict[tuple[str, str], Fact], new: dict[tuple[str, str], Fact]) -> Iterator[str]:
    """Libraries that stayed, in another version."""
    for key, now in new.items():
        was = old.get(key)
        if was and was.version and now.version and was.version != now.version and now.name in NAMES and "image" not in now.evidence.text:
            yield f"{now.value} went from {was.version} to {now.version} ({_place(now)})."


def _switches(old: dict[tuple[str, str], Fact], new: dict[tuple[str, str], Fact]) -> Iterator[str]:
    for name, words in SWITCHES.items():
        was, now = (any(of == name for of, _ in facts) for facts in (old, new))
        if was != now:
            yield f"There {'are' if words[-1] == 's' else 'is'} now {words}." if now else f"There {'are' if words[-1] == 's' else 'is'} no {words} any more."


def _answers(before: ProjectContext, after: ProjectContext) -> Iterator[str]:
    """Answers that the new evidence speaks against; they stay in force, and the user is told."""
    for key in CONTEXT_KEYS:
        answered = before.answers.get(key)
        seen = tuple(fact.value for fact in after.facts if fact.name == FACT_NAMES.get(key, key) and fact.certainty == "certain")
        earlier = tuple(fact.value for fact in before.facts if fact.name == FACT_NAMES.get(key, key) and fact.certainty == "certain")
        if answered and seen and seen != earlier and not set(answered) & set(seen):
            yield f"You said {', '.join(answered)} for {key.replace('_', ' ')}; the code now shows {', '.join(seen)}. Your word stays until you change it."


def _place(fact: Fact) -> str:
    return f"{fact.evidence.path}:{fact.evidence.line}" if fact.evidence.line else fact.evidence.path
