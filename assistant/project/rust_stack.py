"""What Rust packages are built with. In: a SourceTree and its packages. Out: Modules and their facts. Normal dependencies of shipped packages count."""

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.project.cargo_toml import line_with_feature
from assistant.project.catalogue import Catalogue
from assistant.project.facts import (
    TOOL_NAME,
    Certainty,
    Evidence,
    Fact,
    Module,
    Used,
    first_call,
    line_evidence,
    place_of,
    reached,
    redis_use,
    technology_facts,
    texts_below,
)
from assistant.project.imports import SourceReader
from assistant.project.manifests import (
    Manifests,
    RustPackageAt,
)
from assistant.project.source_tree import SourceTree

PROGRAM_SERVICES = {"http-api", "grpc-service", "worker", "cli", "tcp-server"}
# Plain words: a search for many alternatives takes a second over twenty megabytes.
TELLING_RUST = (
    "::serve(", " serve(", "Server::", "rocket::", "[launch]", ".launch(", ".listen(", "consume(", "subscribe(", "receive_message(", "::main", "TcpListener",
    "UdpSocket", "listen_any(", "redis::", "redis_", "fred::", "Consumer::", "Worker", "Monitor::", ".accept(", ".incoming(", "recv_from(",
)  # fmt: skip
RUST_UNIT_TESTS = re.compile(r"^#\[cfg\(test\)\]\s*mod \w+ \{", re.MULTILINE)
RUNTIME_MAIN = {"tokio::main": "tokio", "actix_web::main": "actix", "actix_rt::main": "actix", "actix::main": "actix", "async_std::main": "async-std"}
HAS_TO_BE_NAMED = {"web_framework", "db_driver", "queue", "cache", "async_runtime"}  # kinds that nobody uses without naming the crate in code
LITTLE_CODE = 20_000  # characters; less proves nothing by what it does not name
ACCEPTS = re.compile(r"^\.(?:accept|incoming|recv_from)$")
RUST_LISTENS = re.compile(
    r"^(?:axum::)?serve$|^axum::Server::bind$|Server::(?:bind|new|try_bind|http)$|^rocket::(?:build|custom|ignite|main|launch)$|^(?:warp::)?serve$|^launch$|^\.launch$"
)
TIDE_LISTENS = re.compile(r"^\.listen$")
RUST_CONSUMES = re.compile(
    r"^\.(?:basic_consume|queue_subscribe|subscribe|xread_options|receive_message|blpop|brpop)$|^(?:\w+::)*StreamConsumer|Consumer::from_hosts$"
)
RUST_WORKS = re.compile(r"^(?:\w+::)*(?:WorkerBuilder|Monitor|WorkerPool|AsyncWorkerPool)::(?:new|builder)$")
# Features of crates -> the database that they bring in.
FEATURE_DATABASES = re.compile(r"^(?:sqlx-|with-)?(postgres|mysql|sqlite|mssql)(?:ql)?(?:_backend|-bundled|-native-tls|-rustls)?$")
ALL_FEATURES = {"sqlx-all": ("mysql", "postgres", "sqlite"), "all-databases": ("mysql", "postgres", "sqlite")}
CRATES_WITH_DATABASES = {"sqlx", "diesel", "sea-orm", "diesel-async", "rbatis", "sea-query", "sqlx-core"}


def read_rust_package(tree: SourceTree, at: RustPackageAt, manifests: Manifests, catalogue: Catalogue, reader: SourceReader) -> Module:
    """The package with its shipped sources and the technologies of its normal dependencies."""
    texts = [(path, _without_tests(text)) for path, text in texts_below(tree, at.root, ".rs", [other.root for other in manifests.rust])]
    inside = {other.manifest.package for other in manifests.rust}
    used = [_as_named(use, texts) for use in _rust_used(tree, at, catalogue, inside)]
    return Module(at, reader.read_rust(texts, TELLING_RUST), tuple(used))


def _without_tests(text: str) -> str:
    return text[: tests.start()] if (tests := RUST_UNIT_TESTS.search(text)) else text


def _as_named(use: Used, texts: list[tuple[str, str]]) -> Used:
    """The technology; only possible when no source names its crate: a dependency that was left behind."""
    name = use.dependency.key.replace("-", "_") if use.dependency else ""
    is_little = sum(len(text) for _, text in texts) < LITTLE_CODE
    if is_little or use.tech.kind not in HAS_TO_BE_NAMED or any(name in text for _, text in texts):
        return use
    return replace(use, certainty="possible")


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
        evidence = line_evidence(tree, at.path, dependency.line, dependency.text)
        yield Used(tech, evidence, dependency.version, certainty, dependency=replace(dependency, features=tuple(features)))


def _binaries(tree: SourceTree, at: RustPackageAt) -> list[str]:
    """Sources of programs: src/main.rs, src/bin/ and what [[bin]] tables name inside the package."""
    named = {f"{at.root}{path.removeprefix('./')}" for path in at.manifest.binaries}
    usual = re.compile(rf"{re.escape(at.root)}src/(?:main\.rs|bin/[^/]+\.rs|bin/[^/]+/main\.rs)")
    return sorted((path for path in tree.paths if path in named or usual.fullmatch(path)), key=lambda path: (path.count("/"), path))


def link_rust_packages(modules: list[Module]) -> list[Module]:
    """Each package with those of this repository that it depends on."""
    by_name = {module.at.manifest.package: module for module in modules if isinstance(module.at, RustPackageAt)}

    def neighbours(module: Module) -> Iterator[Module]:
        if isinstance(module.at, RustPackageAt):
            yield from (by_name[each.crate] for each in module.at.manifest.dependencies if each.use == "normal" and each.crate in by_name)

    return [replace(module, linked=reached(module, neighbours)) for module in modules]


def rust_facts(tree: SourceTree, module: Module) -> Iterator[Fact]:
    at = module.at
    assert isinstance(at, RustPackageAt)
    yield Fact("primary_languages", "rust", "certain", line_evidence(tree, at.path, at.manifest.package_line, "[package]"))
    if at.manifest.edition:
        yield Fact("rust_edition", at.manifest.edition, "certain", line_evidence(tree, at.path, at.manifest.edition_line, f'edition = "{at.manifest.edition}"'))
    yield from technology_facts(module.used)
    yield from _crate_databases(tree, module)
    yield from _runtime(module)
    yield from redis_use(module.sources, module.ids())
    yield from _rust_grpc(module)
    yield from _rust_product(tree, module, at)


def _runtime(module: Module) -> Iterator[Fact]:
    """The runtime that no dependency names: that of an attribute (a crate may hand tokio on), or the one of actix-web."""
    ids = {use.tech.id for use in module.used if use.certainty != "possible"}
    marks = [(RUNTIME_MAIN[call.name], place_of(source, call)) for source in module.sources for call in source.calls if call.name in RUNTIME_MAIN]
    if not ids & {"tokio", "actix", "async-std", "smol"}:
        yield from (Fact("async_runtime", name, "certain", evidence) for name, evidence in marks[:1] if name != "actix")
    if "actix-web" in ids and not ids & {"tokio", "actix"} and "tokio" not in {name for name, _ in marks}:
        yield Fact("async_runtime", "actix", "certain", next(use.evidence for use in module.used if use.tech.id == "actix-web"))


def _crate_databases(tree: SourceTree, module: Module) -> Iterator[Fact]:
    """The databases that the features of sqlx, Diesel and SeaORM bring in."""
    for use in module.used:
        dependency = use.dependency
        if not dependency or dependency.crate not in CRATES_WITH_DATABASES:
            continue
        lines = tree.texts[module.path].splitlines()
        for feature in dependency.features:
            found = FEATURE_DATABASES.match(feature)
            evidence = line_evidence(tree, module.path, line_with_feature(lines, dependency, feature), dependency.text)
            yield from (Fact("databases", name, use.certainty, evidence) for name in ALL_FEATURES.get(feature, (found[1],) if found else ()))


def _rust_grpc(module: Module) -> Iterator[Fact]:
    tonic = next((use for use in module.used if use.tech.id in ("tonic", "grpcio", "volo-grpc") and use.certainty != "possible"), None)
    if tonic:
        serves = first_call(module.sources, re.compile(r"(?:^|::)Server::builder$"))
        yield Fact("grpc", "serves" if serves else "calls", "certain", serves or tonic.evidence)


def _rust_product(tree: SourceTree, module: Module, at: RustPackageAt) -> Iterator[Fact]:
    """A program and what it starts, or a library. A package whose only programs stand beside its library without a src/main.rs ships the library."""
    binaries, library = _binaries(tree, at), f"{at.root}src/lib.rs"
    has_library = library in tree.paths
    started = list(_rust_services(module)) if binaries else []
    is_aid = has_library and not started and f"{at.root}src/main.rs" not in binaries and (bool(at.root) or not _parses(module))
    if binaries and not is_aid:
        shown = Evidence(binaries[0], None, binaries[0])
        yield Fact("layout", "rust-bin", "certain", shown)
        yield from started or [Fact("service_types", "cli", "likely", _parses(module) or shown)]
        tools = [path for path in binaries if TOOL_NAME.search(path.removesuffix("/main.rs").rpartition("/")[2])]
        yield from (Fact("service_types", "cli", "likely", _parses(module) or Evidence(path, None, path)) for path in tools[:1] if started)
    elif has_library or at.manifest.package:
        shown = Evidence(library, None, "src/lib.rs") if has_library else line_evidence(tree, at.path, at.manifest.package_line, "[package]")
        yield Fact("layout", "rust-lib", "certain", shown)
        yield Fact("service_types", "library", "likely", shown)


def _parses(module: Module) -> Evidence | None:
    """What shows that the program reads its command line."""
    return next((use.evidence for use in module.used if use.tech.kind == "cli"), None)


def _rust_services(module: Module) -> Iterator[Fact]:
    """The services that the programs of a package start."""
    sources, ids = module.all_sources(), module.ids()
    frameworks = (use.evidence for linked in module.linked for use in linked.used if use.tech.kind == "web_framework" and use.certainty != "possible")
    framework = next(frameworks, None)
    own_framework = next((use.evidence for use in module.used if use.tech.kind == "web_framework" and use.certainty != "possible"), None)
    found = {
        "http-api": (first_call(sources, RUST_LISTENS) or (first_call(sources, TIDE_LISTENS) if "tide" in ids else None) or own_framework)
        if framework
        else None,
        "grpc-service": first_call(sources, re.compile(r"(?:^|::)Server::builder$")) if "tonic" in ids else None,
        "worker": first_call(sources, RUST_WORKS) or (first_call(sources, RUST_CONSUMES) if "queue" in module.kinds() or "redis" in ids else None),
    }
    yield from (Fact("service_types", name, "certain", evidence) for name, evidence in found.items() if evidence)
    binds = first_call(sources, re.compile(r"(?:^|::)(?:TcpListener|UdpSocket)::bind$|(?:^|::)listen_any$"))
    reads_commands = "cli" in module.kinds() and not first_call(sources, ACCEPTS)
    if binds and not any(found.values()) and not reads_commands:
        yield Fact("service_types", "tcp-server", "likely", binds)
