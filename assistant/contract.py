"""JSON Schemas of what the doors print, generated from the code. In: nothing. Out: name -> schema; tests validate the doors' output against them."""

from typing import Any

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from assistant.answer.answer import Answer
from assistant.answer.replay import Replay
from index.search import Why

CLOSED = ConfigDict(extra="forbid")


@with_config(CLOSED)
class FoundPassage(TypedDict):
    """A passage in a row of `gnomon search --json`."""

    id: str
    score: float
    why: Why


@with_config(CLOSED)
class SearchRow(TypedDict):
    """A row of `gnomon search --json`."""

    id: str | None
    ranked: list[str]
    passages: list[FoundPassage]
    query: str
    abstain: bool
    route: str | None
    notes: list[str]


@with_config(CLOSED)
class PassageRow(TypedDict):
    """What `gnomon search --passage ID --json` prints."""

    id: str
    methodology: str
    heading: str
    kind: str
    text: str


@with_config(CLOSED)
class FactRow(TypedDict):
    """One piece of evidence in a report of `gnomon inspect --json`."""

    value: Any
    path: str
    line: int | None
    text: str
    certainty: str
    version: str | None


@with_config(CLOSED)
class SkippedRow(TypedDict):
    """A member that was not read."""

    path: str
    reason: str


class InspectReport(TypedDict):
    """A line of `gnomon inspect --json`; `modules` holds profiles of the same shape."""

    archive: str
    modules: list[dict[str, Any]]
    ecosystem: str | None
    primary_languages: list[str]
    other_ecosystem: list[str]
    layout: list[str]
    web_framework: list[str]
    async_runtime: list[str]
    db_driver: list[str]
    databases: list[str]
    queue: list[str]
    cache: list[str]
    grpc: bool | None
    service_types: list[str]
    go_version: str | None
    rust_edition: str | None
    multi_module: bool | None
    logging: list[str]
    metrics: list[str]
    tests: bool | None
    ci: bool | None
    docker: bool | None
    evidence: dict[str, list[FactRow]]
    summary: str
    conflicts: list[str]
    skipped: list[SkippedRow]
    questions: list[dict[str, Any]]
    seconds: float


@with_config(CLOSED)
class RefusedReport(TypedDict):
    """A line of `gnomon inspect --json` for an archive that was not read."""

    archive: str
    error: str


PRINTED: dict[str, Any] = {
    "search": SearchRow,
    "passage": PassageRow,
    "ask": Answer,
    "replay": Replay,
    "inspect": InspectReport,
    "inspect-refused": RefusedReport,
}


def schemas() -> dict[str, Any]:
    """Name of the output -> its JSON Schema."""
    return {name: TypeAdapter(shape).json_schema(mode="serialization") for name, shape in PRINTED.items()}
