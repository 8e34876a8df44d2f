"""What every request passes before anything else. In: an ASGI app. Out: the same app behind checks of host, origin, path, size and identity,
with security headers on everything it sends.
"""

import re
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.doors.page.sessions import COOKIE, Sessions

TRUSTED_HOSTS = ("127.0.0.1", "localhost", "[::1]")
# The page's own routes and what Gradio's front end asks for; everything else (monitoring, file serving, Gradio's upload, plain calls) is not there.
OPEN_PATHS = re.compile(
    r"/(?:$|health$|page/|assets/|static/|svelte/|theme\.css$|manifest\.json$|favicon\.ico$|robots\.txt$|pwa_icon|config$"
    r"|project$|gradio_api/(?:queue/(?:join|data)|cancel|reset|startup-events|app_id|user|login_check)/?$)"
)
NEEDS_COOKIE = re.compile(r"/(?:project|gradio_api/(?:queue/(?:join|data)|cancel|reset))/?$")
EVENTS_PATH = re.compile(r"/gradio_api/queue/data/?$")
MOST_BODY_BYTES = 1_000_000  # of a request that is not an upload; a question has at most some thousand characters
UPLOAD_PATH = "/project"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
}
# Gradio writes style attributes, and its HTML component makes functions from strings; its inline scripts carry a nonce instead of 'unsafe-inline'.
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
NOT_KEPT = ("text/html", "application/json", "application/x-ndjson", "text/event-stream")  # never in a browser's cache
SCRIPT_TAG = re.compile(rb"<script(?=[\s>])")
OWN_HEAD = b'<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="page/page.css"><script src="page/page.js" defer></script></head>'


class Guard:
    """Pure ASGI, so that streams pass through as they come."""

    def __init__(self, app: ASGIApp, sessions: Sessions, max_upload_bytes: int) -> None:
        self._app, self._sessions, self._max_upload_bytes = app, sessions, max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookie = read_cookie(headers)
        reply = _Reply(scope, send, self._cookie_for(scope, cookie))
        if refusal := self._refuse(scope, headers, cookie):
            await refusal(scope, receive, reply.send)
            return
        await self._app(_uncompressed(scope) if scope["path"] == "/" else scope, _bounded(receive, self._limit(scope)), reply.send)

    def _cookie_for(self, scope: Scope, cookie: str | None) -> str | None:
        """A new cookie for whoever opens the page without a valid one."""
        opens = scope["path"] == "/" and scope["method"] == "GET"
        return self._sessions.new_cookie() if opens and not self._sessions.is_signed(cookie) else None

    def _refuse(self, scope: Scope, headers: Headers, cookie: str | None) -> PlainTextResponse | None:
        return _refuse_address(scope, headers) or self._refuse_visitor(scope, cookie) or self._refuse_size(scope, headers)

    def _refuse_visitor(self, scope: Scope, cookie: str | None) -> PlainTextResponse | None:
        if not NEEDS_COOKIE.match(scope["path"]):
            return None
        if not self._sessions.is_signed(cookie):
            return PlainTextResponse("This browser has no session here, or it ended. Reload the page.", 403)
        stream = QueryParams(scope["query_string"]).get("session_hash")
        if EVENTS_PATH.match(scope["path"]) and not (stream and self._sessions.owns_stream(cookie, stream)):
            return PlainTextResponse("These events belong to another browser.", 403)
        return None

    def _refuse_size(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        limit, length = self._limit(scope), headers.get("content-length", "0")
        if length.isdecimal() and int(length) <= limit:
            return None
        return PlainTextResponse(f"The request is larger than {limit // 1_000_000} MB.", 413, {"connection": "close"})

    def _limit(self, scope: Scope) -> int:
        return self._max_upload_bytes if scope["path"] == UPLOAD_PATH else MOST_BODY_BYTES


def _refuse_address(scope: Scope, headers: Headers) -> PlainTextResponse | None:
    """Another host name (DNS rebinding), a path that is not open, or a request that another site sends."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if re.sub(r":\d+$", "", host) not in TRUSTED_HOSTS:
        return PlainTextResponse("This page answers to 127.0.0.1 and localhost only.", 421)
    if not OPEN_PATHS.match(scope["path"]):
        return PlainTextResponse("There is nothing here.", 404)
    if origin and scope["method"] not in ("GET", "HEAD") and origin.partition("://")[2] != host:
        return PlainTextResponse("Another site may not send requests to this page.", 403)
    return None


def read_cookie(headers: Headers) -> str | None:
    """The session cookie of a request, signed or not."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def _uncompressed(scope: Scope) -> Scope:
    """The same request without leave to compress: the page is rewritten on its way out."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]}


def _bounded(receive: Receive, limit: int) -> Receive:
    """`receive` that ends the stream as a disconnect when a body without a length grows past the limit."""
    got = 0

    async def bounded() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return {"type": "http.disconnect"} if got > limit else message

    return bounded


class _Reply:
    """Adds headers to a response; the page itself is held back whole so that its scripts get their nonce."""

    def __init__(self, scope: Scope, send: Send, new_cookie: str | None) -> None:
        self._is_page = scope["path"] == "/"
        self._secure = scope.get("scheme") == "https"
        self._send, self._cookie = send, new_cookie
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        """One message of the response."""
        if message["type"] == "http.response.start":
            self._add_headers(MutableHeaders(scope=message))
            if self._is_page:
                self._start = message
                return
        elif self._is_page and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page()
            return
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers.update({**HEADERS, "content-security-policy": POLICY.format(nonce=self._nonce)})
        if headers.get("content-type", "").startswith(NOT_KEPT):
            headers["cache-control"] = "no-store"
        if self._cookie:
            secure = "; Secure" if self._secure else ""
            headers.append("set-cookie", f"{COOKIE}={self._cookie}; Path=/; HttpOnly; SameSite=Lax{secure}")

    async def _send_page(self) -> None:
        nonce = f'<script nonce="{self._nonce}"'.encode()
        body = SCRIPT_TAG.sub(lambda _: nonce, self._body.replace(b"</head>", OWN_HEAD, 1))
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
