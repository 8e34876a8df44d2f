import json

import pytest

from assistant.project.archive import Limits
from assistant.project.context import describe
from assistant.project.discovery import next_questions
from assistant.project.inspection import Inspector, inspect_report
from assistant.project.stack import detect_stack
from assistant.settings import Settings
from tests.project.trees import PACK_FOLDER, cargo, catalogue, go_file, go_mod, pack, tree

FIELDS = [
    "archive", "modules", "ecosystem", "primary_languages", "other_ecosystem", "layout", "web_framework", "async_runtime", "db_driver", "databases", "queue",
    "cache", "grpc", "service_types", "go_version", "rust_edition", "multi_module", "logging", "metrics", "tests", "ci", "docker", "evidence", "summary",
    "conflicts", "skipped", "questions", "seconds",
]  # fmt: skip
PROFILE = [field for field in FIELDS if field not in ("archive", "modules", "summary", "conflicts", "skipped", "questions", "seconds")]


def report(texts, *paths):
    found = tree(texts, *paths)
    facts = detect_stack(found, catalogue())
    context = describe(found, facts)
    row = inspect_report("shop.zip", found, facts, context, next_questions(context, pack()), 0.12345)
    return json.loads(json.dumps(row))


TWO = {
    "api/go.mod": go_mod("github.com/gin-gonic/gin v1.12.0", module="example.com/shop/api"),
    "api/main.go": go_file("github.com/gin-gonic/gin", body="func main() { gin.Default().Run() }"),
    "links/Cargo.toml": cargo('axum = "0.8"', 'tokio = "1"', name="links"),
    "links/src/main.rs": "fn main() { axum::serve(a, b); }",
    "links/tests/all.rs": "",
}


def test_the_fields_are_those_of_the_contract_in_its_order():
    assert list(report(TWO)) == FIELDS


def test_nothing_known_is_null_or_empty():
    row = report({})
    assert (row["ecosystem"], row["go_version"], row["rust_edition"], row["seconds"]) == (None, None, None, 0.123)
    assert not any(row[name] for name in FIELDS if name not in ("archive", "summary", "questions", "seconds"))


def test_every_value_of_the_report_has_evidence_of_its_own():
    row = report(TWO)
    for name in PROFILE:
        given = row[name] if isinstance(row[name], list) else [row[name]] if isinstance(row[name], str) else []
        assert set(given) <= {shown["value"] for shown in row["evidence"].get(name, [])}, name


def test_each_module_has_a_profile_of_the_same_shape():
    row = report(TWO)
    assert [(module["module"], module["path"]) for module in row["modules"]] == [("example.com/shop/api", "api/go.mod"), ("links", "links/Cargo.toml")]
    assert all(list(module) == ["module", "path", *PROFILE] for module in row["modules"])
    assert [(module["ecosystem"], module["web_framework"], module["tests"]) for module in row["modules"]] == [("go", ["gin"], False), ("rust", ["axum"], True)]


def test_several_modules_make_one_mixed_repository():
    row = report(TWO)
    assert (row["ecosystem"], row["multi_module"], row["go_version"], row["rust_edition"]) == ("mixed", True, "1.26", "2024")
    assert row["primary_languages"] == ["go", "rust"]


def test_one_module_has_no_profiles_beside_the_report():
    row = report({path: text for path, text in TWO.items() if path.startswith("api/")})
    assert (row["modules"], row["multi_module"], row["ecosystem"]) == ([], False, "go")


def test_the_version_of_the_outermost_module_is_that_of_the_repository():
    texts = {
        "go.mod": go_mod(),
        "main.go": go_file("fmt"),
        "x/go.mod": go_mod(module="example.com/x").replace("1.26", "1.27"),
        "x/x.go": go_file("fmt", package="x"),
    }
    assert report(texts)["go_version"] == "1.26"


def test_a_technology_that_is_only_possible_is_evidence_and_no_value():
    texts = {"Cargo.toml": cargo('redis = { version = "1", optional = true }'), "src/lib.rs": ""}
    row = report(texts)
    assert row["db_driver"] == []
    assert [(shown["value"], shown["certainty"]) for shown in row["evidence"]["db_driver"]] == [("redis-rs", "possible")]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "go-orders",
            {
                "ecosystem": "go", "layout": ["go-standard"], "web_framework": ["gin"], "db_driver": ["go-redis", "pgx"], "databases": ["postgres", "redis"],
                "queue": ["rabbitmq"], "cache": ["redis"], "service_types": ["http-api", "worker"], "logging": ["slog"], "go_version": "1.26.0", "grpc": False,
            },
        ),
        (
            "rust-links",
            {
                "ecosystem": "rust", "layout": ["rust-bin"], "web_framework": ["axum"], "async_runtime": ["tokio"], "db_driver": ["sqlx"], "queue": [],
                "databases": ["postgres"], "cache": [], "service_types": ["http-api"], "logging": ["tracing"], "rust_edition": "2024", "multi_module": False,
            },
        ),
    ],
)  # fmt: skip
def test_a_sample_project_is_seen_as_it_is(sample, expected):
    row = Inspector(catalogue(), pack(), Limits.from_settings(Settings())).inspect(PACK_FOLDER / "samples" / sample)
    found = {name: sorted(row[name]) if isinstance(row[name], list) else row[name] for name in expected}
    assert found == expected
    assert all(row[name] is True for name in ("tests", "ci", "docker"))


def test_a_refused_archive_is_a_row_with_its_reason(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"no archive")
    row = Inspector(catalogue(), pack(), Limits.from_settings(Settings())).inspect(tmp_path / "x.zip")
    assert list(row) == ["archive", "error"]
    assert str(row["error"]).startswith("x.zip is refused")
