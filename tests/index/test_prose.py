import pytest

from index.prose import plain_prose, split_blocks, split_sentences

PITFALL = """**Symptom.** The log shows `http: superfluous`. Clients see 200.

**Cause.** A write sends the header first, e.g. through `json.Encode`. Go 1.26 logs it.

**Fix.** Set the status before the body:

```go file=a.go region=r
w.WriteHeader(404) // not a sentence. Really.
```

**How to detect.** Rule `go-writeheader-after-body`.
"""


def test_sentences_are_exact_slices_of_the_text():
    for sentence in split_sentences(PITFALL):
        assert PITFALL[sentence.start : sentence.end] == sentence.text


def test_sentences_carry_the_part_of_the_pitfall():
    assert [(s.label, s.text) for s in split_sentences(PITFALL)] == [
        ("Symptom", "The log shows `http: superfluous`."),
        ("Symptom", "Clients see 200."),
        ("Cause", "A write sends the header first, e.g. through `json.Encode`."),
        ("Cause", "Go 1.26 logs it."),
        ("Fix", "Set the status before the body:"),
        ("How to detect", "Rule `go-writeheader-after-body`."),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Use Go 1.22. It matches.", ["Use Go 1.22.", "It matches."], id="version at the end"),
        pytest.param("Since 1.8.2 it works.", ["Since 1.8.2 it works."], id="dots in a version"),
        pytest.param("Call `a.b. C`. Then stop.", ["Call `a.b. C`.", "Then stop."], id="dot inside code"),
        pytest.param("Why? Because.", ["Why?", "Because."], id="question"),
        pytest.param("one sentence without an end", ["one sentence without an end"], id="no full stop"),
        pytest.param("", [], id="empty"),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, expected):
    assert [sentence.text for sentence in split_sentences(text)] == expected


def test_list_items_are_blocks_of_their_own_and_sentences_know_them():
    text = "Pick one.\n\n- **chi**: small. Costs little.\n- **gin**: fast,\n  with more.\n"
    assert [block.type for block in split_blocks(text)] == ["paragraph", "item", "item"]
    assert [(s.item, s.text) for s in split_sentences(text)] == [
        (-1, "Pick one."),
        (0, "**chi**: small."),
        (0, "Costs little."),
        (1, "**gin**: fast,\n  with more."),
    ]


def test_prose_leaves_out_code_tables_and_marks():
    text = "A **bold** `code` [link](https://a.example).\n\n| a | b |\n|---|---|\n| c | d |\n\n```go\nx := 1\n```\n"
    assert plain_prose(text) == "A bold code link."


def test_an_unclosed_fence_runs_to_the_end():
    assert [block.type for block in split_blocks("```go\nx\n\ny")] == ["code"]
