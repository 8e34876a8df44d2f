"""How each kind of passage is read out, over passages of the shipped corpus."""

from types import SimpleNamespace

import pytest

from assistant.answer.quote import MOST_CODE_BLOCKS, Composer
from index.search import Hit, Why


@pytest.fixture
def quoted(assistant, embedder):
    """quoted("id", "go") -> the answer that leads with that passage."""

    def compose(name, language="go", question="what?", also=(), shape="plain"):
        hits = [Hit(assistant.passage(one), 1.0, Why(1, 0.6, 1)) for one in (name, *also)]
        composer = Composer(assistant.search, (language,), question)
        text = composer.compose(hits, embedder.embed([question])[0], shape)
        return SimpleNamespace(text=text, sources=composer.sources)

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


def test_the_items_of_a_checklist_are_shown_without_the_note_of_their_rule(assistant, quoted):
    text = quoted(first(assistant, "checklist", "go").id, shape="checklist").text
    assert text.count("\n- ") >= 2
    assert "(rule:" not in text
    assert "(manual)" not in text


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


def test_a_question_why_leads_with_the_cause(assistant, quoted):
    text = quoted(first(assistant, "pitfall", "go").id, question="why does this happen?", shape="why-does").text
    places = [text.index(f"**{label}.**") for label in ("Cause", "Symptom", "Fix", "How to detect")]
    assert places == sorted(places)


def test_an_error_text_names_the_known_error_first(assistant, quoted):
    passage = first(assistant, "pitfall", "go")
    assert quoted(passage.id, question="panic: x", shape="error-text").text.startswith(f"This is a known error: **{passage.heading}**.")


def test_a_snippet_names_the_identifiers_that_fit_the_passage(quoted):
    text = quoted("go-http-handlers#slow-client", question="srv := http.Server{Addr: a}\nsrv.ListenAndServe()\nis that ok?", shape="snippet").text
    assert "The code fits **How do I stop a slow client" in text
    assert "`http.Server`" in text


def test_the_kind_that_the_question_asks_for_leads_among_near_equals(assistant, quoted):
    decision, pattern = first(assistant, "decision-guide", "go"), first(assistant, "pattern", "go")
    assert quoted(pattern.id, also=(decision.id,), shape="which-of").sources[0].passage == decision.id
    assert quoted(decision.id, also=(pattern.id,), shape="how-to").sources[0].passage == pattern.id


def test_nothing_is_said_twice_and_code_is_bounded(assistant, quoted):
    for passage in list(assistant.search.passages.values())[::7]:
        answer = quoted(passage.id, also=(passage.id,))
        said = [quote.text for source in answer.sources for quote in source.quotes]
        assert len(said) == len(set(said)), passage.id
        assert answer.text.count("```") <= 2 * MOST_CODE_BLOCKS
