import pytest

from assistant.errors import CorpusError, UnknownContextValue
from assistant.project.catalogue import load_catalogue
from assistant.project.context import CONTEXT_KEYS, ProjectContext, describe, parse_context
from assistant.project.facts import Evidence, Fact
from assistant.project.stack import detect_stack
from tests.project.trees import cargo, catalogue, go_file, go_mod, pack, tree


def described(texts, *paths):
    found = tree(texts, *paths)
    return describe(found, detect_stack(found, catalogue()))


def parsed(**pairs):
    return parse_context(pairs, catalogue(), pack().questions)


ORDERS = {
    "go.mod": go_mod("github.com/gin-gonic/gin v1.12.0", "github.com/jackc/pgx/v5 v5.10.0"),
    "main.go": go_file("github.com/gin-gonic/gin", "github.com/jackc/pgx/v5", body="func main() { gin.Default().Run() }"),
}


def test_detected_facts_are_filters_of_search():
    assert described(ORDERS).filters() == {
        "language": ("go",), "service_type": ("http-api",), "web_framework": ("gin",), "db_driver": ("pgx",), "databases": ("postgres",),
    }  # fmt: skip


def test_an_answer_wins_over_a_fact_and_an_empty_one_leaves_it_out():
    context = described(ORDERS).with_answer("web_framework", ("chi",)).with_answer("databases", ())
    assert context.values("web_framework") == ("chi",)
    assert "databases" not in context.filters()
    assert described(ORDERS).values("web_framework") == ("gin",)


def test_a_possible_fact_is_shown_and_does_not_filter():
    fact = Fact("queue", "kafka", "possible", Evidence("go.mod", 1, "x"))
    assert ProjectContext(facts=(fact,)).filters() == {}


def test_a_fact_of_two_modules_is_one_fact_of_the_project():
    texts = {f"{name}/{path}": text for name in ("a", "b") for path, text in ORDERS.items()}
    names = [(fact.name, fact.value) for fact in described(texts).facts]
    assert len(names) == len(set(names))


def test_a_language_without_methodologies_is_no_filter():
    assert described({"requirements.txt": "django"}, "a.py").filters() == {}


@pytest.mark.parametrize(
    ("texts", "paths", "summary"),
    [
        pytest.param(ORDERS, [], "I see a Go HTTP API on gin, with pgx, for postgres.", id="service"),
        pytest.param({"Cargo.toml": cargo(), "src/lib.rs": ""}, [], "I see a Rust library.", id="library"),
        pytest.param({"requirements.txt": ""}, ["a.py"], "I see no Go or Rust code here, only python.", id="another language"),
        pytest.param({}, [], "I see no Go or Rust code here.", id="nothing"),
    ],
)
def test_the_summary_is_one_sentence(texts, paths, summary):
    assert described(texts, *paths).summary == summary


def test_a_manifest_that_cannot_be_parsed_is_named_with_the_reason():
    skipped = described({**ORDERS, "tool/Cargo.toml": "[package"}).skipped
    assert [(each.path, each.reason.split(" (")[0]) for each in skipped] == [("tool/Cargo.toml", "cannot be parsed: it is not TOML")]


@pytest.mark.parametrize(
    ("key", "given", "expected"),
    [
        ("language", "Golang", ("go",)),
        ("service_type", "gRPC", ("grpc-service",)),
        ("concurrency", "CPU-bound", ("cpu-bound",)),
        ("web_framework", " Gin ", ("gin",)),
        ("web_framework", "actix", ("actix-web",)),
        ("async_runtime", "actix", ("actix",)),
        ("web_framework", "go-chi", ("chi",)),
        ("db_driver", "mongo", ("mongo-driver",)),
        ("databases", "mongo", ("mongodb",)),
        ("databases", ["postgresql", "PG", "redis"], ("postgres", "redis")),
        ("queue", "apache  kafka", ("kafka",)),
        ("queue", "redis", ("redis",)),
        ("cache", "redis", ("redis",)),
    ],
)
def test_names_and_aliases_become_ids(key, given, expected):
    assert parsed(**{key: given}) == {key: expected}


def test_null_says_nothing_about_a_key():
    assert parsed(language="go", queue=None) == {"language": ("go",)}


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        pytest.param({"web_framework": "ginn"}, ["web_framework='ginn'", "gin"], id="misspelt"),
        pytest.param({"db_driver": "postgres"}, ["rust-postgres"], id="a database is no driver"),
        pytest.param({"web_framework": "kafka"}, ["web_framework='kafka'"], id="another kind"),
        pytest.param({"language": "cobol"}, ["go", "rust"], id="language"),
        pytest.param({"service_type": "http-apis"}, ["http-api"], id="service type"),
        pytest.param({"web_frameworks": "gin"}, ["'web_frameworks'", "web_framework"], id="key"),
        pytest.param({"language": 3}, ["language=3"], id="number"),
        pytest.param({"databases": {"a": 1}}, ["databases="], id="object"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest(pairs, named):
    with pytest.raises(UnknownContextValue) as caught:
        parse_context(pairs, catalogue(), pack().questions)
    assert all(word in str(caught.value) for word in named)


def test_every_value_that_the_catalogue_offers_is_taken():
    for key in set(CONTEXT_KEYS) - {"language", "service_type", "concurrency"}:
        offered = catalogue().ids_of(key)
        assert offered
        assert all(parsed(**{key: value}) == {key: (value,)} for value in offered)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param("- {id: a, name: A, kind: cache}\n- {id: a, name: B, kind: cache}", "id 'a'", id="id"),
        pytest.param("- {id: a, name: A, kind: cache, deps: {go: [x]}}\n- {id: b, name: B, kind: queue, deps: {go: [x]}}", "go 'x'", id="dependency"),
        pytest.param("- {id: a, name: A, kind: cache}\n- {id: b, name: B, kind: cache, aliases: [A]}", "the cache 'a'", id="alias"),
        pytest.param("- {id: a, name: A, kind: castle}", r"row 1 \(a\): kind", id="kind"),
        pytest.param("- {id: a, name: A, kind: cache, dep: {}}", r"row 1 \(a\): dep", id="field"),
        pytest.param("id: a", "not a list", id="no list"),
    ],
)
def test_a_mistake_in_the_catalogue_names_its_row(tmp_path, rows, message):
    (tmp_path / "stack.yaml").write_text(rows)
    with pytest.raises(CorpusError, match=message):
        load_catalogue(tmp_path)
