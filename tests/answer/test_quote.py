"""How each kind of passage is read out, over passages of the shipped corpus."""

import pytest

from assistant.answer.quote import compose_quotes
from index.search import Hit, Why


@pytest.fixture
def quoted(assistant, embedder):
    """quoted("id", "go") -> the answer that leads with that passage."""

    def compose(name, language="go", question="what?", also=()):
        hits = [Hit(assistant.passage(one), 1.0, Why(1, 0.6, 1)) for one in (name, *also)]
        return compose_quotes(hits, assistant.search, embedder.embed([question])[0], (language,))

    return compose


def first(assistant, kind, language="neutral"):
    return next(passage for passage in assistant.search.passages.values() if passage.kind == kind and passage.language == language)


def test_every_passage_is_quoted_verbatim_with_its_mark(assistant, quoted):
    for passage in assistant.search.passages.values():
        answer = quoted(passage.id)
        [source] = answer.sources
        assert (source.n, source.passage) == ("M1", passage.id)
        assert source.quotes, passage.id
        for quote in source.quotes:
            assert passage.text[quote.start : quote.end] == quote.text
            assert quote.text in answer.text


def test_a_pitfall_reads_symptom_cause_fix(assistant, quoted):
    text = quoted(first(assistant, "pitfall", "go").id).text
    places = [text.index(f"**{label}.**") for label in ("Symptom", "Cause", "Fix", "How to detect")]
    assert places == sorted(places)


def test_a_decision_reads_as_its_options(assistant, quoted):
    passage = first(assistant, "decision-guide")
    options = [line for line in passage.text.splitlines() if line.startswith("- ")]
    text = quoted(passage.id).text
    assert [line for line in text.splitlines() if line.startswith("- ")] == [f"{option} [M1]" for option in options]


def test_a_pattern_reads_its_answer_and_its_code(assistant, quoted):
    answer = quoted("go-http-handlers#slow-client")
    assert answer.text.startswith("A Go `http.Server` drops a slow client")
    assert "```go\nsrv := &http.Server{" in answer.text
    assert "*go/httphandlers/server.go* [M1]" in answer.text


@pytest.mark.parametrize(("language", "other"), [("go", "rust"), ("rust", "go")])
def test_code_is_shown_in_the_readers_language(quoted, language, other):
    text = quoted("sql-optimization#n-plus-one", language).text
    assert f"```{language}\n" in text
    assert f"```{other}\n" not in text


def test_sql_is_shown_to_every_reader(quoted):
    assert all("```sql\n" in quoted("sql-optimization#keyset", language).text for language in ("go", "rust"))


def test_further_passages_give_their_heading_and_the_nearest_sentences(assistant, quoted):
    also = assistant.passage("go-http-handlers#claim-zero-timeouts")
    answer = quoted("go-http-handlers#slow-client", also=(also.id,), question="default timeouts of the server")
    assert f"**{also.heading}** — " in answer.text
    assert [source.n for source in answer.sources] == ["M1", "M2"]
    assert 1 <= len(answer.sources[1].quotes) <= 2
