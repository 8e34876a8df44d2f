"""The form of answer that a question asks for."""

import pytest

from assistant.answer.shape import shape_of, snippet_language, snippet_of, split_aspects


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("errgroup or WaitGroup?", "which-of"),
        ("pros and cons of a read-through cache", "which-of"),
        ("How do I cancel a query when the client leaves?", "how-to"),
        ("Why does my goroutine never end?", "why-does"),
        ("panic: send on closed channel", "error-text"),
        ("error[E0502]: cannot borrow `x` as mutable", "error-text"),
        ("ERROR: deadlock detected (SQLSTATE 40P01)", "error-text"),
        ("What should I check before we go live with a cache?", "checklist"),
        ("Design a service that imports orders from partners", "design"),
        ("we need to build a payments API in Go", "design"),
        ("for _, id := range ids {\n\tgo load(ctx, id)\n}\nanything wrong here?", "snippet"),
        ("connection pool size", "plain"),
        ("how is a token bucket designed", "plain"),
    ],
)
def test_the_form_is_read_off_the_question(question, shape):
    assert shape_of(question) == shape


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("rows, err := db.Query(q)\nif err != nil { return err }\ndefer rows.Close()", "go"),
        ("let row = sqlx::query(q).fetch_one(&pool).await?;\nOk(row)", "rust"),
        ("SELECT id FROM orders\nWHERE total > 10 ORDER BY id;", "sql"),
        ("```py\nx = 1\n```", "python"),
        ("why is my service slow", None),
    ],
)
def test_the_language_of_a_snippet_is_known(text, language):
    assert snippet_language(text) == language


def test_prose_is_no_snippet():
    assert snippet_of("How do I use r.Context() in a handler; is it cancelled?") == ""


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("How do I close a channel? And who should do it?", 2),
        ("how do I limit concurrency and how do I collect errors", 2),
        ("How do I read and close a body?", 1),
        ("x := 1; y := 2\nfmt.Println(x); why?", 1),
    ],
)
def test_a_question_is_split_only_where_another_one_begins(question, count):
    assert len(split_aspects(question)) == count
