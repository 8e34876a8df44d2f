"""The page in a real browser over a small assistant: what a person sees and presses. Foreign requests and script errors fail every test here."""

import pytest

from tests.fakes import FakeAssistant

FIRST_EXAMPLE = "How do I stop a slow client from holding a connection to my Go server?"
ASKED = "How long may a client take?"


def focused(page):
    return page.evaluate("document.activeElement.id")


def no_sideways_scrolling(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_first_visit_says_what_this_is_and_offers_a_start(visitor):
    page = visitor.open()
    assert page.title() == "Gnomon"
    assert page.inner_text("#talk h3") == "Ask about a backend in Go or Rust"
    assert page.inner_text("#talk .example >> nth=0") == FIRST_EXAMPLE
    assert page.locator("#talk .example").count() == 4
    assert page.inner_text("#talk a[href='#act-sample-0']") == "Try go orders"
    assert page.is_visible("text=Upload a repository")


def test_an_example_question_is_answered_by_one_press(visitor):
    visitor.open().click("#talk .example >> nth=0")
    visitor.wait_for_answer(FIRST_EXAMPLE)


def test_an_uploaded_project_shows_its_facts_and_opens_the_talk(visitor, orders_zip):
    page = visitor.open()
    visitor.upload(orders_zip)
    page.wait_for_selector("#card .facts")
    assert page.inner_text("#card h2").startswith("orders.zip")
    assert "I see a Go HTTP API in orders.zip" in page.inner_text("#talk")
    row = page.locator("#card .facts > div", has_text="Web framework")
    row.locator("summary").click()
    assert "github.com/gin-gonic/gin v1.11.0" in row.locator("pre mark").inner_text()


def test_a_sample_project_opens_by_one_press(visitor):
    page = visitor.open()
    page.click("#talk a[href='#act-sample-0']")
    page.wait_for_selector("#card .facts")
    assert page.inner_text("#card h2").startswith("go-orders")


def test_a_mark_leads_to_its_card_and_the_card_leads_back(visitor):
    page = visitor.open()
    visitor.ask(ASKED)
    mark = page.locator("#talk a[href='#t1-M1']").first
    mark.click()
    page.wait_for_function("document.activeElement.id === 't1-M1'")
    assert page.inner_text("#t1-M1 mark >> nth=0").strip() == "A Go"
    page.click("#t1-M1 .back")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#t1-M1"


def test_a_mark_works_by_keyboard(visitor):
    page = visitor.open()
    visitor.ask(ASKED)
    page.locator("#talk a[href='#t1-M2']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 't1-M2'")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#t1-M2"


def test_a_mark_of_an_older_answer_brings_its_sources_back(visitor):
    page = visitor.open()
    visitor.ask(ASKED)
    visitor.ask("What is the weather?")
    page.wait_for_selector("text=This answer rests on no source.")
    page.locator("#talk a[href='#t1-M1']").first.click()
    page.wait_for_function("document.activeElement.id === 't1-M1'")


def test_a_follow_up_is_one_press_and_knows_the_turn_before(visitor, small):
    page = visitor.open()
    visitor.ask(ASKED)
    page.click("#talk .option >> nth=0")
    visitor.wait_for_answer("How do I shut down a Go server without losing requests?")
    _, conversation, _ = small.asked[-1]
    assert [turn.question for turn in conversation.turns] == [ASKED]


def test_a_bad_archive_gets_one_sentence_and_the_project_stays(visitor, orders_zip, bad_zip):
    page = visitor.open()
    visitor.upload(orders_zip)
    page.wait_for_selector("#card .facts")
    visitor.upload(bad_zip)
    page.wait_for_selector("#card .refusal")
    assert page.inner_text("#card .refusal") == "notes.zip is neither a zip nor a tar archive. Upload one of those."
    assert page.inner_text("#card h2 >> nth=0").startswith("orders.zip")


def test_a_removed_filter_does_not_reach_the_next_question(visitor, small, orders_zip):
    page = visitor.open()
    visitor.upload(orders_zip)
    page.click("#chips [aria-label='Remove filter Web framework: Gin']")
    page.wait_for_selector("#chips button.out")
    visitor.ask(ASKED)
    assert "web_framework" not in small.asked[-1][2].filters()


def test_a_discovery_question_is_answered_by_a_button(visitor, small):
    page = visitor.open()
    page.click("#card button:has-text('CPU-bound')")
    page.wait_for_selector("#chips .chip:has-text('CPU-bound')")
    visitor.ask(ASKED)
    assert small.asked[-1][2].filters() == {"concurrency": ("cpu-bound",)}


def test_a_reload_keeps_the_talk(visitor):
    visitor.open()
    visitor.ask(ASKED)
    page = visitor.open()
    page.wait_for_selector("#talk a[href='#t1-M1']")


def test_two_browsers_see_nothing_of_one_another(new_visitor, orders_zip):
    first, second = new_visitor(), new_visitor()
    first.open()
    first.upload(orders_zip)
    first.page.wait_for_selector("#card .facts")
    first.ask(ASKED)
    page = second.open()
    assert page.locator("#card .facts").count() == 0
    assert page.locator("#talk [data-testid=user]").count() == 0
    assert "orders.zip" not in page.content()
    assert ASKED not in page.content()


def test_the_events_of_another_browser_cannot_be_read(new_visitor):
    """Gradio's session_hash is chosen by the browser; with the one of another, nothing is handed out."""
    first, second = new_visitor(), new_visitor()
    joined = []
    first.page.on(
        "request", lambda request: joined.append(request.post_data_json) if request.url.endswith("queue/join?") or "queue/join" in request.url else None
    )
    first.open()
    first.ask(ASKED)
    load = next(call for call in joined if call["data"] == [])
    page = second.open()
    answer = page.request.post(second.address + "gradio_api/queue/join", data=load, headers={"origin": second.address.rstrip("/")})
    assert answer.status == 200
    events = page.request.get(f"{second.address}gradio_api/queue/data?session_hash={load['session_hash']}")
    assert events.status == 403
    assert events.text() == "These events belong to another browser."


def test_markup_that_was_typed_stays_text(visitor):
    page = visitor.open()
    visitor.ask("Is Vec<T> fine? <img src=x onerror=alert(1)>")
    assert "Vec<T>" in page.inner_text("#talk [data-testid=user]")
    assert page.locator("#talk img").count() == 0


def test_names_from_an_archive_stay_text(visitor, orders_zip):
    page = visitor.open()
    visitor.upload(orders_zip)
    page.click("text=Not read (2)")
    assert page.locator("#card img").count() == 0
    assert "<img src=x>" in page.inner_text("#card .skipped")


def test_an_answer_can_be_stopped(new_visitor, serve):
    page = new_visitor(serve(FakeAssistant(seconds_per_piece=0.2))).open()
    page.fill("#question textarea", ASKED)
    page.press("#question textarea", "Enter")
    page.click("#question .stop-button")
    page.wait_for_selector("#talk :text('Stopped before the end.')")
    page.wait_for_selector("#question .submit-button")


def test_a_bug_is_said_and_does_not_block_the_next_question(visitor):
    page = visitor.open()
    page.fill("#question textarea", "break it")
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#status :text('Something went wrong in the program itself.')")
    visitor.ask(ASKED)


def test_the_methodologies_are_found_as_one_types_and_read(visitor):
    page = visitor.open()
    page.click("role=tab[name=Methodologies]")
    page.fill("#find", "slow connections pile")
    assert page.locator("#contents .entry:visible").count() == 0
    page.fill("#find", "connections pile")
    assert page.locator("#contents .entry:visible").count() == 1
    page.click("#contents li:visible a")
    page.wait_for_function("document.activeElement.id === 'go-http-handlers--slow-client'")
    assert page.url.endswith("#go-http-handlers--slow-client")


@pytest.mark.parametrize("path", ["#go-http-handlers--timeouts", "?passage=go-http-handlers%23timeouts"])
def test_a_deep_link_opens_its_passage(visitor, path):
    page = visitor.open(path)
    page.wait_for_function("document.activeElement.id === 'go-http-handlers--timeouts'")
    assert page.is_visible("#go-http-handlers--timeouts h3")


@pytest.mark.parametrize("width", [360, 390, 799, 800, 1100, 1280])
def test_nothing_scrolls_sideways(new_visitor, orders_zip, width):
    visitor = new_visitor(viewport={"width": width, "height": 760})
    page = visitor.open()
    assert no_sideways_scrolling(page)
    visitor.upload(orders_zip)
    page.wait_for_selector("#card .facts", state="attached")
    visitor.ask(ASKED)
    assert no_sideways_scrolling(page)
    page.locator("#talk a[href$='-M1']").last.click()
    page.wait_for_function("document.activeElement.classList.contains('card')")
    assert no_sideways_scrolling(page)
    page.click("role=tab[name=Methodologies]")
    page.click("#contents a.document >> nth=0")
    page.wait_for_selector("#go-http-handlers")
    assert no_sideways_scrolling(page)


def test_on_a_phone_a_mark_shows_the_sources_and_back_shows_the_chat(new_visitor):
    visitor = new_visitor(viewport={"width": 360, "height": 740})
    page = visitor.open()
    assert not page.is_visible("#sources")
    visitor.ask(ASKED)
    page.locator("#talk a[href='#t1-M1']").first.click()
    page.wait_for_selector("#sources", state="visible")
    assert not page.is_visible("#chat")
    page.click("#t1-M1 .back")
    page.wait_for_selector("#chat", state="visible")


def test_a_screen_reader_hears_the_progress_and_the_answer(visitor):
    page = visitor.open()
    assert page.get_attribute("#talk [role=log]", "aria-live") == "off"
    visitor.ask(ASKED)
    page.wait_for_function("document.querySelector('#live').textContent === 'Answer ready, 2 sources.'")
    assert page.get_attribute("#live", "role") == "status"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(new_visitor, orders_zip, scheme):
    """WCAG AA: 4.5 to 1 for text of this size, measured on every visible run of text."""
    visitor = new_visitor(color_scheme=scheme)
    page = visitor.open()
    visitor.upload(orders_zip)
    page.wait_for_selector("#card .facts")
    visitor.ask(ASKED)
    assert page.evaluate(CONTRAST) == []
    page.click("role=tab[name=Methodologies]")
    page.click("#contents a.document >> nth=0")
    page.wait_for_selector("#go-http-handlers")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("control", ["#question textarea", "#upload", "#talk .example", "[data-theme-switch]", "#contents a.document"])
def test_a_control_can_be_reached_by_keyboard(visitor, control):
    page = visitor.open()
    if control.startswith("#contents"):
        page.click("role=tab[name=Methodologies]")
    page.locator(control).first.focus()
    assert page.evaluate("selector => document.activeElement.matches(selector)", control)


def test_the_theme_can_be_switched_and_is_kept(visitor):
    page = visitor.open()
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[data-theme-switch]")
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert after != before
    assert visitor.open().evaluate("getComputedStyle(document.body).backgroundColor") == after


CONTRAST = """() => {
  const parse = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const linear = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest(".unseen, script, style");
  const poor = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim().slice(0, 40);
    if (!text || !seen(element)) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.add(`${ratio.toFixed(2)} ${element.tagName}.${element.className}: ${text}`);
  }
  return [...poor];
}"""
