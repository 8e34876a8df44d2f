"""Sources as HTML. In: an entry with its answer, and a way to look passages up. Out: one card a source, the quoted sentences marked; all text escaped."""

import re
from collections.abc import Callable, Mapping
from html import escape

from assistant.doors.page.markdown import Span, inline, to_html
from assistant.doors.page.sessions import Entry
from assistant.doors.page.shown import CONTEXT_KEYS, Answer, Passage, ProjectContext, ProjectSource, Source
from assistant.doors.page.words import filter_words, name_of, value_of

Lookup = Callable[[str], Passage]

LINES_AROUND = 4
# A part of a passage: a fenced block of code, or what stands between blank lines.
PART = re.compile(r"^(`{3,}|~{3,})[^\n]*\n(?:.*?\n)??\1[ \t]*$|(?:^(?!`{3,}|~{3,})[^\n]*\S[^\n]*\n?)+", re.DOTALL | re.MULTILINE)
EMPTY = '<p class="empty">The passages behind an answer stand here, each with the sentence that supports it.</p>'
WITHOUT = '<p class="empty">This answer rests on no source.</p>'


def sources_html(entry: Entry | None, lookup: Lookup, context: ProjectContext) -> str:
    """The whole right column for one answer."""
    if entry is None or entry.answer is None:
        return f"<h2>Sources</h2>{EMPTY}"
    answer = entry.answer
    cards = "".join(
        _project_card(source, entry.number, context) if isinstance(source, ProjectSource) else _card(source, entry.number, lookup, answer.filters)
        for source in answer.sources
    )
    about = f'<p class="about" title="{escape(entry.question)}">for “{escape(_short(entry.question))}”</p>' if entry.question else ""
    body = cards or WITHOUT
    return f'<div data-turn="{entry.number}"><h2>Sources</h2>{about}{body}{_unused(answer, lookup)}{_hidden(answer)}</div>'


def _card(source: Source, number: int, lookup: Lookup, filters: Mapping[str, tuple[str, ...]]) -> str:
    passage = lookup(source.passage)
    title = f"{passage.title} > {passage.heading}" if passage.heading != passage.title else passage.title
    reference = f"{title} ({passage.id}, reviewed {passage.verified})"
    heading = f'<span class="of">{inline(passage.title)}</span> {inline(passage.heading) if passage.heading != passage.title else "Summary"}'
    return (
        f'<article class="card" id="t{number}-{source.n}" tabindex="-1" aria-label="Source {source.n}">'
        f'<header><span class="n">{source.n}</span><span class="strength {source.strength}">{source.strength} match</span>{_back(number, source.n)}</header>'
        f'<h3>{heading}</h3><div class="excerpt">{_excerpt(source, passage.text)}</div>'
        f'<p class="quiet">{_told(passage, filters)}</p>'
        f'<footer><a href="#{escape(passage.id.replace("#", "--"))}" class="read">Read the whole section</a>'
        f'<button class="link" data-copy="{escape(reference)}">Copy reference</button></footer></article>'
    )


def _back(number: int, n: str) -> str:
    return f'<button class="link back" data-back="t{number}-{n}" aria-label="Back to {n} in the answer">back</button>'


def _told(passage: Passage, filters: Mapping[str, tuple[str, ...]]) -> str:
    """Review date, language, and which filters the passage met."""
    met = {key: tuple(value for value in values if value in passage.applies_to.get(key, ())) for key, values in filters.items()}
    words = [f"Reviewed {passage.verified}" if passage.verified else "", value_of(passage.language) if passage.language != "neutral" else "Go and Rust"]
    words += [f"since {passage.since}" if passage.since else "", f"meets {filter_words(met)}" if filter_words(met) else ""]
    return " · ".join(escape(word) for word in words if word)


def _excerpt(source: Source, text: str) -> str:
    """The parts of the passage that hold a quote, marked; gaps shown as such."""
    spans = [(quote.start, quote.end) for quote in source.quotes]
    parts = [(found.start(), found.end()) for found in PART.finditer(text)]
    kept = [part for part in parts if any(part[0] < end and start < part[1] for start, end in spans)] or parts[:1]
    rows, last = [], -1
    for part in kept:
        at = parts.index(part)
        rows.append('<p class="gap" aria-hidden="true">…</p>' if at != last + 1 else "")
        rows.append(to_html(text[part[0] : part[1]], _within(spans, part, text)))
        last = at
    return "".join(rows) + ('<p class="gap" aria-hidden="true">…</p>' if last + 1 < len(parts) else "")


def _within(spans: list[Span], part: Span, text: str) -> list[Span]:
    """The spans cut to one part; code is shown whole and needs no mark."""
    if text[part[0] : part[1]].startswith(("```", "~~~")):
        return []
    return [(max(start, part[0]) - part[0], min(end, part[1]) - part[0]) for start, end in spans if start < part[1] and part[0] < end]


def _project_card(source: ProjectSource, number: int, context: ProjectContext) -> str:
    place = source.path if source.line is None else f"{source.path}:{source.line}"
    return (
        f'<article class="card own" id="t{number}-{source.n}" tabindex="-1" aria-label="Source {source.n}">'
        f'<header><span class="n">{source.n}</span><span class="strength">your code</span>{_back(number, source.n)}</header>'
        f"<h3><code>{escape(place)}</code></h3>{_own_lines(source, context)}"
        f'<footer><button class="link" data-copy="{escape(place)}">Copy reference</button></footer></article>'
    )


def _own_lines(source: ProjectSource, context: ProjectContext) -> str:
    text = context.tree.texts.get(source.path) if context.tree else None
    lines = text.splitlines() if text else []
    if source.line is None or not 0 < source.line <= len(lines) or source.text.strip() not in lines[source.line - 1]:
        return f'<pre class="proof">{escape(source.text)}</pre>'
    first = max(source.line - 1 - LINES_AROUND, 0)
    rows = [f"{number:>4}  {escape(line[:200])}" for number, line in enumerate(lines[first : source.line + LINES_AROUND], first + 1)]
    at = source.line - 1 - first
    rows[at] = f"<mark>{rows[at]}</mark>"
    return f'<pre class="proof" tabindex="0">{chr(10).join(rows)}</pre>'


def _unused(answer: Answer, lookup: Lookup) -> str:
    if not answer.unused:
        return ""
    rows = []
    for passage in map(lookup, answer.unused):
        rows.append(
            f'<li><a href="#{escape(passage.id.replace("#", "--"))}">{inline(passage.heading)}</a> <span class="quiet">{escape(passage.title)}</span></li>'
        )
    return f'<details class="fold"><summary>Retrieved but not used ({len(rows)})</summary><ul class="unused">{"".join(rows)}</ul></details>'


def _hidden(answer: Answer) -> str:
    """What the filters kept out, and a button that asks again without the language."""
    show = '<button class="link" data-act="unhide">show</button>'
    rows = [f'<p class="hidden-by">{escape(_counted(name, count))} hidden by your filters {show}</p>' for name, count in answer.hidden.items() if count]
    return "".join(rows)


def _counted(name: str, count: int) -> str:
    """`language` counts what is in other languages; another key what has another value; a value counts itself."""
    passages = "passage" if count == 1 else "passages"
    if name == "language":
        return f"{count:,} {passages} in other languages"
    return f"{count:,} {passages} with another {name_of(name).lower()}" if name in CONTEXT_KEYS else f"{count:,} {value_of(name)} {passages}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:77] + "..."
