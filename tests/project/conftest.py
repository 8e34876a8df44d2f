"""Reading in one call: bytes written to a file, read under the shipped limits or others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import ProjectRefused
from assistant.project.archive import Limits, read_archive
from assistant.project.source_tree import SourceTree
from assistant.settings import Settings

LIMITS = Limits.from_settings(Settings())


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., SourceTree]:
    """`read(content, **limits)` stores the bytes as upload.bin and reads them: the type is told by content, never by name."""

    def read(content: bytes, **limits: float) -> SourceTree:
        path = tmp_path / "upload.bin"
        path.write_bytes(content)
        return read_archive(path, replace(LIMITS, **limits))

    return read


@pytest.fixture
def refusal(read: Callable[..., SourceTree], tmp_path: Path) -> Callable[..., str]:
    """The message with which these bytes are refused: one line that names the file and no folder of the machine."""

    def refusal(content: bytes, **limits: float) -> str:
        with pytest.raises(ProjectRefused) as caught:
            read(content, **limits)
        message = str(caught.value)
        assert "upload.bin" in message
        assert "\n" not in message
        assert message.isprintable()
        assert str(tmp_path) not in message
        return message

    return refusal
