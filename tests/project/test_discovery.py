import re

import pytest

from assistant.project.context import ProjectContext, describe
from assistant.project.discovery import next_questions
from assistant.project.stack import detect_stack
from tests.project.trees import PACK_FOLDER, catalogue, go_file, go_mod, pack, tree


def context_of(texts, *paths):
    found = tree(texts, *paths)
    return describe(found, detect_stack(found, catalogue()))


def asked(context):
    return {question.id: question for question in next_questions(context, pack())}


KAFKA = "github.com/segmentio/kafka-go"
BOTH = {
    "go.mod": go_mod("github.com/gin-gonic/gin v1.12.0", f"{KAFKA} v0.4.50"),
    "main.go": go_file("github.com/gin-gonic/gin", body="func main() {\n\tgin.Default().Run()\n}"),
    "events/read.go": go_file(KAFKA, package="events", body="func Read() {\n\treader.ReadMessage(ctx)\n}"),
}
ONE = {"go.mod": BOTH["go.mod"], "main.go": BOTH["main.go"]}


def test_without_a_project_every_question_is_asked_with_the_packs_reason():
    found = asked(ProjectContext())
    assert list(found) == ["language", "service_type", "concurrency"]
    assert [question.reason for question in found.values()] == [question.reason for question in pack().questions]


def test_what_the_evidence_settles_is_not_asked():
    assert list(asked(context_of(ONE))) == ["concurrency"]


def test_what_an_answer_settles_is_not_asked_even_when_it_was_skipped():
    context = context_of(BOTH).with_answer("service_type", ("worker",)).with_answer("concurrency", ())
    assert asked(context) == {}


def test_a_question_says_what_in_this_project_leaves_it_open():
    reason = asked(context_of(BOTH))["service_type"].reason
    assert reason.startswith("I ask because I found both an HTTP server (main.go:8) and a kafka consumer (events/read.go:8). ")


def test_the_places_that_a_reason_names_exist():
    reason = asked(context_of(BOTH))["service_type"].reason
    for path, line in re.findall(r"\(([\w/.]+):(\d+)\)", reason):
        assert BOTH[path].splitlines()[int(line) - 1].strip()


def test_load_is_asked_with_what_was_found():
    assert asked(context_of(ONE))["concurrency"].reason.startswith("I ask because I found an HTTP server. ")


def test_a_project_in_another_language_is_asked_for_ours():
    reason = asked(context_of({"requirements.txt": ""}, "a.py"))["language"].reason
    assert reason.startswith("I ask because nothing in shop shows it; I only saw python. ")


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("language", ("go", "rust")),
        ("service_type", ("http-api", "grpc-service", "worker", "cli")),
        ("concurrency", ("high", "moderate", "cpu-bound", "sequential")),
    ],
)
def test_the_pack_asks_with_the_options_of_the_contract(question, options):
    assert tuple(option.id for option in asked(ProjectContext())[question].options) == options


def test_terms_of_related_packs_are_no_words_of_our_own_questions():
    ours = {"api", "rest", "http", "go", "rust", "sql", "cache", "queue", "error", "handler", "grpc", "gin", "axum"}
    terms = [term for related in pack().related for term in related.terms]
    assert {"django", "fastapi", "spring boot", "laravel", "rails", "nestjs", "prisma", "openapi", "graphql schema", "api versioning"} <= set(terms)
    assert not ours & set(terms)
    assert len(terms) == len(set(terms))
    assert (PACK_FOLDER / "pack.yaml").is_file()
