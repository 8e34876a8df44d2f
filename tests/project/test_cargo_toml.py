import time

import pytest

from assistant.project.cargo_toml import parse_cargo_toml, with_inherited

WORKSPACE = """\
[workspace]
members = ["crates/*"]

[workspace.package]
edition = "2024"

[workspace.dependencies]
db = { package = "sqlx", version = "0.9", features = ["postgres"] }
tokio = "1"
"""
MEMBER = """\
[package]
name = "api"
edition.workspace = true

[dependencies]
db = { workspace = true, features = ["sqlite"] }
tokio.workspace = true
web = { package = "axum", version = "0.8" }
redis = { version = "1", optional = true }

[dependencies.tonic]
version = "0.14"

[target.'cfg(unix)'.dependencies]
nix = "0.30"

[dev-dependencies]
rocket = "0.5"

[build-dependencies]
diesel = "2"
"""


def by_key(manifest):
    return {dependency.key: dependency for dependency in manifest.dependencies}


def test_dependencies_are_told_apart_by_what_they_are_for():
    found = {key: each.use for key, each in by_key(parse_cargo_toml(MEMBER)).items()}
    assert found == {
        "db": "normal",
        "tokio": "normal",
        "web": "normal",
        "redis": "normal",
        "tonic": "normal",
        "nix": "normal",
        "rocket": "dev",
        "diesel": "build",
    }


def test_a_renamed_dependency_is_known_by_its_real_name():
    assert by_key(parse_cargo_toml(MEMBER))["web"].crate == "axum"


def test_every_dependency_stands_on_its_real_line():
    lines = MEMBER.splitlines()
    for key, dependency in by_key(parse_cargo_toml(MEMBER)).items():
        assert key in lines[dependency.line - 1]
        assert dependency.text == lines[dependency.line - 1].strip()


def test_a_member_takes_name_version_features_and_edition_from_its_workspace():
    member = with_inherited(parse_cargo_toml(MEMBER), parse_cargo_toml(WORKSPACE))
    db = by_key(member)["db"]
    assert (db.crate, db.version, db.features) == ("sqlx", "0.9", ("postgres", "sqlite"))
    assert (by_key(member)["tokio"].version, member.edition, member.edition_line) == ("1", "2024", 3)


def test_features_switch_on_dependencies_through_other_features():
    manifest = parse_cargo_toml(
        '[package]\nname = "a"\n[features]\ndefault = ["sql"]\nsql = ["dep:sqlx", "sqlx/postgres"]\ncache = ["redis"]\nloop = ["loop"]\n'
    )
    assert manifest.switched_on(["default"]) == {"sqlx": {"postgres"}}
    assert manifest.switched_on(["cache", "loop"]) == {"redis": set()}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a." * 60_000 + "b = 1", id="long dotted key"),
        pytest.param("[" + "a." * 60_000 + "b]", id="long dotted table"),
        pytest.param("a = " + "[" * 50_000 + "]" * 50_000, id="nested arrays"),
        pytest.param("a = [\n" + "[\n" * 50_000, id="nested arrays over lines"),
        pytest.param("a = " + "{a=" * 20_000 + "1" + "}" * 20_000, id="nested tables"),
        pytest.param("a = '" + "x" * 1_000_001 + "'", id="too large"),
        pytest.param("[package\nname = ", id="not TOML"),
    ],
)
def test_hostile_or_broken_text_is_refused_at_once(text):
    started = time.perf_counter()
    with pytest.raises(ValueError, match="it is"):
        parse_cargo_toml(text)
    assert time.perf_counter() - started < 2


def test_many_dependencies_take_no_more_than_their_number():
    text = '[package]\nname = "a"\n[dependencies]\n' + "".join(f'crate{number} = "1"\n' for number in range(30_000))
    started = time.perf_counter()
    assert len(parse_cargo_toml(text).dependencies) == 30_000
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "text", ["package = 3", "[package]\nname = 1", "[dependencies]\na = 5\nb = [1]", "[workspace]\nmembers = 'x'", "[features]\ndefault = 1", "bin = 1"]
)
def test_valid_toml_of_the_wrong_shape_gives_nothing_and_raises_nothing(text):
    manifest = parse_cargo_toml(text)
    assert (manifest.package, manifest.members, manifest.binaries) == (None, (), ())
