"""What the doors print is what CONTRACT fixes: validated against the schemas that `gnomon schema` prints, and against the names themselves."""

import json

import jsonschema
import pytest

from assistant.contract import schemas
from assistant.conversation import Conversation
from assistant.startup import create_inspector

ANSWER_FIELDS = {
    "id", "status", "route", "text", "sources", "query", "filters", "hidden", "mode", "notes", "suggestions", "corpus", "timings_ms",
}  # fmt: skip
INSPECT_FIELDS = {
    "archive", "modules", "ecosystem", "primary_languages", "other_ecosystem", "layout", "web_framework", "async_runtime", "db_driver", "databases",
    "queue", "cache", "grpc", "service_types", "go_version", "rust_edition", "multi_module", "logging", "metrics", "tests", "ci", "docker", "evidence",
    "skipped", "questions", "seconds",
}  # fmt: skip
QUESTIONS = [
    "How do I stop a slow client from holding a connection?",
    "cache stampede",
    "Hibernate lazy collections?",
    "Plan a three-day trip to Kyoto.",
    "hello",
]


def through_json(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_what_the_contract_says(assistant, question):
    *_, answer = assistant.ask(question, Conversation(), assistant.open_project(assistant.samples()[0]))
    row = through_json(answer.to_json())
    jsonschema.validate(row, schemas()["ask"])
    assert ANSWER_FIELDS <= set(row)
    assert set(row["corpus"]) == {"pack", "version"}
    for source in row["sources"]:
        fields = {"n", "passage", "methodology", "heading", "strength", "quotes"} if source["n"].startswith("M") else {"n", "path", "line", "text"}
        assert set(source) == fields


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_search_row_is_what_the_contract_says(assistant, question):
    found = assistant.find(question, Conversation(), assistant.read_context({}))
    row = through_json(found.to_json("q1"))
    jsonschema.validate(row, schemas()["search"])
    assert len(set(row["ranked"])) == len(row["ranked"])
    *_, answer = assistant.ask(question, Conversation(), assistant.read_context({}))
    assert row["abstain"] == (answer.status in ("refused", "routed"))
    assert row["route"] == answer.route


def test_an_inspection_is_what_the_contract_says(assistant, settings, tmp_path):
    inspector = create_inspector(settings)
    for sample in assistant.samples():
        row = through_json(inspector.inspect(sample))
        jsonschema.validate(row, schemas()["inspect"])
        assert set(row) >= INSPECT_FIELDS
        assert {fact["certainty"] for facts in row["evidence"].values() for fact in facts} <= {"certain", "likely", "possible"}
    (tmp_path / "empty.zip").write_bytes(b"")
    jsonschema.validate(through_json(inspector.inspect(tmp_path / "empty.zip")), schemas()["inspect-refused"])
