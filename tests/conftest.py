"""What every test shares: no network, the real embedder, one index of the shipped corpus."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.assistant import Assistant
from assistant.settings import PROJECT_ROOT, Settings, read_settings
from assistant.startup import create_assistant, create_embedder, prepare_index
from index.embedders import Embedder

LOOPBACK = ("127.", "localhost", "::1")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Connections to other hosts fail and name what was tried; loopback and Unix sockets stay open."""
    real = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address}")
        real(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def embedder(settings: Settings) -> Embedder:
    return create_embedder(settings)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The shipped corpus, indexed in a folder that is kept between runs and rebuilt when the corpus changes."""
    return read_settings({"GNOMON_DATA_DIR": str(PROJECT_ROOT / ".cache" / "tests")})


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    prepare_index(settings)
    return create_assistant(settings)


@pytest.fixture(scope="session")
def pack_folder() -> Path:
    return PROJECT_ROOT / "corpus" / "backend-systems"
