"""What the programs of a Go module start, each main package judged by what it reaches. In: a Module. Out: facts on service types and gRPC."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.project.facts import TOOL_NAME, Certainty, Evidence, Fact, Module, Used, first_call, place_of
from assistant.project.imports import Source
from assistant.project.manifests import GoModuleAt

GO_ROUTES = re.compile(r"^net/http\.(?:HandleFunc|Handle|ListenAndServe|ListenAndServeTLS|Serve|ServeTLS|NewServeMux|Server|ServeMux)$")
GO_HANDLES = re.compile(r"^(?:net/http)?\.(?:HandleFunc|Handle)$")
ADMIN_ROUTE = re.compile(r'"[^"]*/(?:metrics|health\w*|live\w*|ready\w*|ping|debug|pprof|status|version)[^"]*"|promhttp|pprof')
GO_LISTENS = re.compile(r"^net/http\.(?:ListenAndServe|ListenAndServeTLS|Serve|ServeTLS)$|^\.(?:ListenAndServe|ListenAndServeTLS)$")
GO_RUNS = re.compile(r"^\.(?:Run|RunTLS|RunListener|RunUnix|Listen|ListenTLS|Listener|Start|StartTLS|StartServer|Serve|Spin)$")  # of a framework's own server
SIDE_SERVER = re.compile(r"(?i)debug|metric|admin|pprof|tracer|span")  # a line that starts something beside the service
GO_SERVES_GRPC = re.compile(
    r"(?:^|/)grpc\.NewServer$|zrpc\.(?:Must)?NewServer$|\.Register\w+(?<!Handler)Server$|connect\.New\w+Handler$|kitex.*/server\.NewServer$"
)
GO_CALLS_GRPC = re.compile(r"(?:^|/)grpc\.(?:NewClient|Dial|DialContext|DialInsecure)$|zrpc\.(?:Must)?NewClient$|connect\.New\w+Client$")
SPEAKS_GRPC = re.compile(r"grpc|zrpc|pb(?:/|$)|proto|connect$|kitex")
GO_CONSUMES = re.compile(
    r"^[^.]*\.(?:Consume|ConsumeWithContext|ReadMessage|FetchMessage|PollFetches|PollRecords|XReadGroup|QueueSubscribe|QueueSubscribeSync|Subscribe|SubscribeSync|PullSubscribe|ConsumePartition"
    r"|NewConsumerGroup|ReceiveMessage|Receive|AddHandler|AddNoPublisherHandler|AddConsumerHandler|NewConsumer)$"
    r"|\.(?:NewConsumer|NewConsumerGroup|NewConsumerGroupFromClient|NewConsumerFromClient|NewPushConsumer|NewPullConsumer)$"
)
REDIS_CONSUMES = re.compile(r"^[^.]*\.(?:XReadGroup|BLPop|BRPop|BLMove|BRPopLPush)$")  # a Subscribe of Redis hands on news, not work
GO_WORKS = re.compile(
    r"asynq\.NewServer$|riverqueue/river\.NewWorkers$|(?:temporal\.io/sdk|uber\.org/cadence)/worker\.New$|gocraft/work\.NewWorkerPool\w*$|machinery(?:/v\d+)?\.NewServer$"
    r"|watermill/message\.NewRouter$|faktory_worker_go\.NewManager$"
)
GO_DAEMON = re.compile(r"controller-runtime\.NewManager$|ctrl\.NewManager$|cron(?:/v\d+)?\.New$|gocron(?:/v\d+)?\.NewScheduler$")
GO_LISTENS_RAW = re.compile(r"^net\.(?:Listen|ListenTCP|ListenUDP|ListenPacket)$")
GO_ACCEPTS = re.compile(r"^\.(?:Accept|AcceptTCP|ReadFromUDP|ReadFrom)$")
GO_SPEAKS_ITS_OWN = re.compile(r"^github\.com/(?:miekg/dns\.(?:Server|ListenAndServe)|panjf2000/gnet(?:/v\d+)?\.Run|tidwall/redcon\.ListenAndServe\w*)$")
GATEWAY = re.compile(r"grpc-gateway(?:/v\d+)?/runtime\.NewServeMux$")
REDIS_CLIENTS = ("go-redis", "redigo", "rueidis")
MANY_COMMAND_FILES = 5  # a server has its serve command, a migration and a version in fewer


@dataclass(frozen=True)
class GoProgram:
    """One main package, the sources that it is built from, and the technologies that those import."""

    folder: str
    main: Source
    sources: tuple[Source, ...]
    used: tuple[Used, ...]

    def speaking(self, *words: str) -> list[Source]:
        """Sources that import a technology of these kinds or ids themselves."""
        names = {name for use in self.used if {use.tech.id, use.tech.kind, *use.tech.implies} & {*words} for name in use.names}
        return [source for source in self.sources if any(found.name in names for found in source.imports)]

    def first(self, kind: str) -> Evidence | None:
        """What shows a technology of that kind."""
        return next((use.evidence for use in self.used if use.tech.kind == kind), None)


def go_service_facts(module: Module) -> Iterator[Fact]:
    """What the programs of a module start, or that it is a library."""
    programs = list(_programs(module))
    if not programs:
        yield from _library(module)
        return
    started = {program.folder: list(_started(program)) for program in programs}
    serves = any(started.values())
    for program in programs:
        yield from started[program.folder]
        if not started[program.folder] or _is_tool(program):
            yield from _other_program(program, serves)
    if _has_own_package(module) and not serves:
        yield from _library(module)


def _has_own_package(module: Module) -> bool:
    """Whether the module itself can be imported: its own folder holds a package that is no program."""
    return any(source.path.count("/") == module.at.root.count("/") and source.package != "main" for source in module.sources)


def go_router(sources: Sequence[Source]) -> Evidence | None:
    """Where net/http itself takes requests; a server that only shows metrics or health is none."""
    web = [source for source in sources if source.has_import("net/http")]
    handles = [(source, call) for source in web for call in source.calls if GO_HANDLES.search(call.name)]
    own = [(source, call) for source, call in handles if not ADMIN_ROUTE.search(call.text)]
    listens = [(source, call) for source in web for call in source.calls if GO_ROUTES.search(call.name) and not GO_HANDLES.search(call.name)]
    if not listens or (handles and not own):
        return None
    return place_of(*(own[0] if own else listens[0]))


def go_grpc(module: Module) -> Iterator[Fact]:
    """Whether gRPC (or Connect, which speaks it) is served or called."""
    speaks = _speaking_grpc(module.sources)
    serves, calls = first_call(speaks, GO_SERVES_GRPC), first_call(speaks, GO_CALLS_GRPC)
    if found := serves or calls:
        yield Fact("grpc", "serves" if serves else "calls", "certain", found)


def _speaking_grpc(sources: Iterable[Source]) -> list[Source]:
    return [source for source in sources if any(SPEAKS_GRPC.search(found.name) for found in source.imports)]


def _programs(module: Module) -> Iterator[GoProgram]:
    """Every main package of the module with all that it reaches in this repository; the only program of a module that is no library has all of it."""
    packages, mains = _packages(module), _by_folder(source for source in module.sources if source.package == "main")
    has_all = len(mains) == 1 and not _has_own_package(module)
    for folder, own in mains.items():
        sources = _reached(own, packages) if packages and not has_all else module.all_sources()
        names = {found.name for source in sources for found in source.imports}
        used = [use for linked in module.linked or (module,) for use in linked.used if use.certainty != "possible" and names & use.names]
        yield GoProgram(folder, own[0], tuple(sources), tuple(used))


def _packages(module: Module) -> dict[str, list[Source]]:
    """Import path -> sources, over the module and what it is linked with; empty where there is no go.mod to resolve by."""
    found: dict[str, list[Source]] = {}
    for linked in module.linked or (module,):
        assert isinstance(linked.at, GoModuleAt)
        if not linked.at.module.path:
            return {}
        for folder, sources in _by_folder(linked.sources).items():
            below = folder.removeprefix(linked.at.root.rstrip("/")).strip("/")
            found[f"{linked.at.module.path}/{below}".rstrip("/")] = sources
    return found


def _by_folder(sources: Iterable[Source]) -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = {}
    for source in sources:
        found.setdefault(posixpath.dirname(source.path), []).append(source)
    return found


def _reached(start: list[Source], packages: dict[str, list[Source]]) -> list[Source]:
    """The sources themselves and those of every package of the repository that they import."""
    found, seen, waiting = list(start), set[str](), list(start)
    while waiting:
        for name in {found.name for found in waiting.pop().imports} - seen:
            seen.add(name)
            found += packages.get(name, [])
            waiting += packages.get(name, [])
    return found


def _started(program: GoProgram) -> Iterator[Fact]:
    """The services that a program starts."""
    framework = program.first("web_framework")
    router = framework or go_router(program.sources) or first_call(program.sources, GATEWAY)
    web = [source for source in program.sources if source.has_import("net/http")]
    listens = first_call(program.speaking("web_framework"), GO_RUNS, SIDE_SERVER) or first_call(web, GO_LISTENS, SIDE_SERVER)
    found = {
        "http-api": (listens or router) if router else None,
        "grpc-service": first_call(_speaking_grpc(program.sources), GO_SERVES_GRPC),
        "worker": first_call(program.speaking("task"), GO_WORKS)
        or first_call(program.speaking("queue", "task"), GO_CONSUMES)
        or first_call(program.speaking(*REDIS_CLIENTS), REDIS_CONSUMES),
        "tcp-server": _own_protocol(program),
    }
    certainty: dict[str, Certainty] = {"tcp-server": "likely"}
    yield from (Fact("service_types", name, certainty.get(name, "certain"), evidence) for name, evidence in found.items() if evidence)


def _own_protocol(program: GoProgram) -> Evidence | None:
    """Where a program takes connections itself, and hands them to no HTTP or gRPC server: it listens and accepts in one file."""
    listens = (source for source in program.sources if first_call([source], GO_LISTENS_RAW) and first_call([source], GO_ACCEPTS))
    return first_call(program.sources, GO_SPEAKS_ITS_OWN) or next((first_call([source], GO_LISTENS_RAW) for source in listens), None)


def _is_tool(program: GoProgram) -> bool:
    """Whether a program that serves is a tool of many commands too, and not a server that reads its flags with a library."""
    return len(program.speaking("cli")) >= MANY_COMMAND_FILES


def _other_program(program: GoProgram, beside_services: bool) -> Iterator[Fact]:
    """A program that is no service, or a tool that can also serve. Beside services, a helper that only reads flags is no product."""
    listens, daemon = first_call(program.sources, GO_LISTENS_RAW), first_call(program.sources, GO_DAEMON)
    commands = program.first("cli")
    parses = commands or first_call([program.main], re.compile(r"^flag\."))
    if listens and not beside_services:
        yield Fact("service_types", "tcp-server", "likely", listens)
    elif daemon and not beside_services:
        yield Fact("service_types", "worker", "likely", daemon)
    else:
        is_product = not beside_services or commands or TOOL_NAME.search(posixpath.basename(program.folder))
        yield Fact("service_types", "cli", "likely" if is_product else "possible", parses or Evidence(program.main.path, 1, "package main"))


def _library(module: Module) -> Iterator[Fact]:
    if module.sources:
        first = min(module.sources, key=lambda source: (source.package == "main", source.path.count("/")))
        yield Fact("service_types", "library", "likely", Evidence(first.path, None, f"package {first.package}"))
