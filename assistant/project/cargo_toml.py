"""Parse Cargo.toml. In: its text. Out: a CargoManifest with dependencies by what they are for. Reference: The Cargo Book, "The Manifest Format"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

MOST_NESTING = 64  # dots and brackets of one line; a key of thousands of parts holds a parser for minutes
Use = Literal["normal", "dev", "build"]
TABLES: dict[str, Use] = {
    "dependencies": "normal",
    "dev-dependencies": "dev",
    "dev_dependencies": "dev",
    "build-dependencies": "build",
    "build_dependencies": "build",
}


@dataclass(frozen=True)
class CrateDependency:
    """One dependency: `crate` is the package's real name, `key` the name it is used by."""

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
    """What a Cargo.toml says; `package` is None for a virtual workspace."""

    package: str | None
    edition: str | None
    edition_line: int
    edition_inherited: bool
    dependencies: tuple[CrateDependency, ...]
    is_workspace: bool
    members: tuple[str, ...]
    shared: Mapping[str, CrateDependency] = field(default_factory=dict)
    shared_edition: str | None = None
    has_bin_table: bool = False
    has_lib_table: bool = False
    default_features: tuple[str, ...] = ()


def parse_cargo_toml(text: str) -> CargoManifest:
    """Parse the text of a Cargo.toml. Raises ValueError when it is not TOML or nests too deeply."""
    import rtoml

    for number, line in enumerate(text.splitlines(), 1):
        if (
            line.count(".") + line.count("[") + line.count("{") > MOST_NESTING
            and len(re.findall(r"\w\s*\.\s*\w|\[\s*\[|\{\s*\w+\s*=\s*\{", line)) > MOST_NESTING
        ):
            raise ValueError(f"line {number} nests too deeply")
    try:
        data = rtoml.loads(text)
    except rtoml.TomlParsingError as error:
        raise ValueError(f"is not TOML: {str(error).splitlines()[0]}") from error
    lines = text.splitlines()
    package, workspace = _table(data, "package"), _table(data, "workspace")
    edition = package.get("edition")
    return CargoManifest(
        package=_text(package.get("name")),
        edition=_text(edition),
        edition_line=_find_line(lines, "package", "edition") or _find_line(lines, "workspace.package", "edition"),
        edition_inherited=isinstance(edition, dict),
        dependencies=tuple(_dependencies(data, lines)),
        is_workspace="workspace" in data,
        members=tuple(member for member in workspace.get("members", []) if isinstance(member, str)),
        shared={found.key: found for found in _read_table(_table(workspace, "dependencies"), "normal", "workspace.dependencies", lines)},
        shared_edition=_text(_table(workspace, "package").get("edition")),
        has_bin_table="bin" in data,
        has_lib_table="lib" in data,
        default_features=tuple(str(name) for name in _table(data, "features").get("default", [])),
    )


def with_inherited(manifest: CargoManifest, workspace: CargoManifest) -> CargoManifest:
    """The manifest with versions, real names and edition that it takes from its workspace."""
    found = []
    for dependency in manifest.dependencies:
        shared = workspace.shared.get(dependency.key) if dependency.inherited else None
        found.append(replace(dependency, crate=shared.crate, version=shared.version, features=shared.features + dependency.features) if shared else dependency)
    edition = workspace.shared_edition if manifest.edition_inherited else manifest.edition
    return replace(manifest, dependencies=tuple(found), edition=edition)


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _dependencies(data: Mapping[str, Any], lines: list[str]) -> list[CrateDependency]:
    """Dependencies of the package itself and of its target tables."""
    found: list[CrateDependency] = []
    for name, use in TABLES.items():
        found += _read_table(_table(data, name), use, name, lines)
        for target, table in _table(data, "target").items():
            if isinstance(table, dict):
                found += _read_table(_table(table, name), use, f"target.{target}.{name}", lines)
    return found


def _read_table(table: Mapping[str, Any], use: Use, header: str, lines: list[str]) -> list[CrateDependency]:
    found = []
    for key, value in table.items():
        row = value if isinstance(value, dict) else {"version": value}
        features = row.get("features")
        line = _find_line(lines, header, key)
        found.append(
            CrateDependency(
                crate=_text(row.get("package")) or key,
                key=key,
                version=_text(row.get("version")),
                use=use,
                optional=row.get("optional") is True,
                inherited=row.get("workspace") is True,
                features=tuple(str(name) for name in features) if isinstance(features, list) else (),
                line=line,
                text=lines[line - 1].strip() if line else key,
            )
        )
    return found


def _find_line(lines: list[str], header: str, key: str) -> int:
    """The 1-based line on which a key of a table stands, whether as `key = ...`, `key.workspace = true` or `[table.key]`; 0 when it is not found."""
    wanted = _plain(header)
    here = ""
    own = re.compile(rf'^\s*["\']?{re.escape(key)}["\']?\s*[.=]')
    for number, line in enumerate(lines, 1):
        if match := re.match(r"^\s*\[+\s*(.+?)\s*\]+\s*(?:#.*)?$", line):
            here = _plain(match[1])
            if here == f"{wanted}.{_plain(key)}":
                return number
        elif here == wanted and own.match(line):
            return number
    return 0


def _plain(header: str) -> str:
    return re.sub(r"[\"'\s]", "", header)
