"""A chat endpoint on loopback that misbehaves on demand, over real sockets. The name of the model says how."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATUS = {"denied": 401, "unknown": 404, "busy": 429, "busy-unsaid": 429, "down": 500, "flaky": 503, "refusing": 400}


@dataclass
class Seen:
    """What the server was asked, and how requests ended."""

    requests: list[dict] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    address: str = ""
    reply: str = "Set `ReadHeaderTimeout` to a few seconds."


def _handler(seen: Seen) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.requests.append(body)
            mode = body["model"]
            if mode in STATUS and not (mode == "flaky" and len(seen.requests) > 2):
                self._refuse(mode)
                return
            try:
                getattr(self, f"_{mode.replace('-', '_')}", self._good)()
            except (BrokenPipeError, ConnectionResetError):
                seen.closed.set()

        def _refuse(self, mode: str) -> None:
            content = b'{"error": {"message": "key sk-secret-123 is wrong"}}'
            self.send_response(STATUS[mode])
            if mode == "busy":
                self.send_header("Retry-After", "7")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _begin(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()

        def _say(self, text: str | None, finish: str | None = None) -> None:
            delta = {"role": "assistant", "content": text} if text is not None else {}
            chunk = {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

        def _end(self) -> None:
            self._say(None, "stop")
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def _good(self) -> None:
            self._begin()
            for word in seen.reply.split(" "):
                self._say(word + " ")
                time.sleep(0.005)
            self._end()

        def _empty(self) -> None:
            self._begin()
            self._end()

        def _silent(self) -> None:
            self._begin()
            self._wait_until_closed()

        def _stalling(self) -> None:
            self._begin()
            self._say("Set the ")
            self._wait_until_closed()

        def _wait_until_closed(self) -> None:
            """Send comments that a client ignores until it has gone."""
            for _ in range(400):
                self.wfile.write(b": waiting\n\n")
                self.wfile.flush()
                time.sleep(0.02)

        def _broken(self) -> None:
            self._begin()
            self._say("Set the ")
            self._say("header ")
            self.close_connection = True

        def _garbage(self) -> None:
            self._begin()
            self.wfile.write(b"data: <html>not json\n\n")
            self.close_connection = True

        def _endless(self) -> None:
            self._begin()
            while True:
                self._say("and so on " * 100)

    return Handler


@contextmanager
def misbehaving_server() -> Iterator[Seen]:
    """The server, running; `seen.address` is what GNOMON_MODEL_URL takes."""
    seen = Seen()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(seen))
    server.daemon_threads = True
    seen.address = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
