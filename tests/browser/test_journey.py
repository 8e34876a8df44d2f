"""The whole way in a browser, over the shipped corpus and the real assistant."""

import pytest

from assistant.doors.page.layout import EXAMPLES


@pytest.fixture(scope="module")
def real(serve, assistant):
    return serve(assistant)


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=EXAMPLES)
def test_every_example_question_has_an_answer(new_visitor, real, number):
    visitor = new_visitor(real)
    page = visitor.open()
    page.click(f"#talk .example >> nth={number}")
    visitor.wait_for_answer(EXAMPLES[number])
    assert page.locator("#cards .card").count() >= 1
    assert "does not cover this" not in page.inner_text("#talk")


def test_a_project_a_question_a_source_and_a_follow_up(new_visitor, real, orders_zip):
    visitor = new_visitor(real)
    page = visitor.open()
    visitor.upload(orders_zip)
    row = page.locator("#card .facts > div", has_text="Web framework")
    row.wait_for()
    assert row.locator("summary").inner_text().split() == ["Gin", "1.11.0", "go.mod:6"]
    assert "HTTP handlers in Go" in page.inner_text("#talk")

    visitor.ask("How do I stop a slow client from holding a connection?")
    page.locator("#talk a[href='#t2-M1']").first.click()
    page.wait_for_function("document.activeElement.id === 't2-M1'")
    assert "ReadHeaderTimeout" in page.inner_text("#t2-M1 .excerpt")
    assert page.locator("#t2-M1 mark").count() > 0
    page.click("#t2-M1 a.read")
    page.wait_for_selector("#document .passage.target")

    page.click("role=tab[name=Ask]")
    visitor.ask("And how do I test that?")
    page.wait_for_selector("#cards [data-turn='3']")


@pytest.mark.parametrize("number", [0, 1])
def test_each_sample_project_opens(new_visitor, real, number):
    page = new_visitor(real).open()
    page.click(f"#drop [data-act=sample] >> nth={number}")
    page.locator("#card .facts > div", has_text="Web framework").wait_for()
    page.wait_for_selector("#cards .card")


def test_a_bad_archive_is_refused_in_one_sentence_and_the_project_stays(new_visitor, real, orders_zip, bad_zip):
    visitor = new_visitor(real)
    page = visitor.open()
    visitor.upload(orders_zip)
    page.wait_for_selector("#card .facts")
    visitor.upload(bad_zip)
    page.wait_for_selector("#card .refusal")
    assert "notes.zip" in page.inner_text("#card .refusal")
    assert page.inner_text("#card h2 >> nth=0").startswith("orders.zip")


def test_what_belongs_elsewhere_is_said_without_sources(new_visitor, real):
    visitor = new_visitor(real)
    page = visitor.open()
    visitor.ask("How do I map lazy collections in Hibernate?")
    page.wait_for_selector("text=This answer rests on no source.")
    assert page.locator("#cards .card").count() == 0
