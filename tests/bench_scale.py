"""Print how search behaves at 1,500, 10,000 and 100,000 passages, beside the chain that everybody writes first. Run by `make bench`; never a test.

5,000 sentences of the corpus are encoded; the other texts are theirs with changed words, and their vectors theirs with seeded noise.
"""

import argparse
import dataclasses
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.assistant import Assistant
from assistant.baseline import build_baseline
from assistant.settings import read_settings
from assistant.startup import create_assistant, create_embedder, prepare_index
from index.build import open_index, write_index
from index.embedders import Embedder, Vectors
from index.filters import SearchFilter
from index.passages import Passage
from tests.bench import ask, read_texts

SIZES = (1_500, 10_000, 100_000)
BASELINE_UP_TO = 10_000
REAL_TEXTS = 5_000
PER_DOCUMENT = 50
NOISE = 0.25  # length of the noise beside a unit vector: neighbours stay neighbours, and no two are equal
LANGUAGES = ("go", "rust", "neutral", "go")
QUESTIONS = 200
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    settings = read_settings({"GNOMON_DATA_DIR": tempfile.mkdtemp(prefix="gnomon-bench-")})
    prepare_index(settings)
    assistant, embedder = create_assistant(settings), create_embedder(settings)
    texts = real_texts(assistant)
    vectors = np.concatenate([embedder.embed(texts[at : at + 64]) for at in range(0, len(texts), 64)])
    questions = read_texts()[:QUESTIONS]
    print(f"{len(texts)} real texts, {len(questions)} questions; p50 / p95 in ms")
    for size in parser.parse_args().sizes:
        bench_size(assistant, embedder, size, texts, vectors, questions)


def real_texts(assistant: Assistant) -> list[str]:
    found = dict.fromkeys(sentence.text for passage in assistant.search.passages for sentence in assistant.search.sentences_of(passage)[0])
    return [text for text in found if len(text) > 40][:REAL_TEXTS]


def bench_size(assistant: Assistant, embedder: Embedder, size: int, texts: list[str], vectors: Vectors, questions: list[str]) -> None:
    passages = [made_passage(number, texts) for number in range(size)]
    known = noisy_vectors(passages, vectors)
    with tempfile.TemporaryDirectory(prefix="gnomon-scale-") as folder:
        started = time.perf_counter()
        write_index(Path(folder), "scale", passages, embedder, lambda _stage, _share: None, known)
        built = time.perf_counter() - started
        search = open_index(Path(folder), "scale", embedder, 0.7)
        scaled = dataclasses.replace(assistant, search=search)
        search.find("warm-up", SearchFilter(), 10)
        free = timings(lambda text: search.find(text, SearchFilter(), 10), questions)
        filtered = timings(lambda text: search.find(text, SearchFilter(("go",)), 10), questions)
        answer = timings(lambda text: ask(scaled, text), questions)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:>7} passages  search {shown(free)}  filtered {shown(filtered)}  to answer {shown(answer)}  "
            f"written in {built:.0f} s without encoding, peak memory so far {memory:.0f} MB"
        )
    if size <= BASELINE_UP_TO:
        bench_baseline(passages, known, embedder, questions)


def bench_baseline(passages: list[Passage], known: dict[str, Vectors], embedder: Embedder, questions: list[str]) -> None:
    """LangChain's splitter and Chroma over the same texts and vectors; its query is encoded by the same embedder."""
    rank = build_baseline([(passage.methodology, passage.text) for passage in passages], Known(embedder, known))
    print(f"{len(passages):>7} passages  the usual chain, unfiltered {shown(timings(rank, questions))}")


class Known:
    """An embedder that looks texts up first."""

    def __init__(self, embedder: Embedder, known: dict[str, Vectors]) -> None:
        self._embedder, self._known, self.fingerprint = embedder, known, embedder.fingerprint

    def embed(self, texts: list[str]) -> Vectors:
        return np.stack([self._known[text] if text in self._known else self._embedder.embed([text])[0] for text in texts])


def made_passage(number: int, texts: list[str]) -> Passage:
    """A passage of one sentence; from the second round on every seventh word is changed."""
    words = texts[number % len(texts)].split()
    turn = number // len(texts)
    text = " ".join(f"{word}{turn}" if turn and at % 7 == 3 else word for at, word in enumerate(words))
    document = f"doc-{number // PER_DOCUMENT}"
    return Passage(f"{document}#p{number}", document, document, f"What about {words[0]} {number}?", "claim", text, language=LANGUAGES[number % len(LANGUAGES)])


def noisy_vectors(passages: list[Passage], vectors: Vectors) -> dict[str, Vectors]:
    random = np.random.default_rng(SEED)
    known: dict[str, Vectors] = {}
    for number, passage in enumerate(passages):
        vector = vectors[number % len(vectors)] + NOISE * random.standard_normal(vectors.shape[1], dtype=np.float32) / np.sqrt(vectors.shape[1])
        known[passage.embedded_text] = known[passage.text] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return known


def timings(work: Callable[[str], object], texts: list[str]) -> list[float]:
    spent = []
    for text in texts:
        started = time.perf_counter()
        work(text)
        spent.append(1000 * (time.perf_counter() - started))
    return spent


def shown(spent: list[float]) -> str:
    return f"{statistics.median(spent):.1f} / {statistics.quantiles(spent, n=20)[-1]:.1f}"


if __name__ == "__main__":
    main()
