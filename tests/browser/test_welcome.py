"""The first minute: who comes for the first time is asked who they are, and is led on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, PHONE, WIDE, Look
from tests.browser.test_labs import GREEN
from tests.browser.test_machines import PROMPT, screen
from tests.browser.views import settle

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_two_clicks_lead_from_the_first_page_to_the_first_line_of_a_lab(
    essaim: str, look: Look, size: object, locale: str
) -> None:
    learn, lab = ("I learn", "Lab 3") if locale == "en-US" else ("J’apprends", "Lab 3 ")
    page = look(f"{essaim}/", size=size, role="", locale=locale)
    page.get_by_role("link", name=learn).click()
    page.get_by_role("link", name=re.compile(lab)).click()
    expect(page).to_have_url(re.compile(r"/labs\?lab=lab3$"))
    expect(page).to_have_title("Labs · Essaim")
    settle(page)
    # The terminal of the line's machine has the focus: one types, and the step turns green.
    line = page.locator(".essaim-todo").first
    expect(line.locator(".essaim-todo-where")).to_have_text("node1")
    screen(page).scroll_into_view_if_needed()  # below the step on a phone; drawn once it is seen
    expect(screen(page)).to_have_text(PROMPT)
    expect(screen(page)).to_contain_text("[node1]")
    page.keyboard.type(line.locator("code").inner_text())
    page.keyboard.press("Enter")
    expect(page.locator(f"{GREEN}[data-step='0']")).to_be_visible()
    # Who chose is not asked again, and comes back to it by a question mark.
    page.goto(f"{essaim}/")
    expect(page).to_have_title("Cluster · Essaim")
    again = "Where to begin" if locale == "en-US" else "Par où commencer"
    page.get_by_role("link", name=again).click()
    expect(page).to_have_url(re.compile(r"/welcome\?role=learn$"))
    expect(page.get_by_role("link", name=re.compile(lab)).last).to_be_visible()


def test_who_only_looks_is_asked_once(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/?lang=en", role="")
    expect(page).to_have_title("Welcome · Essaim")
    page.get_by_role("link", name="to the cluster").click()
    expect(page).to_have_title("Cluster · Essaim")
    settle(page)
    page.goto(f"{essaim}/")
    expect(page).to_have_title("Cluster · Essaim")


def test_a_link_to_a_page_or_to_a_cluster_is_no_first_page(essaim: str, look: Look) -> None:
    owner = look(f"{essaim}/nodes", role="")
    expect(owner).to_have_title("Nodes · Essaim")
    owner.get_by_role("link", name="Cluster", exact=True).first.click()
    expect(owner).to_have_title("Cluster · Essaim")
    owner.get_by_role("button", name="Share").click()
    code = owner.get_by_text(re.compile(r"/\?cluster=")).first.inner_text()
    visitor = look(f"{essaim}/?cluster={code.rpartition('=')[2].strip()}", role="")
    expect(visitor).to_have_title("Cluster · Essaim")
