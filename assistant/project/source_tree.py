"""A repository read into memory, never extracted. Born in archive.py or folder.py, read by manifests.py and stack.py."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """A member that was not read, and why in a few words."""

    path: str
    reason: str


@dataclass(frozen=True)
class SourceTree:
    """`texts`: relative POSIX path -> decoded text of the files that were kept; `paths`: every file name seen, kept or not."""

    name: str
    texts: Mapping[str, str]
    paths: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
