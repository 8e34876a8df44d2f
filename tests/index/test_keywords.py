import pytest

from index.errors import IndexUnusable
from index.keywords import KeywordIndex, tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ReadHeaderTimeout", ["readheadertimeout", "read", "header", "timeout"], id="camel case whole and split"),
        pytest.param("http.TimeoutHandler", ["http.timeouthandler", "http", "timeout", "handler"], id="qualified name"),
        pytest.param("axum::serve", ["axum::serve", "axum", "serv"], id="rust path"),
        pytest.param("idle_timeout", ["idle_timeout", "idl", "timeout"], id="snake case"),
        pytest.param("the connections of clients", ["connect", "client"], id="stop words and stems"),
        pytest.param("23505", ["23505"], id="error code"),
        pytest.param("...", [], id="nothing"),
    ],
)
def test_identifiers_are_kept_whole_and_split(text, expected):
    assert tokenize(text) == expected


def test_scores_follow_the_order_of_the_texts(tmp_path):
    keywords = KeywordIndex.build(["slow client timeouts", "offset pagination", "cache stampede"])
    keywords.save(tmp_path / "keywords")
    scores = KeywordIndex.load(tmp_path / "keywords").scores(tokenize("which pagination?"))
    assert list(scores > 0) == [False, True, False]


def test_words_that_no_text_has_score_nothing():
    assert KeywordIndex.build(["one text", "another text"]).scores(["zebra"]).tolist() == [0.0, 0.0]


def test_a_damaged_keyword_index_names_the_command_that_mends_it(tmp_path):
    KeywordIndex.build(["one text"]).save(tmp_path / "keywords")
    (tmp_path / "keywords" / "params.index.json").write_text("{", encoding="utf-8")
    with pytest.raises(IndexUnusable, match="gnomon index --rebuild"):
        KeywordIndex.load(tmp_path / "keywords")
