"""The technology catalogue. In: a pack's stack.yaml. Out: a Catalogue that knows ids, aliases and what betrays each technology."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import CorpusError

Kind = Literal[
    "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "rpc", "logging", "metrics", "cli", "config", "auth", "migration", "test",
    "task", "observability", "other_framework", "ecosystem",
]  # fmt: skip


class Technology(BaseModel):
    """One row: `deps` are dependency names by ecosystem (go, cargo, npm, pypi ...), `images` container image names, `implies` further facts by kind.

    `also` are other kinds that the id may stand for: redis is a database, and a value of cache and queue too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    name: str
    kind: Kind
    also: tuple[Kind, ...] = ()
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
        self._by_import = {path: tech for tech in technologies for path in tech.imports}
        self._by_image = {image: tech for tech in technologies for image in tech.images}
        self._by_file = {name: tech for tech in technologies for name in tech.files}
        self._words: dict[tuple[str, str], str] = {
            (kind, _folded(word)): tech.id for tech in technologies for kind in (tech.kind, *tech.also) for word in (tech.id, tech.name, *tech.aliases)
        }
        for kind, values in ((kind, values) for tech in technologies for kind, values in tech.implies.items()):
            self._words |= {(kind, value): value for value in values if (kind, value) not in self._words}

    def of_dependency(self, ecosystem: str, name: str) -> Technology | None:
        """The technology that a dependency stands for. A Go module matches with its major version or a package below it."""
        found = self._by_dep.get((ecosystem, name))
        while found is None and ecosystem == "go" and "/" in name:
            name = name.rsplit("/", 1)[0]
            found = self._by_dep.get((ecosystem, name))
        return found

    def of_import(self, path: str) -> Technology | None:
        """The technology that an imported Go package stands for, of the standard library or of a module."""
        return self._by_import.get(path) or self.of_dependency("go", path)

    def of_image(self, image: str) -> Technology | None:
        """The technology that a container image runs: `docker.io/bitnami/postgresql:18` is postgres."""
        name = image.split("@", 1)[0].rsplit("/", 1)[-1].split(":", 1)[0].lower()
        return self._by_image.get(name)

    def of_file(self, name: str) -> Technology | None:
        """The technology that keeps its settings in a file of this name."""
        return self._by_file.get(name)

    def canonical(self, word: str, kind: str) -> str | None:
        """The id that a name or alias stands for among one kind."""
        return self._words.get((kind, _folded(word)))

    def ids_of(self, kind: str) -> tuple[str, ...]:
        """The values of one kind, in the order of the catalogue."""
        return tuple(dict.fromkeys(value for known, value in ((known, value) for (known, _), value in self._words.items()) if known == kind))

    def nearest_of(self, word: str, kind: str) -> list[str]:
        """The values of a kind whose name or alias is nearest to an unknown word."""
        words = {known: value for (of_kind, known), value in self._words.items() if of_kind == kind}
        return list(dict.fromkeys(words[near] for near in nearest(word, words)))


def nearest(word: str, among: Iterable[str]) -> list[str]:
    """The three known words nearest to an unknown one; the first ones when none is near."""
    known = list(among)
    return difflib.get_close_matches(_folded(word)[:80], known, n=3, cutoff=0.5) or known[:6]


def _folded(word: str) -> str:
    return " ".join(word.lower().split())


def load_catalogue(pack_folder: Path) -> Catalogue:
    """Read and check stack.yaml. Raises CorpusError that names the row."""
    path = pack_folder / "stack.yaml"
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe loaders
    except (OSError, yaml.YAMLError) as error:
        raise CorpusError(str(path), 0, f"cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise CorpusError(str(path), 0, "is not a list of technologies")
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(Technology.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise CorpusError(
                str(path), 0, f"row {number} ({row.get('id') if isinstance(row, dict) else row}): {next(iter(first['loc']), 'it')}: {first['msg']}"
            ) from error
    _check_unique(path, found)
    _check_implied(path, found)
    return Catalogue(tuple(found))


def _check_unique(path: Path, rows: list[Technology]) -> None:
    """An id, a dependency, an image and a word of a kind each stand in one row."""
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        keys = {("id", row.id)}
        keys |= {(ecosystem, name) for ecosystem, names in row.deps.items() for name in names}
        keys |= {("image", name) for name in row.images} | {("import", name) for name in row.imports} | {("file", name) for name in row.files}
        keys |= {(f"the {kind}", _folded(word)) for kind in (row.kind, *row.also) for word in (row.id, row.name, *row.aliases)}
        for key in sorted(keys):
            if key in seen:
                raise CorpusError(str(path), 0, f"{key[0]} {key[1]!r} stands in the rows {seen[key]} and {row.id}")
            seen[key] = row.id


def _check_implied(path: Path, rows: list[Technology]) -> None:
    """What a row implies is a row itself, of that kind."""
    known = {(kind, row.id) for row in rows for kind in (row.kind, *row.also)}
    for row in rows:
        for kind, value in ((kind, value) for kind, values in row.implies.items() for value in values):
            if (kind, value) not in known:
                raise CorpusError(str(path), 0, f"the row {row.id} implies {kind} {value!r}, which no row is")
