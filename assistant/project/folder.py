"""Files of a folder as Members. In: a folder. Out: Members in a steady order; .gitignore is respected, links are never followed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.project.limits import Reading
from assistant.project.members import Member
from assistant.project.source_tree import closed_folder

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def walk_folder(top: Path, reading: Reading) -> Iterator[Member]:
    """Every file below `top`. Raises ProjectRefused for what cannot be read or is out of bounds."""
    if not top.is_dir():
        raise reading.refuse("there is no such folder", "Check the name")
    yield from _walk(top, "", [], reading, [0])


def _walk(folder: Path, prefix: str, ignored: list[tuple[str, "GitIgnoreSpec"]], reading: Reading, count: list[int]) -> Iterator[Member]:
    reading.check_clock()
    ignored = [*ignored, *_gitignore(folder, prefix)]
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise reading.refuse(f"it cannot be read ({error.strerror})", "Check the permissions", prefix) from error
    for entry in entries:
        path = prefix + entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if _is_ignored(path + "/" * is_folder, ignored):
            continue
        count[0] += 1
        reading.check_entries(count[0])
        if is_folder:
            if closed_folder(f"{path}/x"):
                yield from _modules_txt(Path(entry.path), path, reading)
                yield Member(f"{path}/x", 0, "", bytes)
            else:
                yield from _walk(Path(entry.path), path + "/", ignored, reading, count)
        else:
            yield _member(Path(entry.path), path, "" if entry.is_file(follow_symlinks=False) else "a link or device, never followed", reading)


def _modules_txt(folder: Path, path: str, reading: Reading) -> Iterator[Member]:
    """vendor/modules.txt is the one file of a vendored folder that is read."""
    listing = folder / "modules.txt"
    if folder.name == "vendor" and listing.is_file() and not listing.is_symlink():
        yield _member(listing, f"{path}/modules.txt", "", reading)


def _member(file: Path, path: str, why_not: str, reading: Reading) -> Member:
    size = 0 if why_not else file.stat().st_size

    def read() -> bytes:
        try:
            with file.open("rb") as source:
                return source.read(size + 1)
        except OSError as error:
            raise reading.refuse(f"it cannot be read ({error.strerror})", "Check the permissions", path) from error

    return Member(reading.safe_path(path), size, why_not, read)


def _gitignore(folder: Path, prefix: str) -> Iterator[tuple[str, "GitIgnoreSpec"]]:
    rules = folder / ".gitignore"
    if rules.is_file() and not rules.is_symlink():
        from pathspec import GitIgnoreSpec

        yield prefix, GitIgnoreSpec.from_lines(rules.read_text(encoding="utf-8", errors="replace").splitlines())


def _is_ignored(path: str, ignored: list[tuple[str, "GitIgnoreSpec"]]) -> bool:
    return any(spec.match_file(path.removeprefix(prefix)) for prefix, spec in ignored)
