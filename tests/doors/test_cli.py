import json
import subprocess
import sys

import pytest

from assistant.settings import PROJECT_ROOT

SLOW_CLIENT = "How do I stop a slow client from holding a connection?"


def test_search_prints_methodologies_passages_and_why(gnomon, rows):
    code, out, _ = gnomon("search", SLOW_CLIENT, "--context", "language=go", "--json")
    [row] = rows(out)
    assert (code, row["ranked"][0], row["abstain"]) == (0, "go-http-handlers", False)
    assert row["passages"][0]["why"]["filters_met"] == ["language=go"]


def test_a_passage_is_printed_as_it_was_authored(gnomon, rows, assistant):
    name = next(name for name in assistant.search.passages if name.startswith("go-http-handlers#") and "```go" in assistant.passage(name).text)
    _, out, _ = gnomon("search", "--passage", name, "--json")
    assert rows(out) == [
        {
            "id": name,
            "methodology": "go-http-handlers",
            "heading": assistant.passage(name).heading,
            "kind": assistant.passage(name).kind,
            "text": assistant.passage(name).text,
        }
    ]


def test_a_passage_that_does_not_exist_is_refused(gnomon):
    code, _, err = gnomon("search", "--passage", "go-http-handlers#no-such-thing")
    assert (code, "There is no passage" in err) == (2, True)


def test_ask_answers_for_people_and_for_programs(gnomon, rows):
    code, out, _ = gnomon("ask", SLOW_CLIENT, "-c", "language=go")
    assert code == 0
    assert "[M1]" in out
    assert "go-http-handlers#" in out
    [answer] = rows(gnomon("ask", SLOW_CLIENT, "-c", "language=go", "--json")[1])
    assert (answer["status"], answer["mode"], answer["filters"]) == ("answered", "quoted", {"language": ["go"]})


BATCH = """
{"id": "a", "question": "How do I stop a slow client from holding a connection?", "context": {"language": "go"}}
{"id": "b", "turns": ["How do I bound the request body in gin?", "and in Rust?"]}
not json
{"id": "c"}
{"id": "d", "question": "Why does OFFSET get slow?", "context": {"language": "cobol", "shoe_size": 43}}
[1, 2]
{"id": "e", "question": ""}
{"id": "f", "question": "Hibernate lazy collections?"}
"""


def test_a_bad_line_of_a_batch_is_named_and_the_others_run(gnomon, rows):
    code, out, err = gnomon("search", "--batch", "-", "--json", stdin=BATCH)
    found = {row["id"]: row for row in rows(out)}
    assert (code, list(found)) == (2, ["a", "b", "d", "f"])
    assert found["b"]["ranked"][0] == "rust-http-handlers"
    assert [("cobol" in note, "shoe_size" in note) for note in found["d"]["notes"]] == [(True, False), (False, True)]
    assert (found["f"]["abstain"], found["f"]["route"]) == (True, "enterprise")
    for number in (4, 5, 7, 8):
        assert f"line {number}:" in err


def test_ask_takes_the_same_batch(gnomon, rows):
    code, out, _ = gnomon("ask", "--batch", "-", "--json", stdin=BATCH)
    found = {row["id"]: row for row in rows(out)}
    assert code == 2
    assert [found[name]["status"] for name in "abdf"] == ["answered", "answered", "answered", "routed"]
    assert found["f"]["sources"] == []


def test_a_batch_comes_from_a_file_too(gnomon, rows, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "question": "cache stampede"}\n', encoding="utf-8")
    assert [row["id"] for row in rows(gnomon("search", "--batch", str(file), "--json")[1])] == ["a"]
    code, _, err = gnomon("search", "--batch", str(tmp_path / "none"))
    assert (code, "cannot be read" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("ask", "why?", "-c", "language=gp"), ["gp", "go"], id="unknown value names the nearest"),
        pytest.param(("ask", "why?", "-c", "lingo=go"), ["lingo"], id="unknown key"),
        pytest.param(("ask", "why?", "-c", "language"), ["KEY=VALUE"], id="no value"),
        pytest.param(("ask",), ["No question was given"], id="no question"),
        pytest.param(("ask", "  "), ["no question in that"], id="empty question"),
        pytest.param(("ask", "why?", "--project", "/no/such.zip"), ["such.zip"], id="no such project"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_2(gnomon, arguments, words):
    code, _, err = gnomon(*arguments)
    assert code == 2
    assert all(word in err for word in words)
    assert "Traceback" not in err


def test_inspect_takes_many_paths_and_goes_on_after_a_refusal(gnomon, rows, assistant, tmp_path):
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"not an archive")
    go, rust = assistant.samples()
    code, out, _ = gnomon("inspect", str(go), str(bad), str(rust), "--json")
    found = rows(out)
    assert code == 2
    assert [row.get("ecosystem") for row in found] == ["go", None, "rust"]
    assert set(found[1]) == {"archive", "error"}


def test_schema_prints_a_schema_for_every_output(gnomon):
    assert {"search", "ask", "inspect", "passage"} <= set(json.loads(gnomon("schema")[1]))


def test_doctor_says_what_is_there(gnomon, rows):
    code, out, _ = gnomon("doctor", "--json")
    assert (code, [row["ok"] for row in rows(out)]) == (0, [True] * 7)


def test_index_is_unchanged_the_second_time(gnomon, rows):
    [row] = rows(gnomon("index", "--json")[1])
    assert row["built"] is False


def test_a_setting_that_is_unknown_stops_the_program_with_its_name(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "assistant.doors.cli", "index"],
        env={"PATH": "/usr/bin:/bin", "GNOMON_PROT": "1", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.strip() == "GNOMON_PROT is not a setting. Did you mean GNOMON_PORT?"


def test_a_missing_index_names_the_command_that_builds_it(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "assistant.doors.cli", "ask", "why?"],
        env={"PATH": "/usr/bin:/bin", "GNOMON_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        check=False,
    )
    assert result.returncode == 2
    assert "There is no search index" in result.stderr
    assert "gnomon index" in result.stderr


def test_a_recorded_answer_is_asked_again(gnomon, rows, tmp_path):
    recorded = tmp_path / "answers.jsonl"
    recorded.write_text(gnomon("ask", SLOW_CLIENT, "--json")[1] + "[1]\n", encoding="utf-8")
    code, out, err = gnomon("ask", "--replay", str(recorded), "--json")
    assert (code, [row["same"] for row in rows(out)]) == (2, [True])
    assert "line 2: not an answer" in err
    assert "the same" in gnomon("ask", "--replay", str(recorded))[1]


def test_a_design_is_printed_as_a_decision_record(gnomon):
    code, out, _ = gnomon("ask", "--adr", "Design a service that caches prices and writes orders to PostgreSQL", "-c", "language=go")
    assert code == 0
    assert "## Decision Outcome" in out


def test_writing_without_a_model_says_how_to_set_one(gnomon):
    code, _, err = gnomon("ask", "--write", SLOW_CLIENT)
    assert (code, "GNOMON_MODEL=provider:name" in err) == (2, True)


def test_the_references_are_shown_once_to_people(gnomon):
    out = gnomon("ask", SLOW_CLIENT, "-c", "language=go")[1]
    assert "References" not in out
    assert out.count("go-http-handlers#slow-client") == 1
