"""A public collection in TREC's form, so that the engine is measured on pages that are not ours. In: documents, queries, judgements. Out: figures.

Documents are `<doc>` with `<docno>`, `<title>`, `<text>`; queries `<top>` with `<title>`, numbered in file order; judgements `query 0 document relevance`.
Nothing in the index is tuned to it: passages of 100 words with the title in front, the same fusion, ranked by each document's best passage.
"""

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import GnomonError
from assistant.evaluation import PRIMARY, score_ranking
from index.build import open_index, write_index
from index.embedders import Embedder
from index.filters import SearchFilter
from index.passages import Passage
from index.search import Search

CHUNK_WORDS = 100
PACK = "trec"
FIELD = r"<{0}>\s*(.*?)\s*</{0}>"
HITS = 200


@dataclass(frozen=True)
class TrecCollection:
    """Passages of all documents, queries by number, and which documents are relevant to each."""

    passages: tuple[Passage, ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]


def read_trec(documents: Path, queries: Path, judgements: Path) -> TrecCollection:
    """Read the three files. Raises GnomonError that names the one which cannot be read."""
    passages = tuple(passage for block in _blocks(documents, "doc") for passage in _passages(block))
    asked = {str(number): _field(block, "title") for number, block in enumerate(_blocks(queries, "top"), 1)}
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(_read(judgements).splitlines(), 1):
        try:
            query, _, document, grade = line.split()
            if int(grade) > 0:
                relevant[query][document] = PRIMARY
        except ValueError as error:
            raise GnomonError(f"{judgements.name}:{number}: not 'query 0 document relevance'.") from error
    if not passages or not asked or not relevant:
        raise GnomonError("The collection is empty: give files with <doc>, with <top>, and with judgements, in this order.")
    return TrecCollection(passages, asked, relevant)


@contextmanager
def search_collection(collection: TrecCollection, embedder: Embedder, dense_weight: float, say: Callable[[str, float], None]) -> Iterator[Search]:
    """An open search over the collection; its index lives in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="gnomon-trec-", ignore_cleanup_errors=True) as folder:
        write_index(Path(folder), PACK, collection.passages, embedder, say)
        yield open_index(Path(folder), PACK, embedder, dense_weight)


def score_collection(collection: TrecCollection, rank: Callable[[str], list[str]]) -> dict[str, dict[str, float]]:
    """The figures of every query that has a relevant document, by query."""
    rows = {number: dict(collection.relevant[number]) for number in collection.queries if collection.relevant.get(number)}
    return {number: score_ranking(rank(collection.queries[number]), wanted) for number, wanted in rows.items()}


def rank_documents(search: Search, query: str) -> list[str]:
    """Documents by their best passage."""
    return list(dict.fromkeys(hit.passage.methodology for hit in search.find(query, SearchFilter(), HITS).hits))


def _passages(block: str) -> Iterator[Passage]:
    name, title = _field(block, "docno"), _field(block, "title")
    words = _field(block, "text").split()
    for part, at in enumerate(range(0, max(len(words), 1), CHUNK_WORDS)):
        text = " ".join(words[at : at + CHUNK_WORDS])
        yield Passage(id=f"{name}#{part}", methodology=name, title=title, heading="", kind="text", text=text or title)


def _field(block: str, name: str) -> str:
    found = re.search(FIELD.format(name), block, re.DOTALL | re.IGNORECASE)
    return " ".join(found[1].split()) if found else ""


def _blocks(path: Path, name: str) -> Sequence[str]:
    return re.findall(FIELD.format(name), _read(path), re.DOTALL | re.IGNORECASE)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise GnomonError(f"{path} cannot be read: {error.strerror}.") from error
