"""Prompts for a chat model. In: a question, passages, context, earlier questions. Out: Messages within the model's budget, foreign text delimited as data.

The words stand in prompts/*.md, one file a task. Places are filled in one pass: text of a user or a document can neither open a place nor close a delimiter.
"""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from assistant.chat_models import Message, ModelLimits, estimate_tokens
from assistant.project.context import CONTEXT_KEYS, ProjectContext
from index.passages import Passage

PLACE = re.compile(r"\{\{(\w+)\}\}")
DELIMITER = re.compile(r"<(/?)(passage|project|earlier|question)\b", re.IGNORECASE)
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\U000e0000-\U000e007f]")
MOST_EARLIER = 3
LONGEST_EARLIER_CHARS = 300
LONGEST_QUESTION_CHARS = 2_000
WORDS_PER_TOKEN = 0.6
LONGEST_VALUE_CHARS = 80


def build_prompt(
    task: str, question: str, passages: Sequence[Passage], context: ProjectContext, earlier: Sequence[str], limits: ModelLimits
) -> tuple[tuple[Message, ...], tuple[Passage, ...]]:
    """The messages, and the passages that found room in them, best first."""
    rules, template = _read("rules"), _read(task)
    filled = {
        "project": as_data(_project(context)) or "nothing",
        "earlier": as_data("\n".join(f"- {text[:LONGEST_EARLIER_CHARS]}" for text in earlier[-MOST_EARLIER:])) or "nothing",
        "question": as_data(question[:LONGEST_QUESTION_CHARS]),
        "words": str(int(limits.reply_tokens * WORDS_PER_TOKEN)),
        "passages": "",
    }
    left = limits.prompt_tokens - estimate_tokens(rules) - estimate_tokens(_fill(template, filled))
    kept: list[Passage] = []
    for passage in passages[: limits.passages]:
        left -= estimate_tokens(_shown(passage, len(kept) + 1))
        if left < 0 and kept:
            break
        kept.append(passage)
    filled["passages"] = "\n\n".join(_shown(passage, number) for number, passage in enumerate(kept, 1))
    return (Message("system", rules), Message("user", _fill(template, filled))), tuple(kept)


def as_data(text: str) -> str:
    """Text that stays inside its delimiters: our tags in it are written out, invisible characters are gone."""
    return DELIMITER.sub(r"&lt;\1\2", INVISIBLE.sub("", text))


def _fill(template: str, filled: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: filled[place[1]], template)


def _shown(passage: Passage, number: int) -> str:
    return f'<passage number="{number}" title="{as_data(passage.title)}: {as_data(passage.heading)}">\n{as_data(passage.text)}\n</passage>'


def _project(context: ProjectContext) -> str:
    """Values of the context only: names from the catalogue, no text of the upload."""
    rows = [f"{key}: {', '.join(value[:LONGEST_VALUE_CHARS] for value in values)}" for key in CONTEXT_KEYS if (values := context.values(key))]
    return "\n".join(rows)


def _read(name: str) -> str:
    return (files("assistant.answer") / "prompts" / f"{name}.md").read_text(encoding="utf-8").strip()
