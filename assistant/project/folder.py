"""Files of a folder as Members. In: a folder. Out: Members in a steady order; .gitignore is respected, links are never followed."""

import os
import re
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.project.limits import Reading
from assistant.project.members import Member
from assistant.project.source_tree import closed_folder

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe put in a file's place must not hold us
LONGEST_GITIGNORE = 100_000  # bytes
MOST_LINES = 2_000
MOST_STARS = 3  # of one pattern, and as many `**`: four hold the regular expression behind it for a second on one long name


def walk_folder(top: Path, reading: Reading) -> Iterator[Member]:
    """Every file below `top`. Raises ProjectRefused for what cannot be read or is out of bounds."""
    if not top.is_dir():
        raise reading.refuse("there is no such folder", "Check the name")
    return _Walk(reading).members(top, "", [])


class _Walk:
    """One walk over a folder; counts entries."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._count = 0

    def members(self, folder: Path, prefix: str, ignored: list[tuple[str, "GitIgnoreSpec"]]) -> Iterator[Member]:
        """Files of one folder and of those below it."""
        try:
            entries = self._entries(folder)
        except OSError as error:
            if not prefix:
                raise self._reading.refuse(f"it cannot be read ({error.strerror})", "Check the permissions") from error
            yield Member(prefix.rstrip("/"), 0, f"a folder that cannot be read ({error.strerror})", bytes)
            return
        ignored = [*ignored, *_gitignore(folder, prefix)]
        for entry in entries:
            self._reading.check_clock()
            path = self._reading.safe_path(prefix + entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            if _is_ignored(path + "/" * is_folder, ignored):
                continue
            self._count += 1
            self._reading.check_entries(self._count)
            if not is_folder:
                yield _member(entry, path)
            elif closed_folder(f"{path}/"):
                yield from _modules_txt(Path(entry.path), path)
                yield Member(f"{path}/", 0, "", bytes)
            else:
                yield from self.members(Path(entry.path), f"{path}/", ignored)

    def _entries(self, folder: Path) -> list["os.DirEntry[str]"]:
        with os.scandir(folder) as found:
            entries = list(islice(found, self._reading.limits.entries + 1))
        self._reading.check_entries(len(entries))
        return sorted(entries, key=lambda entry: entry.name)


def _modules_txt(folder: Path, path: str) -> Iterator[Member]:
    """vendor/modules.txt is the one file of a vendored folder that is read."""
    if folder.name == "vendor":
        with os.scandir(folder) as found:
            yield from (_member(entry, f"{path}/modules.txt") for entry in found if entry.name == "modules.txt")


def _member(entry: "os.DirEntry[str]", path: str) -> Member:
    """One file. What vanishes or changes under our hands is listed, not a reason to stop."""
    if not entry.is_file(follow_symlinks=False):
        return Member(path, 0, "a link, never followed" if entry.is_symlink() else "a device or pipe", bytes)
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except OSError as error:
        return Member(path, 0, f"cannot be read ({error.strerror})", bytes)
    return Member(path, size, "", lambda: _read_regular(entry.path, size))


def _read_regular(file: str, most_bytes: int) -> bytes:
    """The content of a regular file. Raises OSError for anything that has taken its place."""
    with os.fdopen(os.open(file, os.O_RDONLY | NO_LINKS), "rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise OSError("no regular file")
        return source.read(most_bytes)


def _gitignore(folder: Path, prefix: str) -> Iterator[tuple[str, "GitIgnoreSpec"]]:
    """The patterns of the folder's own .gitignore; lines that git or we cannot use are passed over."""
    try:
        lines = _read_regular(str(folder / ".gitignore"), LONGEST_GITIGNORE).decode("utf-8", "replace").splitlines()
    except OSError:
        return
    from pathspec import GitIgnoreSpec

    usable = [line for line in lines[:MOST_LINES] if _has_few_stars(line) and _is_pattern(line)]
    yield prefix, GitIgnoreSpec.from_lines(usable)


def _has_few_stars(line: str) -> bool:
    """Whether matching the pattern stays cheap whatever the names are."""
    parts = line.strip().split("/")
    stars = sum(len(re.findall(r"\*+", part)) for part in parts if part != "**")
    return stars <= MOST_STARS and parts.count("**") <= MOST_STARS


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _is_ignored(path: str, ignored: list[tuple[str, "GitIgnoreSpec"]]) -> bool:
    """The deepest .gitignore that says anything decides, as in git."""
    verdicts = (spec.check_file(path.removeprefix(prefix)).include for prefix, spec in reversed(ignored))
    return next((verdict for verdict in verdicts if verdict is not None), False)
