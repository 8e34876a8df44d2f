"""Projects on the page with the real assistant: a monorepo's services, and a second upload."""

import zipfile

import pytest

from assistant.doors.page.handlers import Handlers
from assistant.doors.page.sessions import Session

MAIN = 'package main\n\nimport ("net/http"; "{framework}")\n\nvar _ = {name}.New\n\nfunc main() {{ http.ListenAndServe(":80", nil) }}\n'


def service(folder, framework, name, version):
    return {
        f"shop/{folder}/go.mod": f"module example.com/shop/{folder}\n\ngo 1.26\n\nrequire {framework} {version}\n",
        f"shop/{folder}/main.go": MAIN.format(framework=framework, name=name),
    }


@pytest.fixture
def upload(assistant, tmp_path):
    handlers, session = Handlers(assistant), Session()

    def send(files, archive="shop.zip"):
        path = tmp_path / archive
        with zipfile.ZipFile(path, "w") as target:
            for name, text in files.items():
                target.writestr(name, text)
        handlers.open_project(session, lambda: assistant.open_project(path))
        assert session.message == ""
        return handlers, session

    return send


def test_a_monorepo_offers_its_services_and_counts_only_the_chosen_one(upload):
    files = service("api", "github.com/gin-gonic/gin", "gin", "v1.12.0") | service("admin", "github.com/go-chi/chi/v5", "chi", "v5.2.0")
    handlers, session = upload(files)
    page = handlers.whole(session).project
    assert "Which service?" in page and 'data-value="api/go.mod"' in page and 'data-value="admin/go.mod"' in page
    assert set(session.context.values("web_framework")) >= {"gin", "chi"}
    list(handlers.act(session, "module", "api/go.mod"))
    assert "chi" not in session.context.values("web_framework")
    assert 'data-value="api/go.mod" aria-pressed="true"' in handlers.whole(session).project
    list(handlers.act(session, "module", "no/such.mod"))
    assert session.context.module == "api/go.mod"
    list(handlers.act(session, "module", ""))
    assert "chi" in session.context.values("web_framework")


def test_a_second_upload_says_what_changed_and_keeps_what_the_user_said(upload):
    handlers, session = upload(service("api", "github.com/gin-gonic/gin", "gin", "v1.9.0"))
    session.set_answer("service_type", ("worker",))
    handlers, session = upload(service("api", "github.com/gin-gonic/gin", "gin", "v1.12.0"))
    said = handlers.whole(session).messages[-1]["content"]
    assert "Since the upload before" in said and "gin went from 1.9.0 to 1.12.0" in said
    assert session.context.values("service_type") == ("worker",)


def test_another_project_is_not_compared(upload):
    handlers, session = upload(service("api", "github.com/gin-gonic/gin", "gin", "v1.9.0"))
    handlers, session = upload(service("api", "github.com/go-chi/chi/v5", "chi", "v5.2.0"), "store.zip")
    assert "Since the upload before" not in str(handlers.whole(session).messages)
