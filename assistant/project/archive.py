"""Read an uploaded archive or a folder into memory. In: a path and limits. Out: a SourceTree. Nothing is written to disk."""

import mmap
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from assistant.project.folder import walk_folder
from assistant.project.limits import MB, Limits, Progress, Reading
from assistant.project.members import Member
from assistant.project.source_tree import CLOSED_FOLDERS, Skipped, SourceTree, closed_folder, decode_text, is_kept, is_manifest, shown_name
from assistant.project.tar_reader import BLOCK, GZIP, read_tar
from assistant.project.zip_reader import END, LOCAL, read_zip

__all__ = ["Limits", "read_archive", "read_folder", "read_project"]

OTHER_FORMATS = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2"}
PROGRESS_EVERY = 500


def read_project(path: Path, limits: Limits, progress: Progress | None = None) -> SourceTree:
    """Read an archive or a folder. Raises ProjectRefused."""
    return read_folder(path, limits, progress) if path.is_dir() else read_archive(path, limits, progress)


def read_folder(path: Path, limits: Limits, progress: Progress | None = None) -> SourceTree:
    """Read a folder under the same limits; what .gitignore names is left out, links are not followed. Raises ProjectRefused."""
    reading = Reading(path.resolve().name, limits, progress)
    return _collect(walk_folder(path, reading), reading, strip_top=False)


def read_archive(path: Path, limits: Limits, progress: Progress | None = None) -> SourceTree:
    """Read a zip, tar or tar.gz by what it is, not by its name. Raises ProjectRefused."""
    reading = Reading(path.name, limits, progress)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _read_format(file, size, reading)
    except OSError as error:
        raise reading.refuse(f"it cannot be read ({error.strerror})", "Check the name and the permissions") from error


def _read_format(file: BinaryIO, size: int, reading: Reading) -> SourceTree:
    """Tell the format by its first bytes, and read it."""
    if size == 0:
        raise reading.refuse("it is empty", "Upload a zip or tar.gz of the repository")
    if size > reading.limits.upload_bytes:
        raise reading.refuse(f"it is larger than {reading.limits.upload_bytes // MB} MB", "Upload only the source folders, or raise GNOMON_MAX_UPLOAD_MB")
    start = file.read(BLOCK)
    file.seek(0)
    if start.startswith((LOCAL, END)):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _collect(read_zip(data, reading), reading, strip_top=True)
    if start.startswith(GZIP) or start[257:262] == b"ustar":
        return _collect(read_tar(file, start.startswith(GZIP), reading), reading, strip_top=True)
    other = next((name for magic, name in OTHER_FORMATS.items() if start.startswith(magic)), None)
    raise reading.refuse(f"it is a {other} file" if other else "it is not an archive that can be read", "Use zip or tar.gz")


def _collect(members: Iterable[Member], reading: Reading, strip_top: bool) -> SourceTree:
    """Keep the text of what is wanted, list what is not."""
    texts: dict[str, str] = {}
    paths: list[str] = []
    skipped: list[Skipped] = []
    folded: Counter[str] = Counter()
    kept_bytes = 0
    for member in _watched(members, reading):
        folder = closed_folder(member.path)
        if folder:
            folded[folder] += 1
            continue
        paths.append(member.path)
        reason = member.why_not or _too_large(member, reading) if is_kept(member.path) or member.why_not else ""
        if reason:
            skipped.append(Skipped(shown_name(member.path), reason))
        elif is_kept(member.path):
            content = member.read()
            kept_bytes += len(content)
            reading.check_inflated(kept_bytes)
            text = decode_text(content)
            if text is None:
                skipped.append(Skipped(shown_name(member.path), "not text, or lines that are too long"))
            else:
                texts[member.path] = text
    if not paths and not folded:
        raise reading.refuse("it holds no files", "Upload a zip or tar.gz of the repository")
    skipped += [Skipped(shown_name(f"{name}/"), f"{CLOSED_FOLDERS[name.rsplit('/', 1)[-1]]}, {count:,} files") for name, count in sorted(folded.items())]
    top = _top_folder(paths + list(folded)) if strip_top else ""
    return _without_top(SourceTree(reading.name, texts, tuple(paths), tuple(skipped)), top)


def _watched(members: Iterable[Member], reading: Reading) -> Iterator[Member]:
    for count, member in enumerate(members, 1):
        if count % PROGRESS_EVERY == 0:
            reading.say(f"reading {count:,} files", min(0.9, count / 20_000))
        yield member
    reading.say("read", 1.0)


def _too_large(member: Member, reading: Reading) -> str:
    limit = reading.limits.manifest_bytes if is_manifest(member.path) else reading.limits.entry_bytes
    return f"larger than {limit / MB:g} MB" if member.size > limit else ""


def _top_folder(paths: list[str]) -> str:
    """The one folder that everything lies in, as GitHub and GitLab pack it; empty when there is none."""
    tops = {path.split("/", 1)[0] if "/" in path else "" for path in paths}
    return tops.pop() + "/" if len(tops) == 1 and "" not in tops else ""


def _without_top(tree: SourceTree, top: str) -> SourceTree:
    if not top:
        return tree
    return SourceTree(
        tree.name,
        {path.removeprefix(top): text for path, text in tree.texts.items()},
        tuple(path.removeprefix(top) for path in tree.paths),
        tuple(Skipped(skipped.path.removeprefix(top), skipped.reason) for skipped in tree.skipped),
    )
