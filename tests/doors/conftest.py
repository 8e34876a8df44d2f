import json

import pytest
from typer.testing import CliRunner

from assistant.doors.cli import app
from assistant.errors import GnomonError


@pytest.fixture
def gnomon(assistant, settings, monkeypatch):
    """Run a command in this process over the tests' index: gnomon("ask", "...") -> (exit code, standard output, standard error)."""
    monkeypatch.setenv("GNOMON_DATA_DIR", str(settings.data_dir))
    monkeypatch.setattr("assistant.startup.create_assistant", lambda _settings: assistant)  # opened once for the session

    def run(*arguments: str, stdin: str = ""):
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        if isinstance(result.exception, GnomonError):
            return 2, result.stdout, f"{result.stderr}{result.exception}"
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def rows():
    return lambda output: [json.loads(line) for line in output.splitlines()]
