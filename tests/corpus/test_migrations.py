"""The migrations that documents show: squawk finds nothing in the good ones, and in each bad one the rules that its first line names."""

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import PROJECT_ROOT

MIGRATIONS = PROJECT_ROOT / "corpus" / "backend-systems" / "examples" / "migrations"
SQUAWK = Path(sys.executable).parent / "squawk"


def rules_found(path: Path) -> set[str]:
    """The ids of squawk's rules that a file breaks."""
    run = subprocess.run([SQUAWK, "--reporter", "gcc", "--pg-version", "18", path], capture_output=True, text=True, check=False)
    return {line.split(": warning: ")[1].split()[0] for line in run.stdout.splitlines() if ": warning: " in line}


@pytest.mark.parametrize("path", sorted((MIGRATIONS / "good").glob("*.sql")), ids=lambda path: path.stem)
def test_squawk_finds_nothing_in_a_good_migration(path):
    assert rules_found(path) == set()


@pytest.mark.parametrize("path", sorted((MIGRATIONS / "bad").glob("*.sql")), ids=lambda path: path.stem)
def test_squawk_finds_what_a_bad_migration_is_bad_for(path):
    expected = set(path.read_text(encoding="utf-8").splitlines()[0].removeprefix("-- squawk: ").split(", "))
    assert expected <= rules_found(path)
