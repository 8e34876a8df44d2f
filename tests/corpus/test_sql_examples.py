"""Every SQL example runs on a real PostgreSQL 18, statement by statement; the comments behind a statement say what it has to give.

`-- expect: a | b`   one row of the result (several lines: several rows)
`-- plan has: text`, `-- plan lacks: text`, `-- plan matches: pattern`   what the statement (an EXPLAIN) prints
`-- error: text`     the error that the statement ends in
"""

import re
from dataclasses import dataclass, field

import pytest

from assistant.settings import PROJECT_ROOT

SCRIPTS = sorted((PROJECT_ROOT / "corpus" / "backend-systems" / "examples" / "sql").glob("*.sql"))
MARK = re.compile(r"^-- (expect|plan has|plan lacks|plan matches|error): (.*)$")


@dataclass
class Statement:
    text: str
    line: int
    checks: list[tuple[str, str]] = field(default_factory=list)


def read_script(text: str) -> list[Statement]:
    statements: list[Statement] = []
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if (mark := MARK.match(line)) and statements and not lines:
            statements[-1].checks.append((mark[1], mark[2]))
        elif line.strip() and not line.startswith("--"):
            lines.append(line)
            if ends_statement(line) and sum(part.count("$$") for part in lines) % 2 == 0:
                statements.append(Statement("\n".join(lines), number))
                lines = []
    return statements


def ends_statement(line: str) -> bool:
    return line.split(" -- ")[0].rstrip().endswith(";")


def check(statement: Statement, rows: list[tuple], error: str) -> None:
    plan = "\n".join(str(row[0]) for row in rows if row)
    expected = [text for kind, text in statement.checks if kind == "expect"]
    where = f"line {statement.line}: {statement.text}"
    wanted_error = [text for kind, text in statement.checks if kind == "error"]
    assert bool(error) == bool(wanted_error), f"{where}\n{error}"
    for kind, text in statement.checks:
        if kind == "error":
            assert text in error, where
        elif kind == "plan has":
            assert text in plan, f"{where}\n{plan}"
        elif kind == "plan matches":
            assert re.search(text, plan), f"{where}\n{plan}"
        elif kind == "plan lacks":
            assert text not in plan, f"{where}\n{plan}"
    if expected:
        assert [" | ".join(str(value) for value in row) for row in rows] == expected, where


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_gives_what_it_says(script, postgres18):
    import psycopg

    with psycopg.connect(postgres18, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {script.stem}")
        admin.execute(f"CREATE DATABASE {script.stem}")
    checked = 0
    with psycopg.connect(postgres18.replace("/postgres?", f"/{script.stem}?"), autocommit=True) as connection:
        for statement in read_script(script.read_text(encoding="utf-8")):
            rows, error = [], ""
            try:
                cursor = connection.execute(statement.text)
                rows = cursor.fetchall() if cursor.description else []
            except psycopg.Error as caught:
                error = str(caught)
            check(statement, rows, error)
            checked += len(statement.checks)
    assert checked, "the script asserts nothing"
