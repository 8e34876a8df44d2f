"""An upload over HTTP: stages, refusals, and a file that is gone afterwards."""

import io
import json
import zipfile

import pytest
from starlette.testclient import TestClient

from assistant.doors.page.server import create_app
from assistant.settings import read_settings
from tests.fakes import FILES, FakeAssistant


@pytest.fixture
def fake():
    return FakeAssistant()


@pytest.fixture
def visitor(fake):
    with TestClient(create_app(fake, read_settings({})), base_url="http://127.0.0.1:7860") as client:
        client.get("/")
        yield client


def make_zip(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def lines(answer):
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_stages_come_one_by_one_and_end_well(visitor):
    rows = lines(visitor.post("/project?name=orders.zip", content=make_zip(FILES)))
    assert [row["stage"] for row in rows[:-1]] == ["Reading 1,204 files", "Detecting the stack"]
    assert rows[-1] == {"ok": True, "message": ""}


def test_a_bad_archive_ends_with_its_one_sentence(visitor):
    rows = lines(visitor.post("/project?name=notes.zip", content=b"not an archive"))
    assert rows[-1] == {"ok": False, "message": "notes.zip is neither a zip nor a tar archive. Upload one of those."}


@pytest.mark.parametrize("body", [make_zip(FILES), b"not an archive"], ids=["good", "bad"])
def test_the_file_is_gone_when_it_is_read(visitor, fake, body):
    visitor.post("/project?name=orders.zip", content=body)
    (path,) = fake.seen_paths
    assert path.name == "orders.zip"
    assert not path.exists()
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/cron.d/x.zip", "x.zip"),
        ("..", "upload"),
        ("", "upload"),
        ("a\x00\nb.zip", "ab.zip"),
        ("C:\\dir\\c.zip", "c.zip"),
        ("x" * 300 + ".zip", "x" * 116 + ".zip"),
    ],
)
def test_the_name_that_was_sent_leads_nowhere(visitor, fake, sent, kept):
    visitor.post("/project", params={"name": sent}, content=make_zip(FILES))
    assert fake.seen_paths[0].name == kept


def test_the_same_archive_twice_at_once_does_not_collide(visitor, fake):
    for _ in range(2):
        visitor.post("/project?name=orders.zip", content=make_zip(FILES))
    assert len({path.parent for path in fake.seen_paths}) == 2
