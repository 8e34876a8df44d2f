"""The pipeline that a user would write first, to compare with: LangChain's recursive splitter, Chroma, similarity search. In: documents. Out: a ranking."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from index.embedders import Embedder

CHUNK_CHARS, OVERLAP_CHARS = 1_000, 200  # the tutorial's numbers
CHUNKS = 40
ADD_BATCH = 5_000  # Chroma takes at most 5,461 at once


class _Embeddings(Embeddings):
    """Our embedder behind LangChain's interface, so that both sides read the same vectors."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embedder.embed(texts).tolist()  # type: ignore[no-any-return]

    def embed_query(self, text: str) -> list[float]:
        return self._embedder.embed([text])[0].tolist()  # type: ignore[no-any-return]


def build_baseline(texts: Sequence[tuple[str, str]], embedder: Embedder, folder: Path | None = None) -> Callable[[str], list[str]]:
    """Index (document id, text) pairs; what comes back ranks document ids by their best chunk."""
    from langchain_chroma import Chroma
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARS, chunk_overlap=OVERLAP_CHARS)
    chunks = splitter.split_documents([Document(page_content=text, metadata={"document": name}) for name, text in texts])
    store = Chroma("baseline", _Embeddings(embedder), persist_directory=str(folder or tempfile.mkdtemp(prefix="gnomon-baseline-")))
    for at in range(0, len(chunks), ADD_BATCH):
        store.add_documents(chunks[at : at + ADD_BATCH])

    def rank(query: str) -> list[str]:
        return list(dict.fromkeys(str(found.metadata["document"]) for found in store.similarity_search(query, k=CHUNKS)))

    return rank
