import pytest

from assistant.conversation import Conversation, Turn, check_question, standalone_question
from assistant.errors import QuestionRefused


def rewritten(*turns):
    return standalone_question(turns[-1], Conversation(tuple(Turn(turn) for turn in turns[:-1])))


@pytest.mark.parametrize(
    ("turns", "text", "language"),
    [
        pytest.param(("How do I bound the body in gin?", "and in Rust?"), "How do I bound the body? in Rust?", "rust", id="language switch"),
        pytest.param(("How do I recover panics in middleware?", "example?"), "How do I recover panics in middleware? example?", None, id="show code"),
        pytest.param(
            ("A TTL, an LRU limit or both?", "how do I size the last one?"),
            "both: A TTL, an LRU limit or both? how do I size the last one?",
            None,
            id="option by its place",
        ),
        pytest.param(
            ("How do I bound the body in Rust?", "why not a proxy?"),
            "How do I bound the body in Rust? why not a proxy?",
            "rust",
            id="why not keeps the language",
        ),
        pytest.param(("Redis or Valkey?", "ok", "why?"), "Redis or Valkey? why?", None, id="empty turns are passed over"),
    ],
)
def test_a_follow_up_takes_its_subject_along(turns, text, language):
    question = rewritten(*turns)
    assert (question.text, question.language, question.follows_up) == (text, language, True)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(("How do I set up a dead letter queue?", "Unrelated: the nightly report query spills to disk"), id="announced"),
        pytest.param(("pkg or internal?", "other thing: the handler gets a 30 MB JSON and the pod dies"), id="announced in other words"),
        pytest.param(("How do I bound the body?", "Which index serves a query that filters on two columns and sorts by a third?"), id="a full question"),
    ],
)
def test_a_topic_switch_drops_the_old_subject(turns):
    question = rewritten(*turns)
    assert not question.follows_up
    assert not {"queue", "internal", "bound"} & set(question.text.split())


def test_a_first_question_is_searched_as_it_is():
    assert rewritten("and in Rust?").text == "and in Rust?"


@pytest.mark.parametrize("text", ["", "   \n\t", "\x00\x07", "\u200b\u2060"])
def test_an_empty_question_is_refused_with_an_example(text):
    with pytest.raises(QuestionRefused, match="There is no question"):
        check_question(text, 100)


def test_a_long_question_is_cut_and_says_so():
    text, notes = check_question("x" * 101, 100)
    assert (len(text), notes) == (100, ("The question has 101 characters; the first 100 were searched.",))


def test_control_characters_are_dropped_and_lines_kept():
    assert check_question("a\x00b\n\tc\u202e", 100)[0] == "ab\n\tc"
