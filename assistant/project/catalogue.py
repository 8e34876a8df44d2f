"""The technology catalogue. In: a pack's stack.yaml. Out: a Catalogue that knows ids, aliases and what betrays each technology."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import CorpusError

Kind = Literal[
    "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "rpc", "logging", "metrics", "cli", "config", "auth", "migration", "test",
    "task", "ecosystem",
]  # fmt: skip


class Technology(BaseModel):
    """One row: `deps` are dependency names by ecosystem (go, cargo, npm, pypi ...), `images` container image names, `implies` further facts by kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    deps: Mapping[str, tuple[str, ...]] = {}
    imports: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    implies: Mapping[str, tuple[str, ...]] = {}
    certainty: Literal["certain", "likely", "possible"] = "certain"


class Catalogue:
    """All rows, and the ways to find one."""

    def __init__(self, technologies: tuple[Technology, ...]) -> None:
        self.technologies = technologies
        self._by_dep = {(ecosystem, name): tech for tech in technologies for ecosystem, names in tech.deps.items() for name in names}
        self._by_image = {image: tech for tech in technologies for image in tech.images}
        self._canonical = {_folded(word): tech.id for tech in technologies for word in (tech.id, tech.name, *tech.aliases)}

    def of_dependency(self, ecosystem: str, name: str) -> Technology | None:
        """The technology that a dependency stands for. A Go module matches with its major version or a package below it."""
        found = self._by_dep.get((ecosystem, name))
        while found is None and ecosystem == "go" and name.count("/") > 1:
            name = name.rsplit("/", 1)[0]
            found = self._by_dep.get((ecosystem, name))
        return found

    def of_image(self, image: str) -> Technology | None:
        """The technology that a container image runs: `docker.io/bitnami/postgresql:18` is postgres."""
        name = image.split("@", 1)[0].rsplit("/", 1)[-1].split(":", 1)[0].lower()
        return self._by_image.get(name)

    def canonical(self, word: str) -> str | None:
        """The id that a name or alias stands for."""
        return self._canonical.get(_folded(word))

    def ids_of(self, kind: str) -> tuple[str, ...]:
        """The ids of one kind."""
        return tuple(tech.id for tech in self.technologies if tech.kind == kind or kind in tech.implies)

    def nearest(self, word: str, among: tuple[str, ...]) -> list[str]:
        """The known values nearest to an unknown one."""
        return difflib.get_close_matches(_folded(word), among, n=3, cutoff=0.5) or list(among[:6])


def _folded(word: str) -> str:
    return word.strip().lower()


def load_catalogue(pack_folder: Path) -> Catalogue:
    """Read and check stack.yaml. Raises CorpusError that names the row."""
    path = pack_folder / "stack.yaml"
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe loaders
    except (OSError, yaml.YAMLError) as error:
        raise CorpusError(str(path), 0, f"cannot be read: {error}") from error
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(Technology.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise CorpusError(str(path), 0, f"row {number} ({row.get('id') if isinstance(row, dict) else row}): {first['loc'][0]}: {first['msg']}") from error
    _check_unique(path, found)
    return Catalogue(tuple(found))


def _check_unique(path: Path, rows: list[Technology]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        for key in [("id", row.id), *((ecosystem, name) for ecosystem, names in row.deps.items() for name in names)]:
            if key in seen:
                raise CorpusError(str(path), 0, f"{key[0]} {key[1]!r} stands in the rows {seen[key]} and {row.id}")
            seen[key] = row.id
