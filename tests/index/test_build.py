import json
import multiprocessing
import os
import shutil
import signal
import time

import pytest
from filelock import FileLock

from index.build import build_index, open_search
from index.embedders import SentenceTransformerEmbedder
from index.errors import CorpusError, IndexUnusable
from index.filters import SearchFilter


def build(pack, data, embedder, **options):
    return build_index(pack, data, embedder, **options)


def best(pack, data, embedder, query="slow client headers"):
    return open_search(pack, data, embedder, 0.7).find(query, SearchFilter(), 5).hits[0].passage.id


def test_a_built_index_answers(small_pack, tmp_path, embedder):
    assert build(small_pack, tmp_path / "data", embedder).built
    assert best(small_pack, tmp_path / "data", embedder) == "go-things#read-header"


def test_nothing_is_redone_when_nothing_changed(small_pack, tmp_path, embedder):
    first = build(small_pack, tmp_path / "data", embedder)
    second = build(small_pack, tmp_path / "data", embedder)
    assert (second.built, second.folder, second.passages) == (False, first.folder, 5)


def test_a_changed_document_is_built_again_and_served(small_pack, tmp_path, embedder):
    build(small_pack, tmp_path / "data", embedder)
    document = small_pack / "methodologies" / "go" / "go-things.md"
    document.write_text(document.read_text(encoding="utf-8").replace("slow client", "zebra crossing"), encoding="utf-8")
    with pytest.raises(IndexUnusable, match=r"another corpus, model or version.*gnomon index"):
        open_search(small_pack, tmp_path / "data", embedder, 0.7)
    assert build(small_pack, tmp_path / "data", embedder).built
    assert best(small_pack, tmp_path / "data", embedder, "zebra crossing") == "go-things#read-header"


class Counting:
    """The real embedder, and what it was given."""

    def __init__(self, embedder):
        self._embedder, self.fingerprint, self.texts = embedder, embedder.fingerprint, []

    def embed(self, texts):
        self.texts += texts
        return self._embedder.embed(texts)


def test_only_the_changed_texts_are_encoded_again(small_pack, tmp_path, embedder):
    build(small_pack, tmp_path / "data", embedder)
    document = small_pack / "methodologies" / "go" / "go-things.md"
    document.write_text(document.read_text(encoding="utf-8").replace("The reader fails after the limit.", "The reader fails early."), encoding="utf-8")
    counting = Counting(embedder)
    assert build(small_pack, tmp_path / "data", counting).built
    assert len(counting.texts) == 2  # the passage and its one new sentence
    assert all("fails early" in text for text in counting.texts)
    rebuilt = Counting(embedder)
    build(small_pack, tmp_path / "data", rebuilt, rebuild=True)
    assert len(rebuilt.texts) > 5
    old = open_search(small_pack, tmp_path / "data", embedder, 0.7).find("fails early", SearchFilter(), 1)
    assert old.hits[0].passage.id == "go-things#bound-body"


def test_a_broken_document_leaves_the_old_index_in_place(small_pack, tmp_path, embedder):
    folder = build(small_pack, tmp_path / "data", embedder).folder
    (small_pack / "methodologies" / "go" / "go-things.md").write_text("no front matter", encoding="utf-8")
    with pytest.raises(CorpusError):
        build(small_pack, tmp_path / "data", embedder)
    assert json.loads((folder.parent / "current").read_text(encoding="utf-8"))["folder"] == folder.name


def test_a_missing_index_names_the_command_that_builds_it(small_pack, tmp_path, embedder):
    with pytest.raises(IndexUnusable, match=r"There is no search index.*gnomon index"):
        open_search(small_pack, tmp_path / "data", embedder, 0.7)


@pytest.mark.parametrize("lost", ["passages.jsonl", "sentences.npy", "sentences.jsonl", "keywords", "chroma"])
def test_a_damaged_index_names_the_command_that_mends_it(small_pack, tmp_path, embedder, lost):
    folder = build(small_pack, tmp_path / "data", embedder).folder
    target = folder / lost
    shutil.rmtree(target) if target.is_dir() else target.write_bytes(b"{")
    with pytest.raises(IndexUnusable, match="gnomon index"):
        open_search(small_pack, tmp_path / "data", embedder, 0.7)


def test_a_second_writer_is_told_to_wait(small_pack, tmp_path, embedder):
    home = tmp_path / "data" / "index" / "small"
    home.mkdir(parents=True)
    with FileLock(home / "writer.lock"), pytest.raises(IndexUnusable, match="Another process is building"):
        build(small_pack, tmp_path / "data", embedder)


def test_a_folder_that_cannot_be_written_is_named(small_pack, tmp_path, embedder):
    (tmp_path / "data").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(IndexUnusable, match=r"cannot be written.*GNOMON_DATA_DIR"):
        build(small_pack, tmp_path / "data", embedder)


def slow_build(pack, data):
    def dawdle(_stage, _share):
        time.sleep(0.2)

    build_index(pack, data, SentenceTransformerEmbedder(), dawdle, rebuild=True)


def test_a_build_that_is_killed_leaves_the_old_index_serving(small_pack, tmp_path, embedder):
    data = tmp_path / "data"
    build(small_pack, data, embedder)
    process = multiprocessing.get_context("spawn").Process(target=slow_build, args=(small_pack, data))
    process.start()
    home = data / "index" / "small"
    deadline = time.monotonic() + 60
    while not list(home.glob("*.building")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert list(home.glob("*.building")), "the build was not under way when it was killed"
    assert best(small_pack, data, embedder) == "go-things#read-header"
    assert build(small_pack, data, embedder, rebuild=True).built
    assert not list(home.glob("*.building"))
