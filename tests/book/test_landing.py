"""Drawing a digit on the landing page: with mouse, pen and finger, and with the keyboard."""

import json

import pytest
from described import same

from snnref.figures import describe

from .watching import wait_for

pytestmark = [pytest.mark.timeout(300), pytest.mark.flaky(reruns=1)]
SEVEN = [(0.25, 0.15), (0.75, 0.15), (0.5, 0.85)]  # of the sheet


@pytest.fixture(scope="module")
def landing(site, new_browser):
    """The landing page, opened once."""
    browser = new_browser()
    yield browser.page(f"{site}index.html")
    browser.context.close()


@pytest.fixture
def page(landing):
    """The landing page as it is at first."""
    landing.set_viewport_size({"width": 1280, "height": 900})
    reset = landing.locator(".snn-explore").get_by_role("button", name="Reset")
    reset.wait_for()
    if reset.is_enabled():
        reset.click()
    wait_for(landing, 0, "ready", {"drawing": 4, "time": 100})
    yield landing
    assert landing.complaints == []


def check(page):
    """The figure that stands there is what CPython makes of the same values; these."""
    page.wait_for_function("document.querySelector('.snn-explore').dataset.state === 'ready'")
    shown = page.locator(".snn-explore").evaluate("e => e.snnref")
    assert same(json.loads(describe("landing.digit", shown["values"]).json()), shown["figure"])
    assert page.locator(".snn-explore figcaption").inner_text() == shown["figure"]["caption"]
    return shown["values"]


def places(page):
    box = page.locator(".snn-sheet").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]


def has_been_drawn(page, end="true"):
    """Until the strokes that are drawn are those that were asked for last, and a condition on their text holds."""
    page.wait_for_function(
        f"""() => {{
            const element = document.querySelector(".snn-explore");
            const text = element.snnref.values.drawing;
            return element.dataset.state === "ready" && typeof text === "string" && text !== "" && {end};
        }}"""
    )


def draw_with_the_mouse(page):
    first, *others = places(page)
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place, steps=12)
    page.mouse.up()


def test_a_digit_drawn_with_the_mouse_is_read(page):
    draw_with_the_mouse(page)
    has_been_drawn(page, "text.length > 30 && /[0-9a-z_-]{2}$/.test(text)")
    values = check(page)
    assert values["drawing"].startswith(".")
    assert "Your drawing; the ANN says 7." in page.locator(".snn-explore figcaption").inner_text()
    assert page.locator("[name=drawing]:checked").count() == 0  # it is no sample any more


@pytest.mark.parametrize("kind", ["touch", "pen"])
def test_a_digit_drawn_with_a_finger_or_a_pen_is_read(page, kind):
    """The page stays where it is: the sheet keeps the gesture for itself."""
    assert page.locator(".snn-sheet").evaluate("e => getComputedStyle(e).touchAction") == "none"
    page.locator(".snn-sheet").evaluate(
        """(sheet, [kind, places]) => {
            sheet.setPointerCapture = () => {};  // of a pointer that the browser does not know
            const tell = (type, [clientX, clientY], pointerId) => {
                const where = { pointerType: kind, pointerId, clientX, clientY, isPrimary: pointerId === 7 };
                sheet.dispatchEvent(new PointerEvent(type, { ...where, bubbles: true, cancelable: true }));
            };
            const [first, ...others] = places;
            tell("pointerdown", first, 7);
            tell("pointerdown", others[0], 8);  // a second finger does not draw
            tell("pointermove", others[1], 8);
            for (const place of others) tell("pointermove", place, 7);
            tell("pointerup", others.at(-1), 7);
            tell("pointermove", first, 7);  // lifted
        }""",
        [kind, places(page)],
    )
    has_been_drawn(page)
    assert len(check(page)["drawing"]) == 1 + 2 * len(SEVEN)
    assert "Your drawing; the ANN says 7." in page.locator(".snn-explore figcaption").inner_text()


def test_many_strokes_make_one_drawing_and_clear_takes_a_new_sheet(page):
    draw_with_the_mouse(page)
    draw_with_the_mouse(page)
    has_been_drawn(page, "text.split('.').length === 3 && text.length > 70")
    check(page)
    page.get_by_role("button", name="Clear").click()
    wait_for(page, 0, "ready", {"drawing": ""})
    assert "Nothing is drawn yet" in page.locator(".snn-explore figcaption").inner_text()
    assert page.get_by_role("button", name="Clear").is_disabled()
    check(page)


def test_samples_are_chosen_with_the_keyboard(page):
    assert page.get_by_role("radio", name="a 3").is_checked()
    page.get_by_role("radio", name="a 3").focus()
    page.keyboard.press("ArrowRight")
    wait_for(page, 0, "ready", {"drawing": 0})
    assert page.get_by_role("radio", name="a 4").is_checked()
    check(page)
    assert "A 4 of the test digits" in page.locator(".snn-explore figcaption").inner_text()


def test_time_goes_back_and_forth(page):
    slider = page.locator(".snn-explore [name=time]")
    slider.fill("40")
    wait_for(page, 0, "ready", {"time": 40})
    check(page)
    assert "After 40 % of its own time" in page.locator(".snn-explore figcaption").inner_text()
    slider.press("End")
    wait_for(page, 0, "ready", {"time": 100})
    check(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_labels_of_the_rows_are_whole(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(
        "() => [...document.querySelectorAll('.snn-explore .snn-panel svg')].every(s => s.clientWidth <= innerWidth)"
    )
    cut = page.locator(".snn-explore .snn-panel svg").evaluate_all(
        """drawings => drawings.flatMap((drawing) => {
            const frame = drawing.getBoundingClientRect();
            return [...drawing.querySelectorAll("text")].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.left < frame.left - 1 || box.right > frame.right + 1;
            }).map((text) => text.textContent);
        })"""
    )
    assert cut == []
