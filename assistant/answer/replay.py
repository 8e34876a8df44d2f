"""An answer from before, asked again. In: its JSON, the answer of today, the passages. Out: a Replay: what changed in corpus, status, passages and text."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assistant.answer.answer import Answer, Source
from assistant.answer.citations import without_references
from assistant.errors import QuestionRefused
from index.passages import Passage


@dataclass(frozen=True)
class Replay:
    """`changed` quotes stand no longer word for word in their passage; `gone` passages exist no more; `difference` is a unified diff of the two texts."""

    id: str | None
    query: str
    same: bool
    status: tuple[str, str]
    corpus: tuple[str, str]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    difference: str

    def to_json(self) -> dict[str, Any]:
        """The object of `gnomon ask --replay --json`."""
        return asdict(self)


def check_recorded(row: object) -> Mapping[str, Any]:
    """An answer as it was printed. Raises QuestionRefused for anything else."""
    if (
        not isinstance(row, Mapping)
        or not isinstance(row.get("query"), str)
        or not isinstance(row.get("text"), str)
        or not isinstance(row.get("sources"), list)
    ):
        raise QuestionRefused("not an answer as `gnomon ask --json` prints it; save one with: gnomon ask --json QUESTION > answer.json")
    return row


def compare_answers(before: Mapping[str, Any], now: Answer, passages: Mapping[str, Passage]) -> Replay:
    """What changed between a recorded answer and the one that the same query gets today."""
    cited = [source for source in before["sources"] if "passage" in source]
    old, new = [source["passage"] for source in cited], [source.passage for source in now.sources if isinstance(source, Source)]
    changed = [
        source["passage"]
        for source in cited
        if source["passage"] in passages and any(quote["text"] not in passages[source["passage"]].text for quote in source.get("quotes", ()))
    ]
    texts = without_references(before["text"]).splitlines(), now.body.splitlines()
    difference = "\n".join(difflib.unified_diff(*texts, "then", "now", lineterm=""))
    versions = str(before.get("corpus", {}).get("version", "")), now.corpus.get("version", "")
    return Replay(
        id=before.get("id"),
        query=before["query"],
        same=not difference and old == new and before.get("status") == now.status and versions[0] == versions[1],
        status=(str(before.get("status")), now.status),
        corpus=versions,
        added=tuple(name for name in new if name not in old),
        dropped=tuple(name for name in old if name not in new),
        gone=tuple(name for name in old if name not in passages),
        changed=tuple(changed),
        difference=difference,
    )
