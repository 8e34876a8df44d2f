import pytest

from assistant.project.conflicts import find_conflicts
from assistant.project.manifests import read_manifests
from tests.project.trees import cargo, facts, go_file, go_mod, tree, values

GO = {"go.mod": go_mod(), "main.go": go_file("fmt")}


def rows(texts, name, *paths):
    return {(fact.value, fact.evidence.path, fact.evidence.line) for fact in facts(GO | texts, *paths) if fact.name == name}


@pytest.mark.parametrize(
    ("path", "text", "channel"),
    [
        ("rust-toolchain", "1.88.0\n", "1.88.0"),
        ("rust-toolchain", "nightly-2026-05-01\n", "nightly-2026-05-01"),
        ("rust-toolchain.toml", '[toolchain]\nchannel = "1.90"\ncomponents = ["clippy"]\n', "1.90"),
        ("rust-toolchain", '[toolchain]\nchannel = "stable"\n', "stable"),
    ],
)
def test_the_rust_toolchain_is_the_channel(path, text, channel):
    assert values(GO | {path: text}, "rust_toolchain") == {channel}


def test_images_are_named_with_their_versions():
    compose = "services:\n  db:\n    image: postgres:18.1-alpine\n  q:\n    image: ${REGISTRY}/queue:1\n"
    texts = GO | {"compose.yaml": compose, "Dockerfile": "FROM golang:1.26 AS build\nFROM scratch\n"}
    assert {(fact.value, fact.version) for fact in facts(texts) if fact.name == "images"} == {("postgres:18.1-alpine", "18.1-alpine"), ("golang:1.26", "1.26")}


def test_the_names_of_environment_keys_are_shown_and_their_values_never():
    text = "# SECRET_COMMENT=1\nDATABASE_URL=postgres://root:hunter2@db/shop\nexport API_KEY='sk-123'\n\nnot a key\n"
    assert rows({".env.example": text}, "env_keys") == {("DATABASE_URL", ".env.example", 2), ("API_KEY", ".env.example", 3)}
    assert not any("hunter2" in fact.evidence.text or "sk-123" in fact.evidence.text for fact in facts(GO | {".env.example": text}))


@pytest.mark.parametrize(("engine", "database"), [("postgresql", "postgres"), ("mysql", "mysql"), ("sqlite", "sqlite")])
def test_sqlc_names_its_database(engine, database):
    text = f'version: "2"\nsql:\n  - engine: "{engine}"\n    queries: "q.sql"\n'
    assert values(GO | {"sqlc.yaml": text}, "databases") == {database}
    assert values(GO | {"sqlc.yaml": text}, "db_driver") == {"sqlc"}


def test_protobuf_services_are_named_with_their_package():
    text = 'syntax = "proto3";\npackage shop.v1;\n\nservice Orders {\n  rpc Get (A) returns (B);\n}\n// service Hidden {\n'
    assert rows({"proto/shop.proto": text}, "protobuf_services") == {("shop.v1.Orders", "proto/shop.proto", 4)}


@pytest.mark.parametrize(
    ("paths", "folders"),
    [
        (["db/migrations/001_init.up.sql", "db/migrations/002_more.up.sql"], {"db/migrations"}),
        (["sql/V1__init.sql"], {"sql"}),
        (["schema/20260501120000_orders.sql"], {"schema"}),
        (["queries/orders.sql"], set()),
        (["tests/migrations/001_init.sql"], set()),
    ],
)
def test_each_folder_with_migrations_is_named(paths, folders):
    assert values(GO, "migrations", *paths) == folders


def test_a_go_work_lists_its_modules_and_a_broken_one_is_named():
    assert rows({"go.work": "go 1.26\n\nuse (\n\t./api\n\t./worker // jobs\n)\n"}, "go_workspace") == {("./api", "go.work", 4), ("./worker", "go.work", 5)}
    assert [item.path for item in read_manifests(tree({"go.work": "use (\n\t./api\n"})).broken] == ["go.work"]


def test_a_thousand_keys_are_a_hundred_facts():
    assert len(values(GO | {".env.example": "".join(f"KEY_{number}=1\n" for number in range(1_000))}, "env_keys")) == 100


def conflicts(texts):
    from assistant.project.stack import detect_stack
    from tests.project.trees import catalogue

    return find_conflicts(detect_stack(tree(texts), catalogue()))


CONFLICTS = {
    "an image older than go.mod": (
        GO | {"Dockerfile": "FROM golang:1.24-alpine\n"},
        "go.mod:3 asks for Go 1.26, and Dockerfile:1 builds with golang:1.24-alpine.",
    ),
    "modules of two versions": (
        {"a/go.mod": go_mod(module="a"), "a/a.go": "package a\n", "b/go.mod": go_mod(module="b").replace("1.26", "1.24"), "b/b.go": "package b\n"},
        "Go: 1.24 in b/go.mod:3 and 1.26 in a/go.mod:3.",
    ),
    "a database that nobody speaks to": (
        GO | {"main.go": go_file("github.com/lib/pq"), "compose.yaml": "  image: mongo:8\n"},
        "compose.yaml:1 starts mongodb, and no driver in the code speaks to it (the code speaks to postgres).",
    ),
    "two major versions of a library": (
        {"a/Cargo.toml": cargo('axum = "0.8"', name="a"), "a/src/main.rs": "", "b/Cargo.toml": cargo('axum = "1.0"', name="b"), "b/src/main.rs": ""},
        "axum: 0.8 in a/Cargo.toml:6 and 1.0 in b/Cargo.toml:6.",
    ),
}


@pytest.mark.parametrize(("texts", "sentence"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_a_contradiction_is_kept_with_both_places(texts, sentence):
    assert conflicts(texts) == (sentence,)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(GO | {"Dockerfile": "FROM golang:1.27\n"}, id="a newer image"),
        pytest.param(GO | {"Dockerfile": "FROM golang:latest\nFROM golang\n"}, id="an image without a number"),
        pytest.param(
            GO | {"main.go": go_file("github.com/go-sql-driver/mysql"), "compose.yaml": "  image: mariadb:11\n"}, id="an image that the driver speaks to"
        ),
        pytest.param(GO | {"compose.yaml": "  image: postgres:18\n"}, id="no driver at all"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_fits_together_is_no_conflict(texts):
    assert conflicts(texts) == ()
