"""A press counts though the page is drawn anew between the finger's coming and its going."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, PHONE, Look

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)

#: A button as Streamlit draws one, at a fixed place above all else, which counts its presses.
DRAWN = """() => {
  window.presses = 0;
  window.draw = (label = 'Next step') => {
    document.querySelector('.st-key-tried')?.replaceChildren();
    const box = document.querySelector('.st-key-tried')
      || document.body.appendChild(document.createElement('div'));
    box.className = 'st-key-tried';
    box.style.cssText = 'position: fixed; left: 40px; top: 200px; z-index: 1000000';
    const button = box.appendChild(document.createElement('button'));
    button.textContent = label;
    button.onclick = () => (window.presses += 1);
  };
  window.draw();
}"""
#: One that is in no widget with a key, and goes.
NAMELESS = """
  document.querySelector('.st-key-tried').remove();
  document.body.appendChild(document.createElement('button')).dispatchEvent(
    new PointerEvent('pointerdown', { bubbles: true, isPrimary: true }));
  document.body.lastChild.remove();
"""
#: Two buttons of one label in its place.
TWINS = """
  draw();
  const box = document.querySelector('.st-key-tried');
  box.append(box.firstChild.cloneNode(true));
"""
MOVE = "document.querySelector('.st-key-tried').style.top = '400px'"


def test_a_press_is_not_lost_and_counts_once(essaim: str, look: Look) -> None:
    page = look(essaim)
    for meanwhile, presses in (
        ("", 1),
        (MOVE, 1),
        ("draw()", 1),
        (f"draw(); {MOVE}", 1),
        ("draw('Begin anew')", 0),  # another button in its place
        ("document.querySelector('.st-key-tried button').disabled = true", 0),
        ("document.querySelector('.st-key-tried').remove()", 0),
        (NAMELESS, 0),
        (f"() => {{ {TWINS} }}", 0),  # nobody knows which of them
        ("dispatchEvent(new MouseEvent('contextmenu')); draw()", 0),  # a long touch
    ):
        hold(page)
        page.evaluate(meanwhile)
        page.mouse.up()
        assert counted(page) == presses, meanwhile
    for meanwhile, presses in (("", 1), ("draw()", 1), ("draw('Begin anew')", 0)):
        page.evaluate(DRAWN)
        page.locator(".st-key-tried button").focus()
        page.evaluate(meanwhile)
        page.keyboard.press("Enter")
        assert counted(page) == presses, meanwhile
    hold(page)
    page.mouse.move(500, 500)  # who leaves the button has not pressed
    page.mouse.up()
    assert counted(page) == 0


def test_a_tap_counts_once_where_the_button_moves_away_and_where_it_stays(
    essaim: str, look: Look
) -> None:
    page = look(essaim, PHONE, has_touch=True, is_mobile=True)
    page.evaluate(DRAWN)
    page.get_by_text("Next step", exact=True).tap()
    assert counted(page) == 1
    page.evaluate(f"addEventListener('pointerdown', () => {{ {MOVE} }}, {{ once: true }})")
    page.touchscreen.tap(60, 210)
    page.wait_for_function("presses === 2")
    assert counted(page) == 2


def hold(page: Page) -> None:
    page.evaluate(DRAWN)
    page.mouse.move(60, 210)
    page.mouse.down()


def counted(page: Page) -> int:
    """The presses, once a tap that nothing else tells of would count as well."""
    page.evaluate("new Promise((done) => setTimeout(done, 600))")
    return int(page.evaluate("presses"))
