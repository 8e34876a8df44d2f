"""`gnomon inspect` as people and scripts see it."""

import json

import pytest
from typer.testing import CliRunner

from assistant.doors.cli import app
from tests.project.archives import make_tar, make_zip

FILES = {
    "shop/go.mod": "module example.com/shop\n\ngo 1.26\n\nrequire github.com/gin-gonic/gin v1.12.0\n",
    "shop/main.go": 'package main\n\nimport "github.com/gin-gonic/gin"\n\nfunc main() {\n\tgin.Default().Run()\n}\n',
    "shop/Dockerfile": "FROM golang:1.24\n",
}


@pytest.fixture
def archives(tmp_path):
    """Two good archives and one that is none between them."""
    (tmp_path / "a.zip").write_bytes(make_zip(FILES))
    (tmp_path / "b.zip").write_bytes(b"no archive")
    (tmp_path / "c.tar").write_bytes(make_tar(FILES))
    return [str(tmp_path / name) for name in ("a.zip", "b.zip", "c.tar")]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_many_archives_are_reported_in_their_order_and_a_refusal_ends_in_two(archives, workers):
    result = CliRunner().invoke(app, ["inspect", "--json", "-j", workers, *archives])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["archive"] for row in rows] == ["a.zip", "b.zip", "c.tar"]
    assert ["error" in row for row in rows] == [False, True, False]
    assert result.exit_code == 2


def test_the_card_shows_each_fact_with_its_proof_and_what_contradicts(archives):
    result = CliRunner().invoke(app, ["inspect", archives[0]], env={"COLUMNS": "160"})
    shown = " ".join(result.stdout.split())
    assert result.exit_code == 0
    for words in ("I see a Go HTTP API on gin.", "web framework gin 1.12.0 certain go.mod:5", "builds with golang:1.24.", "Concurrency."):
        assert words in shown


def test_markup_in_an_archive_is_shown_as_it_is(tmp_path):
    files = FILES | {"shop/[bold]x[/bold]/compose.yaml": "  image: postgres:[red]18\n"}
    (tmp_path / "[i]a.zip").write_bytes(make_zip(files))
    result = CliRunner().invoke(app, ["inspect", str(tmp_path / "[i]a.zip")], env={"COLUMNS": "160"})
    assert "[i]a.zip" in result.stdout
    assert "[bold]x[/bold]/compose.yaml:1" in result.stdout


@pytest.mark.parametrize("workers", ["0", "x"])
def test_a_number_of_workers_that_cannot_be_is_refused(archives, workers):
    assert CliRunner().invoke(app, ["inspect", "-j", workers, *archives]).exit_code == 2
