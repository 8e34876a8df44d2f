"""Work out what a repository is built with. In: a SourceTree and the catalogue. Out: facts, each with its evidence."""

from dataclasses import dataclass
from typing import Literal

Certainty = Literal["certain", "likely", "possible"]


@dataclass(frozen=True)
class Evidence:
    """The place that shows a fact; `line` is None when the path itself shows it."""

    path: str
    line: int | None
    text: str


@dataclass(frozen=True)
class Fact:
    """One detected thing: `name` is a key of `inspect` (CONTRACT: web_framework, db_driver ...), `value` a catalogue id."""

    name: str
    value: str
    certainty: Certainty
    evidence: Evidence
    version: str | None = None
