import datetime

import pytest

from index.authoring import check_document, check_pack, new_methodology
from index.code_regions import count_programs, read_region, sync_document
from index.documents import read_methodology
from index.errors import CorpusError

REAL = """package x

// region: answer
func Answer() int {
	return 42
}
// endregion: answer
"""


@pytest.fixture
def examples(small_pack):
    folder = small_pack / "examples" / "go" / "x"
    folder.mkdir(parents=True)
    (folder / "x.go").write_text(REAL, encoding="utf-8")
    (folder / "x_test.go").write_text("package x\n\nfunc TestAnswer(t *testing.T) {}\n", encoding="utf-8")
    return folder


def texts(problems):
    return [str(problem) for problem in problems if not problem.warning]


def test_a_region_is_cut_without_its_marks(small_pack, examples):
    assert read_region(small_pack, "go/x/x.go", "answer") == "func Answer() int {\n\treturn 42\n}"


@pytest.mark.parametrize(
    ("file", "region", "said"),
    [("go/x/y.go", "", "no such example file"), ("../pack.yaml", "", "no such example file"), ("go/x/x.go", "question", "exactly once")],
)
def test_a_region_that_is_not_there_is_named(small_pack, examples, file, region, said):
    with pytest.raises(CorpusError, match=said):
        read_region(small_pack, file, region)


def test_sync_writes_the_code_and_check_sees_when_it_drifts(small_pack, examples):
    path = small_pack / "methodologies" / "go" / "go-things.md"
    path.write_text(
        path.read_text() + "\n### How is 42 found? {#answer}\n<!-- refs: [ref] -->\nA Go function returns it.\n\n```go file=go/x/x.go region=answer\n```\n"
    )
    assert sync_document(path, small_pack) == 1
    assert "return 42" in path.read_text()
    assert sync_document(path, small_pack) == 0
    (examples / "x.go").write_text(REAL.replace("42", "43"))
    problems = check_document(read_methodology(path, small_pack), small_pack, len, datetime.date(2026, 11, 23))
    assert [text for text in texts(problems) if "block differs from go/x/x.go answer" in text]


def test_the_gates_name_file_and_line(small_pack):
    path = small_pack / "methodologies" / "go" / "go-things.md"
    text = path.read_text().replace("### How does a Go handler bound the body?", "### Overview")
    text = text.replace("http.MaxBytesReader`.", "http.MaxBytesReader`. TODO sombody mends it.")
    path.write_text(text)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith("### Overview"))
    found = texts(check_pack(small_pack)[1])
    for said in ("heading 'Overview' says nothing", "placeholder 'TODO'", "unknown word 'sombody'", "a pattern shows a block of code"):
        assert [row for row in found if row.startswith(f"methodologies/go/go-things.md:{line}: ") and said in row], said


def test_a_fact_told_twice_is_found(small_pack):
    own = small_pack / "methodologies" / "rust" / "rust-things.md"
    told = "The server waits for the headers of a slow client at most as long as the bound says, and closes the connection when the time is over."
    for path in (own, small_pack / "methodologies" / "go" / "go-things.md"):
        path.write_text(path.read_text() + f"\n## Pitfalls\n\n### Why is {path.stem} slow? {{#slow}}\n{told}\n")
    assert [row for row in texts(check_pack(small_pack)[1]) if "go-things#slow and rust-things#slow say nearly the same" in row]


def test_a_new_document_has_every_kind_and_says_what_is_missing(small_pack):
    path = new_methodology(small_pack, "go-more", "go")
    document = read_methodology(path, small_pack)
    assert len({section.kind for section in document.sections}) == 9
    assert [row for row in texts(check_pack(small_pack)[1]) if "go-more.md" in row and "placeholder" in row]
    with pytest.raises(CorpusError, match="there is a document with this id"):
        new_methodology(small_pack, "go-more", "rust")
    with pytest.raises(CorpusError, match="lower-case words"):
        new_methodology(small_pack, "../escape", "go")


def test_programs_are_counted(small_pack, examples):
    assert count_programs(small_pack)["Go tests"] == 1
