"""What the page shows, as text: escaping, marks, references."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from assistant.answer.answer import Answer, ProjectSource, Quote, Source
from assistant.doors.page.markdown import inline, to_html
from assistant.doors.page.project_panel import chips_html, project_html
from assistant.doors.page.reader import contents_html, document_html
from assistant.doors.page.sessions import Entry
from assistant.doors.page.sources_panel import sources_html
from assistant.doors.page.talk import as_typed, harmless, to_messages
from assistant.project.context import ProjectContext
from assistant.project.facts import Evidence, Fact
from assistant.project.source_tree import Skipped
from tests.fakes import DOCUMENTS, QUESTION, TIMEOUTS, FakeAssistant, orders_context

HOSTILE = "<img src=x onerror=alert(1)>"
LOOKUP = FakeAssistant().passage


class Tags(HTMLParser):
    """Every tag and attribute of a piece of HTML, and whether tags nest."""

    VOID = ("img", "input", "br", "hr")

    def __init__(self, html):
        super().__init__()
        self.names, self.attributes, self.open = set(), set(), []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def nests(html):
    return not Tags(html).open


def answer(**changes):
    found = [piece for piece in FakeAssistant().ask("slow client?", None, orders_context("orders")) if isinstance(piece, Answer)]
    return replace(found[0], **changes)


def titles(passage_id):
    return LOOKUP(passage_id).heading


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("Plain words here.", (0, 5), "<mark>Plain</mark> words here."),
        ("A **bold word** here.", (0, 8), "<mark>A </mark><strong><mark>bold</mark> word</strong> here."),
        ("**Fix.** Set `x`, then go.", (9, 17), "<strong>Fix.</strong> <mark>Set </mark><code><mark>x</mark></code><mark>,</mark> then go."),
        ("- **B-tree**: for ranges.", (0, 25), "<strong><mark>B-tree</mark></strong><mark>: for ranges.</mark>"),
        ("**`x`** is set.", (0, 15), "<strong><code><mark>x</mark></code></strong><mark> is set.</mark>"),
        ("Short.", (2, 99), "Sh<mark>ort.</mark>"),
    ],
)
def test_a_quote_is_marked_whatever_markdown_it_holds(text, span, expected):
    html = to_html(text, [span])
    assert expected in html
    assert nests(html)


def test_overlapping_quotes_are_marked_once():
    assert to_html("one two three", [(0, 7), (4, 13)]) == "<p><mark>one two</mark><mark> three</mark></p>\n"


@pytest.mark.parametrize(
    "text", [HOSTILE, "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", f"`{HOSTILE}`", f"```go file={HOSTILE}\nx\n```", "<script>1</script>"]
)
def test_authored_markdown_gives_no_active_html(text):
    found = Tags(to_html(text) + inline(text.split("\n")[0]))
    assert not found.names & {"img", "script"}
    assert "onerror" not in found.attributes
    assert 'href="javascript' not in to_html(text)


def test_a_code_block_names_its_example_file_and_its_mistake():
    html = to_html("```go file=go/x/server.go region=a bad\nfunc main() {}\n```")
    assert '<span class="file bad">go/x/server.go shows the mistake</span>' in html
    assert '<span class="kd">func</span>' in html


def test_a_link_to_a_passage_stays_on_the_page():
    assert '<a href="#go-backend--shutdown">' in to_html("See [shutdown](go-backend#shutdown).")


def hostile_context():
    return ProjectContext(
        project=HOSTILE,
        summary=HOSTILE,
        facts=(Fact("web_framework", HOSTILE, "likely", Evidence(HOSTILE, 3, HOSTILE), HOSTILE),),
        skipped=(Skipped(HOSTILE, HOSTILE),),
        answers={"queue": (HOSTILE,), "web_framework": ()},
        files_read=1,
    )


def test_nothing_of_an_upload_becomes_html():
    context = hostile_context()
    source = ProjectSource("R1", HOSTILE, 3, HOSTILE)
    entry = Entry(1, HOSTILE, replace(answer(), sources=(source,), hidden={HOSTILE: 2}))
    html = project_html(context, (replace(QUESTION, reason=HOSTILE),), HOSTILE) + chips_html(context) + sources_html(entry, LOOKUP, context)
    found = Tags(html)
    assert "img" not in found.names
    assert not found.attributes & {"onerror", "src"}
    assert not found.open


def test_the_card_shows_each_fact_with_its_proof_and_its_lines():
    html = project_html(orders_context("orders"), ())
    assert "<dt>Web framework</dt>" in html
    assert "<b>Gin</b> 1.11" in html
    assert "<code>go.mod:9</code>" in html
    assert "<mark>   9  \tgithub.com/gin-gonic/gin v1.11.0</mark>" in html
    assert "1,204 files read" in html


def test_without_the_tree_the_proving_line_is_left():
    html = project_html(replace(orders_context("orders"), tree=None), ())
    assert '<pre class="proof">github.com/gin-gonic/gin v1.11.0</pre>' in html


def test_a_removed_value_is_struck_out_and_can_come_back():
    context = orders_context("orders").with_answer("web_framework", ())
    assert 'data-act="restore" data-value="web_framework"' in project_html(context, ())
    assert 'data-value="web_framework=gin"' not in chips_html(context)
    assert 'data-act="restore" data-value="web_framework"' in chips_html(context)


def test_a_question_is_asked_with_its_reason_and_can_be_skipped():
    html = project_html(ProjectContext(), (QUESTION,))
    assert "I ask because I found both an HTTP server and a Kafka consumer." in html
    assert 'data-value="concurrency=high"' in html
    assert 'data-value="concurrency="' in html


def test_what_was_not_read_is_listed_with_why():
    html = project_html(orders_context("orders"), ())
    assert "Not read (2)" in html
    assert "<code>vendor/</code> vendored" in html


def test_a_source_card_marks_the_sentence_and_says_when_it_was_reviewed():
    html = sources_html(Entry(3, "slow client?", answer()), LOOKUP, orders_context("orders"))
    assert '<div data-turn="3">' in html
    assert 'id="t3-M1" tabindex="-1"' in html
    assert "<mark>A Go </mark><code><mark>http.Server</mark></code>" in html
    assert "strong match" in html
    assert "Reviewed 2026-11-23 · Go · since go1.8 · meets Gin" in html
    assert 'href="#go-http-handlers--timeouts"' in html
    assert "%" not in re.sub(r"<[^>]+>", "", html)
    assert nests(html)


def test_the_users_own_lines_stand_around_the_cited_one():
    html = sources_html(Entry(3, "slow client?", answer()), LOOKUP, orders_context("orders"))
    assert "<mark>   4  \tsrv := &amp;http.Server{Addr: &quot;:8080&quot;}</mark>" in html


def test_what_was_found_but_not_used_or_hidden_is_said():
    html = sources_html(Entry(1, "q", answer()), LOOKUP, orders_context("orders"))
    assert "Retrieved but not used (1)" in html
    assert "6 Rust passages hidden by your filters" in html


@pytest.mark.parametrize(
    ("hidden", "told"),
    [
        ({"rust": 6}, "6 Rust passages hidden by your filters"),
        ({"language": 46}, "46 passages in other languages hidden by your filters"),
        ({"web_framework": 1}, "1 passage with another web framework hidden by your filters"),
    ],
)
def test_what_the_filters_hid_is_counted(hidden, told):
    assert told in sources_html(Entry(1, "q", answer(hidden=hidden)), LOOKUP, ProjectContext())


def test_a_refusal_shows_no_sources():
    refused = Answer(status="refused", text="Not covered.", query="weather")
    assert "This answer rests on no source." in sources_html(Entry(1, "weather", refused), LOOKUP, ProjectContext())


def test_marks_become_links_and_a_copy_keeps_the_references():
    messages, numbers = to_messages([Entry(7, "slow client?", answer())], titles)
    text = messages[-1]["content"]
    assert numbers == [7, 7, 7]
    assert '[M1]: #t7-M1 "Which timeouts does a Go HTTP server need?"' in text
    assert "- [M1] Which timeouts does a Go HTTP server need? · `go-http-handlers#timeouts`" in text
    assert "- [R1] `cmd/orders/main.go:4` in your project" in text


def test_the_search_line_tells_what_was_searched_and_kept():
    messages, _ = to_messages([Entry(1, "slow client?", answer())], titles)
    assert messages[1]["metadata"] == {"title": "Searched “slow client?” in Go, HTTP API, Gin, pgx, PostgreSQL: 3 found, 2 kept", "status": "done"}


def test_neighbouring_marks_stay_two_links():
    messages, _ = to_messages([Entry(1, "q", answer(text="It is so [M1][M2]."))], titles)
    assert "It is so [M1] [M2]." in messages[-1]["content"]


def test_only_the_last_answer_offers_follow_ups():
    messages, _ = to_messages([Entry(1, "a", answer()), Entry(2, "b", answer())], titles)
    assert [bool(message.get("options")) for message in messages] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Vec<T> and a < b", "Vec&lt;T> and a < b"),
        ("`Vec<T>` stays", "`Vec<T>` stays"),
        ("```\n<b>\n```\n<b>", "```\n<b>\n```\n&lt;b>"),
        ("&lt; is typed", "&amp;lt; is typed"),
        ("\\<b>", "\\&lt;b>"),
        ("unclosed ` <b>", "unclosed ` &lt;b>"),
    ],
)
def test_text_outside_code_is_never_taken_for_html(text, shown):
    assert harmless(text) == shown
    assert as_typed(harmless(text)) == text


def test_contents_list_every_document_by_domain():
    html = contents_html(DOCUMENTS)
    assert html.index("<h2>Go</h2>") < html.index("<h2>Databases</h2>")
    assert '<a href="#go-http-handlers--timeouts">Which timeouts does a Go HTTP server need?</a>' in html
    assert nests(html)


def test_a_document_has_an_anchor_for_every_passage():
    html = document_html(DOCUMENTS[0], {"sql-optimization": "SQL optimization"})
    assert 'id="go-http-handlers--timeouts"' in html
    assert '<a href="#sql-optimization">SQL optimization</a>' in html
    assert "Reviewed 2026-11-23 with go 1.26" in html
    assert nests(html)


def test_a_quote_of_code_shows_the_block_whole():
    start = TIMEOUTS.index("srv :=")
    source = Source("M1", "go-http-handlers#timeouts", "go-http-handlers", "x", "strong", (Quote(TIMEOUTS[start : start + 20], start, start + 20),))
    html = sources_html(Entry(1, "q", replace(answer(), sources=(source,))), LOOKUP, ProjectContext())
    assert '<pre class="code"' in html
    assert "<mark>" not in html
