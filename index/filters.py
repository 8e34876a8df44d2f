"""What a search may return, and what it should rather return. In: context values. Out: a SearchFilter and its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.passages import NEUTRAL, Passage

# Keys of the context that prefer rather than exclude.
PREFERENCE_KEYS = ("web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "service_type", "concurrency")
FRAMEWORK_KEYS = ("web_framework", "async_runtime", "db_driver", "queue", "cache")


@dataclass(frozen=True)
class SearchFilter:
    """`languages` excludes passages of other languages (neutral ones always stay); `prefer` and `kinds` only order."""

    languages: tuple[str, ...] = ()
    prefer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()  # kinds of passages that fit the form of the question

    def partitions(self, available: tuple[str, ...]) -> tuple[str, ...]:
        """The partitions to ask: those of the languages and the neutral one; all of them without a language."""
        if not self.languages:
            return available
        return tuple(name for name in available if name in self.languages or name == NEUTRAL)

    def matches(self, passage: Passage) -> bool:
        """Whether the hard part of the filter lets this passage through."""
        return not self.languages or passage.language == NEUTRAL or passage.language in self.languages

    def met(self, passage: Passage) -> tuple[str, ...]:
        """The filter values that this passage speaks of by name, as `key=value`."""
        found = [f"language={passage.language}"] if passage.language in self.languages else []
        for key, values in self.prefer.items():
            said = set(passage.applies_to.get(key, ())) | (set(passage.frameworks) if key in FRAMEWORK_KEYS else set())
            found += [f"{key}={value}" for value in values if value in said]
        return tuple(found)

    def misses_framework(self, passage: Passage) -> bool:
        """Whether the passage is about frameworks that the reader does not use, while the reader's are known."""
        wanted = {value for key in FRAMEWORK_KEYS for value in self.prefer.get(key, ())}
        return bool(passage.frameworks) and bool(wanted) and not wanted & set(passage.frameworks)
