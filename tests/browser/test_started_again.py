"""A page that is open while Essaim is started again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Look, dashboard, free_port
from tests.browser.test_console import answer, run

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def test_a_page_says_so_and_its_buttons_work_at_the_first_press(look: Look) -> None:
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        expect(page.get_by_role("button", name="Create the service")).to_be_enabled()
    expect(page.locator(".essaim-status")).to_contain_text("does not answer")
    with dashboard(at=port, ESSAIM_ENGINE="practice"):
        expect(page.locator(".essaim-status")).to_contain_text("Essaim was started again")
        page.get_by_role("button", name="Create the service").click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)


def test_a_press_that_comes_too_early_waits(look: Look) -> None:
    """Streamlit enables its buttons before the new server has drawn the page."""
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        create = page.get_by_role("button", name="Create the service")
        expect(create).to_be_enabled()
        connected = page.locator("[data-test-connection-state=CONNECTED]")
    expect(connected).to_have_count(0)
    page.evaluate(
        """() => new MutationObserver((_, watch) => {
             if (!document.querySelector("[data-test-connection-state=CONNECTED]")) return;
             watch.disconnect();
             const button = [...document.querySelectorAll("[data-testid=stMain] button")].find(
               (each) => each.textContent.includes("Create the service"));
             requestAnimationFrame(() => button.click());
           }).observe(document.querySelector("[data-testid=stApp]"), { attributes: true })"""
    )
    with dashboard(at=port, ESSAIM_ENGINE="practice"):
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)


def test_the_console_keeps_what_was_typed_and_answered(look: Look) -> None:
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/console")
        run(page, "docker node ls")
        expect(answer(page)).to_contain_text("HOSTNAME")
        prompt = page.get_by_label("Docker line")
        prompt.fill("docker service create --name web nginx")
    expect(page.locator(".essaim-status")).to_contain_text("does not answer")
    with dashboard(at=port, ESSAIM_ENGINE="practice"):
        expect(page.locator(".essaim-past")).to_contain_text("Essaim was started again")
        expect(page.locator(".essaim-line")).to_have_text(["docker node ls"])
        expect(prompt).to_have_value("docker service create --name web nginx")
        prompt.press("Enter")
        expect(page.locator(".essaim-line")).to_have_count(2)
        expect(answer(page)).to_have_text(re.compile(r"\w{25}"))
        prompt.press("ArrowUp")
        prompt.press("ArrowUp")
        expect(prompt).to_have_value("docker node ls")
        prompt.fill("docker ps, not sent yet")
        page.reload()
        expect(prompt).to_have_value("docker ps, not sent yet")
