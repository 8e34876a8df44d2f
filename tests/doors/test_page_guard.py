"""The checks in front of the page, over real HTTP requests to the real app with a small assistant behind it."""

import re

import pytest
from starlette.testclient import TestClient

from assistant.doors.page.guard import MOST_BODY_BYTES
from assistant.doors.page.server import check_host, create_app
from assistant.doors.page.sessions import COOKIE
from assistant.errors import SettingError
from assistant.settings import read_settings
from tests.fakes import FakeAssistant


@pytest.fixture(scope="module")
def app():
    return create_app(FakeAssistant(), read_settings({"GNOMON_MAX_UPLOAD_MB": "1"}))


@pytest.fixture
def visitor(app):
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def test_page_answers_with_a_cookie_that_scripts_cannot_read(visitor):
    cookie = visitor.get("/").headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_known_visitor_keeps_the_cookie(visitor):
    visitor.get("/")
    assert "set-cookie" not in visitor.get("/").headers


@pytest.mark.parametrize(
    ("header", "value"),
    [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"), ("cache-control", "no-store")],
)
def test_page_carries_the_security_header(visitor, header, value):
    assert visitor.get("/").headers[header] == value


def test_scripts_run_by_nonce_and_only_from_here(visitor):
    page = visitor.get("/")
    policy = page.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    scripts = re.findall(r"<script\b[^>]*>", page.text)
    assert len(scripts) > 3
    assert all(f'nonce="{nonce}"' in script for script in scripts)
    assert "'unsafe-inline'" not in re.search(r"script-src ([^;]+)", policy)[1]
    assert "frame-ancestors 'none'" in policy


def test_each_page_has_its_own_nonce(visitor):
    assert visitor.get("/").headers["content-security-policy"] != visitor.get("/").headers["content-security-policy"]


@pytest.mark.parametrize("host", ["gnomon.example.com", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_refused(visitor, host):
    assert visitor.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1:7860", "[::1]:7860"])
def test_a_loopback_name_is_answered(visitor, host):
    assert visitor.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/monitoring",
        "/gradio_api/monitoring",
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/info",
        "/gradio_api/run/ask",
        "/docs",
        "/openapi.json",
        "/page/../server.py",
    ],
)
def test_what_the_page_does_not_need_is_not_there(visitor, path):
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/gradio_api/call/ask", "/gradio_api/upload", "/gradio_api/run/predict", "/flag"])
def test_plain_calls_and_gradios_own_upload_are_closed(visitor, path):
    visitor.get("/")
    assert visitor.post(path, json={"data": []}).status_code == 404


def test_a_request_from_another_site_is_refused(visitor):
    visitor.get("/")
    answer = visitor.post("/project?name=a.zip", content=b"x", headers={"origin": "http://127.0.0.1:9999"})
    assert answer.status_code == 403
    assert answer.text == "Another site may not send requests to this page."


@pytest.mark.parametrize("cookie", [None, "forged.0000", "x", "é.é"])
@pytest.mark.parametrize("path", ["/project?name=a.zip", "/gradio_api/queue/join"])
def test_without_a_cookie_of_ours_nothing_runs(app, path, cookie):
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        headers = {"cookie": f"{COOKIE}={cookie}".encode()} if cookie else {}
        assert client.post(path, content=b"{}", headers=headers).status_code == 403


def test_a_cookie_of_another_server_is_not_ours(app):
    other = create_app(FakeAssistant(), read_settings({}))
    with TestClient(other, base_url="http://127.0.0.1:7860") as stranger:
        stranger.get("/")
        cookie = stranger.cookies[COOKIE]
    with TestClient(app, base_url="http://127.0.0.1:7860", cookies={COOKIE: cookie}) as client:
        assert client.post("/project?name=a.zip", content=b"x").status_code == 403


def test_a_large_upload_is_refused_by_its_announced_length(visitor):
    visitor.get("/")
    answer = visitor.post("/project?name=a.zip", content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.text == "The request is larger than 1 MB."


def test_a_large_upload_without_a_length_is_cut_off(visitor):
    visitor.get("/")
    answer = visitor.post("/project?name=a.zip", content=(b"x" * 100_000 for _ in range(11)))
    assert answer.status_code == 413


def test_a_large_question_is_refused(visitor):
    visitor.get("/")
    assert visitor.post("/gradio_api/queue/join", content=b"x" * (MOST_BODY_BYTES + 1)).status_code == 413


def test_no_style_or_script_of_the_page_names_another_host(visitor):
    page = visitor.get("/").text
    loaded = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=["']([^"']+)""", page)
    assert loaded
    assert not [address for address in loaded if "//" in address]
    fetched = re.findall(r"""url\(["']?([^"')]+)|@import\s+["']([^"']+)""", visitor.get("/theme.css").text)
    assert ("static/fonts/IBMPlexSans/IBMPlexSans-Regular.woff2", "") in fetched
    assert not [address for pair in fetched for address in pair if "//" in address and not address.startswith("data:")]
    assert "//" not in re.sub(r"/\*.*?\*/", "", visitor.get("/page/page.css").text)


def test_gradio_neither_reports_home_nor_records_runs(visitor):
    settings = visitor.get("/config").json()
    assert settings["analytics_enabled"] is False
    assert settings["footer_links"] == []
    assert settings["enable_queue"] is True
    assert not [call for call in settings["dependencies"] if call["api_visibility"] != "private"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "gnomon.example.com", ""])
def test_an_address_that_others_reach_is_refused(host):
    with pytest.raises(SettingError, match=r"would show the page to others, and it has no login yet\. Use 127\.0\.0\.1"):
        check_host(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_a_loopback_address_is_taken(host):
    check_host(host)
