"""The examples of the documents build, lint and pass their own tests."""

import os
import subprocess
from pathlib import Path

import pytest

from assistant.settings import PROJECT_ROOT

PACK = PROJECT_ROOT / "corpus" / "backend-systems"
GO, RUST = PACK / "examples" / "go", PACK / "examples" / "rust"
STATICCHECK = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"


def run(command: list[str], folder: Path, **environment: str) -> str:
    result = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=1_800)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout[-6000:]}\n{result.stderr[-6000:]}"
    return result.stdout + result.stderr


@pytest.fixture(scope="session")
def servers(postgres18, redis_server, nats_server) -> dict[str, str]:
    return {"GNOMON_TEST_POSTGRES_DSN": postgres18, "GNOMON_TEST_REDIS_ADDR": redis_server, "GNOMON_TEST_NATS_ADDR": nats_server}


def test_go_examples_are_formatted_and_vetted(tool):
    assert run([tool("gofmt"), "-l", "."], GO) == ""
    run([tool("go"), "vet", "./..."], GO)


def test_go_examples_pass_staticcheck(tool):
    run([tool("go"), "run", STATICCHECK, "./..."], GO)


def test_go_examples_pass_their_tests_with_the_race_detector(tool, servers):
    out = run([tool("go"), "test", "-race", "-count=1", "-v", "./..."], GO, **servers)
    assert "--- SKIP" not in out, out


def test_rust_examples_are_formatted_and_pass_clippy(tool):
    run([tool("cargo"), "fmt", "--all", "--check"], RUST)
    run([tool("cargo"), "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], RUST)


def test_rust_examples_pass_their_tests(tool, servers):
    run([tool("cargo"), "test", "--workspace", "--locked"], RUST, **servers)


def test_the_go_sample_project_builds(tool):
    sample = PACK / "samples" / "go-orders"
    run([tool("go"), "vet", "./..."], sample)
    run([tool("go"), "test", "./..."], sample)


def test_the_rust_sample_project_builds(tool):
    run([tool("cargo"), "test", "--locked"], PACK / "samples" / "rust-links", CARGO_TARGET_DIR=str(RUST / "target"))
