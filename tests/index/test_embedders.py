import sys

import numpy as np
import pytest

from index.embedders import PieceCounter, SentenceTransformerEmbedder, find_weights
from index.errors import EmbedderUnavailable
from index.onnx_embedder import MODEL_FILE, OnnxEmbedder, open_embedder


@pytest.fixture(params=["onnx", "torch"])
def any_embedder(request, embedder):
    """The contract of Embedder, over every implementation."""
    if request.param == "torch":
        return SentenceTransformerEmbedder()
    assert isinstance(embedder, OnnxEmbedder)
    return embedder


def test_vectors_are_unit_length_and_say_what_is_near(any_embedder):
    embedder = any_embedder
    vectors = embedder.embed(["slow client", "a client that sends slowly", "chocolate cake"])
    assert vectors.shape == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_no_texts_give_no_vectors(any_embedder):
    assert any_embedder.embed([]).shape == (0, 384)


def test_fingerprints_differ_so_that_vectors_are_never_mixed(embedder):
    assert embedder.fingerprint != SentenceTransformerEmbedder().fingerprint


def test_the_quantised_vectors_are_those_of_the_original(embedder):
    texts = ["A Go http.Server has no timeouts by default.", "axum answers 413", "x", "how to shut down " * 100]
    similarity = (embedder.embed(texts) * SentenceTransformerEmbedder().embed(texts)).sum(axis=1)
    assert similarity.min() > 0.97


def test_a_changed_model_file_is_refused_and_made_anew(tmp_path, embedder):
    made = open_embedder(tmp_path)
    model = tmp_path / MODEL_FILE
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(EmbedderUnavailable, match=r"is missing or changed\. Run: gnomon index"):
        OnnxEmbedder(model)
    assert np.allclose(open_embedder(tmp_path).embed(["again"]), made.embed(["again"]))


def test_the_original_serves_where_the_export_fails(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert isinstance(open_embedder(tmp_path), SentenceTransformerEmbedder)
    assert "the original is used" in caplog.text


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


def test_pieces_are_counted_as_the_model_cuts_them():
    embedder = SentenceTransformerEmbedder()
    embedder.embed(["loaded"])
    counter = PieceCounter()
    text = "ReadHeaderTimeout bounds a slow client"
    assert counter.count(text) + 2 == len(embedder._model.tokenizer(text)["input_ids"])  # two marks of the model's own
