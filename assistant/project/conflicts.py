"""Where a project's files contradict each other. In: its facts. Out: sentences that name both places; nothing is decided or hidden."""

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.project.facts import Fact

LANGUAGE_IMAGES = {"golang": "go_version", "rust": "rust_toolchain"}
LANGUAGE_WORDS = {"go_version": "Go", "rust_edition": "Rust edition", "rust_toolchain": "Rust"}
MOST_CONFLICTS = 20
VERSION = re.compile(r"^(\d+)(?:\.(\d+))?")
SPEAKS = {
    "mariadb": "mysql",
    "valkey": "redis",
    "cockroachdb": "postgres",
    "yugabytedb": "postgres",
    "tidb": "mysql",
}  # an image that the driver of another speaks to


def find_conflicts(facts: Iterable[Fact]) -> tuple[str, ...]:
    """One sentence for each contradiction, each with the places that say different things."""
    known = list(facts)
    found = [*_language_versions(known), *_old_images(known), *_library_versions(known), *_databases_without_driver(known)]
    return tuple(dict.fromkeys(found))[:MOST_CONFLICTS]


def _language_versions(facts: Sequence[Fact]) -> Iterator[str]:
    """Modules of one repository that ask for different versions of the language."""
    for name, word in LANGUAGE_WORDS.items():
        places = {fact.value: fact for fact in reversed(facts) if fact.name == name}
        if len(places) > 1:
            yield f"{word}: {_and(f'{value} in {_place(fact)}' for value, fact in sorted(places.items()))}."


def _old_images(facts: Sequence[Fact]) -> Iterator[str]:
    """A build image that is older than what the module asks for."""
    for image in (fact for fact in facts if fact.name == "images"):
        name = LANGUAGE_IMAGES.get(image.value.partition(":")[0].rpartition("/")[2], "")
        built_with = _numbers(image.version or "")
        for asked in (fact for fact in facts if fact.name == name and built_with and _numbers(fact.value) and fact.module == image.module):
            if _numbers(asked.value) > built_with:
                yield f"{_place(asked)} asks for {LANGUAGE_WORDS[name]} {asked.value}, and {_place(image)} builds with {image.value}."


def _library_versions(facts: Sequence[Fact]) -> Iterator[str]:
    """One library in different major or minor versions in the modules of one repository."""
    places: dict[str, dict[tuple[int, int], Fact]] = {}
    for fact in facts:
        if fact.module and fact.version and fact.name in ("web_framework", "db_driver", "async_runtime") and (number := _numbers(fact.version)):
            places.setdefault(fact.value, {}).setdefault(number, fact)
    for value, found in places.items():
        if len({major for major, _ in found}) > 1:
            yield f"{value}: {_and(f'{fact.version} in {_place(fact)}' for fact in found.values())}."


def _databases_without_driver(facts: Sequence[Fact]) -> Iterator[str]:
    """A database that is started as an image beside code whose drivers all speak to others."""
    databases = [fact for fact in facts if fact.name == "databases" and fact.certainty != "possible"]
    spoken = {fact.value for fact in databases if fact.certainty == "certain"}
    for fact in databases:
        if spoken and fact.certainty == "likely" and fact.value not in spoken and SPEAKS.get(fact.value) not in spoken and "image" in fact.evidence.text:
            yield f"{_place(fact)} starts {fact.value}, and no driver in the code speaks to it (the code speaks to {_and(sorted(spoken))})."


def _numbers(version: str) -> tuple[int, int]:
    """Major and minor; empty for a version that is none, such as `latest`."""
    found = VERSION.match(version.lstrip("v^~=> "))
    return (int(found[1]), int(found[2] or 0)) if found else ()  # type: ignore[return-value]


def _place(fact: Fact) -> str:
    return f"{fact.evidence.path}:{fact.evidence.line}" if fact.evidence.line else fact.evidence.path


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
