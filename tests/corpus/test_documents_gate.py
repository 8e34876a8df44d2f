"""The authors' gate over the shipped documents."""

from collections import Counter

import pytest

from assistant.doors.cli_corpus import generated_pages
from assistant.settings import PROJECT_ROOT
from index.authoring import check_pack

PACK = PROJECT_ROOT / "corpus" / "backend-systems"


@pytest.fixture(scope="module")
def checked():
    return check_pack(PACK)


def test_the_documents_break_no_rule_and_give_no_warning(checked):
    _, problems = checked
    assert [str(problem) for problem in problems] == []


def test_the_pack_has_its_22_methodologies(checked):
    documents, _ = checked
    assert Counter(document.domain for document in documents) == {"go": 9, "rust": 7, "database": 3, "infrastructure": 3}


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
