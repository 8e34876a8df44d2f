from langchain_core.runnables import RunnableLambda

from index.build import build_index, open_search
from index.filters import SearchFilter
from index.langchain_retriever import GnomonRetriever


def test_the_search_is_a_retriever_for_chains(small_pack, tmp_path, embedder):
    build_index(small_pack, tmp_path / "data", embedder)
    search = open_search(small_pack, tmp_path / "data", embedder, 0.7)
    retriever = GnomonRetriever(search=search, wanted=SearchFilter(languages=("go",)), k=2)
    chain = retriever | RunnableLambda(lambda documents: [document.id for document in documents])
    assert chain.invoke("slow client headers") == ["go-things#read-header", "go-things#bound-body"]
    best = retriever.invoke("slow client headers")[0]
    assert best.page_content == search.passages["go-things#read-header"].text
    assert best.metadata["filters_met"] == ["language=go"]
