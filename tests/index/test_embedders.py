import numpy as np
import pytest

from index.embedders import PieceCounter, SentenceTransformerEmbedder, find_weights
from index.errors import EmbedderUnavailable


def test_vectors_are_unit_length_and_say_what_is_near(embedder):
    vectors = embedder.embed(["slow client", "a client that sends slowly", "chocolate cake"])
    assert vectors.shape == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_changed_weights_are_refused_by_name(tmp_path):
    for file in find_weights().iterdir():
        if file.is_file() and file.name != "model.safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(EmbedderUnavailable, match=r"model\.safetensors is not the pinned release"):
        SentenceTransformerEmbedder(tmp_path).embed(["text"])


def test_missing_weights_are_refused_by_name(tmp_path):
    with pytest.raises(EmbedderUnavailable, match=r"model\.safetensors is missing"):
        SentenceTransformerEmbedder(tmp_path).embed(["text"])


def test_pieces_are_counted_as_the_model_cuts_them(embedder):
    embedder.embed(["loaded"])
    counter = PieceCounter()
    text = "ReadHeaderTimeout bounds a slow client"
    assert counter.count(text) + 2 == len(embedder._model.tokenizer(text)["input_ids"])  # two marks of the model's own
