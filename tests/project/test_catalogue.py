"""One test row for each row of stack.yaml, and what a catalogue may not say."""

from pathlib import Path

import pytest

from assistant.errors import CorpusError
from assistant.project.catalogue import load_catalogue
from tests.project.trees import catalogue

ROWS = [line.split(None, 2) for line in (Path(__file__).parent / "catalogue_rows.txt").read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(("technology", "where", "seen"), ROWS, ids=[row[0] for row in ROWS])
def test_a_technology_is_known_by_what_betrays_it(technology, where, seen):
    known = catalogue()
    find = {"import": known.of_import, "image": known.of_image, "file": known.of_file}.get(where, lambda name: known.of_dependency(where, name))
    if where == "word":
        row = next(row for row in known.technologies if row.id == technology)
        assert known.canonical(seen.upper(), row.kind) == technology
    else:
        found = find(seen)
        assert found is not None
        assert found.id == technology


def test_every_row_of_the_catalogue_has_its_test_row():
    assert [row[0] for row in ROWS] == [technology.id for technology in catalogue().technologies]


def test_the_catalogue_covers_what_it_has_to():
    rows = catalogue().technologies
    assert len(rows) >= 250
    assert {row.kind for row in rows} >= {
        "web_framework",
        "db_driver",
        "databases",
        "queue",
        "cache",
        "rpc",
        "logging",
        "metrics",
        "config",
        "cli",
        "auth",
        "migration",
        "test",
        "task",
        "ecosystem",
    }


@pytest.mark.parametrize("name", ["github.com/gin-gonic/gin-contrib", "github.com/gin-gonic/ginx", "gin", "example.com/github.com/gin-gonic/gin"])
def test_a_name_that_only_begins_alike_is_another(name):
    assert catalogue().of_dependency("go", name) is None


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("- {id: a, name: A, kind: cache}\n- {id: a, name: B, kind: cache}\n", "stands in the rows"),
        ("- {id: a, name: A, kind: cache, deps: {go: [x]}}\n- {id: b, name: B, kind: cache, deps: {go: [x]}}\n", "stands in the rows"),
        ("- {id: a, name: A, kind: furniture}\n", "row 1 (a): kind"),
        ("- {id: a, name: A, kind: cache, color: red}\n", "row 1 (a): color"),
        ("- a\n", "row 1 (a)"),
        ("a: 1\n", "is not a list"),
        ("- {id: a, name: A, kind: queue, implies: {cache: [nothing-known]}}\n", "implies cache 'nothing-known', which no row is"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named_with_its_row(tmp_path, rows, reason):
    (tmp_path / "stack.yaml").write_text(rows)
    with pytest.raises(CorpusError) as caught:
        load_catalogue(tmp_path)
    assert reason in str(caught.value)
