import pytest

from assistant.answer.language import implied_language, named_language, without_other_language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("and in Rust?", "rust"),
        ("How do I do this in Go?", "go"),
        ("how is it done in golang", "go"),
        ("now the same in our Rust service", "rust"),
        ("and for the Go one?", "go"),
        ("our go service leaks", "go"),
        ("Go or Rust for a proxy?", None),
        ("How do I go about caching?", None),
        ("where did it go wrong", None),
        ("Go through the options for retries", None),
        ("Coming from Rust, is there anything like Result?", None),
        ("I am moving from Go, how do I bound the body in Rust?", "rust"),
        ("trust boundaries of a cache", None),
    ],
)
def test_a_language_is_named_or_it_is_not(question, language):
    assert named_language(question) == language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("tokio worker blocks", "rust"),
        ("if err != nil { return }", "go"),
        ("let mut rx = channel();", "rust"),
        ("goroutine leak", "go"),
        ("cache stampede", None),
        ("axum or gin?", None),
    ],
)
def test_tools_and_code_imply_a_language(question, language):
    assert implied_language(question) == language


def test_names_of_the_other_language_are_taken_out():
    assert without_other_language("How do I attach the request id in axum?", "go") == "How do I attach the request id?"
    assert without_other_language("How do I attach the request id in axum?", "rust") == "How do I attach the request id in axum?"
