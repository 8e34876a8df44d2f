"""An upload on its way into memory. In: a request's body. Out: lines of JSON, one a stage, the last saying how it ended. The file is gone when it is read."""

import asyncio
import json
import queue
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from assistant.assistant import Assistant, Progress
from assistant.doors.page.handlers import Handlers
from assistant.doors.page.sessions import Session

READ_AT_ONCE = 2  # archives read side by side; the others wait, which keeps memory bounded
MOST_WAITING = 40
SECONDS_BETWEEN_LOOKS = 0.05

Line = dict[str, Any]


class Uploads:
    """Receives archives for one Assistant."""

    def __init__(self, assistant: Assistant, handlers: Handlers) -> None:
        self._assistant, self._handlers = assistant, handlers
        self._reading = threading.BoundedSemaphore(READ_AT_ONCE)
        self._waiting = 0

    async def receive(self, request: Request, session: Session) -> Response:
        """Store the body, read it, delete it; answer with the stages."""
        if self._waiting >= MOST_WAITING:
            return PlainTextResponse("Many projects are being read just now. Try again in a minute.", 503)
        folder = Path(tempfile.mkdtemp(prefix="gnomon-upload-"))
        self._waiting += 1
        try:
            path = folder / _safe_name(request.query_params.get("name", ""))
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
        except BaseException as error:
            self._done_with(folder)
            if isinstance(error, ClientDisconnect):
                return PlainTextResponse("The upload was broken off, or is larger than allowed.", 413)
            raise
        stages: queue.SimpleQueue[Line] = queue.SimpleQueue()
        # Begun here and not with the first line of the response, so that a client that has left does not leave its file behind.
        threading.Thread(target=self._read, args=(path, session, stages.put), daemon=True, name="read-upload").start()
        return StreamingResponse(_lines(stages), media_type="application/x-ndjson")

    def _read(self, path: Path, session: Session, report: Callable[[Line], None]) -> None:
        session.message = "The project could not be read. The server's log says why."
        progress: Progress = lambda stage, done: report({"stage": stage, "done": round(done, 3)})  # noqa: E731 - a name for the protocol
        try:
            with self._reading:
                self._handlers.open_project(session, lambda: self._assistant.open_project(path, progress))
        finally:
            self._done_with(path.parent)
            report({"ok": not session.message, "message": session.message})

    def _done_with(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._waiting -= 1


async def _lines(stages: "queue.SimpleQueue[Line]") -> AsyncIterator[str]:
    """What the reading thread reports, as it comes."""
    while True:
        try:
            line = stages.get_nowait()
        except queue.Empty:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        yield json.dumps(line) + "\n"
        if "ok" in line:
            return


def _safe_name(name: str) -> str:
    """The last part of the name as sent; it is shown and decides nothing."""
    last = "".join(char for char in name.replace("\\", "/").rsplit("/", 1)[-1] if char.isprintable() and char != "/").strip(". ")
    return last[-120:] or "upload"
