"""Read an uploaded archive or a folder into memory. In: a path and limits. Out: a SourceTree. Nothing is written to disk."""

import mmap
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from assistant.project.folder import walk_folder
from assistant.project.limits import MB, Limits, Progress, Reading
from assistant.project.members import Member
from assistant.project.source_tree import (
    BINARY,
    CLOSED_FOLDERS,
    OTHER_KIND,
    NotText,
    Skipped,
    SourceTree,
    closed_folder,
    decode_text,
    escaped_name,
    is_manifest,
    why_not_kept,
)
from assistant.project.tar_reader import BLOCK, read_tar
from assistant.project.unpackers import GZIP, XZ, ZSTD
from assistant.project.zip_reader import END, LOCAL, read_zip

__all__ = ["Limits", "read_archive", "read_folder", "read_project"]

OTHER_FORMATS = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar", b"BZh": "bzip2"}
PROGRESS_EVERY = 500
FOLDED_REASONS = (BINARY, OTHER_KIND)  # listed by their ending, not one by one
SMALL_TEXT = 128  # what Python adds to any text


def read_project(path: Path, limits: Limits, progress: Progress | None = None) -> SourceTree:
    """Read an archive or a folder. Raises ProjectRefused."""
    return read_folder(path, limits, progress) if path.is_dir() else read_archive(path, limits, progress)


def read_folder(path: Path, limits: Limits, progress: Progress | None = None) -> SourceTree:
    """Read a folder under the same limits; what .gitignore names is left out, links are not followed. Raises ProjectRefused."""
    reading = Reading(path.resolve().name, limits, progress)
    return _Gathering(reading).gather(walk_folder(path, reading))


def read_archive(path: Path, limits: Limits, progress: Progress | None = None) -> SourceTree:
    """Read a zip or a tar (plain, gzip, xz or zstd) by what it is, not by its name. Raises ProjectRefused."""
    reading = Reading(path.name, limits, progress)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise reading.refuse("it is not a file", "Choose a zip or tar.gz of the repository")
        with path.open("rb") as file:
            return _read_format(file, path.stat().st_size, reading)
    except OSError as error:
        raise reading.refuse(f"it cannot be read ({error.strerror})", "Check the name and the permissions") from error


def _read_format(file: BinaryIO, size: int, reading: Reading) -> SourceTree:
    """Tell the format by its first bytes, and read it."""
    if size == 0:
        raise reading.refuse("it is empty", "Upload a zip or tar.gz of the repository")
    if size > reading.limits.upload_bytes:
        raise reading.refuse(f"it is larger than {reading.limits.upload_bytes // MB} MB", "Upload only the source folders, or raise GNOMON_MAX_UPLOAD_MB")
    start = file.read(BLOCK)
    if start.startswith((LOCAL, END)):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _gather_archive(lambda: read_zip(data, reading), reading)
    if start.startswith((GZIP, XZ, ZSTD)) or start[257:262] == b"ustar":
        return _gather_archive(lambda: _rewound_tar(file, start, reading), reading)
    other = next((name for magic, name in OTHER_FORMATS.items() if start.startswith(magic)), None)
    raise reading.refuse(f"it is a {other} file" if other else "it is not an archive that can be read", "Use zip or tar.gz")


def _rewound_tar(file: BinaryIO, start: bytes, reading: Reading) -> Iterator[Member]:
    file.seek(0)
    return read_tar(file, start, reading)


def _gather_archive(open_members: Callable[[], Iterator[Member]], reading: Reading) -> SourceTree:
    """Gather what lies below the one top folder, if there is one.

    Its name is known when all names are. That decides nothing unless it is called like a closed folder: only then are the names looked at first, because
    `vendor/` may be vendored code or a repository of that name.
    """
    members = open_members()
    first = next(members, None)
    if first and first.path.split("/")[0] in CLOSED_FOLDERS:
        top = _top_folder(member.path for member in open_members())
        return _without_top(_Gathering(reading, top).gather(open_members()))
    return _without_top(_Gathering(reading).gather(chain([first] if first else [], members)))


class _Gathering:
    """What has been kept and left out so far."""

    def __init__(self, reading: Reading, top: str = "") -> None:
        self._reading, self._top = reading, top
        self._texts: dict[str, str] = {}
        self._paths: list[str] = []
        self._skipped: list[Skipped] = []
        self._closed: Counter[str] = Counter()  # files in each closed folder
        self._kinds: dict[tuple[str, str], list[str]] = {}  # paths of files that are not read, by reason and ending
        self._kept_bytes = 0

    def gather(self, members: Iterable[Member]) -> SourceTree:
        """Keep the text of what is wanted, list what is not."""
        for count, member in enumerate(members, 1):
            if count % PROGRESS_EVERY == 0:
                self._reading.say(f"reading {count:,} files", min(0.9, count / 20_000))
            self._add(member)
        if not self._paths and not self._closed:
            raise self._reading.refuse("it holds no files", "Choose the repository's folder, or a zip or tar.gz of it")
        self._check_folders()
        self._reading.say(f"read {len(self._paths):,} files", 1.0)
        return SourceTree(escaped_name(self._reading.name), self._texts, tuple(self._paths), (*self._skipped, *self._closed_lines(), *self._kind_lines()))

    def _add(self, member: Member) -> None:
        path = escaped_name(member.path)
        folder = closed_folder(f"{path.removeprefix(self._top)}/" if member.path.endswith("/") else path.removeprefix(self._top))
        if folder:
            self._closed[self._top + folder] += not member.path.endswith("/")
            return
        self._paths.append(path)
        reason = member.why_not or why_not_kept(path)
        if not member.why_not and reason in FOLDED_REASONS:
            name = PurePosixPath(path)
            self._kinds.setdefault((reason, f"*{name.suffix}" if name.suffix else name.name), []).append(path)
        elif reason := reason or self._too_large(path, member.size):
            self._skipped.append(Skipped(path, reason))
        else:
            self._keep(path, member)

    def _too_large(self, path: str, size: int) -> str:
        limit = self._reading.limits.manifest_bytes if is_manifest(path) else self._reading.limits.entry_bytes
        return f"larger than {limit / MB:g} MB" if size > limit else ""

    def _keep(self, path: str, member: Member) -> None:
        try:
            content = member.read()
            self._count(len(content))
            text = decode_text(content)
        except NotText as error:
            self._skipped.append(Skipped(path, str(error)))
            return
        except OSError as error:
            self._skipped.append(Skipped(path, f"cannot be read ({error.strerror or error})"))
            return
        # One character beyond Latin-1 makes Python hold the whole text in two or four bytes a character.
        self._count(max(0, sys.getsizeof(text) - len(content) - SMALL_TEXT))
        if path in self._texts:
            raise self._reading.refuse("two members have this name", "Pack the folder again with zip or tar", path)
        self._texts[path] = text

    def _count(self, number: int) -> None:
        self._kept_bytes += number
        self._reading.check_inflated(self._kept_bytes)

    def _check_folders(self) -> None:
        """A name that is a file here and a folder there was made to be unpacked through a link, or to be read in two ways."""
        folders = set(self._closed)
        for path in (*self._paths, *self._closed):
            folder = path.rpartition("/")[0]
            while folder and folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        if double := next((path for path in self._paths if path in folders), None):
            raise self._reading.refuse("it is both a file and a folder", "Pack the folder again with zip or tar", double)

    def _closed_lines(self) -> Iterator[Skipped]:
        for folder, count in sorted(self._closed.items()):
            reason = CLOSED_FOLDERS[folder.rsplit("/", 1)[-1]]
            yield Skipped(f"{folder}/", f"{reason}, {_files(count)}" if count else reason)

    def _kind_lines(self) -> Iterator[Skipped]:
        """One line a kind of file; a single file by its name."""
        for (reason, ending), paths in sorted(self._kinds.items()):
            yield Skipped(paths[0], reason) if len(paths) == 1 else Skipped(ending, f"{reason}, {_files(len(paths))}")


def _files(count: int) -> str:
    return f"{count:,} file{'s' * (count != 1)}"


def _top_folder(paths: Iterable[str]) -> str:
    """The one folder that everything lies in, as GitHub and GitLab pack it; empty when there is none. What macOS adds beside it does not count."""
    tops = {path.split("/", 1)[0] + "/" if "/" in path else "" for path in paths} - {"__MACOSX/"}
    return tops.pop() if len(tops) == 1 else ""


def _without_top(tree: SourceTree) -> SourceTree:
    top = _top_folder(chain(tree.paths, (item.path for item in tree.skipped if item.path.endswith("/"))))
    if not top:
        return tree
    return SourceTree(
        tree.name,
        {path.removeprefix(top): text for path, text in tree.texts.items()},
        tuple(path.removeprefix(top) for path in tree.paths),
        tuple(Skipped(skipped.path.removeprefix(top), skipped.reason) for skipped in tree.skipped),
    )
