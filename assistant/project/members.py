"""What every archive format hands on: a Member, read only when it is wanted."""

import mmap
from collections.abc import Callable
from dataclasses import dataclass

Buffer = bytes | mmap.mmap


@dataclass(frozen=True)
class Member:
    """One file of an archive: `size` as declared (and enforced by `read`), `why_not` when it is never read."""

    path: str
    size: int
    why_not: str
    read: Callable[[], bytes]
