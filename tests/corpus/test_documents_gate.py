"""The authors' gate over the shipped documents."""

import pytest

from assistant.doors.cli_corpus import generated_pages
from assistant.settings import PROJECT_ROOT
from index.authoring import check_pack

PACK = PROJECT_ROOT / "corpus" / "backend-systems"


@pytest.fixture(scope="module")
def checked():
    return check_pack(PACK)


def test_the_documents_break_no_rule(checked):
    _, problems = checked
    assert [str(problem) for problem in problems if not problem.warning] == []


def test_the_four_first_methodologies_are_there(checked):
    documents, _ = checked
    assert {"go-http-handlers", "rust-http-handlers", "sql-optimization", "caching-strategy"} <= {document.id for document in documents}


def test_frameworks_named_by_passages_are_in_the_catalogue(checked, assistant):
    documents, _ = checked
    known = {technology.id for technology in assistant.catalogue.technologies}
    named = {name for document in documents for section in document.sections for name in section.meta.frameworks}
    named |= {value for document in documents for key, values in document.applies_to.items() if key not in ("language", "service_type", "concurrency") for value in values}
    assert named - known == set()


def test_the_generated_pages_are_up_to_date(checked):
    documents, _ = checked
    for path, text in generated_pages(sorted(documents, key=lambda document: document.id), PACK).items():
        assert text in path.read_text(encoding="utf-8"), f"{path.name} is stale: run gnomon corpus sync"
