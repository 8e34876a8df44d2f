"""What is known of a project. In: facts and the user's answers. Out: search filters, text, and the keys still unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assistant.project.source_tree import Skipped, SourceTree
from assistant.project.stack import Fact

CONTEXT_KEYS = (
    "language",
    "service_type",
    "concurrency",
    "web_framework",
    "async_runtime",
    "db_driver",
    "databases",
    "queue",
    "cache",
)


@dataclass(frozen=True)
class ProjectContext:
    """Facts from the upload and answers from the user; an answer wins over a fact of the same name.

    `answers` maps a context key to the chosen values; an empty tuple means "leave it out" (skipped or removed).
    """

    project: str | None = None
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    files_read: int = 0
    tree: SourceTree | None = field(default=None, repr=False, compare=False)  # kept for a while so that answers can point at lines

    def values(self, key: str) -> tuple[str, ...]:
        """The values in force for one context key: the user's if given, else the detected ones, most certain first."""
        raise NotImplementedError

    def filters(self) -> dict[str, tuple[str, ...]]:
        """Every context key with at least one value: what search filters and prefers by."""
        return {key: found for key in CONTEXT_KEYS if (found := self.values(key))}

    def with_answer(self, key: str, values: tuple[str, ...]) -> "ProjectContext":
        """A new context in which the user's word on `key` is `values`."""
        return replace(self, answers={**self.answers, key: values})
