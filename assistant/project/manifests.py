"""The modules of a repository and what is around them. In: a SourceTree. Out: Go modules, Rust packages, images, and what could not be parsed, by name."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from assistant.project.cargo_toml import CargoManifest, parse_cargo_toml, with_inherited
from assistant.project.go_mod import GoModule, GoWork, parse_go_mod, parse_go_work
from assistant.project.source_tree import Skipped, SourceTree, shown_name

NOT_SHIPPED = re.compile(
    r"(?:^|/)(?:_?examples?|samples?|demos?|playground|tests?|testdata|testing|test[-_]?(?:utils?|helpers?|kit|support|lib|suite|env|fixtures?)|e2e|cypress|playwright|benches"
    r"|benchmarks?|bench|fuzz|docs?|mocks?|fixtures|hack|(?:build|dev)?(?:scripts?|tools?)|contrib|xtask|vendor|third_party|node_modules|\.[^/]+"
    r"|[^/]+[-_.](?:tests?|testing|testdata|examples?|e2e|benchmarks?|fixtures)|(?:tests?|testing|examples?|e2e|benchmarks?)[-_.][^/]+)/",
    re.IGNORECASE,
)
JVM_PACKAGES = re.compile(r"(?:^|/)src/main/(?:java|kotlin|scala|groovy)/")  # below it, folders are package names: org/example/samples is shipped
TEST_FILE = re.compile(
    r"_test\.go$|(?:^|/)(?:tests?|test_\w+|\w+_tests?)\.rs$|(?:^|/)build\.rs$|(?:^|/)magefile\.go$|[._-](?:test|e2e|ci)[^/]*\.ya?ml$", re.IGNORECASE
)
GENERATED = re.compile(r"^// Code generated .* DO NOT EDIT\.$|^//!? ?@generated", re.MULTILINE)
COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
DOCKERFILE = re.compile(r"(?:^|/)(?:(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?|[^/]+\.dockerfile)$", re.IGNORECASE)
IMAGE = re.compile(r"^\s*(?:image:\s*|FROM\s+(?:--platform=\S+\s+)?)[\"']?([^\s\"'#]+)")
SERVER_PACKAGES = re.compile(r'"(?:express|fastify|koa|@nestjs/core|@hapi/hapi|@grpc/grpc-js|restify|apollo-server|@apollo/server)"\s*:')
# Endings of source files -> language, and the ecosystem that the language belongs to.
LANGUAGES = {
    "go": ("go",), "rust": ("rs",), "python": ("py",), "javascript": ("js", "mjs", "cjs", "jsx"), "typescript": ("ts", "tsx"), "java": ("java",),
    "kotlin": ("kt",), "scala": ("scala",), "csharp": ("cs",), "fsharp": ("fs",), "php": ("php",), "ruby": ("rb",), "elixir": ("ex", "exs"), "c": ("c",),
    "cpp": ("cc", "cpp", "cxx"), "swift": ("swift",), "vue": ("vue",), "svelte": ("svelte",), "dart": ("dart",),
}  # fmt: skip
ECOSYSTEMS = {
    "python": ("python",), "node": ("javascript", "typescript", "vue", "svelte"), "java": ("java", "kotlin", "scala"), "dotnet": ("csharp", "fsharp"),
    "php": ("php",), "ruby": ("ruby",), "elixir": ("elixir",), "c": ("c", "cpp"), "swift": ("swift",), "dart": ("dart",),
}  # fmt: skip
# Marker files of the other ecosystems; without one, loose files of a language make no ecosystem.
MARKERS = {
    "python": re.compile(r"(?:^|/)(?:pyproject\.toml|requirements[^/]*\.txt|setup\.py|Pipfile)$"),
    "node": re.compile(r"(?:^|/)package\.json$"),
    "java": re.compile(r"(?:^|/)(?:pom\.xml|build\.gradle(?:\.kts)?|build\.sbt)$"),
    "dotnet": re.compile(r"\.(?:cs|fs)proj$"),
    "php": re.compile(r"(?:^|/)composer\.json$"),
    "ruby": re.compile(r"(?:^|/)(?:Gemfile|[^/]+\.gemspec)$"),
    "elixir": re.compile(r"(?:^|/)mix\.exs$"),
    "c": re.compile(r"(?:^|/)(?:CMakeLists\.txt|configure(?:\.ac)?|meson\.build|Makefile)$"),
    "swift": re.compile(r"(?:^|/)Package\.swift$"),
    "dart": re.compile(r"(?:^|/)pubspec\.yaml$"),
}
ENOUGH_C_FILES = 5  # a Makefile and a few C files beside Go or Rust are a binding, not an ecosystem


@dataclass(frozen=True)
class GoModuleAt:
    """A go.mod (or, without one, the first main file) and the folder it governs; `root` is empty or ends with `/`."""

    root: str
    path: str
    module: GoModule


@dataclass(frozen=True)
class RustPackageAt:
    """A Cargo.toml with a package, its inherited values filled in, and the folder it governs."""

    root: str
    path: str
    manifest: CargoManifest


@dataclass(frozen=True)
class Image:
    """A container image that a compose file or Dockerfile names."""

    name: str
    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Ecosystem:
    """Another ecosystem than Go and Rust: its marker file, its source files, and whether a server is written in it."""

    name: str
    marker: str
    files: int
    is_server: bool


Parsed = TypeVar("Parsed")
At = TypeVar("At", GoModuleAt, RustPackageAt)


@dataclass(frozen=True)
class Manifests:
    """Everything that was parsed; `broken` names what was not, and why."""

    go: tuple[GoModuleAt, ...]
    rust: tuple[RustPackageAt, ...]
    workspaces: tuple[tuple[str, CargoManifest], ...]  # Cargo.toml files with a [workspace]
    broken: tuple[Skipped, ...]
    go_work: tuple[tuple[str, GoWork], ...] = ()

    def governing(self, path: str) -> str:
        """The manifest of the innermost module that a path lies in; empty when it lies in none."""
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if found := self._manifest_of_root.get(f"{folder}/" if folder else ""):
                return found
        return ""

    @cached_property
    def _manifest_of_root(self) -> dict[str, str]:
        return {at.root: at.path for at in self.rust} | {at.root: at.path for at in self.go}


def read_manifests(tree: SourceTree) -> Manifests:
    """Parse every manifest of shipped code; one that is broken does not stop the others. Nothing outside the tree is ever looked at."""
    broken: list[Skipped] = []
    go = [GoModuleAt(_root(path), path, found) for path, found in _parsed(tree, "go.mod", parse_go_mod, broken)]
    cargo = dict(_parsed(tree, "Cargo.toml", parse_cargo_toml, broken))
    rust = [RustPackageAt(_root(path), path, _inherit(path, manifest, cargo)) for path, manifest in cargo.items() if manifest.package]
    # A package may say an empty [workspace] only to stay out of the one above it.
    workspaces = tuple((path, found) for path, found in cargo.items() if found.is_workspace and (found.members or not found.package) and is_shipped(path))
    go_work = tuple((path, found) for path, found in _parsed(tree, "go.work", parse_go_work, broken) if is_shipped(path))
    return Manifests((*_shipped(go, rust), *_without_go_mod(tree, go)), _shipped(rust, go), workspaces, tuple(broken), go_work)


def _parsed(tree: SourceTree, name: str, parse: Callable[[str], Parsed], broken: list[Skipped]) -> Iterator[tuple[str, Parsed]]:
    for path in sorted(tree.texts, key=lambda path: (path.count("/"), path)):
        if posixpath.basename(path) == name:
            try:
                yield path, parse(tree.texts[path])
            except ValueError as error:
                broken.append(Skipped(shown_name(path), f"cannot be parsed: {error}"))


def _root(path: str) -> str:
    folder = posixpath.dirname(path)
    return f"{folder}/" if folder else ""


def _inherit(path: str, manifest: CargoManifest, cargo: Mapping[str, CargoManifest]) -> CargoManifest:
    """Values of the workspace that a package names, or of the nearest one above; a package is its own workspace when it says so."""
    folder = posixpath.dirname(path)
    if manifest.workspace_path and not manifest.workspace_path.startswith("/"):
        folder = posixpath.normpath(posixpath.join(folder, manifest.workspace_path)).removeprefix(".")
    while True:
        above = cargo.get(f"{folder}/Cargo.toml" if folder else "Cargo.toml")
        if above and above.is_workspace:
            return with_inherited(manifest, above)
        if not folder:
            return manifest
        folder = posixpath.dirname(folder)


def _shipped(found: list[At], others: Iterable[GoModuleAt | RustPackageAt]) -> tuple[At, ...]:
    """Modules outside example and test folders; all of them when the repository ships no other, in whichever language."""
    shipped = [module for module in found if is_shipped(module.path)]
    return tuple(shipped if shipped or any(is_shipped(other.path) for other in others) else found)


def _without_go_mod(tree: SourceTree, go: list[GoModuleAt]) -> Iterator[GoModuleAt]:
    """A program whose go.mod is missing, as when its Dockerfile makes one; a module of its own below the folder that holds all of it."""
    roots = tuple(at.root for at in go)
    loose = sorted(path for path in tree.texts if path.endswith(".go") and is_shipped(path) and not path.startswith(roots or ("\0",)))
    mains = [path for path in loose if re.search(r"^package main\b", tree.texts[path], re.MULTILINE) and not is_generated(tree.texts[path])]
    if mains:
        root = posixpath.commonpath([posixpath.dirname(path) for path in loose])
        line = next(number for number, text in enumerate(tree.texts[mains[0]].splitlines(), 1) if text.startswith("package main"))
        yield GoModuleAt(f"{root}/" if root else "", mains[0], GoModule("", line))


def is_shipped(path: str) -> bool:
    """Whether a path lies outside test, example, vendored and tool folders."""
    jvm = JVM_PACKAGES.search(path)
    return not NOT_SHIPPED.search(path[: jvm.end()] if jvm else path) and not TEST_FILE.search(path)


def is_generated(text: str) -> bool:
    """Whether a source says at its top that a program wrote it."""
    return bool(GENERATED.search(text[:4_000]))


def count_languages(tree: SourceTree) -> Counter[str]:
    """Shipped source files of each language."""
    language_of = {ending: language for language, endings in LANGUAGES.items() for ending in endings}
    endings = (path.rpartition(".")[2] for path in tree.paths if is_shipped(path))
    return Counter(language_of[ending] for ending in endings if ending in language_of)


def other_ecosystems(tree: SourceTree, languages: Mapping[str, int]) -> Iterator[Ecosystem]:
    """Ecosystems beside Go and Rust: those with a marker file and sources that ship."""
    for name, of_ecosystem in ECOSYSTEMS.items():
        files = sum(languages.get(language, 0) for language in of_ecosystem)
        markers = sorted((path for path in tree.paths if MARKERS[name].search(path) and is_shipped(path)), key=lambda path: (path.count("/"), path))
        if not markers or files < (ENOUGH_C_FILES if name == "c" else 1):
            continue
        servers = [path for path in markers if SERVER_PACKAGES.search(tree.texts.get(path, ""))] if name == "node" else markers
        yield Ecosystem(name, (servers or markers)[0], files, bool(servers) and name != "c")


def read_images(tree: SourceTree) -> Iterator[Image]:
    """Container images of shipped compose files and Dockerfiles."""
    for path in sorted(path for path in tree.texts if (COMPOSE.search(path) or DOCKERFILE.search(path)) and is_shipped(path)):
        for number, line in enumerate(tree.texts[path].splitlines(), 1):
            if found := IMAGE.match(line):
                yield Image(found[1], path, number, line.strip())
