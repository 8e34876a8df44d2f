from assistant.answer.answer import Quote, Source
from assistant.answer.places import find_places
from assistant.project.source_tree import SourceTree

SAYS = "A Go `http.Server` needs `ReadHeaderTimeout`; `&http.Client{}` needs a timeout."
SOURCES = (Source("M1", "p", "m", "heading", "strong", (Quote(SAYS, 0, len(SAYS)),)),)


def places(**texts):
    tree = SourceTree("x.zip", {path.replace("__", "/") + ".go": text for path, text in texts.items()}, ())
    return [(place.path, place.line) for place in find_places(SOURCES, tree)]


def test_lines_that_name_what_is_quoted_are_found_in_the_order_of_the_quote():
    assert places(a="package a\n\nvar c = &http.Client{}\n", b="package b\nvar s = http.Server{}\n") == [("b.go", 2), ("a.go", 3)]


def test_tests_comments_imports_and_longer_names_do_not_count():
    assert (
        places(a="// http.Server\nvar s = myhttp.Server{}\nvar t = http.ServerX{}\n", testdata__b="var s = http.Server{}\n", c_test="var s = http.Server{}\n")
        == []
    )


def test_without_a_project_there_are_no_places():
    assert find_places(SOURCES, None) == ()
