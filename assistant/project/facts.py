"""A fact and what shows it, and what the readers of Go and Rust share. In: parsed sources. Out: Facts with Evidence."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.project.cargo_toml import CrateDependency
from assistant.project.catalogue import Catalogue, Technology
from assistant.project.imports import Found, Source
from assistant.project.manifests import (
    GoModuleAt,
    RustPackageAt,
    is_generated,
    is_shipped,
)
from assistant.project.source_tree import SourceTree

Certainty = Literal["certain", "likely", "possible"]
RANK = {"certain": 0, "likely": 1, "possible": 2}


@dataclass(frozen=True)
class Evidence:
    """The place that shows a fact; `line` is None when the path itself shows it."""

    path: str
    line: int | None
    text: str


@dataclass(frozen=True)
class Fact:
    """One detected thing: `name` is a key of `inspect` (CONTRACT: web_framework, db_driver ...), `value` a catalogue id.

    `module` is the manifest of the Go module or Rust package in which it holds; empty for a fact of the whole repository.
    """

    name: str
    value: str
    certainty: Certainty
    evidence: Evidence
    version: str | None = None
    module: str = ""


@dataclass(frozen=True)
class Used:
    """A technology in use: the line that shows it, and in how many files it is seen (0: only in a manifest)."""

    tech: Technology
    evidence: Evidence
    version: str | None
    certainty: Certainty
    files: int = 0
    dependency: CrateDependency | None = None
    names: frozenset[str] = frozenset()  # the Go packages that it is imported by


@dataclass(frozen=True)
class Module:
    """A Go module or Rust package with what was read of it; `linked` are the modules of this repository that it is built with, itself first."""

    at: GoModuleAt | RustPackageAt
    sources: tuple[Source, ...]
    used: tuple[Used, ...]
    linked: tuple["Module", ...] = field(default=(), repr=False)

    @property
    def path(self) -> str:
        """Its manifest."""
        return self.at.path

    def kinds(self) -> set[str]:
        """The kinds of technology that it and what it is built with use."""
        used = [use for module in self.linked or (self,) for use in module.used if use.certainty != "possible"]
        return {kind for use in used for kind in (use.tech.kind, *use.tech.implies)}

    def ids(self) -> set[str]:
        """The technologies that it and what it is built with use."""
        return {use.tech.id for module in self.linked or (self,) for use in module.used if use.certainty != "possible"}

    def all_sources(self) -> tuple[Source, ...]:
        """Its own sources and those of what it is built with."""
        return tuple(source for module in self.linked or (self,) for source in module.sources)


SHOWN_KINDS = {
    "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "logging", "metrics", "rpc", "cli", "config", "auth", "migration", "task",
    "observability",
}  # fmt: skip
ANYTHING = re.compile("")
CACHE_WRITES = re.compile(r"^\.(?:Set|SetArgs|SetEx|SetEX|Setex|MSet|set|set_ex|pset_ex|set_options|mset)$")
CACHE_READS = re.compile(r"^\.(?:Get|GetEx|GetDel|MGet|get|get_ex|get_del|mget)$")
QUEUE_CALLS = re.compile(r"^\.(?:XAdd|XReadGroup|XRead|BRPop|BLPop|BLMove|BRPopLPush|xadd|xread|xread_options|blpop|brpop|brpoplpush)$")
# `Get` is the name of many a method: the line has to look like a call of a store.
CACHE_LINE = re.compile(
    r"(?:[cC]tx|[cC]ontext|await|(?i:redis|rdb|client|cache|conn\b|connection\b|pipe|pool)\w*\.(?i:m?get|m?set|set_?ex|set_?nx|pset_ex)\w*\()"
)
REDIS_WRITE_WORDS, REDIS_READ_WORDS = re.compile(r'"(?:SET|SETEX|PSETEX|MSET)"', re.IGNORECASE), re.compile(r'"(?:GET|MGET|GETEX)"', re.IGNORECASE)
REDIS_QUEUE_WORDS = re.compile(r'"(?:XADD|XREAD|XREADGROUP|BRPOP|BLPOP|BLMOVE)"')
NO_EXPIRY = re.compile(r",\s*(?:0|redis\.KeepTTL)\)")  # a value that never expires is a record, unless the code calls it cached
TOOL_NAME = re.compile(r"(?:^|[-_])(?:cli|ctl|admin)(?:[-_.]|$)|ctl(?:\.rs)?$")  # of the folder or file of a program
REDIS_CLIENTS = {"go-redis", "redigo", "redis-rs", "rueidis", "fred"}


def texts_below(tree: SourceTree, root: str, suffix: str, inner_roots: Iterable[str]) -> list[tuple[str, str]]:
    """Shipped, hand-written sources below `root` that belong to no module further in, programs first."""
    inner = tuple(other for other in inner_roots if other != root and other.startswith(root)) or ("\0",)
    own = [path for path in tree.texts if path.endswith(suffix) and path.startswith(root) and not path.startswith(inner)]
    shipped = [path for path in own if is_shipped(path.removeprefix(root))] or [path for path in own if not path.endswith("_test.go")]
    starts = {path: not ("package main" in tree.texts[path] or path.endswith("main.rs") or "src/bin/" in path) for path in shipped}
    return [(path, tree.texts[path]) for path in sorted(shipped, key=lambda path: (starts[path], path.count("/"), path)) if not is_generated(tree.texts[path])]


def place_of(source: Source, found: Found) -> Evidence:
    return Evidence(source.path, found.line, found.text)


def first_call(sources: Iterable[Source], wanted: re.Pattern[str], besides: re.Pattern[str] | None = None) -> Evidence | None:
    """The first call with a wanted name, on a line that holds nothing of what is besides the point."""
    calls = ((source, call) for source in sources for call in source.calls if wanted.search(call.name))
    return next((place_of(source, call) for source, call in calls if not (besides and besides.search(call.text))), None)


def technology_facts(used: Iterable[Used]) -> Iterator[Fact]:
    for use in used:
        if use.tech.kind in SHOWN_KINDS:
            yield Fact(use.tech.kind, use.tech.id, use.certainty, use.evidence, use.version)
        for name, values in use.tech.implies.items():
            yield from (Fact(name, value, use.certainty, use.evidence) for value in values)


def redis_use(sources: Sequence[Source], ids: set[str]) -> Iterator[Fact]:
    """Redis as a cache (values are written and read back) or as a queue, by the commands that are sent."""
    if not ids & REDIS_CLIENTS:
        return
    speaking = [source for source in sources if any("redis" in found.name or "fred" in found.name for found in source.imports)]
    calls = [(source, call) for source in speaking for call in source.calls]

    def seen(names: re.Pattern[str], words: re.Pattern[str], line: re.Pattern[str] = ANYTHING) -> list[Evidence]:
        return [place_of(*at) for at in calls if (names.search(at[1].name) and line.search(at[1].text)) or words.search(at[1].text)]

    written = seen(CACHE_WRITES, REDIS_WRITE_WORDS, CACHE_LINE)
    writes = [place for place in written if not NO_EXPIRY.search(place.text) or "cache" in f"{place.path} {place.text}".lower()]
    caches = seen(CACHE_READS, REDIS_READ_WORDS, CACHE_LINE) if writes else []
    for name, places in (("cache", caches), ("queue", seen(QUEUE_CALLS, REDIS_QUEUE_WORDS))):
        yield from (Fact(name, "redis", "likely", evidence) for evidence in places[:1])


def reached(start: Module, neighbours: Callable[[Module], Iterator[Module]]) -> tuple[Module, ...]:
    found, waiting = {start.path: start}, [start]
    while waiting:
        for module in neighbours(waiting.pop()):
            if module.path not in found:
                found[module.path] = module
                waiting.append(module)
    return tuple(found.values())


def file_technologies(tree: SourceTree, root: str, catalogue: Catalogue) -> Iterator[Used]:
    """Technologies that a settings file betrays, such as sqlc.yaml."""
    for path in tree.paths:
        if path.startswith(root) and is_shipped(path) and (tech := catalogue.of_file(posixpath.basename(path))):
            yield Used(tech, Evidence(path, None, path), None, tech.certainty)


def line_evidence(tree: SourceTree, path: str, line: int, otherwise: str = "") -> Evidence:
    """The real line of a file as evidence; the path and what is known when the line was not found."""
    lines = tree.texts[path].splitlines()
    return Evidence(path, line, lines[line - 1].strip()) if 0 < line <= len(lines) else Evidence(path, None, otherwise)
