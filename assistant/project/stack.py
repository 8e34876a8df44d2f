"""Work out what a repository is built with. In: a SourceTree and the catalogue. Out: facts, each with its evidence.

What counts is code that ships: a Go technology is one that shipped code imports, a Rust one is a normal dependency of a shipped package.
Tests, examples, vendored and generated code do not count.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.project.cargo_toml import CrateDependency, line_with_feature
from assistant.project.catalogue import Catalogue, Technology
from assistant.project.imports import Found, Source, SourceReader
from assistant.project.manifests import (
    COMPOSE,
    DOCKERFILE,
    GoModuleAt,
    Manifests,
    RustPackageAt,
    count_languages,
    is_generated,
    is_shipped,
    other_ecosystems,
    read_images,
    read_manifests,
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


SHOWN_KINDS = {"web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "logging", "metrics"}
IMAGE_KINDS = {"databases", "queue", "cache"}
# A driver of the one speaks to the other: the image of the second is no second database.
COMPATIBLE_IMAGES = {"mariadb": "mysql", "valkey": "redis"}
PROGRAM_SERVICES = {"http-api", "grpc-service", "worker", "cli", "tcp-server"}

TELLING_GO = re.compile(
    r"^(?:net|net/http|net/rpc|flag|os/signal|database/sql)$|grpc|gin|echo|fiber|chi|mux|router|fasthttp|kafka|sarama|franz|amqp|rabbit|nats|sqs|pubsub|pulsar|nsq|mqtt|redis|asynq|river"
    r"|machinery|watermill|temporal|cron|cobra|cli|kingpin|kong|flags|zrpc|rest|kratos|hertz|iris|beego|connect|controller-runtime|huma|http"
)
GO_ROUTES = re.compile(r"^net/http\.(?:HandleFunc|Handle|ListenAndServe|ListenAndServeTLS|Serve|ServeTLS|NewServeMux|Server|ServeMux)$")
GO_HANDLES = re.compile(r"^(?:net/http)?\.(?:HandleFunc|Handle)$")
ADMIN_ROUTE = re.compile(r'"[^"]*/(?:metrics|health\w*|live\w*|ready\w*|ping|debug|pprof|status|version)[^"]*"|promhttp|pprof')
GO_LISTENS = re.compile(r"^net/http\.(?:ListenAndServe|ListenAndServeTLS|Serve|ServeTLS)$|^\.(?:ListenAndServe|ListenAndServeTLS)$")
GO_RUNS = re.compile(r"^\.(?:Run|RunTLS|RunListener|RunUnix|Listen|ListenTLS|Listener|Start|StartTLS|StartServer|Serve|Spin)$")  # of a framework's own server
SIDE_SERVER = re.compile(r"(?i)debug|metric|admin|pprof|tracer|span")  # a line that starts something beside the service
GO_SERVES_GRPC = re.compile(r"grpc\.NewServer$|zrpc\.(?:Must)?NewServer$|\.Register\w+(?<!Handler)Server$")
GO_CALLS_GRPC = re.compile(r"grpc\.(?:NewClient|Dial|DialContext|DialInsecure)$|zrpc\.(?:Must)?NewClient$")
GO_CONSUMES = re.compile(
    r"^[^.]*\.(?:Consume|ConsumeWithContext|ReadMessage|FetchMessage|PollFetches|PollRecords|XReadGroup|QueueSubscribe|QueueSubscribeSync|Subscribe|SubscribeSync|PullSubscribe|ConsumePartition"
    r"|NewConsumerGroup|ReceiveMessage|Receive|BLPop|BRPop|AddHandler|AddNoPublisherHandler|AddConsumerHandler|NewConsumer)$"
)
GO_WORKS = re.compile(r"asynq\.NewServer$|river\.NewWorkers$|\.NewWorker$|^go\.temporal\.io/sdk/worker\.New$")
GO_DAEMON = re.compile(r"controller-runtime\.NewManager$|ctrl\.NewManager$|cron(?:/v\d+)?\.New$|gocron(?:/v\d+)?\.NewScheduler$")
GO_USES_SQL = re.compile(r"^database/sql\.(?:Open|OpenDB|Register|DB|Tx|Conn|Stmt)$")
TELLING_RUST = re.compile(r"serve|Server|rocket|launch|HttpServer|consum|subscribe|recv|clap|TcpListener|[Rr]edis|tonic|cmd\(|Worker|\bapp\(")
RUST_LISTENS = re.compile(
    r"^(?:axum::)?serve$|^axum::Server::bind$|Server::(?:bind|new|try_bind|http)$|^rocket::(?:build|custom|ignite|main|launch)$|^(?:warp::)?serve$|^launch$|^\.(?:launch|listen)$"
)
RUST_CONSUMES = re.compile(
    r"^\.(?:basic_consume|queue_subscribe|subscribe|xread_options|receive_message|blpop|brpop)$|^(?:\w+::)*StreamConsumer|Consumer::from_hosts$"
)
RUST_WORKS = re.compile(r"^(?:\w+::)*(?:WorkerBuilder|Monitor|WorkerPool|AsyncWorkerPool)::(?:new|builder)$")
CACHE_CALLS = re.compile(r"^\.(?:Set|Get|SetEx|SetEX|Setex|SetNX|MGet|MSet|set|get|set_ex|pset_ex|mget|set_options)$")
QUEUE_CALLS = re.compile(r"^\.(?:XAdd|XReadGroup|XRead|BRPop|BLPop|BLMove|BRPopLPush|xadd|xread|xread_options|blpop|brpop|brpoplpush)$")
# `Get` is the name of many a method: the line has to look like a call of a store.
CACHE_LINE = re.compile(r"(?:[cC]tx|[cC]ontext|await|(?i:redis|rdb|client|cache|conn?|connection|pool)\w*\.(?i:m?get|m?set|set_?ex|set_?nx|pset_ex)\w*\()")
REDIS_CACHE_WORDS = re.compile(r'"(?:GET|SET|SETEX|MGET|MSET)"')
REDIS_QUEUE_WORDS = re.compile(r'"(?:XADD|XREAD|XREADGROUP|BRPOP|BLPOP|BLMOVE)"')
REDIS_CLIENTS = {"go-redis", "redigo", "redis-rs", "rueidis", "fred"}
# Features of crates -> the database that they bring in.
FEATURE_DATABASES = re.compile(r"^(?:sqlx-|with-)?(postgres|mysql|sqlite|mssql)(?:ql)?(?:_backend|-bundled|-native-tls|-rustls)?$")
CRATES_WITH_DATABASES = {"sqlx", "diesel", "sea-orm", "diesel-async", "rbatis", "sea-query", "sqlx-core"}

CI = re.compile(
    r"(?:^|/)(?:\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci/config\.ya?ml|Jenkinsfile|azure-pipelines\.ya?ml|\.travis\.ya?ml|\.drone\.(?:ya?ml|star)"
    r"|\.?appveyor\.ya?ml|bitbucket-pipelines\.ya?ml|\.woodpecker(?:\.ya?ml|/.+)|\.buildkite/.+|cloudbuild\.ya?ml|\.cirrus\.ya?ml|\.builds?(?:\.ya?ml|/.+\.yml)|\.semaphore/.+|buildspec\.ya?ml)$"
)
TEST_PATH = re.compile(
    r"_test\.go$|(?:^|/)tests/(?:.+/)?[^/]+\.rs$|(?:^|/)tests?\.rs$|_tests?\.rs$|(?:^|/)test_[^/]+\.py$|_test\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$|(?:Test|Tests|Spec|IT)\.(?:java|kt|cs|scala)$|_spec\.rb$"
    r"|_test\.rb$|Test\.php$|_test\.exs$"
)
RUST_TEST = re.compile(r"^\s*#\[(?:cfg\(test\)|test|(?:tokio|actix_web|sqlx|async_std|actix_rt|rstest)(?:::test|::rstest)?\b.*)\]", re.MULTILINE)
FEWEST_LOG_FILES, LOG_FILES_A_LOGGER = 4, 3  # from here on the plain log package is in use beside another logger
SHARE_OF_A_LANGUAGE = 0.1  # of the backend sources; less is a script or a binding
FEWEST_SERVER_FILES = 3


def detect_stack(tree: SourceTree, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Every fact of every module, and those of the repository as a whole; one for each name, value and module, the most certain first."""
    manifests = read_manifests(tree)
    reader = SourceReader()
    facts: list[Fact] = []
    for module in _linked_go([_read_go_module(tree, at, manifests, catalogue, reader) for at in manifests.go]):
        facts += (replace(fact, module=module.path) for fact in _go_facts(tree, module))
    for module in _linked_rust([_read_rust_package(tree, at, manifests, catalogue, reader) for at in manifests.rust]):
        facts += (replace(fact, module=module.path) for fact in _rust_facts(tree, module))
    facts += _surrounding_facts(tree, manifests, catalogue)
    return _unique(facts, lambda fact: (fact.name, fact.value, fact.module))


def whole(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts of the repository as a whole: each name and value once, and a library only where it is the product."""
    found = _unique(facts, lambda fact: (fact.name, fact.value))
    values = {(fact.name, fact.value) for fact in found}
    runs_on_tokio = ("async_runtime", "tokio") in values
    has_program = any(name == "service_types" and value in PROGRAM_SERVICES for name, value in values) or ("layout", "rust-bin") in values

    def is_part(fact: Fact) -> bool:
        """Whether it is a library inside a repository whose product is a program, or says what another fact says better."""
        library = (fact.name, fact.value) in (("service_types", "library"), ("layout", "rust-lib"))
        double = fact.name == "databases" and ("databases", COMPATIBLE_IMAGES.get(fact.value, "")) in values
        # actix-web alone stands for its runtime only where no package names tokio.
        replaced = runs_on_tokio and fact.value == "actix" and "actix-rt" not in fact.evidence.text
        return (library and has_program and "/" in fact.module) or double or replaced

    return tuple(fact for fact in found if not is_part(fact))


def _unique(facts: Iterable[Fact], key: Callable[[Fact], tuple[str, ...]]) -> tuple[Fact, ...]:
    best: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        if key(fact) not in best or RANK[fact.certainty] < RANK[best[key(fact)].certainty]:
            best[key(fact)] = fact
    return tuple(sorted(best.values(), key=lambda fact: RANK[fact.certainty]))


def _texts(tree: SourceTree, root: str, suffix: str, inner_roots: Iterable[str]) -> list[tuple[str, str]]:
    """Shipped, hand-written sources below `root` that belong to no module further in, programs first."""
    inner = tuple(other for other in inner_roots if other != root and other.startswith(root)) or ("\0",)
    own = [path for path in tree.texts if path.endswith(suffix) and path.startswith(root) and not path.startswith(inner)]
    shipped = [path for path in own if is_shipped(path.removeprefix(root))] or [path for path in own if not path.endswith("_test.go")]
    starts = {path: not ("package main" in tree.texts[path] or path.endswith("main.rs") or "src/bin/" in path) for path in shipped}
    return [(path, tree.texts[path]) for path in sorted(shipped, key=lambda path: (starts[path], path.count("/"), path)) if not is_generated(tree.texts[path])]


def _place(source: Source, found: Found) -> Evidence:
    return Evidence(source.path, found.line, found.text)


def _first_call(sources: Iterable[Source], wanted: re.Pattern[str], besides: re.Pattern[str] | None = None) -> Evidence | None:
    """The first call with a wanted name, on a line that holds nothing of what is besides the point."""
    calls = ((source, call) for source in sources for call in source.calls if wanted.search(call.name))
    return next((_place(source, call) for source, call in calls if not (besides and besides.search(call.text))), None)


def _technology_facts(used: Iterable[Used]) -> Iterator[Fact]:
    for use in used:
        if use.tech.kind in SHOWN_KINDS:
            yield Fact(use.tech.kind, use.tech.id, use.certainty, use.evidence, use.version)
        for name, values in use.tech.implies.items():
            yield from (Fact(name, value, use.certainty, use.evidence) for value in values)


def _redis_use(sources: Sequence[Source], ids: set[str]) -> Iterator[Fact]:
    """Redis as a cache or as a queue, by the commands that are sent."""
    if not ids & REDIS_CLIENTS:
        return
    speaking = [source for source in sources if any("redis" in found.name or "fred" in found.name for found in source.imports)]
    calls = [(source, call) for source in speaking for call in source.calls]
    caches = (_place(*at) for at in calls if (CACHE_CALLS.search(at[1].name) and CACHE_LINE.search(at[1].text)) or REDIS_CACHE_WORDS.search(at[1].text))
    queues = (_place(*at) for at in calls if QUEUE_CALLS.search(at[1].name) or REDIS_QUEUE_WORDS.search(at[1].text))
    for name, evidence in (("cache", next(caches, None)), ("queue", next(queues, None))):
        if evidence:
            yield Fact(name, "redis", "likely", evidence)


# Go


def _read_go_module(tree: SourceTree, at: GoModuleAt, manifests: Manifests, catalogue: Catalogue, reader: SourceReader) -> Module:
    texts = _texts(tree, at.root, ".go", [other.root for other in manifests.go])
    sources = reader.read_go(texts, lambda name: TELLING_GO.search(name) is not None)
    used = {use.tech.id: use for use in reversed(list(_go_used(at, sources, catalogue)))}
    if "database/sql" in used and not _first_call(sources, GO_USES_SQL):
        del used["database/sql"]  # imported for sql.NullString or sql.ErrNoRows beside a library that does the work
    others = [use.files for use in used.values() if use.tech.kind == "logging" and use.tech.id != "log"]
    if "log" in used and others and used["log"].files < max(FEWEST_LOG_FILES, LOG_FILES_A_LOGGER * max(others)):
        used["log"] = replace(used["log"], certainty="possible")  # a log.Fatal beside the logger that is really used
    return Module(at, sources, (*reversed(used.values()), *_file_technologies(tree, at.root, catalogue)))


def _go_used(at: GoModuleAt, sources: tuple[Source, ...], catalogue: Catalogue) -> Iterator[Used]:
    """Technologies that shipped code imports; those that go.mod requires directly when no source was kept."""
    files: dict[str, list[Evidence]] = {}
    for source in sources:
        for found in source.imports:
            files.setdefault(found.name, []).append(_place(source, found))
    if not sources:
        files = {required.path: [Evidence(at.path, required.line, required.text)] for required in at.module.requirements if not required.indirect}
    for name, places in files.items():
        tech = catalogue.of_import(name)
        if tech and not (at.module.path and f"{name}/".startswith(f"{at.module.path}/")):
            required = at.module.requirement_of(name)
            evidence = Evidence(at.path, required.line, required.text) if required else places[0]
            yield Used(tech, evidence, required.version.removeprefix("v") if required else None, tech.certainty, len(places))


def _file_technologies(tree: SourceTree, root: str, catalogue: Catalogue) -> Iterator[Used]:
    """Technologies that a settings file betrays, such as sqlc.yaml."""
    for path in tree.paths:
        if path.startswith(root) and is_shipped(path) and (tech := catalogue.of_file(posixpath.basename(path))):
            yield Used(tech, Evidence(path, None, path), None, tech.certainty)


def _linked_go(modules: list[Module]) -> list[Module]:
    """Each module with those of this repository that it imports, and that those import."""
    by_path = {module.at.module.path: module for module in modules if isinstance(module.at, GoModuleAt) and module.at.module.path}

    def neighbours(module: Module) -> Iterator[Module]:
        for name in {found.name for source in module.sources for found in source.imports}:
            parts = name.split("/")
            prefixes = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
            if owner := next((by_path[prefix] for prefix in prefixes if prefix in by_path), None):
                yield owner

    return [replace(module, linked=_reached(module, neighbours)) for module in modules]


def _reached(start: Module, neighbours: Callable[[Module], Iterator[Module]]) -> tuple[Module, ...]:
    found, waiting = {start.path: start}, [start]
    while waiting:
        for module in neighbours(waiting.pop()):
            if module.path not in found:
                found[module.path] = module
                waiting.append(module)
    return tuple(found.values())


def _go_facts(tree: SourceTree, module: Module) -> Iterator[Fact]:
    at = module.at
    assert isinstance(at, GoModuleAt)
    yield Fact("primary_languages", "go", "certain", _line(tree, at.path, at.module.line))
    if at.module.go_version:
        yield Fact("go_version", at.module.go_version, "certain", _line(tree, at.path, at.module.go_line))
    yield from _technology_facts(module.used)
    yield from _redis_use(module.sources, module.ids())
    programs = [source for source in module.sources if source.package == "main"]
    router = _go_router(module.sources) if programs or len(module.linked) > 1 else None
    if router and not any(use.tech.kind == "web_framework" for use in module.used):
        yield Fact("web_framework", "net/http", "certain", router)
    yield from _go_grpc(module)
    yield from _go_services(module, programs) if programs else _go_library(module)
    yield from _go_layout(tree, at)


def _go_router(sources: Sequence[Source]) -> Evidence | None:
    """Where net/http itself takes requests; a server that only shows metrics or health is none."""
    web = [source for source in sources if source.has_import("net/http")]
    handles = [(source, call) for source in web for call in source.calls if GO_HANDLES.search(call.name)]
    own = [(source, call) for source, call in handles if not ADMIN_ROUTE.search(call.text)]
    listens = [(source, call) for source in web for call in source.calls if GO_ROUTES.search(call.name) and not GO_HANDLES.search(call.name)]
    if not listens or (handles and not own):
        return None
    return _place(*(own[0] if own else listens[0]))


def _go_grpc(module: Module) -> Iterator[Fact]:
    speaks = [source for source in module.sources if any(re.search(r"grpc|zrpc|pb(?:/|$)|proto", found.name) for found in source.imports)]
    serves, calls = _first_call(speaks, GO_SERVES_GRPC), _first_call(speaks, GO_CALLS_GRPC)
    if serves or calls:
        yield Fact("grpc", "serves" if serves else "calls", "certain", serves or calls)  # type: ignore[arg-type]
    elif connect := next((use for use in module.used if use.tech.id in ("connect-go", "kitex")), None):
        yield Fact("grpc", "serves", "likely", connect.evidence)


def _go_services(module: Module, programs: list[Source]) -> Iterator[Fact]:
    """What the programs of a module start, themselves or through the code that they are built with."""
    sources, kinds = module.all_sources(), module.kinds()
    framework = next((use.evidence for linked in module.linked for use in linked.used if use.tech.kind == "web_framework"), None)
    router = framework or _go_router(sources)
    listens = _first_call(_speaking(module, "web_framework"), GO_RUNS, SIDE_SERVER) or _first_call(sources, GO_LISTENS, SIDE_SERVER)
    speaks = [source for source in sources if any(re.search(r"grpc|zrpc|pb(?:/|$)|proto", found.name) for found in source.imports)]
    found = {
        "http-api": (listens or router) if router else None,
        "grpc-service": _first_call(speaks, GO_SERVES_GRPC),
        "worker": _first_call(sources, GO_WORKS) or (_first_call(_near_queues(sources), GO_CONSUMES) if "queue" in kinds else None),
    }
    yield from (Fact("service_types", name, "certain", evidence) for name, evidence in found.items() if evidence)
    is_tool = "cli" in kinds and not framework and not found["grpc-service"] and not found["worker"]
    if not any(found.values()) or is_tool:
        yield from _go_other_program(module, programs, bool(found["http-api"]))


def _speaking(module: Module, kind: str) -> list[Source]:
    """Sources that import a technology of a kind themselves."""
    names = [name for linked in module.linked for use in linked.used if use.tech.kind == kind for name in use.tech.deps.get("go", ())]
    return [source for source in module.all_sources() if any(source.has_import(name) for name in names)]


def _near_queues(sources: Iterable[Source]) -> list[Source]:
    """Sources that speak to a queue themselves."""
    queue = re.compile(r"kafka|sarama|franz|amqp|rabbit|nats|sqs|pubsub|pulsar|nsq|mqtt|redis|watermill|stomp")
    return [source for source in sources if any(queue.search(found.name) for found in source.imports)]


def _go_other_program(module: Module, programs: list[Source], serves: bool) -> Iterator[Fact]:
    """A program that is no service, or a tool that can also serve."""
    listens = _first_call(module.all_sources(), re.compile(r"^net\.(?:Listen|ListenTCP|ListenUDP|ListenPacket)$"))
    daemon = _first_call(module.all_sources(), GO_DAEMON)
    parses = next((use.evidence for linked in module.linked for use in linked.used if use.tech.kind == "cli"), None) or _first_call(
        programs, re.compile(r"^flag\.")
    )
    if listens and not serves:
        yield Fact("service_types", "tcp-server", "likely", listens)
    elif daemon and not serves:
        yield Fact("service_types", "worker", "likely", daemon)
    else:
        yield Fact("service_types", "cli", "likely", parses or Evidence(programs[0].path, 1, "package main"))
        yield from (
            _go_library(module) if any(source.path.count("/") == module.at.root.count("/") and source.package != "main" for source in module.sources) else ()
        )


def _go_library(module: Module) -> Iterator[Fact]:
    if module.sources:
        first = min(module.sources, key=lambda source: (source.package == "main", source.path.count("/")))
        yield Fact("service_types", "library", "likely", Evidence(first.path, None, f"package {first.package}"))


def _go_layout(tree: SourceTree, at: GoModuleAt) -> Iterator[Fact]:
    standard = re.compile(rf"{re.escape(at.root)}(cmd|internal)/.+\.go")
    if shown := next((found for path in tree.paths if (found := standard.fullmatch(path))), None):
        yield Fact("layout", "go-standard", "certain", Evidence(shown[0], None, f"{shown[1]}/"))
    listing = f"{at.root}vendor/modules.txt"
    if listing in tree.paths:
        yield Fact("layout", "go-vendor", "certain", Evidence(listing, None, "vendor/modules.txt"))


# Rust


def _read_rust_package(tree: SourceTree, at: RustPackageAt, manifests: Manifests, catalogue: Catalogue, reader: SourceReader) -> Module:
    sources = reader.read_rust(_texts(tree, at.root, ".rs", [other.root for other in manifests.rust]), TELLING_RUST)
    inside = {other.manifest.package for other in manifests.rust}
    return Module(at, sources, tuple(_rust_used(tree, at, catalogue, inside)))


def _rust_used(tree: SourceTree, at: RustPackageAt, catalogue: Catalogue, inside: set[str | None]) -> Iterator[Used]:
    """Technologies of the normal dependencies that do not live in this repository. An optional one is as certain as the feature that switches it on."""
    by_default, by_choice = at.manifest.switched_on(["default"]), at.manifest.switched_on(at.manifest.features)
    for dependency in at.manifest.dependencies:
        tech = catalogue.of_dependency("cargo", dependency.crate)
        if not tech or dependency.use != "normal" or dependency.crate in inside:
            continue
        certainty: Certainty = tech.certainty
        if dependency.optional and dependency.key not in by_default:
            certainty = "likely" if _binaries(tree, at) else "possible"
        features = dict.fromkeys((*dependency.features, *sorted(by_choice.get(dependency.key, ()))))
        yield Used(
            tech,
            _line(tree, at.path, dependency.line, dependency.text),
            dependency.version,
            certainty,
            dependency=replace(dependency, features=tuple(features)),
        )


def _binaries(tree: SourceTree, at: RustPackageAt) -> list[str]:
    """Sources of programs: src/main.rs, src/bin/ and what [[bin]] tables name inside the package."""
    named = {f"{at.root}{path.removeprefix('./')}" for path in at.manifest.binaries}
    usual = re.compile(rf"{re.escape(at.root)}src/(?:main\.rs|bin/[^/]+\.rs|bin/[^/]+/main\.rs)")
    return sorted((path for path in tree.paths if path in named or usual.fullmatch(path)), key=lambda path: (path.count("/"), path))


def _linked_rust(modules: list[Module]) -> list[Module]:
    """Each package with those of this repository that it depends on."""
    by_name = {module.at.manifest.package: module for module in modules if isinstance(module.at, RustPackageAt)}

    def neighbours(module: Module) -> Iterator[Module]:
        if isinstance(module.at, RustPackageAt):
            yield from (by_name[each.crate] for each in module.at.manifest.dependencies if each.use == "normal" and each.crate in by_name)

    return [replace(module, linked=_reached(module, neighbours)) for module in modules]


def _rust_facts(tree: SourceTree, module: Module) -> Iterator[Fact]:
    at = module.at
    assert isinstance(at, RustPackageAt)
    yield Fact("primary_languages", "rust", "certain", _line(tree, at.path, at.manifest.package_line, "[package]"))
    if at.manifest.edition:
        yield Fact("rust_edition", at.manifest.edition, "certain", _line(tree, at.path, at.manifest.edition_line, f'edition = "{at.manifest.edition}"'))
    yield from _technology_facts(module.used)
    yield from _crate_databases(tree, module)
    ids = {use.tech.id for use in module.used if use.certainty != "possible"}
    if "actix-web" in ids and not ids & {"tokio", "actix"}:
        yield Fact("async_runtime", "actix", "certain", next(use.evidence for use in module.used if use.tech.id == "actix-web"))
    yield from _redis_use(module.sources, module.ids())
    yield from _rust_grpc(module)
    yield from _rust_product(tree, module, at)


def _crate_databases(tree: SourceTree, module: Module) -> Iterator[Fact]:
    """The databases that the features of sqlx, Diesel and SeaORM bring in."""
    for use in module.used:
        dependency = use.dependency
        if not dependency or dependency.crate not in CRATES_WITH_DATABASES:
            continue
        lines = tree.texts[module.path].splitlines()
        for feature in dependency.features:
            if found := FEATURE_DATABASES.match(feature):
                evidence = _line(tree, module.path, line_with_feature(lines, dependency, feature), dependency.text)
                yield Fact("databases", found[1], use.certainty, evidence)


def _rust_grpc(module: Module) -> Iterator[Fact]:
    tonic = next((use for use in module.used if use.tech.id in ("tonic", "grpcio") and use.certainty != "possible"), None)
    if tonic:
        serves = _first_call(module.sources, re.compile(r"(?:^|::)Server::builder$"))
        yield Fact("grpc", "serves" if serves else "calls", "certain", serves or tonic.evidence)


def _rust_product(tree: SourceTree, module: Module, at: RustPackageAt) -> Iterator[Fact]:
    """A program and what it starts, or a library."""
    binaries = _binaries(tree, at)
    library = f"{at.root}src/lib.rs"
    if binaries:
        shown = Evidence(binaries[0], None, binaries[0])
        yield Fact("layout", "rust-bin", "certain", shown)
        yield from _rust_services(module, shown)
    elif library in tree.paths or at.manifest.package:
        shown = Evidence(library, None, "src/lib.rs") if library in tree.paths else _line(tree, at.path, at.manifest.package_line, "[package]")
        yield Fact("layout", "rust-lib", "certain", shown)
        yield Fact("service_types", "library", "likely", shown)


def _rust_services(module: Module, shown: Evidence) -> Iterator[Fact]:
    sources, kinds, ids = module.all_sources(), module.kinds(), module.ids()
    framework = next(
        (use.evidence for linked in module.linked for use in linked.used if use.tech.kind == "web_framework" and use.certainty != "possible"), None
    )
    listens = _first_call(sources, RUST_LISTENS) if framework else None
    found = {
        "http-api": listens or framework,
        "grpc-service": _first_call(sources, re.compile(r"(?:^|::)Server::builder$")) if "tonic" in ids else None,
        "worker": _first_call(sources, RUST_WORKS) or (_first_call(sources, RUST_CONSUMES) if "queue" in kinds or "redis" in ids else None),
    }
    yield from (Fact("service_types", name, "certain", evidence) for name, evidence in found.items() if evidence)
    if any(found.values()):
        return
    tcp = _first_call(sources, re.compile(r"(?:^|::)(?:TcpListener|UdpSocket)::bind$")) if "cli" not in kinds else None
    parses = next((use.evidence for use in module.used if use.tech.kind == "cli"), None)
    yield Fact("service_types", "tcp-server" if tcp else "cli", "likely", tcp or parses or shown)


# Around the modules


def _surrounding_facts(tree: SourceTree, manifests: Manifests, catalogue: Catalogue) -> Iterator[Fact]:
    """Facts that do not come from one module's code: workspaces, ecosystems, images, tests, CI, Docker."""
    for path, manifest in manifests.workspaces:
        if manifest.members:
            number = next((number for number, line in enumerate(tree.texts[path].splitlines(), 1) if line.strip().startswith("[workspace")), 0)
            yield Fact("layout", "cargo-workspace", "certain", _line(tree, path, number, "[workspace]"))
    yield from _ecosystem_facts(tree, manifests)
    for image in read_images(tree):
        tech = catalogue.of_image(image.name)
        if tech and tech.kind in IMAGE_KINDS:
            version = image.name.rsplit(":", 1)[1] if ":" in image.name.rsplit("/", 1)[-1] else None
            yield Fact(tech.kind, tech.id, "likely", Evidence(image.path, image.line, image.text), version, manifests.governing(image.path))
    is_docker = (path for path in tree.paths if (DOCKERFILE.search(path) or COMPOSE.search(path)) and not path.endswith((".go", ".rs", ".md")))
    for name, paths in (("ci", (path for path in tree.paths if CI.search(path))), ("docker", is_docker), ("tests", filter(TEST_PATH.search, tree.paths))):
        yield from (Fact(name, "yes", "certain", Evidence(path, None, path), module=manifests.governing(path)) for path in paths)
    yield from _rust_unit_tests(tree, manifests)


def _ecosystem_facts(tree: SourceTree, manifests: Manifests) -> Iterator[Fact]:
    """Which languages make up the backend, and which other ecosystems are beside it."""
    languages = count_languages(tree)
    own = {"go": manifests.go, "rust": manifests.rust}
    ours = [name for name, modules in own.items() if modules]
    others = list(other_ecosystems(tree, languages))
    for other in others:
        yield Fact("other_ecosystem", other.name, "certain", Evidence(other.marker, None, other.marker))
    size = sum(languages[name] for name in ours)
    servers = [
        other for other in others if other.is_server and other.files >= FEWEST_SERVER_FILES and other.files >= SHARE_OF_A_LANGUAGE * (size + other.files)
    ]
    value = "mixed" if len(ours) > 1 or (ours and servers) else ours[0] if ours else "other"
    shown = [*(at.path for at in manifests.go), *(at.path for at in manifests.rust), *(other.marker for other in (*servers, *others))]
    if shown:
        yield Fact("ecosystem", value, "certain", Evidence(shown[0], None, shown[0]))
    if not ours and languages:
        most, _ = languages.most_common(1)[0]
        first = others[0].marker if others else tree.paths[0]
        yield Fact("primary_languages", most, "likely", Evidence(first, None, first))


def _rust_unit_tests(tree: SourceTree, manifests: Manifests) -> Iterator[Fact]:
    seen = set[str]()
    for path, text in tree.texts.items():
        module = manifests.governing(path) if path.endswith(".rs") else ""
        if module and module not in seen and (found := RUST_TEST.search(text)):
            seen.add(module)
            number = text.count("\n", 0, found.end()) + 1
            yield Fact("tests", "yes", "certain", Evidence(path, number, text.splitlines()[number - 1].strip()), module=module)


def _line(tree: SourceTree, path: str, line: int, otherwise: str = "") -> Evidence:
    """The real line of a file as evidence; the path and what is known when the line was not found."""
    lines = tree.texts[path].splitlines()
    return Evidence(path, line, lines[line - 1].strip()) if 0 < line <= len(lines) else Evidence(path, None, otherwise)
