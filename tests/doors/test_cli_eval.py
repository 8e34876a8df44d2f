import json

import pytest

QUESTIONS = [
    {
        "id": "t-1",
        "question": "How do I stop a slow client from holding a connection?",
        "kind": "natural",
        "context": {"language": "go"},
        "relevant": {"go-http-handlers": 2},
        "pair": "p",
    },
    {
        "id": "t-2",
        "question": "How do I stop a slow client from holding a connection?",
        "kind": "natural",
        "context": {"language": "rust"},
        "relevant": {"rust-http-handlers": 2},
        "pair": "p",
    },
    {"id": "t-3", "question": "Why is OFFSET slow on later pages?", "kind": "symptom", "relevant": {"sql-optimization": 2}},
    {"id": "t-4", "question": "Which pasta goes with pesto?", "kind": "off-topic", "expected": "abstain"},
]


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    return str(path)


@pytest.fixture
def own_data(settings, monkeypatch, tmp_path):
    """A data folder of one's own, so that a saved run stays in this test."""
    monkeypatch.setenv("GNOMON_DATA_DIR", str(tmp_path / "data"))


def test_figures_come_with_intervals_pairs_and_refusals(gnomon, questions, own_data):
    code, out, _ = gnomon("eval", questions, "--json")
    found = json.loads(out)
    assert (code, found["questions"], found["ranked"]) == (0, 4, 3)
    assert (found["overall"]["hit@1"], found["pairs"], found["abstention"]["refused"]) == (1.0, 1.0, 1.0)
    assert found["intervals"]["hit@1"] == [1.0, 1.0]
    assert set(found["by_document"]) == {"go-http-handlers", "rust-http-handlers", "sql-optimization"}


def test_other_ways_to_rank_stand_beside_ours(gnomon, questions, own_data):
    found = json.loads(gnomon("eval", questions, "--compare", "dense", "--compare", "bm25", "--compare", "rrf", "--json")[1])
    assert set(found["compared"]) == {"dense", "bm25", "rrf"}
    assert found["compared"]["rrf"]["n"] == 3
    _, out, _ = gnomon("eval", questions, "--compare", "dense")
    assert "ours less dense: ndcg@10" in out


def test_a_saved_run_is_what_later_ones_differ_from(gnomon, questions, own_data):
    assert "since_saved" not in json.loads(gnomon("eval", questions, "--save", "--json")[1])
    found = json.loads(gnomon("eval", questions, "--json")[1])
    assert found["since_saved"]["hit@1"] == {"n": 3, "mean": 0.0, "low": 0.0, "high": 0.0}


def test_a_bad_question_file_is_named_with_its_line(gnomon, tmp_path, own_data):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "a", "question": "x", "kind": "natural"}\nnot json\n', encoding="utf-8")
    code, _, err = gnomon("eval", str(path))
    assert (code, "bad.jsonl:2" in err) == (2, True)


DOCS = """<doc><docno>1</docno><title>wings in slipstreams</title><text>lift of a wing in a propeller slipstream</text></doc>
<doc><docno>2</docno><title>heat in slabs</title><text>heat conduction in composite slabs</text></doc>
<doc><docno>3</docno><title>shear flow</title><text>shear flow past a flat plate</text></doc>"""
QUERIES = "<xml><top><num>7</num><title>lift of wings behind propellers</title></top><top><num>9</num><title>conduction of heat</title></top></xml>"


def test_a_trec_collection_is_measured_with_the_same_engine(gnomon, tmp_path, settings):
    for name, text in (("docs", DOCS), ("queries", QUERIES), ("qrels", "1 0 1 1\n1 0 2 0\n2 0 2 3\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, out, _ = gnomon("eval", "--trec", str(tmp_path / "docs"), str(tmp_path / "queries"), str(tmp_path / "qrels"), "--json")
    rows = json.loads(out)["rows"]
    assert (code, rows["fused"]["n"], rows["fused"]["ndcg@10"]) == (0, 2, 1.0)
    assert set(rows) == {"fused", "dense", "bm25", "rrf"}


def test_a_trec_file_that_is_not_one_is_refused(gnomon, tmp_path):
    (tmp_path / "docs").write_text(DOCS, encoding="utf-8")
    (tmp_path / "qrels").write_text("1 0 one\n", encoding="utf-8")
    code, _, err = gnomon("eval", "--trec", str(tmp_path / "docs"), str(tmp_path / "docs"), str(tmp_path / "qrels"))
    assert (code, "qrels:1: not 'query 0 document relevance'" in err) == (2, True)
    code, _, err = gnomon("eval", "--trec", str(tmp_path / "none"), str(tmp_path / "docs"), str(tmp_path / "qrels"))
    assert (code, "cannot be read" in err) == (2, True)


CASES = [
    {
        "id": "c-1", "kind": "question", "question": "Who may close a Go channel?", "context": {"language": "go"}, "best": ["go-channels#who-may-close"],
        "must": ["the sender closes the channel after its last value"], "must_not": ["receiver closes"],
    },
    {"id": "c-2", "kind": "upload", "question": "which driver do we use?", "project": "go-orders", "must_say": ["pgx", "a driver that is not there"]},
]  # fmt: skip


def test_whole_answers_are_measured_and_shown_side_by_side(gnomon, tmp_path):
    path, page = tmp_path / "cases.jsonl", tmp_path / "page.html"
    path.write_text("".join(json.dumps(row) + "\n" for row in CASES), encoding="utf-8")
    code, out, _ = gnomon("eval", "--answers", str(path), "--page", str(page), "--json")
    found = json.loads(out)
    assert code == 0
    assert found["overall"]["quotes exact"] == 1.0
    assert found["by_kind"]["question"]["facts covered"] == 1.0
    assert found["by_kind"]["upload"]["facts covered"] == 0.5
    assert [miss["id"] for miss in found["misses"]] == ["c-2"]
    assert "missed: a driver that is not there" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ['{"id": 1}', "[]", "not json", '{"id": "x", "kind": "k", "question": "q", "must_not": ["("]}'])
def test_a_case_that_is_none_is_named_with_its_line(gnomon, tmp_path, line):
    path = tmp_path / "cases.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    code, _, err = gnomon("eval", "--answers", str(path))
    assert (code, "cases.jsonl:1: not a case" in err) == (2, True)
