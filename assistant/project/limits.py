"""What reading a project may cost. In: settings. Out: Limits, a deadline, and the refusals that name them."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.errors import ProjectRefused
from assistant.project.source_tree import shown_name
from assistant.settings import Settings

MB = 1_000_000
Progress = Callable[[str, float], None]
ESCAPES = re.compile(r"^(?:/|[A-Za-z]:|//)|(?:^|/)\.\.(?:/|$)")


@dataclass(frozen=True)
class Limits:
    """Bounds of one reading; bytes are counted as they come out, never as a header says."""

    upload_bytes: int = 100 * MB
    inflated_bytes: int = 200 * MB
    entry_bytes: int = 2 * MB
    manifest_bytes: int = 1 * MB
    entries: int = 100_000
    ratio: int = 200
    path_length: int = 1_024
    path_depth: int = 64
    seconds: float = 20.0

    @classmethod
    def from_settings(cls, settings: Settings) -> "Limits":
        """The limits that the settings ask for."""
        return cls(
            upload_bytes=settings.max_upload_mb * MB,
            inflated_bytes=settings.max_inflated_mb * MB,
            entry_bytes=settings.max_entry_mb * MB,
            manifest_bytes=settings.max_manifest_mb * MB,
            entries=settings.max_entries,
            ratio=settings.max_ratio,
            path_length=settings.max_path_length,
            path_depth=settings.max_path_depth,
            seconds=settings.max_read_seconds,
        )


@dataclass
class Reading:
    """One reading under way: its name for messages, its limits, and its clock."""

    name: str
    limits: Limits
    progress: Progress | None = None
    started: float = field(default_factory=time.monotonic)

    def refuse(self, reason: str, advice: str, entry: str = "") -> ProjectRefused:
        """The refusal in one sentence: archive, entry, reason, what to do."""
        where = f" at {shown_name(entry)!r}" if entry else ""
        return ProjectRefused(f"{shown_name(self.name)} is refused{where}: {reason}. {advice}")

    def check_clock(self) -> None:
        """Raise when the reading has taken too long."""
        if time.monotonic() - self.started > self.limits.seconds:
            raise self.refuse(f"reading took more than {self.limits.seconds:g} s", "Upload only the source folders, or raise GNOMON_MAX_READ_SECONDS")

    def check_entries(self, count: int) -> None:
        """Raise when there are more members than allowed."""
        if count > self.limits.entries:
            raise self.refuse(f"it has more than {self.limits.entries:,} entries", "Leave out vendored folders, or raise GNOMON_MAX_ENTRIES")

    def check_inflated(self, total: int) -> None:
        """Raise when the kept members unpack to more than allowed."""
        if total > self.limits.inflated_bytes:
            raise self.refuse(
                f"it unpacks to more than {self.limits.inflated_bytes // MB} MB", "Upload only the source folders, or raise GNOMON_MAX_INFLATED_MB"
            )

    def safe_path(self, name: str) -> str:
        """A member's name as a relative path with `/`. Raises for names that escape, deceive or are out of bounds."""
        path = name.replace("\\", "/")
        if "\x00" in path:
            raise self.refuse("its name holds a NUL character", "Pack the folder again with zip or tar", name)
        inner = "/".join(part for part in path.split("/") if part not in ("", "."))
        if ESCAPES.search(path) or ESCAPES.search(inner):  # "./C:/x" is a drive only when its dot is gone
            raise self.refuse("its name points outside the archive", "Pack the folder again with relative names", name)
        path = inner
        if len(path) > self.limits.path_length or path.count("/") + 1 > self.limits.path_depth:
            raise self.refuse(
                f"its name is longer than {self.limits.path_length} characters or deeper than {self.limits.path_depth} folders", "Leave that folder out", name
            )
        return path

    def say(self, stage: str, share: float) -> None:
        """Report progress to whoever asked for it."""
        if self.progress:
            self.progress(stage, share)
