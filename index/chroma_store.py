"""The passage store on embedded Chroma. In: ids and vectors by partition. Out: nearest ids with similarity. The only file that imports chromadb.

One collection a pack and language, because a `where` over everything is 40 times slower at 100k passages (measured with Chroma 1.5.9).
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings

from index.embedders import Vectors
from index.errors import IndexUnusable

ADD_BATCH = 2_000
SELF_TEST_SAMPLES = 5

logging.getLogger("chromadb").setLevel(logging.ERROR)


class ChromaStore:
    """Vectors of the passages of one pack, one collection a language. One process may write; many may read."""

    def __init__(self, folder: Path, pack: str) -> None:
        self._pack = pack
        try:
            self._client: Any = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
            self._collections: dict[str, Any] = {
                found.name.rsplit(".", 1)[1]: self._client.get_collection(found.name, embedding_function=None)
                for found in self._client.list_collections()
                if found.name.startswith(f"{pack}.")
            }
        except Exception as error:  # chromadb raises bare exceptions of many kinds when its files are damaged
            raise IndexUnusable("The search index cannot be opened; it is damaged or of another version. Run: gnomon index --rebuild") from error

    @property
    def partitions(self) -> tuple[str, ...]:
        """The languages that have a collection, sorted."""
        return tuple(sorted(self._collections))

    def add(self, partition: str, ids: Sequence[str], vectors: Vectors, metadata: Sequence[Mapping[str, str]]) -> None:
        """Add unit vectors of shape (len(ids), dimension) to one partition."""
        if partition not in self._collections:
            self._collections[partition] = self._client.create_collection(
                f"{self._pack}.{partition}", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        for at in range(0, len(ids), ADD_BATCH):
            part = slice(at, at + ADD_BATCH)
            self._collections[partition].add(ids=list(ids[part]), embeddings=vectors[part], metadatas=[dict(row) for row in metadata[part]])

    def nearest(self, partitions: Sequence[str], vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """The `limit` nearest passages over the partitions: (id, cosine similarity), best first."""
        found: list[tuple[str, float]] = []
        for partition in partitions:
            collection = self._collections.get(partition)
            if collection is None:
                continue
            answer = collection.query(query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"])
            found += [(name, 1.0 - distance) for name, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)]
        return sorted(found, key=lambda pair: -pair[1])[:limit]

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()

    def count(self) -> int:
        """How many passages are stored."""
        return sum(collection.count() for collection in self._collections.values())

    def check(self) -> None:
        """Self-test: sampled passages have to find themselves. Raises IndexUnusable."""
        for partition, collection in self._collections.items():
            ids = collection.get(include=[])["ids"]
            sample = ids[:: max(1, len(ids) // SELF_TEST_SAMPLES)][:SELF_TEST_SAMPLES]
            stored = collection.get(ids=sample, include=["embeddings"])
            for name, vector in zip(stored["ids"], stored["embeddings"], strict=True):
                nearest = self.nearest([partition], np.asarray(vector, dtype=np.float32), 3)
                if name not in [found for found, _ in nearest]:
                    raise IndexUnusable(f"The search index has lost vectors ({name} does not find itself). Run: gnomon index --rebuild")
