"""Lab 3 by keyboard alone, on a phone; and a step that turns green of what was done elsewhere."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard

pytestmark = pytest.mark.browser

GREEN = ".essaim-check[data-green=true]"


def press(page: Page, name: str) -> None:
    """Reach a button with the Tab key, and press Enter."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled(timeout=PATIENCE)
    end = time.monotonic() + PATIENCE / 1000
    while not button.evaluate("element => element === document.activeElement"):
        assert time.monotonic() < end, f"{name} is never reached with the Tab key"
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_lab_three_with_a_keyboard_on_a_phone(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as address:
        page = look(f"{address}/labs?lab=lab3", PHONE, locale="en-US")
        for number in range(3, 12):
            title = page.get_by_role("heading", name=re.compile(rf"^{number}\. "))
            expect(title).to_be_visible(timeout=PATIENCE)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            press(page, "Do it for me")
            expect(page.locator(GREEN)).to_be_visible(timeout=3 * PATIENCE)
            if number < 11:
                press(page, "Next step")
        expect(page.get_by_text("You have made a Swarm")).to_be_visible(timeout=PATIENCE)
