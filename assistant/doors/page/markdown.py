"""Authored Markdown as safe HTML. In: Markdown, and spans to mark in it. Out: HTML without scripts, images or raw HTML; code is coloured."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Two rare brackets stand for <mark> while Markdown is rendered; they count as punctuation, so emphasis beside them still works.
OPEN, CLOSE = "⸨", "⸩"
BLOCK_START = re.compile(r"(?:\s*(?:[-*]|\d+\.)\s+(?:\[[ xX]\]\s+)?)+")
TAG = re.compile(r"(<[^>]*>)")
PASSAGE_LINK = re.compile(r"^([a-z0-9-]+)#([a-z0-9-]+)$")

Span = tuple[int, int]


def to_html(text: str, marked: Sequence[Span] = ()) -> str:
    """Markdown as HTML, with the text of each `[start, end)` span in <mark>."""
    return _place_marks(_parser().render(_with_brackets(text, marked)).replace("<li>[ ] ", '<li class="todo">'))


def inline(text: str) -> str:
    """One line of Markdown as HTML, without a paragraph around it."""
    return _place_marks(_parser().renderInline(_with_brackets(text, ())))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable("table").disable("image")
    parser.add_render_rule("link_open", _open_link)
    return parser


def _open_link(_self: object, tokens: Sequence[object], at: int, *_: object) -> str:
    target = str(tokens[at].attrGet("href") or "")  # type: ignore[attr-defined]
    if passage := PASSAGE_LINK.match(target):
        return f'<a href="#{passage[1]}--{passage[2]}">'
    return f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer">'


def _highlight(code: str, language: str, attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    named = dict(word.split("=", 1) for word in attributes.split() if "=" in word)
    mistake = " shows the mistake" if "bad" in attributes.split() else ""
    caption = f'<span class="file{" bad" if mistake else ""}">{escape(named.get("file", ""))}{mistake}</span>' if named.get("file") else ""
    # markdown-it keeps what begins with <pre as it is.
    return f'<pre class="code" tabindex="0">{caption}<code>{highlight(code, lexer, HtmlFormatter(nowrap=True))}</code></pre>'


def _with_brackets(text: str, marked: Sequence[Span]) -> str:
    parts, at = [], 0
    text = text.replace(OPEN, "(").replace(CLOSE, ")")
    for start, end in _merged(marked, len(text)):
        begin = start
        if (not text[:start].strip() or text[:start].endswith("\n")) and (mark := BLOCK_START.match(text, start)):
            begin = min(mark.end(), end)  # a bracket before a list mark would end the list
        parts += [text[at:begin], OPEN, text[begin:end], CLOSE]
        at = end
    return "".join([*parts, text[at:]])


def _merged(spans: Iterable[Span], length: int) -> list[Span]:
    """Spans in order, overlapping and foreign ones cut."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        start, end = max(start, merged[-1][1] if merged else 0), min(end, length)  # noqa: PLW2901 - cut to what is left
        if start < end:
            merged.append((start, end))
    return merged


def _place_marks(html: str) -> str:
    """Wrap every run of text between the brackets, so that tags stay properly nested whatever a span covers."""
    inside, out = False, []
    for piece in TAG.split(html):
        if piece.startswith("<"):
            out.append(piece)
            continue
        for part in re.split(f"([{OPEN}{CLOSE}])", piece):
            if part in (OPEN, CLOSE):
                inside = part == OPEN
            elif part:
                out.append(f"<mark>{part}</mark>" if inside and part.strip() else part)
    return "".join(out)
