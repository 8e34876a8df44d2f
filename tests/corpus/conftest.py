"""Servers and tools for the examples: a real PostgreSQL 18, a real Redis, a real NATS; what is missing is named."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import PROJECT_ROOT

EXAMPLES = PROJECT_ROOT / "corpus" / "backend-systems" / "examples"
NOBODY = 65534  # PostgreSQL refuses to run as root; in a container the tests often do


def missing_tool(name: str) -> None:
    """Skip on a user's machine, fail where every tool has to be there."""
    if os.environ.get("GNOMON_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{name} is needed here and was not found")
    pytest.skip(f"{name} was not found")


@pytest.fixture(scope="session")
def tool():
    """The path of a program: tool("go")."""

    def find(name: str) -> str:
        found = shutil.which(name)
        if not found:
            missing_tool(name)
        return str(found)

    return find


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_plain_user(command: list[str]) -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def postgres18() -> Iterator[str]:
    """A PostgreSQL 18 on a free loopback port, with pg_stat_statements; yields its DSN."""
    binaries = Path(os.environ.get("GNOMON_TEST_POSTGRES_BIN", ""))
    if not (binaries / "initdb").exists() or not os.environ.get("GNOMON_TEST_POSTGRES_BIN"):
        missing_tool("PostgreSQL 18 (set GNOMON_TEST_POSTGRES_BIN to a folder with initdb and pg_ctl)")
    folder = Path(tempfile.mkdtemp(prefix="gnomon-pg-"))
    folder.chmod(0o755)
    data, log, port = folder / "data", folder / "log", free_port()
    data.mkdir(mode=0o700)
    log.touch()
    if os.geteuid() == 0:
        for path in (folder, data, log):
            os.chown(path, NOBODY, NOBODY)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_preload_libraries=pg_stat_statements -c fsync=off"
    run = {"check": True, "capture_output": True, "text": True, "cwd": folder, "env": {**os.environ, "LC_ALL": "C", "HOME": str(folder)}}
    try:
        subprocess.run(as_plain_user([str(binaries / "initdb"), "-D", str(data), "-U", "gnomon", "--auth=trust", "--locale=C.UTF-8"]), **run)
        subprocess.run(as_plain_user([str(binaries / "pg_ctl"), "-D", str(data), "-l", str(log), "-o", options, "-w", "start"]), **run)
        yield f"postgres://gnomon@127.0.0.1:{port}/postgres?sslmode=disable"
    except subprocess.CalledProcessError as error:
        pytest.fail(f"PostgreSQL did not start: {error.stdout}{error.stderr}{log.read_text()}")
    finally:
        subprocess.run(as_plain_user([str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]), capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(tool) -> Iterator[str]:
    """A Redis on a free loopback port, without persistence; yields host:port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [tool("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def nats_server() -> Iterator[str]:
    """A NATS server with JetStream on a free loopback port, its streams in a temporary folder; yields host:port."""
    beside = Path(sys.executable).with_name("nats-server")
    program = str(beside) if beside.exists() else shutil.which("nats-server")
    if not program:
        missing_tool("nats-server")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing listens on port {port} after {seconds} s")
