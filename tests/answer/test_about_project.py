"""Questions about the upload are recognised, and answered from its own files."""

import pytest

from assistant.answer.about_project import UPLOAD_FIRST, project_subject
from assistant.answer.answer import ProjectSource
from assistant.answer.citations import broken_citations
from assistant.conversation import Conversation


@pytest.fixture
def told(assistant):
    """told("question") -> the answer about the Go sample."""
    context = assistant.open_project(next(path for path in assistant.samples() if path.name.startswith("go-")))

    def ask(question, context=context):
        *_, answer = assistant.ask(question, Conversation(), context)
        assert broken_citations(answer, assistant.search.passages) == []
        return answer

    return ask


@pytest.mark.parametrize(
    ("question", "said", "path"),
    [
        ("which driver do we use?", "pgx", "go.mod"),
        ("What web framework does this project use?", "Gin", "go.mod"),
        ("what queue is that?", "RabbitMQ", "go.mod"),
        ("do we use redis?", "Yes", "go.mod"),
        ("do we have migrations?", "Yes", "migrations/001_orders.sql"),
        ("where is main?", "starts at", "cmd/orders/main.go"),
        ("which go version do we use?", "1.26", "go.mod"),
        ("are there tests?", "Yes", "internal/api/router_test.go"),
        ("where is our config?", "config", "internal/config/config.go"),
        ("what is our stack?", "PostgreSQL", "go.mod"),
        ("which version of gin do we use?", "Gin", "go.mod"),
    ],
)
def test_a_question_about_the_upload_is_answered_with_its_own_lines(told, question, said, path):
    answer = told(question)
    assert answer.status == "answered"
    assert said in answer.text
    places = [source for source in answer.sources if isinstance(source, ProjectSource)]
    assert path in [place.path for place in places], answer.text


def test_what_is_not_there_is_denied_and_not_invented(told):
    assert told("do we use kafka?").text.startswith("No: I see no Kafka")
    assert "nothing called" in told("where is the WarehouseRobot?").text


def test_without_an_upload_the_answer_asks_for_one(assistant, told):
    answer = told("which driver do we use?", assistant.read_context({}))
    assert (answer.status, answer.text, answer.sources) == ("partial", UPLOAD_FIRST, ())


@pytest.mark.parametrize(
    "question",
    [
        "which driver should we use?",
        "which database is better for events?",
        "where should validation live?",
        "where does validation go",
        "How do we run migrations?",
        "do we need a queue?",
        "Is there a way to cancel a query?",
        "what is a cache stampede?",
        "which index fits which query?",
        "where do errors belong?",
        "is there a limit on open connections when we use pgx?",
        "what timeouts do we have to set?",
    ],
)
def test_a_question_for_advice_is_none_about_the_upload(question):
    assert project_subject(question) is None


def test_a_file_name_with_markdown_stays_a_name(assistant, tmp_path, told):
    project = tmp_path / "shop"
    (project / "migrations").mkdir(parents=True)
    (project / "go.mod").write_text("module shop\n\ngo 1.20\n")
    (project / "migrations" / "1_`[x](javascript:alert).sql").write_text("select 1;")
    text = told("do we have migrations?", assistant.open_project(project)).text
    assert "`migrations/1_[x](javascript:alert).sql`" in text


def test_a_newer_passage_than_the_projects_go_is_told(assistant, tmp_path, told):
    (tmp_path / "go.mod").write_text("module shop\n\ngo 1.20\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    text = told("How do I close a channel with several senders?", assistant.open_project(tmp_path)).text
    assert "assumes Go 1.25 or later; your `go.mod` says 1.20 [R1]." in text


def test_the_projects_own_technology_is_named_when_the_quotes_speak_of_it(told):
    assert "**For your project:** you use pgx 5.12.0 [R1]" in told("How large should a pgxpool be?").text


def test_a_word_in_another_case_is_not_the_technology(told):
    assert "Gin" not in told("Which kind of PostgreSQL index fits a jsonb column?").text.replace("`GIN`", "")
