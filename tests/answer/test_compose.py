"""Answers written by a model: what replaces the quotes, what does not, what is kept when the model fails. The model is scripted, or a server over sockets."""

import dataclasses
import time

import pytest

from assistant.answer.answer import Answer, Source
from assistant.answer.citations import broken_citations
from assistant.answer.compose import MARKED, OWN_CODE, UNFINISHED, Writer
from assistant.chat_models import ModelLimits, open_chat_model
from assistant.conversation import Conversation
from assistant.errors import ModelFailed
from assistant.local_model import LocalServer
from tests.model_server import misbehaving_server

QUESTION = "Who may close a Go channel?"
TRUE = "Only the sending side closes a Go channel, and only when it has sent its last value. A channel need not be closed for memory."
FALSE = "Only the receiving side closes a Go channel."


class ScriptedModel:
    """Says its words one by one, then fails if told to; keeps the messages that it got."""

    name = "scripted:one"
    limits = ModelLimits()

    def __init__(self, text, failure=None):
        self.text, self.failure, self.messages = text, failure, []

    def stream(self, messages):
        self.messages.append(messages)
        for word in self.text.split(" "):
            yield word + " "
        if self.failure:
            raise ModelFailed(self.failure)


@pytest.fixture
def write_up(assistant):
    """write_up(model) -> what is yielded, the answer last."""

    def run(model, question=QUESTION, unsupported="remove", conversation=Conversation()):  # noqa: B008  a frozen value
        writer = Writer(model, assistant.search.embedder, assistant.search.passages, unsupported)
        *pieces, answer = dataclasses.replace(assistant, writer=writer).write_up(question, conversation, assistant.read_context({"language": "go"}))
        assert broken_citations(answer, assistant.search.passages) == []
        return pieces, answer

    return run


def test_a_written_answer_that_is_borne_out_replaces_the_quotes(write_up):
    pieces, answer = write_up(ScriptedModel(TRUE))
    assert "".join(pieces).strip() == TRUE
    assert answer.mode == "written"
    assert answer.text.startswith("Only the sending side closes a Go channel, and only when it has sent its last value. [M1]")
    assert answer.sources[0].passage == "go-channels#who-may-close"
    assert "2 of 2 sentences have a source" in answer.notes[-1]


def test_a_sentence_without_a_source_is_removed_or_marked(write_up):
    written = f"{TRUE} The moon has 4711 craters."
    assert "craters" not in write_up(ScriptedModel(written))[1].text
    assert f"craters. {MARKED}" in write_up(ScriptedModel(written), unsupported="mark")[1].text


def test_a_written_answer_that_is_not_borne_out_leaves_the_quotes(write_up):
    _, answer = write_up(ScriptedModel(FALSE))
    assert answer.mode == "quoted"
    assert "was not kept: 0 of 1" in answer.notes[-1]


def test_marks_links_and_html_of_the_model_do_not_get_through(write_up):
    _, answer = write_up(ScriptedModel(f"{TRUE} [M9] [1] ![x](http://evil/x.png) <img src=x onerror=y>"))
    assert "evil" not in answer.text
    assert "<img" not in answer.text
    assert "[M9]" not in answer.text


def test_code_is_the_corpus_own_or_is_said_to_be_the_models(write_up, assistant):
    own = assistant.passage("go-channels#who-may-close").code_blocks()[0].code
    _, answer = write_up(ScriptedModel(f"{TRUE}\n\n```go\n{own}\n```\n\n```go\nclose(everything)\n```"))
    assert "*from the corpus* [M1]\n```go" in answer.text
    assert f"{OWN_CODE}\n```go\nclose(everything)" in answer.text


def test_what_was_written_before_a_failure_is_kept_and_marked(write_up):
    _, answer = write_up(ScriptedModel("Only the sending side", failure="The stream of scripted:one broke off before its end."))
    assert answer.mode == "quoted"
    assert f"{UNFINISHED}\n\n> Only the sending side" in answer.text
    assert answer.notes[-1] == "The stream of scripted:one broke off before its end. The quotes stand."


def test_a_question_outside_the_corpus_is_not_sent_to_the_model(write_up):
    model = ScriptedModel("anything")
    _, answer = write_up(model, question="Plan a three-day trip to Kyoto.")
    assert (answer.status, model.messages) == ("refused", [])


def test_without_a_model_it_is_said_how_to_set_one(assistant):
    with pytest.raises(ModelFailed, match="GNOMON_MODEL"):
        list(assistant.write_up(QUESTION, Conversation(), assistant.read_context({})))


@pytest.mark.parametrize("mode", ["denied", "busy", "down", "empty", "broken", "garbage", "endless", "silent"])
def test_whatever_a_server_does_the_quotes_stand(assistant, tmp_path, mode):
    with misbehaving_server() as server:
        model = open_chat_model(f"compatible:{mode}", server.address, 2.0, LocalServer(tmp_path), {})
        ready = dataclasses.replace(assistant, writer=Writer(model, assistant.search.embedder, assistant.search.passages))
        *_, quoted = assistant.ask(QUESTION, Conversation(), assistant.read_context({}))
        *_, answer = ready.write_up(QUESTION, Conversation(), assistant.read_context({}))
    assert answer.mode == "quoted"
    assert answer.sources == quoted.sources
    assert answer.notes[-1].endswith("The quotes stand.")


def test_a_good_server_writes_the_answer(assistant, tmp_path):
    with misbehaving_server() as server:
        server.reply = TRUE
        model = open_chat_model("compatible:good", server.address, 10.0, LocalServer(tmp_path), {})
        ready = dataclasses.replace(assistant, writer=Writer(model, assistant.search.embedder, assistant.search.passages))
        *pieces, answer = ready.write_up(QUESTION, Conversation(), assistant.read_context({}))
    assert isinstance(answer, Answer)
    assert answer.mode == "written"
    assert len(pieces) > 1
    assert all(isinstance(source, Source) for source in answer.sources)
    assert answer.timings_ms["model"] > 0


def test_stopping_closes_the_request_upstream(assistant, tmp_path):
    with misbehaving_server() as server:
        model = open_chat_model("compatible:stalling", server.address, 10.0, LocalServer(tmp_path), {})
        ready = dataclasses.replace(assistant, writer=Writer(model, assistant.search.embedder, assistant.search.passages))
        pieces = ready.write_up(QUESTION, Conversation(), assistant.read_context({}))
        while not next(pieces):
            time.sleep(0.01)
        pieces.close()
        assert server.closed.wait(5)
