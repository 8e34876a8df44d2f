import pytest

from index.build import build_index, open_search
from index.filters import SearchFilter


@pytest.fixture
def search(small_pack, tmp_path, embedder):
    build_index(small_pack, tmp_path / "data", embedder)
    return open_search(small_pack, tmp_path / "data", embedder, 0.7)


def ids(result):
    return [hit.passage.id for hit in result.hits]


def test_a_language_filter_is_a_partition(search):
    result = search.find("bound the request body", SearchFilter(languages=("rust",)), 10)
    assert {hit.passage.language for hit in result.hits} == {"rust"}
    assert result.hidden == {"language": 2}


def test_without_a_filter_nothing_is_hidden(search):
    result = search.find("bound the request body", SearchFilter(), 10)
    assert {hit.passage.language for hit in result.hits} == {"go", "rust"}
    assert result.hidden == {}


@pytest.mark.parametrize(("framework", "best"), [("gin", "go-things#bound-body"), ("axum", "rust-things#bound-body")])
def test_a_framework_prefers_and_does_not_exclude(search, framework, best):
    result = search.find("how does a handler bound the body", SearchFilter(prefer={"web_framework": (framework,)}), 10)
    assert ids(result)[0] == best
    assert {"go-things#bound-body", "rust-things#bound-body"} <= set(ids(result))


def test_an_error_text_finds_the_passage_that_lists_it(search):
    hit = search.find("2026/11/23 handler: http: request body too large", SearchFilter(), 3).hits[0]
    assert (hit.passage.id, hit.why.alias) == ("go-things#bound-body", "http: request body too large")


def test_a_hit_says_why_it_matched(search):
    hit = search.find("ReadHeaderTimeout slow client", SearchFilter(languages=("go",)), 3).hits[0]
    assert (hit.why.dense_rank, hit.why.keyword_rank) == (1, 1)
    assert {"readheadertimeout", "slow", "client"} <= set(hit.why.words)
    assert hit.why.filters_met == ("language=go",)


def test_stored_sentences_lie_near_themselves(search, embedder):
    sentences, vectors = search.sentences_of("go-things#read-header")
    assert len(sentences) == len(vectors) == 1
    assert float(vectors[0] @ embedder.embed([sentences[0].text])[0]) == pytest.approx(1.0, abs=0.02)  # activations are scaled by batch


@pytest.mark.parametrize("query", ["", "?!", "的", "x" * 5000])
def test_strange_queries_get_a_ranking_and_no_error(search, query):
    assert search.find(query, SearchFilter(), 3).hits
