"""What every door shows: one frozen Answer. Born here, filled by the answer walk, printed as JSON by `to_json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["answered", "partial", "refused", "routed"]
Strength = Literal["strong", "partial", "weak"]
REFERENCES = "**References**"  # begins the reference block at the end of a text


@dataclass(frozen=True)
class Quote:
    """A verbatim part of a passage's text: `[start, end)` in Unicode code points."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A passage as the reader sees it, numbered M1, M2 ... by first use in the answer."""

    n: str
    passage: str
    methodology: str
    heading: str
    strength: Strength
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class ProjectSource:
    """A place in the user's own code, numbered R1, R2 ..."""

    n: str
    path: str
    line: int | None
    text: str


@dataclass(frozen=True)
class Answer:
    """The whole answer: text with [M1] and [R1] marks, and everything needed to check it."""

    status: Status
    text: str
    query: str
    route: str | None = None
    sources: tuple[Source | ProjectSource, ...] = ()
    unused: tuple[str, ...] = ()  # passages retrieved but not quoted
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)
    mode: Literal["quoted", "written"] = "quoted"
    notes: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    corpus: Mapping[str, str] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    id: str | None = None

    @property
    def body(self) -> str:
        """The text without its reference block, for doors that show the sources themselves."""
        return self.text.split(f"\n\n{REFERENCES}\n\n", 1)[0]

    def to_json(self) -> dict[str, Any]:
        """The object of `gnomon ask --json`, ready for json.dumps."""
        return asdict(self)
