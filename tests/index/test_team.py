import pytest

from index.build import build_index, open_search
from index.errors import CorpusError, IndexUnusable
from index.filters import SearchFilter
from index.team import CHUNK_CHARS, load_team_passages

NOTES = """# Payments runbook

Read this first.

## When the card network is down

Switch the flag `pay.offline` on and tell the floor managers. Orders queue for six hours.

```sh
# not a heading
flag set pay.offline on
```

## When the card network is down

A second section of that name.
"""


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "runbook.md").write_text(NOTES, encoding="utf-8")
    (folder / "deep" / "plain.md").write_text("No heading at all. " * 100, encoding="utf-8")
    return folder


def test_plain_markdown_is_cut_by_heading_and_labelled_as_the_teams(notes):
    passages = load_team_passages([notes])
    runbook = [passage for passage in passages if passage.methodology == "team.runbook"]
    assert [passage.id for passage in runbook] == [
        "team.runbook#payments-runbook",
        "team.runbook#when-the-card-network-is-down-1",
        "team.runbook#when-the-card-network-is-down-2",
    ]
    assert {passage.title for passage in runbook} == {"Payments runbook (your team's)"}
    assert "# not a heading" in runbook[1].text
    long = [passage for passage in passages if passage.methodology == "team.deep-plain"]
    assert len(long) > 1 and all(len(passage.text) <= CHUNK_CHARS for passage in long)


def test_a_document_in_our_format_keeps_its_sections_and_is_still_the_teams(small_pack, tmp_path):
    passages = load_team_passages([small_pack / "methodologies" / "go"])
    assert {"team.go-things#read-header", "team.go-things#bound-body"} <= {passage.id for passage in passages}
    assert all(passage.title.endswith("(your team's)") and passage.domain == "team" for passage in passages)


def test_notes_are_searched_beside_the_pack_and_a_change_is_indexed(small_pack, notes, tmp_path, embedder):
    def best(query):
        build_index(small_pack, tmp_path / "data", embedder, team=[notes])
        return open_search(small_pack, tmp_path / "data", embedder, 0.7, [notes]).find(query, SearchFilter(("go",)), 5).hits[0].passage.id

    assert best("what do we do when the card network is down?") == "team.runbook#when-the-card-network-is-down-1"
    assert best("slow client headers") == "go-things#read-header"
    (notes / "runbook.md").write_text("# Zebra crossing\n\nThe zebra waits.\n", encoding="utf-8")
    with pytest.raises(IndexUnusable, match="gnomon index"):
        open_search(small_pack, tmp_path / "data", embedder, 0.7, [notes])
    assert best("where does the zebra wait?") == "team.runbook#zebra-crossing"
    (notes / "runbook.md").unlink()
    assert not best("where does the zebra wait?").startswith("team.runbook")


def test_what_is_no_folder_is_named(tmp_path):
    with pytest.raises(CorpusError, match=r"is not a folder; GNOMON_CORPUS"):
        load_team_passages([tmp_path / "nothing"])
