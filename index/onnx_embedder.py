"""The same embedder as ONNX int8: a question in 3 ms instead of 20. In: strings. Out: unit vectors. The only file that imports onnxruntime.

The model is exported and quantised once into the data folder from the pinned weights, then checked by hash at each start. Quality is that of the original
within the noise of Cranfield (docs/evaluation.md).
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from index.embedders import DIMENSION, WEIGHTS_SHA256, SentenceTransformerEmbedder, Vectors, find_weights, load_model
from index.errors import EmbedderUnavailable

RECIPE = "onnx-int8-1"  # raise the number when what `export_model` writes changes
MODEL_FILE = f"all-MiniLM-L6-v2-{WEIGHTS_SHA256[:12]}-{RECIPE}.onnx"
MAX_PIECES = 256
BATCH_SIZE = 8  # measured: larger batches pad more than they gain
MOST_THREADS = 4
OPSET = 17

log = logging.getLogger(__name__)


class OnnxEmbedder:
    """all-MiniLM-L6-v2, weights and activations in 8 bits: 384 dimensions, at most 256 word pieces a text."""

    def __init__(self, model: Path, weights: Path | None = None) -> None:
        """`model` is what `export_model` wrote. Raises EmbedderUnavailable when it is missing or changed."""
        _verify(model)
        self._session = _open(model)
        self._tokenizer = _open_tokenizer(weights or find_weights())
        self.fingerprint = f"all-MiniLM-L6-v2/{WEIGHTS_SHA256[:12]}/{RECIPE}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, shape (len(texts), 384)."""
        parts = [self._embed_batch(texts[at : at + BATCH_SIZE]) for at in range(0, len(texts), BATCH_SIZE)]
        return np.concatenate(parts) if parts else np.zeros((0, DIMENSION), dtype=np.float32)

    def _embed_batch(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        feed = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
        }
        [vectors] = self._session.run(["vectors"], feed)
        return np.asarray(vectors, dtype=np.float32)


def open_embedder(home: Path, weights: Path | None = None) -> OnnxEmbedder | SentenceTransformerEmbedder:
    """The quantised embedder, exported into `home` when it is not there yet; the original where the export is not possible.

    Raises EmbedderUnavailable when the weights are not the pinned ones.
    """
    model = home / MODEL_FILE
    try:
        if not model.is_file() or not _is_whole(model):
            _export_apart(weights or find_weights(), model)
        return OnnxEmbedder(model, weights)
    except (RuntimeError, OSError) as error:  # torch, transformers and onnx disagree on a version, or there is no space
        log.warning("The quantised model could not be made (%.200s); the original is used, which is slower.", error)
        return SentenceTransformerEmbedder(weights)


def _export_apart(weights: Path, model: Path) -> None:
    """Export in a process of its own, so that PyTorch's memory (over 500 MB) goes with it. Raises RuntimeError with the last line of what went wrong."""
    done = subprocess.run(  # noqa: S603 - our own module and two paths
        [sys.executable, "-m", "index.onnx_embedder", str(weights), str(model)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])


def export_model(weights: Path, model: Path) -> None:
    """Write the int8 model and its hash; seconds, once. Raises EmbedderUnavailable for other weights, OSError without space."""
    model.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(model.with_suffix(".lock")), tempfile.TemporaryDirectory(dir=model.parent) as folder:
        if model.is_file() and _is_whole(model):
            return  # another process was first
        full, small = Path(folder) / "full.onnx", Path(folder) / "small.onnx"
        _export(weights, full)
        _quantise(full, small)
        _hash_file(model).write_text(_digest(small), encoding="utf-8")
        shutil.move(small, model)


def _export(weights: Path, target: Path) -> None:
    import torch

    class Pooled(torch.nn.Module):
        """Mean of the token vectors, scaled to unit length, as the published model does."""

        def __init__(self, encoder: Any) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1).clamp(min=1e-9), dim=1)

    encoder: Any = load_model(weights)[0]
    encoder = encoder.auto_model.eval()
    example = (torch.tensor([[101, 2054, 2003, 102], [101, 2054, 102, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]))
    free = {0: "texts", 1: "pieces"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns that it is the older one; the newer needs one package more and gives the same
        torch.onnx.export(
            Pooled(encoder),
            example,
            str(target),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": free, "attention_mask": free, "vectors": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _quantise(full: Path, small: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    before, root.disabled = root.disabled, True  # it advises a step for image models, on the root logger
    try:
        quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True)
    finally:
        root.disabled = before


def _open(model: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(os.cpu_count() or 1, MOST_THREADS)
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _open_tokenizer(weights: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_PIECES)
    tokenizer.enable_padding()
    return tokenizer


def _verify(model: Path) -> None:
    if not model.is_file() or not _is_whole(model):
        raise EmbedderUnavailable(f"{model.name} is missing or changed. Run: gnomon index")


def _is_whole(model: Path) -> bool:
    try:
        return _hash_file(model).read_text(encoding="utf-8").strip() == _digest(model)
    except OSError:
        return False


def _hash_file(model: Path) -> Path:
    return model.with_suffix(".sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    export_model(Path(sys.argv[1]), Path(sys.argv[2]))
