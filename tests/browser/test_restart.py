"""A page that stays open while the server is started again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Look, answers, free_port, program

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def test_a_page_goes_on_with_a_cluster_of_its_own(look: Look) -> None:
    """What its browser's key was signed with is gone: it gets another, and sees nothing of it."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    serve = ("streamlit", "run", "app.py", "--server.port", port)
    with program(*serve, ESSAIM_ENGINE="practice"):
        answers(f"{address}/_stcore/health")
        page = look(address)
        before = page.context.cookies()
    with program(*serve, ESSAIM_ENGINE="practice"):
        page.wait_for_function(
            "() => fetch('/live/timeline').then(answer => answer.ok).catch(() => false)",
            polling=500,
        )
        page.get_by_role("button", name="Share").click()
        shown = page.get_by_test_id("stPopoverBody").get_by_role("heading")
        expect(shown).to_have_count(2)
        expect(shown.nth(1)).not_to_have_text("everybody")
        keys = [
            next(each["value"] for each in cookies if each["name"] == "essaim_own")
            for cookies in (before, page.context.cookies())
        ]
        assert keys[0] != keys[1]
        page.goto(f"{address}/console")
        page.get_by_label("Docker line").fill("docker node ls")
        page.keyboard.press("Enter")
        expect(page.locator(".essaim-console")).to_contain_text("Leader")
