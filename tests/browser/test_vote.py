"""Predict, then reveal, in two true browsers: a teacher's, and a learner's phone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def place(page: Page, counts: tuple[int, ...]) -> None:
    for number, count in enumerate(counts, start=1):
        page.get_by_role("spinbutton", name=f"node{number}").fill(str(count))
    page.get_by_role("button", name="Send my vote").click()


def top(place: Locator) -> float:
    """How far down the page it begins, in pixels."""
    box = place.bounding_box()
    assert box
    return box["y"]


def test_a_class_votes_and_then_sees(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        teacher = look(essaim)
        teacher.get_by_role("button", name="Create the service").click()
        expect(teacher.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        teacher.goto(f"{essaim}/projector")
        expect(teacher.locator("[data-part=share]")).to_have_text("3/3")
        teacher.keyboard.press("q")
        # What the phone's camera reads, but for the host, which may be no one's here.
        code = urlsplit(teacher.locator("figure span").first.text_content() or "")
        teacher.keyboard.press("v")
        question = teacher.get_by_text("15 replicas of web, 3 nodes: where will they go?")
        stood = top(teacher.get_by_text("No question yet."))
        assert teacher.locator("figcaption").text_content() == code.geturl()
        teacher.get_by_label("Replicas").press("Enter")
        expect(question).to_be_visible()
        assert top(question) == stood

        phone = look(f"{essaim}{code.path}?{code.query}", size=PHONE)
        expect(
            phone.get_by_text("15 replicas of web, 3 nodes: where will they go?")
        ).to_be_visible()
        expect(phone.get_by_role("button", name="Let it happen")).to_have_count(0)
        expect(phone.get_by_role("button", name="Send my vote")).to_be_disabled()
        place(phone, (9, 3, 3))
        expect(phone.get_by_text("Your vote counts: 9 · 3 · 3")).to_be_visible()
        place(phone, (5, 5, 5))
        expect(phone.get_by_text("Your vote counts: 5 · 5 · 5")).to_be_visible()
        expect(teacher.get_by_text("1 vote", exact=True)).to_be_visible()
        # The same browser remains one voter, in another tab and after a reload.
        phone.reload()
        expect(phone.get_by_text("Your vote counts: 5 · 5 · 5")).to_be_visible()
        place(teacher, (13, 1, 1))
        expect(phone.get_by_text("2 votes", exact=True)).to_be_visible()
        expect(phone.locator(".essaim-answer")).to_have_count(0)

        teacher.get_by_role("button", name="Let it happen").click()
        for page in (teacher, phone):
            expect(page.locator(".essaim-truth strong")).to_have_text(["5", "5", "5"])
            expect(page.get_by_text("1 of 2 foresaw it.")).to_be_visible()
            expect(page.get_by_text("Swarm puts each new replica on the node")).to_be_visible()
        expect(phone.get_by_text("✓ You foresaw it.")).to_be_visible()
        expect(teacher.get_by_text("✕ Not quite.")).to_be_visible()
        assert top(question) == stood
        # Beside the votes, the tiles that have moved; on a phone, below them. The code is gone.
        for page in (teacher, phone):
            expect(page.locator(".essaim-tile[data-phase=running]:visible")).to_have_count(15)
        assert top(teacher.locator(".essaim-nodes")) == stood
        assert top(phone.locator(".essaim-nodes")) > top(phone.locator("[data-part=why]"))
        expect(teacher.locator("figure:visible")).to_have_count(0)
        expect(teacher.get_by_role("button", name="Reveal now")).to_have_count(0)
        assert sorted(phone.locator(".essaim-answer").all_text_contents()) == [
            "✓ 5 · 5 · 51",
            "✕ 13 · 1 · 11",
        ]
