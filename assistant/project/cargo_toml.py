"""Parse Cargo.toml. In: its text. Out: a CargoManifest with dependencies by what they are for. Reference: The Cargo Book, "The Manifest Format"."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MOST_CHARS = 1_000_000  # the reader keeps no larger manifest; rtoml itself stops at 80 levels of nesting or key depth
FARTHEST_FEATURE = 40  # lines below a dependency on which its features may stand
Use = Literal["normal", "dev", "build"]
TABLES: dict[str, Use] = {
    "dependencies": "normal",
    "dev-dependencies": "dev",
    "dev_dependencies": "dev",
    "build-dependencies": "build",
    "build_dependencies": "build",
}
HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]")
KEY = re.compile(r"\s*([\w\-\"']+)\s*[.=]")


@dataclass(frozen=True)
class CrateDependency:
    """One dependency: `crate` is the package's real name, `key` the name it is used by; `line` is 1-based, 0 when it was not found."""

    crate: str
    key: str
    version: str | None
    use: Use
    optional: bool
    inherited: bool
    features: tuple[str, ...]
    line: int
    text: str


@dataclass(frozen=True)
class CargoManifest:
    """What a Cargo.toml says; `package` is None for a virtual workspace, `binaries` are the paths of [[bin]] tables that give one.

    `workspace_path` is where a package says that its workspace lies.
    """

    package: str | None
    edition: str | None
    edition_line: int
    edition_inherited: bool
    dependencies: tuple[CrateDependency, ...]
    is_workspace: bool
    members: tuple[str, ...]
    shared: Mapping[str, CrateDependency] = field(default_factory=dict)
    shared_edition: str | None = None
    package_line: int = 0
    bin_line: int = 0
    binaries: tuple[str, ...] = ()
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workspace_path: str | None = None

    def switched_on(self, start: Iterable[str]) -> dict[str, set[str]]:
        """Dependencies that these features of the package switch on, directly or through others, each with the features it is given."""
        found: dict[str, set[str]] = {}
        waiting, seen = list(start), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            key, slash, feature = name.partition("/")
            if slash:
                found.setdefault(key.removesuffix("?"), set()).add(feature)
            elif name.startswith("dep:") or name not in self.features:
                found.setdefault(name.removeprefix("dep:"), set())
            else:
                waiting += self.features[name]
        return found


def parse_cargo_toml(text: str) -> CargoManifest:
    """Parse the text of a Cargo.toml. Raises ValueError when it is not TOML, nests too deeply or is too large."""
    data = _load(text)
    places = _Places(text.splitlines())
    package, workspace = _table(data, "package") or _table(data, "project"), _table(data, "workspace")
    edition = package.get("edition")
    return CargoManifest(
        package=_text(package.get("name")),
        edition=_text(edition),
        edition_line=places.line("package", "edition"),
        edition_inherited=isinstance(edition, dict),
        dependencies=tuple(_dependencies(data, places)),
        is_workspace="workspace" in data,
        members=_texts(workspace.get("members")),
        shared={found.key: found for found in _read_table(_table(workspace, "dependencies"), "normal", "workspace.dependencies", places)},
        shared_edition=_text(_table(workspace, "package").get("edition")),
        package_line=places.line("package"),
        bin_line=places.line("bin"),
        binaries=tuple(path for row in _rows(data.get("bin")) if (path := _text(row.get("path")))),
        workspace_path=_text(package.get("workspace")),
        features={name: _texts(values) for name, values in _table(data, "features").items()},
    )


def with_inherited(manifest: CargoManifest, workspace: CargoManifest) -> CargoManifest:
    """The manifest with versions, real names, features and edition that it takes from its workspace."""
    found = []
    for dependency in manifest.dependencies:
        shared = workspace.shared.get(dependency.key) if dependency.inherited else None
        features = tuple(dict.fromkeys((*shared.features, *dependency.features))) if shared else ()
        found.append(replace(dependency, crate=shared.crate, version=shared.version, features=features) if shared else dependency)
    edition = workspace.shared_edition if manifest.edition_inherited else manifest.edition
    return replace(manifest, dependencies=tuple(found), edition=edition)


def _load(text: str) -> Mapping[str, Any]:
    import rtoml

    if len(text) > MOST_CHARS:
        raise ValueError(f"it is larger than {MOST_CHARS:,} characters")
    try:
        data: Mapping[str, Any] = rtoml.loads(text)
    except rtoml.TomlParsingError as error:
        raise ValueError(f"it is not TOML ({str(error).splitlines()[0][:200]})") from error
    return data


class _Places:
    """Where each key of each table stands, found in one pass."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self._found: dict[tuple[str, str], int] = {}
        table = ""
        for number, line in enumerate(lines, 1):
            if header := HEADER.match(line):
                table = _plain(header[1])
                above, _, key = table.rpartition(".")
                self._found.setdefault((table, ""), number)
                self._found.setdefault((above, key), number)
            elif key_found := KEY.match(line):
                self._found.setdefault((table, _plain(key_found[1])), number)

    def line(self, table: str, key: str = "") -> int:
        """The 1-based line of `key = ...`, `key.workspace = true`, `[table.key]` or `[table]`; 0 when it is not found."""
        return self._found.get((_plain(table), _plain(key)), 0)

    def text(self, line: int, otherwise: str) -> str:
        """The line without its margins."""
        return self.lines[line - 1].strip() if line else otherwise


def line_with_feature(lines: list[str], dependency: CrateDependency, feature: str) -> int:
    """The line on which a dependency names a feature; the dependency's own when it stands elsewhere."""
    next_row = HEADER if dependency.text.startswith("[") else KEY
    for number in range(dependency.line, min(dependency.line + FARTHEST_FEATURE, len(lines) + 1) if dependency.line else 0):
        line = lines[number - 1]
        if number > dependency.line and (next_row.match(line) or HEADER.match(line)):
            break
        if f'"{feature}"' in line:
            return number
    return dependency.line


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _dependencies(data: Mapping[str, Any], places: _Places) -> Iterator[CrateDependency]:
    """Dependencies of the package itself and of its target tables."""
    for name, use in TABLES.items():
        yield from _read_table(_table(data, name), use, name, places)
        for target, table in _table(data, "target").items():
            if isinstance(table, dict):
                yield from _read_table(_table(table, name), use, f"target.{target}.{name}", places)


def _read_table(table: Mapping[str, Any], use: Use, header: str, places: _Places) -> Iterator[CrateDependency]:
    for key, value in table.items():
        row = value if isinstance(value, dict) else {"version": value}
        line = places.line(header, key)
        yield CrateDependency(
            crate=_text(row.get("package")) or key,
            key=key,
            version=_text(row.get("version")),
            use=use,
            optional=row.get("optional") is True,
            inherited=row.get("workspace") is True,
            features=_texts(row.get("features")),
            line=line,
            text=places.text(line, key),
        )


def _plain(header: str) -> str:
    return re.sub(r"[\"'\s]", "", header)
