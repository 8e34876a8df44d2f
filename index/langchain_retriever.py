"""The search as a LangChain retriever, for chains and agents of your own. In: a question. Out: Documents with the passage id and why it matched."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from index.filters import SearchFilter
from index.search import Hit, Search


class GnomonRetriever(BaseRetriever):
    """Returns the `k` best passages under `wanted`; a document's id is the passage's."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    search: Search
    wanted: SearchFilter = SearchFilter()
    k: int = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(hit) for hit in self.search.find(query, self.wanted, self.k).hits]


def _document(hit: Hit) -> Document:
    passage = hit.passage
    metadata: dict[str, Any] = {
        "methodology": passage.methodology,
        "heading": passage.heading,
        "kind": passage.kind,
        "language": passage.language,
        "score": hit.score,
        "similarity": hit.why.dense_similarity,
        "words": list(hit.why.words),
        "filters_met": list(hit.why.filters_met),
    }
    return Document(id=passage.id, page_content=passage.text, metadata=metadata)
