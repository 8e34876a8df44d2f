import pytest

from index.documents import load_methodologies, read_methodology
from index.errors import CorpusError
from index.passages import cut_passages


def test_a_document_becomes_its_summary_and_its_passages(small_pack):
    passages = cut_passages(load_methodologies(small_pack))
    assert [passage.id for passage in passages] == [
        "go-things#summary",
        "go-things#bound-body",
        "go-things#read-header",
        "rust-things#summary",
        "rust-things#bound-body",
    ]
    bound = passages[1]
    assert (bound.kind, bound.language, bound.frameworks, bound.aliases) == ("pattern", "go", ("gin",), ("http: request body too large",))
    assert bound.text.startswith("A Go handler bounds")
    assert bound.embedded_text.startswith(
        "Go things > Patterns > How does a Go handler bound the body?\nA Go handler bounds the request body with http.MaxBytesReader."
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param("title: Go things", "titel: Go things", 3, "titel", id="unknown key"),
        pytest.param("languages: [go]", "languages: go", 5, "languages", id="value of a wrong type"),
        pytest.param("## Patterns", "## Wisdom", 18, "not a kind of passage", id="unknown kind"),
        pytest.param(" {#bound-body}", "", 20, "a passage heading reads", id="heading without id"),
        pytest.param("frameworks: [gin]", "framework: [gin]", 21, "comment line", id="unknown key in the comment"),
        pytest.param("tags: []", "tags: [", 10, "not YAML", id="front matter that is not YAML"),
        pytest.param("\n## Patterns", "\nSome words.\n\n## Patterns", 18, "outside a passage", id="text outside a passage"),
        pytest.param("## Patterns\n", "", 19, "names its kind", id="passage without kind"),
    ],
)
def test_a_mistake_names_its_file_and_line(small_pack, old, new, line, words):
    path = small_pack / "methodologies" / "go" / "go-things.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        read_methodology(path, small_pack)
    assert words in str(caught.value)
    assert caught.value.path == "methodologies/go/go-things.md"
    assert caught.value.line == line


def test_headings_inside_code_are_code(small_pack):
    path = small_pack / "methodologies" / "go" / "go-things.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n```sh\n## not a kind\n### not a passage\n```\n", encoding="utf-8")
    assert read_methodology(path, small_pack).sections[-1].text.endswith("### not a passage\n```")
