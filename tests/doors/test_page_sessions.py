"""Sessions: who gets what, and for how long."""

import pytest

from assistant.doors.page import sessions as module
from assistant.doors.page.sessions import Session, Sessions
from tests.fakes import FakeAssistant, orders_context


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(hours=1, clock=clock)


def test_the_same_cookie_gets_the_same_session(sessions):
    cookie = sessions.new_cookie()
    assert sessions.get(cookie) is sessions.get(cookie)


def test_two_cookies_get_two_sessions(sessions):
    assert sessions.get(sessions.new_cookie()) is not sessions.get(sessions.new_cookie())


@pytest.mark.parametrize("cookie", [None, "", ".", "a.b", "a", "ä.ö"])
def test_a_forged_cookie_gets_nothing(sessions, cookie):
    assert sessions.get(cookie) is None


def test_a_changed_name_breaks_the_signature(sessions):
    cookie = sessions.new_cookie()
    assert sessions.get("x" + cookie) is None


def test_an_unused_session_ends_after_its_hours(sessions, clock):
    cookie = sessions.new_cookie()
    sessions.get(cookie).open_project(orders_context("orders"), FakeAssistant().first_look(orders_context("orders")))
    clock.now = 3601
    assert sessions.get(cookie).context.project is None


def test_use_prolongs_a_session(sessions, clock):
    cookie = sessions.new_cookie()
    first = sessions.get(cookie)
    for clock.now in (3000, 6000, 9000):
        assert sessions.get(cookie) is first


def test_the_longest_unused_session_goes_when_there_are_too_many(sessions, monkeypatch):
    monkeypatch.setattr(module, "MOST_SESSIONS", 2)
    cookies = [sessions.new_cookie() for _ in range(3)]
    first, second, _ = [sessions.get(cookie) for cookie in cookies]
    assert sessions.get(cookies[1]) is second
    assert sessions.get(cookies[0]) is not first


def test_a_long_talk_drops_its_oldest_rows(monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    session = Session()
    for at in range(5):
        session.add(f"question {at}")
    assert [entry.question for entry in session.entries] == ["question 2", "question 3", "question 4"]


def test_source_trees_are_let_go_before_memory_runs_out(sessions, monkeypatch):
    context = orders_context("orders")
    size = sum(map(len, context.tree.texts.values()))
    monkeypatch.setattr(module, "MOST_TREE_CHARS", 2 * size)
    cookies = [sessions.new_cookie() for _ in range(3)]
    for cookie in cookies:
        sessions.get(cookie).open_project(context, FakeAssistant().first_look(context))
    sessions.get(cookies[1])
    assert [sessions.get(cookie).context.tree is None for cookie in reversed(cookies)] == [False, False, True]
    assert sessions.get(cookies[0]).context.facts == context.facts


def test_a_stream_belongs_to_whoever_read_it_first(sessions):
    mine, other = sessions.new_cookie(), sessions.new_cookie()
    assert sessions.owns_stream(mine, "k3j2h1")
    assert not sessions.owns_stream(other, "k3j2h1")
    assert sessions.owns_stream(mine, "k3j2h1")
