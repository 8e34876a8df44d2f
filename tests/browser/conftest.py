"""A real browser on a real server. A missing browser is one clear sentence: a failure where GNOMON_REQUIRE_TOOLS=1, else a skip."""

import os
import queue
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from assistant.doors.page.server import create_app
from assistant.settings import read_settings
from tests.fakes import FakeAssistant

CHROMIUM = Path("/usr/bin/chromium")
LEAVING = re.compile("AbortError|errored out")  # Gradio's streams complain when a page is left
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: its driver keeps an event loop running in this thread, which the tests of other folders cannot have."""
    if not CHROMIUM.exists():
        report = pytest.fail if os.environ.get("GNOMON_REQUIRE_TOOLS") == "1" else pytest.skip
        report(f"{CHROMIUM} is missing: install Debian's chromium to run the page in a browser.")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[object], str]]:
    """Serve a page over an assistant on a free loopback port; its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(assistant: object) -> str:
        ready: queue.SimpleQueue[uvicorn.Server] = queue.SimpleQueue()
        thread = threading.Thread(target=_run, args=(assistant, ready), daemon=True)
        thread.start()
        server = ready.get(timeout=60)
        running.append((server, thread))
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(10)


def _run(assistant: object, ready: "queue.SimpleQueue[uvicorn.Server]") -> None:
    """Build and serve in this thread: the browser's driver keeps an event loop running in the main one."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(assistant, read_settings({})), host="127.0.0.1", port=0, log_level="error", ws="none", timeout_graceful_shutdown=2)
    )
    ready.put(server)
    server.run()


@pytest.fixture(scope="session")
def small() -> FakeAssistant:
    return FakeAssistant(seconds_per_piece=0.005)


@pytest.fixture(scope="session")
def address(serve, small) -> str:
    """A page over the small assistant."""
    return serve(small)


class Visitor:
    """One browser context with one open page; keeps what left the host and what the console complained of."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address, self.foreign, self.complaints = address, [], []
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(url)

    def open(self, path: str = "") -> Page:
        """Go there and wait until the page is alive."""
        self.page.goto(self.address + path)
        self.complaints = [text for text in self.complaints if not LEAVING.search(text)]
        self.page.wait_for_selector("body[data-ready]", state="attached")
        self.page.wait_for_selector("#chips p, #chips .chips", state="attached")
        return self.page

    def ask(self, question: str) -> None:
        """Type a question and wait for the end of its answer."""
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.wait_for_answer(question)

    def wait_for_answer(self, question: str) -> None:
        """Until the talk ends with an answer to this question."""
        self.page.wait_for_selector(f"#talk [data-testid=user]:has-text({question!r})")
        self.page.wait_for_function("document.querySelector('#status').textContent.includes('Answer ready')")

    def upload(self, path: Path) -> None:
        """Choose a file in the project panel."""
        self.page.set_input_files("#upload", path)


@pytest.fixture
def new_visitor(browser, address) -> Iterator[Callable[..., Visitor]]:
    """Open a fresh browser context on the page; afterwards, nothing may have left the host and no script may have failed."""
    made: list[tuple[BrowserContext, Visitor]] = []

    def visit(where: str = address, **options: object) -> Visitor:
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        made.append((context, Visitor(context, where)))
        return made[-1][1]

    yield visit
    for context, _ in made:
        context.close()
    assert [url for _, visitor in made for url in visitor.foreign] == []
    assert [text for _, visitor in made for text in visitor.complaints] == []


@pytest.fixture
def visitor(new_visitor) -> Visitor:
    return new_visitor()


@pytest.fixture
def orders_zip(tmp_path: Path) -> Path:
    """A small Go service as an archive."""
    files = {
        "orders/go.mod": "module example.com/orders\n\ngo 1.26\n\nrequire (\n\tgithub.com/gin-gonic/gin v1.11.0\n\tgithub.com/jackc/pgx/v5 v5.7.1\n)\n",
        "orders/cmd/orders/main.go": ORDERS_MAIN,
    }
    return make_zip(tmp_path / "orders.zip", files)


@pytest.fixture
def bad_zip(tmp_path: Path) -> Path:
    (tmp_path / "notes.zip").write_bytes(b"these are notes, not an archive")
    return tmp_path / "notes.zip"


ORDERS_MAIN = """package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	pool, _ := pgxpool.New(nil, "postgres://localhost/orders")
	router := gin.Default()
	router.GET("/orders", func(c *gin.Context) { c.JSON(http.StatusOK, pool.Stat()) })
	server := &http.Server{Addr: ":8080", Handler: router}
	_ = server.ListenAndServe()
}
"""


def make_zip(path: Path, files: dict[str, str]) -> Path:
    """An archive with these files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path
