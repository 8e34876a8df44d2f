import pytest

from index.spelling import Spelling, plain_words

TEXTS = ["A subquery returns nothing", "Pagination of a connection pool", "eviction policy", "real gob"]


@pytest.mark.parametrize(
    ("query", "mended"),
    [
        ("a subqery that retuns nothng", "a subquery that returns nothing"),
        ("evicton polcy", "eviction policy"),
        ("an unreachable broker", "an unreachable broker"),
        ("http.Conection and conection()", "http.Conection and conection()"),
        ("Conection", "Conection"),
        ("gob", "gob"),
        ("xyzzyplugh", "xyzzyplugh"),
    ],
    ids=["typos", "short corpus", "English that the corpus lacks", "code", "capitals may be names", "short words", "nothing near"],
)
def test_only_misspelt_plain_words_are_mended(query, mended):
    assert Spelling(plain_words(TEXTS)).mend(query) == mended
