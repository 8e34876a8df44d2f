"""A recorded answer asked again shows what changed since."""

import json
from dataclasses import replace

import pytest

from assistant.conversation import Conversation
from assistant.errors import QuestionRefused
from index.search import Search


@pytest.fixture
def recorded(assistant):
    *_, answer = assistant.ask("How do I stop a slow client from holding a connection?", Conversation(), assistant.read_context({"language": "go"}))
    return json.loads(json.dumps(answer.to_json()))


def test_an_unchanged_corpus_gives_the_same_answer(assistant, recorded):
    found = assistant.replay(recorded, assistant.read_context({}))
    assert found.same, found.difference
    assert (found.added, found.dropped, found.gone, found.changed, found.difference) == ((), (), (), (), "")


def test_a_changed_corpus_is_told_by_version_passage_and_text(assistant, recorded):
    lead = recorded["sources"][0]["passage"]
    search = Search.__new__(Search)
    search.__dict__ |= assistant.search.__dict__
    search.passages = {**search.passages, lead: replace(search.passages[lead], text=search.passages[lead].text.replace("drops a slow", "cuts off a slow"))}
    sentences = dict(assistant.search._sentences)
    said, vectors = sentences[lead]
    sentences[lead] = ([replace(said[0], text=said[0].text.replace("drops a slow", "cuts off a slow"), end=said[0].end + 3), *said[1:]], vectors)
    search._sentences = sentences
    newer = replace(assistant, search=search, pack=assistant.pack.model_copy(update={"version": "2027.01"}))
    found = newer.replay(recorded, assistant.read_context({}))
    assert not found.same
    assert found.corpus == (assistant.pack.version, "2027.01")
    assert found.changed == (lead,)
    assert "cuts off a slow client" in found.difference


def test_a_passage_that_is_gone_is_named(assistant, recorded):
    recorded["sources"][0]["passage"] = "go-http-handlers#long-gone"
    found = assistant.replay(recorded, assistant.read_context({}))
    assert found.gone == ("go-http-handlers#long-gone",)


@pytest.mark.parametrize("row", [[], {}, {"query": "x"}, {"query": 1, "text": "", "sources": []}])
def test_anything_else_is_refused(assistant, row):
    with pytest.raises(QuestionRefused, match="not an answer"):
        assistant.replay(row, assistant.read_context({}))
