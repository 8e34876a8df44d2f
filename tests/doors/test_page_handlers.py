"""What a person does on the page and what changes, without Gradio or a browser."""

import pytest

from assistant.doors.page.handlers import ONE_AT_A_TIME, Handlers, View
from assistant.doors.page.sessions import Session
from assistant.doors.page.talk import STOPPED
from assistant.errors import ProjectRefused
from tests.fakes import FakeAssistant, orders_context


@pytest.fixture
def fake():
    return FakeAssistant()


@pytest.fixture
def handlers(fake):
    return Handlers(fake)


@pytest.fixture
def session(fake):
    made = Session()
    made.open_project(orders_context("orders"), fake.first_look(orders_context("orders")))
    return made


def last(views) -> View:
    return list(views)[-1]


def texts(view: View) -> list[str]:
    return [message["content"] for message in view.messages]


def test_a_question_ends_in_an_answer_with_sources(handlers, session):
    view = last(handlers.ask(session, "slow client?"))
    assert "[M1]" in texts(view)[-1]
    assert 'id="t2-M1"' in view.sources
    assert view.status == "Answer ready, 2 sources and 1 place in your code."
    assert view.running is False


def test_the_first_view_shows_the_question_and_a_search_that_runs(handlers, session):
    views = handlers.ask(session, "slow client?")
    first = next(views)
    assert first.messages[-2]["content"] == "slow client?"
    assert first.messages[-1]["metadata"]["status"] == "pending"
    assert first.running is True


def test_a_follow_up_carries_the_turns_before(handlers, session, fake):
    list(handlers.ask(session, "slow client?"))
    list(handlers.ask(session, "and in Rust?"))
    _, conversation, context = fake.asked[-1]
    assert [turn.question for turn in conversation.turns] == ["slow client?"]
    assert context.project == "orders"


def test_a_second_question_waits_for_the_first(handlers, session):
    views = handlers.ask(session, "slow client?")
    next(views)
    assert last(handlers.ask(session, "another?")).status == ONE_AT_A_TIME
    list(views)
    assert last(handlers.ask(session, "another?")).running is False


def test_stopping_keeps_what_had_come(handlers, session):
    fake = FakeAssistant(seconds_per_piece=0.02)
    views = Handlers(fake).ask(session, "slow client?")
    next(views)
    next(views)
    session.stop = True
    said = texts(last(views))[-1]
    assert said.startswith("A Go `http.Server`")
    assert said.endswith(STOPPED)


def test_a_reader_who_leaves_does_not_block_the_next_question(handlers, session):
    views = handlers.ask(session, "slow client?")
    next(views)
    views.close()
    assert last(handlers.ask(session, "slow client?")).running is False


def test_a_refused_question_is_one_sentence_in_the_talk(handlers, session):
    assert texts(last(handlers.ask(session, "?!")))[-1] == "There is no question in that. Type one."


def test_retry_asks_the_same_question_in_its_place(handlers, session, fake):
    before = len(last(handlers.ask(session, "slow client?")).messages)
    view = last(handlers.retry(session, before - 1))
    assert len(view.messages) == before
    assert [text for text, *_ in fake.asked] == ["slow client?", "slow client?"]


@pytest.mark.parametrize("press", ["retry", "undo"])
def test_the_opening_words_can_be_neither_asked_again_nor_taken_back(handlers, session, fake, press):
    assert len(last(getattr(handlers, press)(session, 0)).messages) == 1
    assert fake.asked == []


def test_nothing_is_cut_while_an_answer_is_on_its_way(handlers, session):
    list(handlers.ask(session, "slow client?"))
    views = handlers.ask(session, "weather?")
    next(views)
    assert last(handlers.edit(session, 1, "another?")).status == ONE_AT_A_TIME
    list(views)
    assert [entry.question for entry in session.entries] == [None, "slow client?", "weather?"]


def test_an_answer_that_comes_after_deleting_is_dropped(handlers, session):
    views = handlers.ask(session, "slow client?")
    next(views)
    list(handlers.act(session, "forget", ""))
    list(views)
    assert session.entries == ()


def test_undo_gives_the_question_back(handlers, session):
    before = len(last(handlers.ask(session, "slow client?")).messages)
    view = last(handlers.undo(session, before - 1))
    assert view.draft == "slow client?"
    assert len(view.messages) == 1


def test_an_edited_question_replaces_the_old_one_and_its_sources(handlers, session, fake):
    list(handlers.ask(session, "slow client?"))
    view = last(handlers.edit(session, 1, "Vec&lt;T> of clients?"))
    assert [text for text, *_ in fake.asked] == ["slow client?", "Vec<T> of clients?"]
    assert "slow client?" not in texts(view)
    assert 'data-turn="3"' in view.sources


def test_an_older_answers_sources_can_be_shown_again(handlers, session):
    list(handlers.ask(session, "slow client?"))
    list(handlers.ask(session, "weather?"))
    assert 'data-turn="2"' in last(handlers.act(session, "turn", "2")).sources


def test_a_removed_filter_is_gone_from_the_next_question(handlers, session, fake):
    assert "web_framework=gin" not in last(handlers.act(session, "remove", "web_framework=gin")).chips
    list(handlers.ask(session, "slow client?"))
    assert "web_framework" not in fake.asked[-1][2].filters()


def test_a_removed_filter_can_come_back(handlers, session):
    list(handlers.act(session, "remove", "web_framework=gin"))
    assert "web_framework=gin" in last(handlers.act(session, "restore", "web_framework")).chips


@pytest.mark.parametrize("value", ["concurrency=high", "concurrency="])
def test_an_answered_or_skipped_question_is_not_asked_again(handlers, session, value):
    assert "Still open" in handlers.whole(session).project
    assert "Still open" not in last(handlers.act(session, "answer", value)).project


@pytest.mark.parametrize(
    ("name", "value"), [("answer", "concurrency=<b>"), ("answer", "nonsense=1"), ("remove", "project=x"), ("turn", "999"), ("sample", "99"), ("rm", "")]
)
def test_an_action_with_foreign_values_changes_nothing(handlers, session, name, value):
    context, entries = session.context, session.entries
    list(handlers.act(session, name, value))
    assert (session.context, session.entries) == (context, entries)


def test_showing_hidden_passages_asks_again_without_the_language(handlers, session, fake):
    list(handlers.ask(session, "slow client?"))
    list(handlers.act(session, "unhide", ""))
    assert fake.asked[-1][0] == "slow client?"
    assert "language" not in fake.asked[-1][2].filters()


def test_a_sample_opens_the_talk(handlers):
    session = Session()
    view = last(handlers.act(session, "sample", "0"))
    assert session.context.project == "go-orders"
    assert "I see a Go HTTP API" in texts(view)[0]
    assert 'id="t1-M1"' in view.sources


def test_a_refused_project_leaves_the_one_before(handlers, session):
    def read():
        raise ProjectRefused("notes.zip is empty. Upload the source folders.")

    handlers.open_project(session, read)
    view = handlers.whole(session)
    assert "notes.zip is empty. Upload the source folders." in view.project
    assert session.context.project == "orders"


def test_deleting_leaves_nothing(handlers, session):
    list(handlers.ask(session, "slow client?"))
    view = last(handlers.act(session, "forget", ""))
    assert (session.context.project, session.entries, view.messages) == (None, (), [])


def test_a_reload_shows_the_talk_as_it_was(handlers, session):
    before = last(handlers.ask(session, "slow client?"))
    after = handlers.whole(session)
    assert (after.messages, after.sources, after.project) == (before.messages, before.sources, before.project)


def test_two_sessions_share_nothing(handlers, session):
    list(handlers.ask(session, "slow client?"))
    other = handlers.whole(Session())
    assert other.messages == []
    assert "orders" not in other.project + other.sources + other.chips
