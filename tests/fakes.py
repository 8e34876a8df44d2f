"""Small stand-ins for tests. FakeAssistant answers from three passages at once, so that the page can be tried without an index."""

import datetime
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answer.answer import Answer, ProjectSource, Quote, Source
from assistant.conversation import Conversation
from assistant.errors import ProjectRefused, QuestionRefused
from assistant.project.context import ProjectContext
from assistant.project.discovery import DiscoveryQuestion, Option
from assistant.project.facts import Evidence, Fact
from assistant.project.source_tree import Skipped, SourceTree
from index.documents import Methodology, Reference, Related, Section, SectionMeta, Verified
from index.passages import Passage, cut_passages

TIMEOUTS = """A Go `http.Server` without `ReadHeaderTimeout` lets a slow client hold a connection for ever. Set it to a few seconds.
The zero value means no timeout, and `http.ListenAndServe` uses the zero value.

```go file=go/httphandlers/server.go region=server-timeouts
srv := &http.Server{
	Addr:              ":8080",
	Handler:           mux,
	ReadHeaderTimeout: 5 * time.Second,
	IdleTimeout:       2 * time.Minute,
}
```

`WriteTimeout` counts from the end of the request's header to the end of the response, so a streaming handler needs its own deadline."""
SLOW_CLIENT = """**Symptom.** Connections pile up while the CPU is idle.

**Cause.** A client sends one header byte a second, and `Server.ReadHeaderTimeout` is zero.

**Fix.** Set `ReadHeaderTimeout`, and cap the header with `MaxHeaderBytes`.

**How to detect.** Count connections in state new with `Server.ConnState`."""
INDEXES = """- **B-tree**: for equality and ranges; it costs a write per index.
- **GIN**: for arrays, `jsonb` and full text; updates are slow.
- **BRIN**: for large tables in insertion order; it only skips blocks."""


def document(doc_id: str, title: str, domain: str, languages: tuple[str, ...], sections: tuple[Section, ...]) -> Methodology:
    """A document as the loader makes it."""
    return Methodology(
        id=doc_id,
        title=title,
        domain=domain,
        languages=languages,
        summary=f"{title}: what to decide, what breaks, and how to notice.",
        applies_to={"web_framework": ("gin", "net/http")} if domain == "go" else {},
        tags=("timeouts",),
        aliases=(),
        related=(Related(id="sql-optimization", why="where the time goes after the handler"),) if domain == "go" else (),
        owns=(),
        do_not_suggest=("`http.ListenAndServe` without a Server: no timeout can be set.",) if domain == "go" else (),
        verified=Verified(date=datetime.date(2026, 11, 23), versions={"go": "1.26"}),
        references=(
            Reference(
                id="net-http",
                title="Package http",
                org="Go project",
                url="https://pkg.go.dev/net/http",
                version="go1.26",
                retrieved=datetime.date(2026, 11, 23),
                evidence="ran",
            ),
        ),
        sections=sections,
    )


def section(section_id: str, heading: str, kind: str, text: str) -> Section:
    """One authored passage."""
    return Section(
        id=section_id, heading=heading, kind=kind, text=text, line=1, text_line=2, meta=SectionMeta(since="go1.8", refs=("net-http",), evidence="ran")
    )


DOCUMENTS = (
    document(
        "go-http-handlers",
        "HTTP handlers in Go",
        "go",
        ("go",),
        (
            section("timeouts", "Which timeouts does a Go HTTP server need?", "pattern", TIMEOUTS),
            section("slow-client", "Connections pile up while the CPU is idle", "pitfall", SLOW_CLIENT),
        ),
    ),
    document("sql-optimization", "SQL optimization", "database", (), (section("which-index", "Which index fits which query?", "decision-guide", INDEXES),)),
)
QUESTION = DiscoveryQuestion(
    "concurrency",
    "Concurrency",
    "How much runs at once?",
    "I ask because I found both an HTTP server and a Kafka consumer.",
    (
        Option("high", "High", "Thousands of connections"),
        Option("moderate", "Moderate", "Ordinary web traffic"),
        Option("cpu-bound", "CPU-bound", "Parallel computation"),
    ),
)
FILES = {
    "go.mod": "module example.com/orders\n\ngo 1.26\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.1\n\n\t// web\n\tgithub.com/gin-gonic/gin v1.11.0\n)\n",
    "cmd/orders/main.go": 'package main\n\nfunc main() {\n\tsrv := &http.Server{Addr: ":8080"}\n\tlog.Fatal(srv.ListenAndServe())\n}\n',
}


@dataclass(frozen=True)
class FakeContext(ProjectContext):
    """A context whose values are the user's, else the detected ones."""

    def values(self, key: str) -> tuple[str, ...]:
        """As the real one does."""
        names = {"language": "primary_languages", "service_type": "service_types"}
        found = tuple(fact.value for fact in self.facts if fact.name == names.get(key, key))
        return self.answers.get(key, found)


@dataclass
class FakeAssistant:
    """Answers every question alike, refuses those with "weather", fails at those with "break", and records what it was asked."""

    sample_folders: tuple[Path, ...] = (Path("go-orders"), Path("rust-orders"))
    seconds_per_piece: float = 0.0
    asked: list[tuple[str, Conversation, ProjectContext]] = field(default_factory=list)
    seen_paths: list[Path] = field(default_factory=list)

    def ask(self, text: str, conversation: Conversation, context: ProjectContext) -> Iterator[str | Answer]:
        """Pieces of the text, then the Answer."""
        self.asked.append((text, conversation, context))
        if not text.strip("?! "):
            raise QuestionRefused("There is no question in that. Type one.")
        if "break" in text:
            raise ZeroDivisionError("a bug")
        answer = _refused(text) if "weather" in text else _answered(text, context)
        for word in answer.text.split(" ")[:-1]:
            yield word + " "
            time.sleep(self.seconds_per_piece)
        yield answer

    def open_project(self, path: Path, progress: object = None) -> ProjectContext:
        """A zip is read as the sample project, anything else is refused."""
        self.seen_paths.append(path)
        if callable(progress):
            progress("Reading 1,204 files", 0.4)
            progress("Detecting the stack", 0.8)
        if path not in self.sample_folders and not zipfile.is_zipfile(path):
            raise ProjectRefused(f"{path.name} is neither a zip nor a tar archive. Upload one of those.")
        return orders_context(path.name)

    def next_questions(self, context: ProjectContext) -> tuple[DiscoveryQuestion, ...]:
        """Concurrency, until it is answered."""
        return () if "concurrency" in context.answers else (QUESTION,)

    def second_upload(self, before, after):
        return after, ()

    def services(self, context):
        return ()

    def first_look(self, context: ProjectContext) -> Answer:
        """Two methodologies."""
        return Answer(
            status="answered",
            text=f"I see a Go HTTP API in **{context.project}**, built on Gin and pgx. Look first at:\n\n"
            "- **HTTP handlers in Go**, because it serves HTTP with Gin [M1]\n- **SQL optimization**, because it talks to PostgreSQL [M2]",
            query="",
            sources=(
                Source("M1", "go-http-handlers#summary", "go-http-handlers", "HTTP handlers in Go", "strong", (Quote("HTTP handlers in Go", 0, 19),)),
                Source("M2", "sql-optimization#summary", "sql-optimization", "SQL optimization", "strong"),
            ),
            suggestions=("Which timeouts does a Go HTTP server need?",),
        )

    def samples(self) -> tuple[Path, ...]:
        """Two folders."""
        return self.sample_folders

    def methodologies(self) -> tuple[Methodology, ...]:
        """The two documents."""
        return DOCUMENTS

    def passage(self, passage_id: str) -> Passage:
        """One of the documents' passages."""
        found = {passage.id: passage for passage in cut_passages(DOCUMENTS)}
        if passage_id not in found:
            raise QuestionRefused(f"There is no passage {passage_id!r}.")
        return found[passage_id]


def orders_context(name: str) -> FakeContext:
    """What is seen in a small Go service."""
    return FakeContext(
        project=name,
        summary="A Go service with one binary.",
        facts=(
            Fact("primary_languages", "go", "certain", Evidence("go.mod", 1, "module example.com/orders")),
            Fact("web_framework", "gin", "certain", Evidence("go.mod", 9, "github.com/gin-gonic/gin v1.11.0"), "1.11"),
            Fact("db_driver", "pgx", "certain", Evidence("go.mod", 6, "github.com/jackc/pgx/v5 v5.7.1"), "5.7"),
            Fact("databases", "postgres", "likely", Evidence("go.mod", 6, "github.com/jackc/pgx/v5 v5.7.1")),
            Fact("service_types", "http-api", "certain", Evidence("cmd/orders/main.go", 4, 'srv := &http.Server{Addr: ":8080"}')),
            Fact("tests", "yes", "certain", Evidence("internal/<b>x</b>_test.go", None, "")),
        ),
        skipped=(Skipped("assets/<img src=x>.png", "not source code"), Skipped("vendor/", "vendored")),
        files_read=1204,
        tree=SourceTree("orders", FILES, tuple(FILES)),
    )


def _answered(text: str, context: ProjectContext) -> Answer:
    quotes = (
        _quote(TIMEOUTS, "A Go `http.Server` without `ReadHeaderTimeout` lets a slow client hold a connection for ever."),
        _quote(TIMEOUTS, "Set it to a few seconds."),
    )
    fix = _quote(SLOW_CLIENT, "Set `ReadHeaderTimeout`, and cap the header with `MaxHeaderBytes`.")
    own = (ProjectSource("R1", "cmd/orders/main.go", 4, 'srv := &http.Server{Addr: ":8080"}'),) if context.project else ()
    code = TIMEOUTS[TIMEOUTS.index("srv :=") : TIMEOUTS.index("\n```\n\n")]
    return Answer(
        status="answered",
        text=f"{quotes[0].text} {quotes[1].text} [M1]\n\n*go/httphandlers/server.go* [M1]\n```go\n{code}\n```\n\n"
        f"**Connections pile up while the CPU is idle** — {fix.text} [M2]" + ("\n\nIn your code: `cmd/orders/main.go:4` [R1]" if own else ""),
        query=text,
        sources=(
            Source("M1", "go-http-handlers#timeouts", "go-http-handlers", "Which timeouts does a Go HTTP server need?", "strong", quotes),
            Source("M2", "go-http-handlers#slow-client", "go-http-handlers", "Connections pile up while the CPU is idle", "partial", (fix,)),
            *own,
        ),
        unused=("sql-optimization#which-index",),
        filters=context.filters(),
        hidden={"rust": 6} if context.filters().get("language") else {},
        suggestions=("How do I shut down a Go server without losing requests?", "Which index fits which query?"),
        timings_ms={"search": 41.0, "answer": 12.0},
    )


def _refused(text: str) -> Answer:
    return Answer(
        status="refused",
        text="The corpus does not cover this. I looked for it and found nothing close enough to quote. The nearest topics are: HTTP handlers in Go.",
        query=text,
    )


def _quote(text: str, part: str) -> Quote:
    return Quote(part, text.index(part), text.index(part) + len(part))
