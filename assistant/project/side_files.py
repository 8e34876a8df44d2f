"""What files beside the code say. In: a SourceTree. Out: facts on toolchains, images, migrations, protobuf services, sqlc and the names of environment keys."""

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

from assistant.project.facts import Evidence, Fact
from assistant.project.manifests import Manifests, is_shipped, read_images
from assistant.project.source_tree import SourceTree

ENV_FILES = (".env.example", ".env.sample", ".env.template")
ENV_KEY = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{1,80})\s*=")
SQLC_FILES = ("sqlc.yaml", "sqlc.yml", "sqlc.json")
SQLC_ENGINE = re.compile(r"^\s*-?\s*[\"']?engine[\"']?\s*:\s*[\"']?(postgresql|mysql|sqlite)")
SQLC_DATABASES = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
PROTO_SERVICE, PROTO_PACKAGE = re.compile(r"^\s*service\s+(\w+)\s*\{?"), re.compile(r"^\s*package\s+([\w.]+)\s*;")
MIGRATION = re.compile(
    r"(?:^|/)(?:migrations?|migrate|db/versions|changelog)/(?:[^/]+/)?[^/]*\.sql$|(?:^|/)(?:\d{3,14}|V\d[\d.]*_)_?[^/]*\.sql$", re.IGNORECASE
)
CHANNEL = re.compile(r"^\s*channel\s*=\s*[\"']([\w.\-]+)[\"']")
BARE_CHANNEL = re.compile(r"^\s*((?:stable|beta|nightly|\d+\.\d+)[\w.\-]*)\s*$")
MOST_OF_A_NAME = 100  # facts of one name from these files; a thousand keys are no summary


def side_file_facts(tree: SourceTree, manifests: Manifests) -> Iterator[Fact]:
    """Facts of files that are neither a module's manifest nor its code; each belongs to the module that its folder lies in."""
    found = [find(tree) for find in (_toolchains, _images, _sqlc, _protobuf, _migrations, _env_keys)]
    for rows in (*found, _workspaces(manifests)):
        for name, value, certainty, evidence in islice(rows, MOST_OF_A_NAME):
            version = value.rpartition(":")[2] if name == "images" and ":" in value else None
            yield Fact(name, value, "certain" if certainty else "likely", evidence, version, manifests.governing(evidence.path))


Row = tuple[str, str, bool, Evidence]  # name, value, whether it is certain, where


def _named(tree: SourceTree, *names: str) -> Iterator[tuple[str, list[str]]]:
    for path in sorted(tree.texts, key=lambda path: (path.count("/"), path)):
        if posixpath.basename(path) in names and is_shipped(path):
            yield path, tree.texts[path].splitlines()


def _toolchains(tree: SourceTree) -> Iterator[Row]:
    for path, lines in _named(tree, "rust-toolchain", "rust-toolchain.toml"):
        pattern = CHANNEL if any(CHANNEL.match(line) for line in lines) else BARE_CHANNEL
        for number, line in enumerate(lines, 1):
            if found := pattern.match(line):
                yield "rust_toolchain", found[1], True, Evidence(path, number, line.strip())
                break


def _workspaces(manifests: Manifests) -> Iterator[Row]:
    for path, work in manifests.go_work:
        yield from (("go_workspace", use.path, True, Evidence(path, use.line, use.text)) for use in work.uses)


def _images(tree: SourceTree) -> Iterator[Row]:
    for image in read_images(tree):
        if image.name != "scratch" and "$" not in image.name and "/" not in image.name.partition(":")[0][:1]:
            yield "images", image.name, True, Evidence(image.path, image.line, image.text)


def _sqlc(tree: SourceTree) -> Iterator[Row]:
    for path, lines in _named(tree, *SQLC_FILES):
        for number, line in enumerate(lines, 1):
            if found := SQLC_ENGINE.match(line):
                yield "databases", SQLC_DATABASES[found[1]], True, Evidence(path, number, line.strip())


def _protobuf(tree: SourceTree) -> Iterator[Row]:
    for path in sorted(path for path in tree.texts if path.endswith(".proto") and is_shipped(path)):
        package = ""
        for number, line in enumerate(tree.texts[path].splitlines(), 1):
            if found := PROTO_PACKAGE.match(line):
                package = f"{found[1]}."
            elif found := PROTO_SERVICE.match(line):
                yield "protobuf_services", f"{package}{found[1]}", True, Evidence(path, number, line.strip())


def _migrations(tree: SourceTree) -> Iterator[Row]:
    """Each folder with migrations, shown by its first file."""
    folders: dict[str, str] = {}
    for path in sorted(path for path in tree.paths if path.endswith(".sql") and MIGRATION.search(path) and is_shipped(path)):
        folders.setdefault(posixpath.dirname(path), path)
    yield from (("migrations", folder or ".", False, Evidence(path, None, path)) for folder, path in folders.items())


def _env_keys(tree: SourceTree) -> Iterator[Row]:
    """The names of environment keys. Their values stay where they are: not even an example's may be shown."""
    for path, lines in _named(tree, *ENV_FILES):
        for number, line in enumerate(lines, 1):
            if found := ENV_KEY.match(line):
                yield "env_keys", found[1], True, Evidence(path, number, found[1])
