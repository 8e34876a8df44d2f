"""The web server around the page. In: an Assistant and Settings. Out: a FastAPI app, or a running server on a loopback address."""

import asyncio
import ipaddress
import os
import threading
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from assistant.assistant import Assistant
from assistant.doors.page.guard import Guard, read_cookie
from assistant.doors.page.handlers import Handlers
from assistant.doors.page.reader import contents_html, document_html
from assistant.doors.page.sessions import Sessions
from assistant.doors.page.upload import Uploads
from assistant.errors import SettingError
from assistant.settings import Settings

ASSETS = Path(__file__).parent / "assets"
ASSET_TYPES = {"page.css": "text/css", "page.js": "text/javascript"}
INSTEAD = "Use 127.0.0.1, and a tunnel such as ssh -L to reach it from elsewhere."
# Nothing is reported anywhere; and Gradio would otherwise build a data frame of all past events after every event.
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def serve_page(assistant: Assistant, settings: Settings) -> None:
    """Serve the page until stopped. Raises SettingError for an address that others can reach."""
    check_host(settings.host)
    import uvicorn

    threading.Thread(target=assistant.warm_up, daemon=True).start()
    uvicorn.run(
        create_app(assistant, settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=8,
    )


def check_host(host: str) -> None:
    """Refuse to listen where others could reach a page without a login."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SettingError(f"GNOMON_HOST={host!r} would show the page to others, and it has no login yet. {INSTEAD}")


def create_app(assistant: Assistant, settings: Settings) -> FastAPI:
    """The page with its own routes, behind the guard."""
    return asyncio.run(_build(assistant, settings))  # Gradio leaves event loops behind when it is built while none runs


async def _build(assistant: Assistant, settings: Settings) -> FastAPI:
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    sessions, handlers = Sessions(settings.session_hours), Handlers(assistant)
    app = FastAPI(title="Gnomon", docs_url=None, redoc_url=None, openapi_url=None)
    _add_routes(app, assistant, sessions, handlers)
    _mount_page(app, handlers, sessions, assistant)
    app.add_middleware(Guard, sessions=sessions, max_upload_bytes=settings.max_upload_mb * 1_000_000)
    return app


def _add_routes(app: FastAPI, assistant: Assistant, sessions: Sessions, handlers: Handlers) -> None:
    uploads = Uploads(assistant, handlers)
    documents = {document.id: document for document in assistant.methodologies()}
    titles = {document.id: document.title for document in documents.values()}

    @app.get("/health")
    def health() -> JSONResponse:
        return JSONResponse({"status": "ok", "methodologies": len(documents)})

    @app.get("/page/contents")
    def contents() -> HTMLResponse:
        return HTMLResponse(contents_html(list(documents.values())))

    @app.get("/page/document/{document_id}")
    def document(document_id: str) -> HTMLResponse:
        if document_id not in documents:
            return HTMLResponse('<p class="empty">There is no methodology of this name.</p>', 404)
        return HTMLResponse(document_html(documents[document_id], titles))

    @app.get("/page/{name}")
    def asset(name: str) -> FileResponse:
        if name not in ASSET_TYPES:
            raise HTTPException(404)
        return FileResponse(ASSETS / name, media_type=ASSET_TYPES[name], headers={"cache-control": "no-cache"})

    @app.post("/project")
    async def project(request: Request) -> Response:
        session = sessions.get(read_cookie(request.headers))
        if session is None:
            raise HTTPException(403)
        return await uploads.receive(request, session)


def _mount_page(app: FastAPI, handlers: Handlers, sessions: Sessions, assistant: Assistant) -> None:
    import gradio

    from assistant.doors.page.layout import build_page, theme

    gradio.mount_gradio_app(
        app,
        build_page(handlers, sessions, [_sample_name(folder) for folder in assistant.samples()]),
        path="/",
        theme=theme(),
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        max_file_size=0,
        allowed_paths=[],
        mcp_server=False,
        pwa=False,
    )


def _sample_name(folder: Path) -> str:
    """`go-orders-api` -> go orders api."""
    return folder.name.replace("-", " ").replace("_", " ")
