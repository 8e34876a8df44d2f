"""Work out what a repository is built with. In: a SourceTree and the catalogue. Out: facts, each with its evidence.

What counts is code that ships: dependencies that are indirect or only for tests, examples, vendored and generated code do not.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.project.cargo_toml import CrateDependency
from assistant.project.catalogue import Catalogue, Technology
from assistant.project.imports import SourceFacts, read_go, read_rust
from assistant.project.manifests import GoModuleAt, Manifests, RustPackageAt, is_generated, is_shipped, read_manifests
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
    """One detected thing: `name` is a key of `inspect` (CONTRACT: web_framework, db_driver ...), `value` a catalogue id."""

    name: str
    value: str
    certainty: Certainty
    evidence: Evidence
    version: str | None = None


@dataclass(frozen=True)
class Source:
    """A parsed source file that ships."""

    path: str
    facts: SourceFacts


RustTechnology = tuple[Technology, CrateDependency, Evidence, Certainty]
SHOWN_KINDS = {"web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "logging", "metrics"}
GO_ROUTER_CALLS = {"http.ListenAndServe", "http.ListenAndServeTLS", "http.Serve", "http.NewServeMux", "http.HandleFunc", "http.Handle"}
GO_LISTENS = re.compile(r"^http\.(?:ListenAndServe(?:TLS)?|Serve|Server)$|\.(?:ListenAndServe(?:TLS)?|Run|RunTLS|Listen|Start|Serve)$")
GO_CONSUMES = re.compile(
    r"\.(?:Consume|ConsumeWithContext|ReadMessage|FetchMessage|PollFetches|PollRecords|XReadGroup|QueueSubscribe|Subscribe|ConsumePartition|ReceiveMessage)$|^asynq\.NewServer$"
)
GO_CLI = re.compile(r"^flag\.(?:Parse|String|Int|Bool)\w*$|^kingpin\.|^cobra\.|^cli\.|^pflag\.")
RUST_LISTENS = re.compile(r"(?:^|::)(?:axum::serve|serve|HttpServer::new|rocket::build|warp::serve|Server::bind)$")
RUST_CONSUMES = re.compile(r"\.(?:basic_consume|queue_subscribe|subscribe|xread_options|recv|receive_message)$|StreamConsumer")
CACHE_CALLS = re.compile(r"\.(?:Set|Get|SetEx|SetEX|SetNX|MGet|MSet|set|get|set_ex|pset_ex|mget)$")
QUEUE_CALLS = re.compile(r"\.(?:XAdd|XReadGroup|XRead|LPush|RPush|BRPop|BLPop|BLMove|xadd|xread|xread_options|lpush|rpush|brpop|blpop)$")
CRATE_DATABASES = {"postgres": "postgres", "sqlx-postgres": "postgres", "mysql": "mysql", "sqlx-mysql": "mysql", "sqlite": "sqlite", "sqlx-sqlite": "sqlite"}
CRATES_WITH_DATABASES = {"sqlx", "diesel", "sea-orm", "diesel-async"}
WORKFLOW = re.compile(r"(?:^|/)\.github/workflows/|(?:^|/)\.gitlab-ci\.yml$|(?:^|/)\.circleci/|(?:^|/)Jenkinsfile$|(?:^|/)azure-pipelines\.yml$")
DOCKER = re.compile(r"(?:^|/)(?:Dockerfile[^/]*|Containerfile|[^/]+\.dockerfile)$", re.IGNORECASE)
COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
IMAGE = re.compile(r"^\s*image:\s*[\"']?([^\s\"'#]+)")


def detect_stack(tree: SourceTree, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Every fact of the repository, the most certain first, one for each name, value and module."""
    return facts_of(tree, read_manifests(tree), catalogue)


def facts_of(tree: SourceTree, manifests: Manifests, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Facts from manifests and sources that are already known."""
    facts: list[Fact] = []
    for module in manifests.go:
        facts += _go_facts(tree, module, manifests, catalogue)
    for package in manifests.rust:
        facts += _rust_facts(tree, package, manifests, catalogue)
    facts += _other_facts(tree, manifests, catalogue)
    return _unique(facts)


def _unique(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    best: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        key = (fact.name, fact.value)
        if key not in best or RANK[fact.certainty] < RANK[best[key].certainty]:
            best[key] = fact
    return tuple(sorted(best.values(), key=lambda fact: RANK[fact.certainty]))


def _sources(tree: SourceTree, root: str, suffix: str, inner_roots: Iterable[str]) -> list[Source]:
    """Shipped, hand-written sources below `root` that belong to no module further in."""
    inner = tuple(other for other in inner_roots if other != root and other.startswith(root))
    read = read_go if suffix == ".go" else read_rust
    found = [
        path
        for path in tree.texts
        if path.endswith(suffix) and path.startswith(root) and not path.startswith(inner or ("\0",)) and not is_generated(tree.texts[path])
    ]
    shipped = [path for path in found if is_shipped(path.removeprefix(root))]
    return [Source(path, read(tree.texts[path])) for path in sorted(shipped or [path for path in found if not path.endswith("_test.go")])]


def _go_facts(tree: SourceTree, at: GoModuleAt, manifests: Manifests, catalogue: Catalogue) -> Iterator[Fact]:
    module = at.module
    yield Fact("language", "go", "certain", Evidence(at.path, module.line, f"module {module.path}"))
    if module.go_version:
        yield Fact("go_version", module.go_version, "certain", Evidence(at.path, module.go_line, f"go {module.go_version}"))
    sources = _sources(tree, at.root, ".go", [other.root for other in manifests.go])
    technologies = list(_go_technologies(tree, at, sources, catalogue))
    for tech, version, evidence in technologies:
        yield from _technology_facts(tech, evidence, version)
    kinds = {tech.kind for tech, _, _ in technologies}
    yield from _redis_use(sources, {tech.id for tech, _, _ in technologies})
    if "web_framework" not in kinds and (router := _first_call(sources, lambda name: name in GO_ROUTER_CALLS, "net/http")):
        yield Fact("web_framework", "net/http", "certain", router)
    yield from _go_services(sources, technologies)
    yield from _go_layout(tree, at)


def _go_technologies(tree: SourceTree, at: GoModuleAt, sources: list[Source], catalogue: Catalogue) -> Iterator[tuple[Technology, str | None, Evidence]]:
    """Technologies of direct requirements that shipped code imports, and of standard packages."""
    imported = {found.name: Evidence(source.path, found.line, found.text) for source in reversed(sources) for found in source.facts.imports}
    for requirement in at.module.requirements:
        tech = catalogue.of_dependency("go", requirement.path)
        uses = any(name == requirement.path or name.startswith(f"{requirement.path}/") for name in imported)
        if tech and not requirement.indirect and (uses or not sources):
            yield tech, requirement.version.removeprefix("v"), Evidence(at.path, requirement.line, requirement.text)
    standard = {path: tech for tech in catalogue.technologies for path in tech.imports}
    for name, evidence in imported.items():
        if name in standard:
            yield standard[name], None, evidence


def _technology_facts(tech: Technology, evidence: Evidence, version: str | None, certainty: Certainty | None = None) -> Iterator[Fact]:
    sure: Certainty = certainty or tech.certainty
    if tech.kind in SHOWN_KINDS:
        yield Fact(tech.kind, tech.id, sure, evidence, version)
    for name, values in tech.implies.items():
        for value in values:
            yield Fact(name, value, sure, evidence)


def _first_call(sources: list[Source], wanted: Callable[[str], object], needs_import: str = "") -> Evidence | None:
    """The first call whose name is wanted, in a file that imports what is needed."""
    for source in sources:
        if not needs_import or any(found.name == needs_import for found in source.facts.imports):
            for call in source.facts.calls:
                if wanted(call.name):
                    return Evidence(source.path, call.line, call.text)
    return None


def _redis_use(sources: list[Source], ids: set[str]) -> Iterator[Fact]:
    """Redis as a cache or as a queue, by the commands that are sent."""
    if not ids & {"go-redis", "redigo", "redis-rs", "rueidis", "fred", "deadpool-redis"}:
        return
    speaking = [source for source in sources if any("redis" in found.name for found in source.facts.imports)]
    for name, pattern in (("cache", CACHE_CALLS), ("queue", QUEUE_CALLS)):
        if evidence := _first_call(speaking, pattern.search):
            yield Fact(name, "redis", "likely", evidence)


def _go_services(sources: list[Source], technologies: list[tuple[Technology, str | None, Evidence]]) -> Iterator[Fact]:
    """What main really starts."""
    kinds: set[str] = {tech.kind for tech, _, _ in technologies}
    mains = [source for source in sources if source.facts.package == "main"]
    serves = "web_framework" in kinds or _first_call(sources, lambda name: name in GO_ROUTER_CALLS, "net/http")
    listens = _first_call(sources, GO_LISTENS.search)
    grpc = _first_call(sources, lambda name: name == "grpc.NewServer")
    calls_grpc = _first_call(sources, lambda name: name in ("grpc.NewClient", "grpc.Dial", "grpc.DialContext"))
    consumes = _first_call(sources, GO_CONSUMES.search) if "queue" in kinds or any("queue" in tech.implies for tech, _, _ in technologies) else None
    tcp = _first_call(sources, lambda name: name in ("net.Listen", "net.ListenTCP"))
    if grpc or calls_grpc:
        yield Fact("grpc", "serves" if grpc else "calls", "certain", grpc or calls_grpc)  # type: ignore[arg-type]
    if mains:
        found = {"http-api": listens if serves else None, "grpc-service": grpc, "worker": consumes}
        yield from (Fact("service_types", name, "certain", evidence) for name, evidence in found.items() if evidence)
        if not any(found.values()):
            yield from _go_other_service(mains, kinds, tcp)
    elif sources:
        yield Fact("service_types", "library", "likely", Evidence(sources[0].path, 1, f"package {sources[0].facts.package}"))


def _go_other_service(mains: list[Source], kinds: set[str], tcp: Evidence | None) -> Iterator[Fact]:
    if tcp:
        yield Fact("service_types", "tcp-server", "likely", tcp)
        return
    parses = _first_call(mains, GO_CLI.search)
    if parses or "cli" in kinds:
        yield Fact("service_types", "cli", "likely", parses or Evidence(mains[0].path, 1, "package main"))


def _go_layout(tree: SourceTree, at: GoModuleAt) -> Iterator[Fact]:
    for folder in ("cmd", "internal"):
        path = next((path for path in tree.paths if path.startswith(f"{at.root}{folder}/") and path.endswith(".go")), None)
        if path:
            yield Fact("layout", "go-standard", "certain", Evidence(path, None, f"{folder}/"))
            break
    listing = f"{at.root}vendor/modules.txt"
    if listing in tree.paths:
        yield Fact("layout", "go-vendor", "certain", Evidence(listing, None, "vendor/modules.txt"))


def _rust_facts(tree: SourceTree, at: RustPackageAt, manifests: Manifests, catalogue: Catalogue) -> Iterator[Fact]:
    manifest = at.manifest
    yield Fact("language", "rust", "certain", Evidence(at.path, _line_of(tree, at.path, "[package]"), "[package]"))
    if manifest.edition:
        line = manifest.edition_line or None
        yield Fact("rust_edition", manifest.edition, "certain", Evidence(at.path, line, f'edition = "{manifest.edition}"'))
    sources = _sources(tree, at.root, ".rs", [other.root for other in manifests.rust])
    technologies = list(_rust_technologies(at, sources, catalogue))
    for tech, dependency, evidence, certainty in technologies:
        yield from _technology_facts(tech, evidence, dependency.version, certainty)
        if tech.id in CRATES_WITH_DATABASES or dependency.crate in CRATES_WITH_DATABASES:
            values = {CRATE_DATABASES[name] for name in dependency.features if name in CRATE_DATABASES}
            yield from (Fact("databases", value, certainty, evidence) for value in sorted(values))
    ids = {tech.id for tech, _, _, _ in technologies}
    if "actix-web" in ids and "tokio" not in ids:
        evidence = next(evidence for tech, _, evidence, _ in technologies if tech.id == "actix-web")
        yield Fact("async_runtime", "actix", "certain", evidence)
    yield from _redis_use(sources, ids)
    yield from _rust_services(tree, at, sources, technologies)


def _rust_technologies(at: RustPackageAt, sources: list[Source], catalogue: Catalogue) -> Iterator[RustTechnology]:
    for dependency in at.manifest.dependencies:
        tech = catalogue.of_dependency("cargo", dependency.crate)
        if tech and dependency.use == "normal":
            enabled = not dependency.optional or dependency.key in at.manifest.default_features or f"dep:{dependency.key}" in at.manifest.default_features
            certainty: Certainty = "certain" if enabled else "possible"
            yield tech, dependency, Evidence(at.path, dependency.line or None, dependency.text), certainty


def _rust_services(
    tree: SourceTree, at: RustPackageAt, sources: list[Source], technologies: list[tuple[Technology, CrateDependency, Evidence, Certainty]]
) -> Iterator[Fact]:
    kinds: set[str] = {tech.kind for tech, _, _, _ in technologies}
    binaries = [path for path in tree.paths if re.fullmatch(rf"{re.escape(at.root)}src/(?:main\.rs|bin/.+\.rs)", path)]
    if binaries or at.manifest.has_bin_table:
        shown = Evidence(binaries[0], None, binaries[0]) if binaries else Evidence(at.path, _line_of(tree, at.path, "[[bin]]"), "[[bin]]")
        yield Fact("layout", "rust-bin", "certain", shown)
        yield from _rust_started(sources, technologies, kinds, shown)
    elif f"{at.root}src/lib.rs" in tree.paths:
        alone = len(at.root) == 0
        yield Fact("layout", "rust-lib", "certain" if alone else "likely", Evidence(f"{at.root}src/lib.rs", None, "src/lib.rs"))
        if alone:
            yield Fact("service_types", "library", "likely", Evidence(f"{at.root}src/lib.rs", None, "src/lib.rs"))


def _rust_started(sources: list[Source], technologies: Sequence[RustTechnology], kinds: set[str], shown: Evidence) -> Iterator[Fact]:
    listens = _first_call(sources, RUST_LISTENS.search) if "web_framework" in kinds else None
    serves_grpc = _first_call(sources, lambda name: name.endswith("Server::builder"))
    uses_tonic = next((evidence for tech, _, evidence, _ in technologies if tech.id == "tonic"), None)
    queued = "queue" in kinds or any("queue" in tech.implies for tech, _, _, _ in technologies)
    consumes = _first_call(sources, RUST_CONSUMES.search) if queued else None
    if uses_tonic:
        yield Fact("grpc", "serves" if serves_grpc else "calls", "certain", serves_grpc or uses_tonic)
    found = {"http-api": listens, "grpc-service": serves_grpc if uses_tonic else None, "worker": consumes}
    yield from (Fact("service_types", name, "certain", evidence) for name, evidence in found.items() if evidence)
    if not any(found.values()) and "cli" in kinds:
        yield Fact("service_types", "cli", "likely", shown)


def _line_of(tree: SourceTree, path: str, wanted: str) -> int | None:
    return next((number for number, line in enumerate(tree.texts[path].splitlines(), 1) if line.strip().startswith(wanted)), None)


def _other_facts(tree: SourceTree, manifests: Manifests, catalogue: Catalogue) -> Iterator[Fact]:
    """Facts that do not belong to one module: workspaces, other ecosystems, images, tests, CI, Docker."""
    for path in manifests.workspaces:
        yield Fact("layout", "cargo-workspace", "certain", Evidence(path, _line_of(tree, path, "[workspace"), "[workspace]"))
    for ecosystem, path in manifests.others.items():
        yield Fact("other_ecosystem", ecosystem, "certain", Evidence(path, None, path))
    for path in sorted(path for path in tree.texts if COMPOSE.search(path) and is_shipped(path)):
        for number, line in enumerate(tree.texts[path].splitlines(), 1):
            if (image := IMAGE.match(line)) and (tech := catalogue.of_image(image[1])):
                version = image[1].rsplit(":", 1)[1] if ":" in image[1] else None
                yield Fact(tech.kind, tech.id, "likely", Evidence(path, number, line.strip()), version)
    for name, shows in (("ci", WORKFLOW.search), ("docker", DOCKER.search), ("tests", _is_test)):
        if shown := next((path for path in tree.paths if shows(path)), None):
            yield Fact(name, "yes", "certain", Evidence(shown, None, shown))
    if not any(_is_test(path) for path in tree.paths) and (found := _rust_test(tree)):
        yield Fact("tests", "yes", "certain", found)


def _is_test(path: str) -> bool:
    return path.endswith("_test.go") or bool(re.search(r"(?:^|/)tests/[^/]+\.rs$", path))


def _rust_test(tree: SourceTree) -> Evidence | None:
    for path, text in tree.texts.items():
        if path.endswith(".rs") and "#[cfg(test)]" in text:
            line = next(number for number, row in enumerate(text.splitlines(), 1) if "#[cfg(test)]" in row)
            return Evidence(path, line, "#[cfg(test)]")
    return None
