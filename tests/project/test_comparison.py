import pytest

from assistant.project.comparison import carry_answers, compare_projects
from assistant.project.context import ProjectContext, describe, service_choices
from assistant.project.stack import detect_stack
from tests.project.trees import catalogue, go_file, go_mod, tree

GIN, ECHO, PGX = "github.com/gin-gonic/gin", "github.com/labstack/echo/v4", "github.com/jackc/pgx/v5"


def context(texts, *paths) -> ProjectContext:
    found = tree(texts, *paths)
    return describe(found, detect_stack(found, catalogue()))


def service(*imports: str, go: str = "1.26", version: str = "v1.0.0") -> dict[str, str]:
    body = 'func main() {\n\trouter.Run(":8080")\n}'
    return {"go.mod": go_mod(*(f"{name} {version}" for name in imports)).replace("go 1.26", f"go {go}"), "main.go": go_file(*imports, body=body)}


CHANGES = {
    "nothing": (service(GIN), service(GIN), ()),
    "one framework for another": (service(GIN), service(ECHO), ("The web framework was gin and is now echo (go.mod:6).",)),
    "a driver that came": (service(GIN), service(GIN, PGX), ("New database driver: pgx (go.mod:7).", "New database: postgres (go.mod:7).")),
    "a driver that went": (
        service(GIN, PGX),
        service(GIN),
        ("No longer seen: the database driver pgx (it was in go.mod:7).", "No longer seen: the database postgres (it was in go.mod:7)."),
    ),
    "the language's version": (service(GIN, go="1.25"), service(GIN, go="1.26"), ("The Go version went from 1.25 to 1.26 (go.mod:3).",)),
    "a library's version": (service(GIN, version="v1.9.0"), service(GIN, version="v1.12.0"), ("gin went from 1.9.0 to 1.12.0 (go.mod:6).",)),
    "tests": (service(GIN), service(GIN) | {"main_test.go": "package main\n"}, ("There are now tests.",)),
    "no image any more": (service(GIN) | {"Dockerfile": "FROM scratch\n"}, service(GIN), ("There are no Docker files any more.",)),
}


@pytest.mark.parametrize(("before", "after", "sentences"), CHANGES.values(), ids=CHANGES.keys())
def test_a_second_upload_says_what_changed(before, after, sentences):
    assert compare_projects(context(before), context(after)) == sentences


def test_what_was_said_of_the_first_upload_holds_for_the_second():
    before = context(service(GIN)).with_answer("concurrency", ("high",)).with_answer("web_framework", ("chi",))
    after = carry_answers(before, context(service(ECHO)))
    assert after.values("web_framework") == ("chi",)
    assert after.values("concurrency") == ("high",)
    assert after.without_answer("web_framework").values("web_framework") == ("echo",)


def test_an_answer_that_new_evidence_speaks_against_is_named_and_stays():
    before = context(service(GIN)).with_answer("web_framework", ("chi",))
    told = compare_projects(before, context(service(ECHO)))
    assert told[-1] == "You said chi for web framework; the code now shows echo. Your word stays until you change it."
    assert not any("You said" in sentence for sentence in compare_projects(before, context(service(GIN))))


MONOREPO = {
    **{f"api/{path}": text.replace("example.com/shop", "example.com/api") for path, text in service(GIN, PGX).items()},
    **{f"mail/{path}": text.replace("example.com/shop", "example.com/mail") for path, text in service(ECHO).items()},
    "common/go.mod": go_mod(module="example.com/common"),
    "common/log.go": go_file("log/slog", package="common", body=""),
}


def test_a_monorepo_offers_its_services_and_not_its_libraries():
    choices = service_choices(context(MONOREPO))
    assert [choice.module for choice in choices] == ["api/go.mod", "mail/go.mod"]
    assert choices[0].summary == "I see a Go HTTP API on gin, with pgx, for postgres."
    assert choices[1].summary == "I see a Go HTTP API on echo."


def test_one_service_is_no_choice():
    assert service_choices(context(service(GIN))) == ()


def test_a_chosen_module_narrows_the_facts_and_can_be_left_again():
    whole = context(MONOREPO).with_answer("concurrency", ("high",))
    chosen = whole.with_module("mail/go.mod")
    assert chosen.values("web_framework") == ("echo",)
    assert chosen.values("databases") == ()
    assert chosen.values("concurrency") == ("high",)
    assert chosen.with_module("").facts == whole.facts


def test_conflicts_stay_with_the_context():
    assert context(service(GIN) | {"Dockerfile": "FROM golang:1.20\n"}).conflicts == ("go.mod:3 asks for Go 1.26, and Dockerfile:1 builds with golang:1.20.",)
