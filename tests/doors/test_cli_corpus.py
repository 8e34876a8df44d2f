import json
import shutil

import pytest

from assistant.settings import PROJECT_ROOT

PACK = PROJECT_ROOT / "corpus" / "backend-systems"


@pytest.fixture
def own_pack(tmp_path, monkeypatch):
    """A copy of the shipped pack with one document, so that authors' commands may write."""
    pack = tmp_path / "pack"
    (pack / "methodologies" / "infrastructure").mkdir(parents=True)
    for name in ("pack.yaml", "stack.yaml", "words.txt"):
        shutil.copy(PACK / name, pack / name)
    shutil.copy(PACK / "methodologies/infrastructure/caching-strategy.md", pack / "methodologies/infrastructure")
    shutil.copytree(PACK / "examples", pack / "examples", ignore=shutil.ignore_patterns("target"))
    monkeypatch.setenv("GNOMON_PACK", str(pack))
    return pack


def test_check_prints_counts(gnomon, own_pack):
    code, out, _ = gnomon("corpus", "check", "caching-strategy", "--json")
    row = json.loads(out)
    assert (code, row["numbers"]["documents"], row["numbers"]["errors"]) == (0, 1, 0), row["problems"]


def test_a_broken_block_is_named_and_sync_mends_it(gnomon, own_pack):
    path = own_pack / "methodologies/infrastructure/caching-strategy.md"
    whole = path.read_text(encoding="utf-8")
    fence = whole.index("```go")
    start = whole.index("\n", fence) + 1
    path.write_text(whole[:start] + "// changed by hand\n" + whole[start:], encoding="utf-8")
    code, out, _ = gnomon("corpus", "check", "caching-strategy")
    assert (code, "run gnomon corpus sync" in out) == (1, True)
    assert gnomon("corpus", "sync", "caching-strategy")[0] == 0
    assert path.read_text(encoding="utf-8") == whole


def test_an_unknown_document_or_domain_is_refused(gnomon, own_pack):
    code, _, err = gnomon("corpus", "check", "no-such")
    assert (code, "There is no methodology 'no-such'" in err) == (2, True)
    code, _, err = gnomon("corpus", "new", "go-more", "--domain", "cobol")
    assert (code, "one of: go, rust, database, infrastructure" in err) == (2, True)


def test_new_begins_a_document(gnomon, own_pack):
    code, out, _ = gnomon("corpus", "new", "go-more", "--domain", "go")
    assert (code, out.strip().endswith("methodologies/go/go-more.md")) == (0, True)
