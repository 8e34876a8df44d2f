"""The modules of a repository. In: a SourceTree. Out: Go modules, Rust packages and markers of other ecosystems, and what could not be parsed, by name."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from assistant.project.cargo_toml import CargoManifest, parse_cargo_toml, with_inherited
from assistant.project.go_mod import GoModule, parse_go_mod
from assistant.project.source_tree import Skipped, SourceTree, shown_name

NOT_SHIPPED = re.compile(r"(?:^|/)(?:_?examples?|samples?|demos?|tests?|testdata|benches|benchmarks?|fuzz|docs?|e2e|mocks?|hack|tools?)/", re.IGNORECASE)
TEST_FILE = re.compile(r"_test\.go$|(?:^|/)tests?\.rs$")
GENERATED = re.compile(r"^// Code generated .* DO NOT EDIT\.$|^// @generated|^//! @generated", re.MULTILINE)
# Marker files of other ecosystems, for naming them.
OTHER_ECOSYSTEMS = {
    "python": ("pyproject.toml", "requirements*.txt", "setup.py", "Pipfile"),
    "node": ("package.json",),
    "java": ("pom.xml", "build.gradle", "build.gradle.kts"),
    "dotnet": ("*.csproj", "*.fsproj"),
    "php": ("composer.json",),
    "ruby": ("Gemfile",),
    "elixir": ("mix.exs",),
}


@dataclass(frozen=True)
class GoModuleAt:
    """A go.mod and the folder it governs (`root` is empty or ends with `/`)."""

    root: str
    path: str
    module: GoModule


@dataclass(frozen=True)
class RustPackageAt:
    """A Cargo.toml with a package, its inherited values filled in, and the folder it governs."""

    root: str
    path: str
    manifest: CargoManifest


Parsed = TypeVar("Parsed")
At = TypeVar("At", GoModuleAt, RustPackageAt)


@dataclass(frozen=True)
class Manifests:
    """Everything that was parsed; `broken` names what was not, and why."""

    go: tuple[GoModuleAt, ...]
    rust: tuple[RustPackageAt, ...]
    workspaces: tuple[str, ...]  # paths of Cargo.toml files with a [workspace]
    others: Mapping[str, str]  # ecosystem -> its first marker file
    broken: tuple[Skipped, ...]


def read_manifests(tree: SourceTree) -> Manifests:
    """Parse every manifest of shipped code; one that is broken does not stop the others."""
    broken: list[Skipped] = []
    go = [GoModuleAt(_root(path), path, found) for path, found in _parsed(tree, "go.mod", parse_go_mod, broken)]
    cargo = dict(_parsed(tree, "Cargo.toml", parse_cargo_toml, broken))
    rust = [RustPackageAt(_root(path), path, _inherit(path, manifest, cargo)) for path, manifest in cargo.items() if manifest.package]
    workspaces = tuple(path for path, manifest in cargo.items() if manifest.is_workspace and (manifest.members or not manifest.package))
    return Manifests(_shipped(go), _shipped(rust), workspaces, _others(tree), tuple(broken))


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
    """Values of the nearest workspace above; a package is its own workspace when it says so."""
    folder = posixpath.dirname(path)
    while True:
        above = cargo.get(f"{folder}/Cargo.toml" if folder else "Cargo.toml")
        if above and above.is_workspace:
            return with_inherited(manifest, above)
        if not folder:
            return manifest
        folder = posixpath.dirname(folder)


def _shipped(found: list[At]) -> tuple[At, ...]:
    """Modules outside example and test folders; all of them when there are no others."""
    return tuple([module for module in found if is_shipped(module.path)] or found)


def is_shipped(path: str) -> bool:
    """Whether a path lies outside test, example and tool folders."""
    return not NOT_SHIPPED.search(path) and not TEST_FILE.search(path)


def is_generated(text: str) -> bool:
    """Whether a source says at its top that a program wrote it."""
    return bool(GENERATED.search(text[:2_000]))


def _others(tree: SourceTree) -> dict[str, str]:
    return {ecosystem: path for ecosystem, patterns in OTHER_ECOSYSTEMS.items() if (path := _first(tree.paths, patterns))}


def _first(paths: Iterable[str], patterns: tuple[str, ...]) -> str | None:
    found = (path for path in paths if is_shipped(path) and any(fnmatchcase(posixpath.basename(path), pattern) for pattern in patterns))
    return min(found, key=lambda path: (path.count("/"), path), default=None)
