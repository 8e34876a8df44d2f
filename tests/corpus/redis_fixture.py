"""A Redis server for the examples' tests. In: `redis-server` on the PATH. Out: "127.0.0.1:PORT", without persistence, gone after the session."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 5


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address to hand to the examples as GNOMON_TEST_REDIS_ADDR."""
    binary = shutil.which("redis-server")
    if not binary:
        report = pytest.fail if os.environ.get("GNOMON_REQUIRE_TOOLS") == "1" else pytest.skip
        report("redis-server is not installed: run 'apt-get install redis-server' to test the caching examples against it")
    folder = tmp_path_factory.mktemp("redis")
    port = _free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no"]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen([binary, *options], stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_it_answers(port, process, folder / "redis.log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"redis-server did not answer on port {port} within {START_SECONDS} seconds: {log.read_text(encoding='utf-8', errors='replace')[-500:]}")
