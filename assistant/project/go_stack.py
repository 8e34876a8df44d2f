"""What Go modules are built with. In: a SourceTree and its Go modules. Out: Modules and their facts. Only what shipped code imports counts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.project.catalogue import Catalogue
from assistant.project.facts import (
    Evidence,
    Fact,
    Module,
    Used,
    file_technologies,
    first_call,
    line_evidence,
    near_queues,
    place_of,
    reached,
    redis_use,
    speaking,
    technology_facts,
    texts_below,
)
from assistant.project.imports import Source, SourceReader
from assistant.project.manifests import (
    GoModuleAt,
    Manifests,
)
from assistant.project.source_tree import SourceTree

FEWEST_LOG_FILES, LOG_FILES_A_LOGGER = 4, 3  # from here on the plain log package is in use beside another logger
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


def read_go_module(tree: SourceTree, at: GoModuleAt, manifests: Manifests, catalogue: Catalogue, reader: SourceReader) -> Module:
    texts = texts_below(tree, at.root, ".go", [other.root for other in manifests.go])
    sources = reader.read_go(texts, lambda name: TELLING_GO.search(name) is not None)
    used = {use.tech.id: use for use in reversed(list(_go_used(at, sources, catalogue)))}
    if "database/sql" in used and not first_call(sources, GO_USES_SQL):
        del used["database/sql"]  # imported for sql.NullString or sql.ErrNoRows beside a library that does the work
    others = [use.files for use in used.values() if use.tech.kind == "logging" and use.tech.id != "log"]
    if "log" in used and others and used["log"].files < max(FEWEST_LOG_FILES, LOG_FILES_A_LOGGER * max(others)):
        used["log"] = replace(used["log"], certainty="possible")  # a log.Fatal beside the logger that is really used
    return Module(at, sources, (*reversed(used.values()), *file_technologies(tree, at.root, catalogue)))


def _go_used(at: GoModuleAt, sources: tuple[Source, ...], catalogue: Catalogue) -> Iterator[Used]:
    """Technologies that shipped code imports; those that go.mod requires directly when no source was kept."""
    files: dict[str, list[Evidence]] = {}
    for source in sources:
        for found in source.imports:
            files.setdefault(found.name, []).append(place_of(source, found))
    if not sources:
        files = {required.path: [Evidence(at.path, required.line, required.text)] for required in at.module.requirements if not required.indirect}
    for name, places in files.items():
        tech = catalogue.of_import(name)
        if tech and not (at.module.path and f"{name}/".startswith(f"{at.module.path}/")):
            required = at.module.requirement_of(name)
            evidence = Evidence(at.path, required.line, required.text) if required else places[0]
            yield Used(tech, evidence, required.version.removeprefix("v") if required else None, tech.certainty, len(places))


def link_go_modules(modules: list[Module]) -> list[Module]:
    """Each module with those of this repository that it imports, and that those import."""
    by_path = {module.at.module.path: module for module in modules if isinstance(module.at, GoModuleAt) and module.at.module.path}

    def neighbours(module: Module) -> Iterator[Module]:
        for name in {found.name for source in module.sources for found in source.imports}:
            parts = name.split("/")
            prefixes = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
            if owner := next((by_path[prefix] for prefix in prefixes if prefix in by_path), None):
                yield owner

    return [replace(module, linked=reached(module, neighbours)) for module in modules]


def go_facts(tree: SourceTree, module: Module) -> Iterator[Fact]:
    at = module.at
    assert isinstance(at, GoModuleAt)
    yield Fact("primary_languages", "go", "certain", line_evidence(tree, at.path, at.module.line))
    if at.module.go_version:
        yield Fact("go_version", at.module.go_version, "certain", line_evidence(tree, at.path, at.module.go_line))
    yield from technology_facts(module.used)
    yield from redis_use(module.sources, module.ids())
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
    return place_of(*(own[0] if own else listens[0]))


def _go_grpc(module: Module) -> Iterator[Fact]:
    speaks = [source for source in module.sources if any(re.search(r"grpc|zrpc|pb(?:/|$)|proto", found.name) for found in source.imports)]
    serves, calls = first_call(speaks, GO_SERVES_GRPC), first_call(speaks, GO_CALLS_GRPC)
    if serves or calls:
        yield Fact("grpc", "serves" if serves else "calls", "certain", serves or calls)  # type: ignore[arg-type]
    elif connect := next((use for use in module.used if use.tech.id in ("connect-go", "kitex")), None):
        yield Fact("grpc", "serves", "likely", connect.evidence)


def _go_services(module: Module, programs: list[Source]) -> Iterator[Fact]:
    """What the programs of a module start, themselves or through the code that they are built with."""
    sources, kinds = module.all_sources(), module.kinds()
    framework = next((use.evidence for linked in module.linked for use in linked.used if use.tech.kind == "web_framework"), None)
    router = framework or _go_router(sources)
    listens = first_call(speaking(module, "web_framework"), GO_RUNS, SIDE_SERVER) or first_call(sources, GO_LISTENS, SIDE_SERVER)
    speaks = [source for source in sources if any(re.search(r"grpc|zrpc|pb(?:/|$)|proto", found.name) for found in source.imports)]
    found = {
        "http-api": (listens or router) if router else None,
        "grpc-service": first_call(speaks, GO_SERVES_GRPC),
        "worker": first_call(sources, GO_WORKS) or (first_call(near_queues(sources), GO_CONSUMES) if "queue" in kinds else None),
    }
    yield from (Fact("service_types", name, "certain", evidence) for name, evidence in found.items() if evidence)
    is_tool = "cli" in kinds and not framework and not found["grpc-service"] and not found["worker"]
    if not any(found.values()) or is_tool:
        yield from _go_other_program(module, programs, bool(found["http-api"]))


def _go_other_program(module: Module, programs: list[Source], serves: bool) -> Iterator[Fact]:
    """A program that is no service, or a tool that can also serve."""
    listens = first_call(module.all_sources(), re.compile(r"^net\.(?:Listen|ListenTCP|ListenUDP|ListenPacket)$"))
    daemon = first_call(module.all_sources(), GO_DAEMON)
    parses = next((use.evidence for linked in module.linked for use in linked.used if use.tech.kind == "cli"), None) or first_call(
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
