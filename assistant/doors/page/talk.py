"""The talk as chat messages. In: a session's entries. Out: messages for the chatbot, in Markdown that a copy keeps readable.

A mark [M1] becomes a link through Markdown's own reference definitions below the text, so the copied text carries both the marks and where they point.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from assistant.doors.page.sessions import Entry
from assistant.doors.page.shown import Answer, ProjectSource, Source
from assistant.doors.page.words import filter_words, name_of

Message = dict[str, Any]
Titles = Callable[[str], str]  # a passage's id -> "methodology > heading"

ADJACENT_MARKS = re.compile(r"(\[[MR]\d+\])(?=\[[MR]\d+\])")
CODE = re.compile(r"(^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)[ \t]*$|\Z)|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))", re.DOTALL | re.MULTILINE)
TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])")
ENTITY_LIKE = re.compile(r"&(?=#?\w+;)")
STOPPED = "*Stopped before the end.*"


def to_messages(entries: Iterable[Entry], titles: Titles) -> tuple[list[Message], list[int]]:
    """The messages, and for each the number of the entry that it belongs to."""
    messages: list[Message] = []
    numbers: list[int] = []
    for entry in entries:
        rows = entry_messages(entry, titles)
        messages += rows
        numbers += [entry.number] * len(rows)
    if messages and (last := next(reversed(list(entries)), None)) and last.answer and last.answer.suggestions:
        messages[-1]["options"] = [{"value": text} for text in last.answer.suggestions]
    return messages, numbers


def entry_messages(entry: Entry, titles: Titles) -> list[Message]:
    """A question, the line that tells what was searched, and the answer."""
    rows: list[Message] = []
    if entry.question is not None:
        rows.append(_said("user", _lines(entry.question)))
    if entry.answer is None:
        return [*rows, _said("assistant", harmless(entry.plain))] if entry.plain else rows
    if entry.question is not None:
        rows.append(_search_line(entry.answer))
    return [*rows, _said("assistant", answer_markdown(entry.answer, entry.number, titles))]


def running_messages(question: str, text: str) -> list[Message]:
    """A question whose answer is on its way."""
    rows = [_said("user", _lines(question))]
    if not text:
        return [*rows, {**_said("assistant", ""), "metadata": {"title": "Searching", "status": "pending"}}]
    return [*rows, _said("assistant", harmless(text))]


def answer_markdown(answer: Answer, number: int, titles: Titles) -> str:
    """The answer with its notes, its references, and the definitions that make its marks links."""
    parts = [ADJACENT_MARKS.sub(r"\1 ", harmless(answer.body))]
    parts += [f"*Note: {harmless(note)}*" for note in answer.notes]
    if answer.sources:
        rows = [f"- [{source.n}] {_reference(source, titles)}" for source in answer.sources]
        parts.append("**References**\n\n" + "\n".join(rows))
        parts.append("\n".join(f"[{source.n}]: #t{number}-{source.n} {_quoted_title(source, titles)}" for source in answer.sources))
    return "\n\n".join(parts)


def _reference(source: Source | ProjectSource, titles: Titles) -> str:
    if isinstance(source, ProjectSource):
        return f"`{_place(source).replace('`', '')}` in your project"
    return f"{harmless(titles(source.passage))} · `{source.passage}`"


def _quoted_title(source: Source | ProjectSource, titles: Titles) -> str:
    title = _place(source) if isinstance(source, ProjectSource) else titles(source.passage).replace(" > ", ": ")
    return '"' + re.sub(r'[\s"\\`<>&\[\]]+', " ", title).strip() + '"'


def _place(source: ProjectSource) -> str:
    return source.path if source.line is None else f"{source.path}:{source.line}"


def _search_line(answer: Answer) -> Message:
    """One folded line that tells the truth about the search."""
    return {**_said("assistant", _search_details(answer)), "metadata": {"title": harmless(_search_title(answer)), "status": "done"}}


def _search_title(answer: Answer) -> str:
    kept = sum(isinstance(source, Source) for source in answer.sources)
    found = kept + len(answer.unused)
    where = f" in {filter_words(answer.filters)}" if answer.filters else ""
    if answer.status == "routed":
        return f"Recognised as a question for {answer.route or 'another field'}"
    outcome = f"{found} found, {kept} kept" if found else "nothing close enough"
    return f"Searched “{_short(answer.query)}”{where}: {outcome}"


def _search_details(answer: Answer) -> str:
    rows = [f"Searched for: {harmless(answer.query)}"]
    rows += [f"Filter {name_of(name)}: {harmless(filter_words({name: values}))}" for name, values in answer.filters.items()]
    rows += [f"Hidden by the filters: {count} passages ({harmless(name)})" for name, count in answer.hidden.items() if count]
    if answer.sources:
        rows.append("Quoted word for word from the passages, no model" if answer.mode == "quoted" else "Written by a model from the passages")
    rows += [f"Time, {name}: {spent:,.0f} ms" for name, spent in answer.timings_ms.items()]
    return "\n".join(f"- {row}" for row in rows)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:87] + "..."


def _said(role: str, text: str) -> Message:
    return {"role": role, "content": text}


def _lines(text: str) -> str:
    """What a person typed: its line ends kept."""
    return _outside_code(text, lambda prose: _escape(prose).replace("\n", "  \n"))


def harmless(text: str) -> str:
    """Markdown in which nothing outside code is taken for HTML, so `Vec<T>` stays visible and no tag gets through."""
    return _outside_code(text, _escape)


def _escape(prose: str) -> str:
    return TAG_LIKE.sub("&lt;", ENTITY_LIKE.sub("&amp;", prose))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for code in CODE.finditer(text):
        parts += [change(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, change(text[at:])])


def number_at(numbers: Sequence[int], index: int | Sequence[int]) -> int | None:
    """The entry behind a message's place in the list; the chatbot counts messages, some events as a pair."""
    place = index if isinstance(index, int) else index[0]
    return numbers[place] if 0 <= place < len(numbers) else None


def as_typed(text: str) -> str:
    """What a person typed, from a message as it was shown to them (the chatbot's edit box holds the shown form)."""
    return _outside_code(text, lambda prose: prose.replace("  \n", "\n").replace("&lt;", "<").replace("&amp;", "&"))
