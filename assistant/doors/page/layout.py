"""The page's parts and their wiring: the one file that imports Gradio's components. In: handlers and sessions. Out: gr.Blocks."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.doors.page.handlers import Handlers, View
from assistant.doors.page.sessions import COOKIE, Session, Sessions

TITLE = "Gnomon"
ASSETS = Path(__file__).parent / "assets"
EXAMPLES = (
    "How do I stop a slow client from holding a connection to my Go server?",
    "How do I share a database pool between axum handlers?",
    "Why does PostgreSQL ignore my index?",
    "How do I prevent a cache stampede when a hot key expires?",
)
MOST_QUEUED = 64
AT_ONCE = 8  # handlers that run side by side
DELETE_CACHE_SECONDS = 3600
BROKEN = "Something went wrong in the program itself. The server's log says what; your project and conversation are kept."
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

WELCOME = """### Ask about a backend in Go or Rust

Answers are quoted from reviewed methodologies, each sentence with its source. Upload a repository and they fit its stack. No account, no model needed.

{samples}"""
BRIDGE = "window.gnomonAct = (name, value) => trigger('act', {name: String(name), value: String(value ?? '')});"


def build_page(handlers: Handlers, sessions: Sessions, samples: Iterable[str]) -> gr.Blocks:
    """The whole page, wired."""
    names = list(samples)
    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(DELETE_CACHE_SECONDS, DELETE_CACHE_SECONDS))
    with page:
        gr.HTML(_fragment("header"), elem_id="header", js_on_load=None, apply_default_css=False)
        bridge = gr.HTML("", elem_id="bridge", js_on_load=BRIDGE)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Ask", id="ask"):
                parts = _ask_tab(names)
            with gr.Tab("Methodologies", id="read", render_children=True):
                gr.HTML(_fragment("reader"), elem_id="reading", js_on_load=None, apply_default_css=False)
        _wire(page, bridge, parts, handlers, sessions)
    page.queue(max_size=MOST_QUEUED, default_concurrency_limit=AT_ONCE)
    return page


def theme() -> gr.themes.Base:
    """Fonts that Gradio serves itself, one accent, flat blocks; the rest is in page.css. Weight 700, because the 600 that Gradio brings lacks letters."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.cyan,
        neutral_hue=gr.themes.colors.gray,
        radius_size=gr.themes.sizes.radius_sm,
        font=[gr.themes.LocalFont("IBM Plex Sans", (400, 700)), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", (400, 700)), "ui-monospace", "monospace"],
    )


def _ask_tab(samples: list[str]) -> dict[str, Any]:
    """Project, chat and sources, side by side; page.css makes them one column on a phone."""
    gr.HTML(_fragment("switch"), elem_id="switch", js_on_load=None, apply_default_css=False)
    parts: dict[str, Any] = {}
    with gr.Row(elem_id="columns", equal_height=False):
        with gr.Column(elem_id="project", min_width=0):
            gr.HTML(_fragment("drop").format(samples=_sample_buttons(samples)), elem_id="drop", js_on_load=None, apply_default_css=False)
            parts["project"] = gr.HTML("", elem_id="card", js_on_load=None, apply_default_css=False)
        with gr.Column(elem_id="chat", min_width=0):
            parts["messages"] = _chatbot(samples)
            parts["status"] = gr.HTML("", elem_id="status", js_on_load=None, apply_default_css=False)
            parts["chips"] = gr.HTML("", elem_id="chips", js_on_load=None, apply_default_css=False)
            parts["draft"] = gr.Textbox(
                placeholder="Ask about handlers, queries, caches, queues, errors",
                show_label=False,
                label="Question",
                lines=1,
                max_lines=8,
                submit_btn=True,
                elem_id="question",
            )
        with gr.Column(elem_id="sources", min_width=0):
            parts["sources"] = gr.HTML("", elem_id="cards", js_on_load=None, apply_default_css=False)
    return parts


def _chatbot(samples: list[str]) -> gr.Chatbot:
    links = " ".join(f"[Try {name}](#act-sample-{at})" for at, name in enumerate(samples))
    return gr.Chatbot(
        show_label=False,
        label="Conversation",
        elem_id="talk",
        layout="panel",
        buttons=["copy"],
        editable="user",
        feedback_options=None,
        latex_delimiters=[],
        line_breaks=False,
        sanitize_html=True,
        allow_tags=False,
        container=False,
        placeholder=WELCOME.format(samples=links),
        examples=[{"text": text} for text in EXAMPLES],
    )


def _fragment(name: str) -> str:
    return (ASSETS / f"{name}.html").read_text(encoding="utf-8")


def _sample_buttons(samples: list[str]) -> str:
    buttons = "".join(f'<button data-act="sample" data-value="{at}">{name}</button>' for at, name in enumerate(samples))
    return f'<p class="quiet samples">or try {buttons}</p>' if buttons else ""


def _wire(page: gr.Blocks, bridge: gr.HTML, parts: dict[str, Any], handlers: Handlers, sessions: Sessions) -> None:
    outputs = [parts[name] for name in ("messages", "chips", "project", "sources", "status", "draft")]
    chat, field = parts["messages"], parts["draft"]
    many: dict[str, Any] = {**PRIVATE, "trigger_mode": "multiple"}

    def session_of(request: gr.Request) -> Session:
        """Whoever holds the cookie; nothing that the caller can choose counts."""
        session = sessions.get(request.cookies.get(COOKIE))
        if session is None:
            raise gr.Error("This browser's session ended. Reload the page.", print_exception=False)
        return session

    def load(request: gr.Request) -> list[Any]:
        return _updates(handlers.whole(session_of(request)))

    def ask(text: str, request: gr.Request) -> Iterator[list[Any]]:
        yield from _stream(handlers.ask(session_of(request), text))

    def act(event: gr.EventData, request: gr.Request) -> Iterator[list[Any]]:
        done = event._data if isinstance(event._data, dict) else {}
        yield from _stream(handlers.act(session_of(request), str(done.get("name", "")), str(done.get("value", ""))))

    def choose(event: gr.SelectData, request: gr.Request) -> Iterator[list[Any]]:
        text = event.value.get("text", "") if isinstance(event.value, dict) else event.value
        yield from _stream(handlers.ask(session_of(request), str(text)))

    def retry(event: gr.RetryData, request: gr.Request) -> Iterator[list[Any]]:
        yield from _stream(handlers.retry(session_of(request), event.index))

    def undo(event: gr.UndoData, request: gr.Request) -> Iterator[list[Any]]:
        yield from _stream(handlers.undo(session_of(request), event.index))

    def edit(event: gr.EditData, request: gr.Request) -> Iterator[list[Any]]:
        yield from _stream(handlers.edit(session_of(request), event.index, str(event.value)))

    def clear(request: gr.Request) -> Iterator[list[Any]]:
        yield from _stream(handlers.clear(session_of(request)))

    def stop(request: gr.Request) -> None:
        session_of(request).stop = True

    page.load(load, None, outputs, **PRIVATE)
    field.submit(ask, field, outputs, **PRIVATE)
    field.stop(stop, None, None, **PRIVATE)
    bridge.act(act, None, outputs, **many)
    chat.example_select(choose, None, outputs, **PRIVATE)
    chat.option_select(choose, None, outputs, **PRIVATE)
    chat.retry(retry, None, outputs, **PRIVATE)
    chat.undo(undo, None, outputs, **PRIVATE)
    chat.clear(clear, None, outputs, **PRIVATE)
    chat.edit(edit, None, outputs, **PRIVATE)


def _stream(views: Iterator[View]) -> Iterator[list[Any]]:
    """Views as updates; a bug is in the log with its trace, and the page says so instead of going quiet."""
    try:
        yield from map(_updates, views)
    except Exception:
        logging.getLogger(__name__).exception("A handler of the page failed.")
        yield _updates(View(status=BROKEN, running=False))


def _updates(view: View) -> list[Any]:
    """A View in the order of the outputs; None is left as it is."""
    parts: list[Any] = [view.messages, view.chips, view.project, view.sources, view.status]
    field: dict[str, Any] = {} if view.draft is None else {"value": view.draft}
    if view.running is not None:
        field |= {"submit_btn": not view.running, "stop_btn": view.running}
    return [gr.skip() if part is None else part for part in parts] + [gr.update(**field) if field else gr.skip()]
