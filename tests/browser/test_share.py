"""Two learners on one server: each on a cluster of their own, then both on one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Look, dashboard

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def create(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Create the service").click()
    expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)


def code_to(page: Page, way: str) -> str:
    """The code that Share shows, ``To look on`` or ``To work together``."""
    page.get_by_role("button", name="Share").click()
    page.get_by_role("radio", name=way).click()
    shown = page.get_by_test_id("stPopoverBody").get_by_role("heading")
    expect(shown).to_have_count(1)
    expect(page.get_by_role("radio", name=way)).to_be_checked()
    expect(page.get_by_test_id("stPopoverBody").get_by_role("img", name="QR code")).to_have_count(1)
    return shown.text_content() or ""


def test_a_learners_own_cluster_is_found_again_shared_and_left(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        ada, bob = look(essaim), look(essaim)
        create(ada, "ada")
        expect(bob.get_by_role("button", name="Create the service")).to_be_visible()
        assert bob.request.get(f"{essaim}/open/node1/80/").status == 502
        assert ada.request.get(f"{essaim}/open/node1/80/").status == 200

        ada.reload()
        expect(ada.get_by_role("button", name="Remove ada")).to_be_visible()
        code = code_to(ada, "To work together")

        bob.get_by_role("button", name="Share").click()
        field = bob.get_by_label("Code of a neighbour, or of the teacher")
        field.fill("nobo-dyes")
        bob.keyboard.press("Enter")
        expect(bob.get_by_text("No practice cluster has this code.")).to_be_visible()
        field.fill(code.upper())
        bob.keyboard.press("Enter")
        expect(bob.get_by_role("button", name="Remove ada")).to_be_visible()
        assert bob.request.get(f"{essaim}/open/node1/80/").status == 200
        bob.get_by_role("link", name="Services").click()
        expect(bob.get_by_role("button", name=code)).to_be_visible()

        bob.get_by_role("link", name="Cluster").click()
        bob.get_by_role("button", name="Drain node2").click()
        expect(ada.get_by_text("worker · drain")).to_be_visible()

        bob.get_by_role("button", name=code).click()
        bob.get_by_role("button", name="Back to my own cluster").click()
        expect(bob.get_by_role("button", name="Create the service")).to_be_visible()


def test_a_class_looks_on_and_changes_nothing(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        ada, bob = look(essaim), look(essaim)
        create(ada, "web")
        code = code_to(ada, "To look on")
        ada.keyboard.press("Escape")

        bob.get_by_role("button", name="Share").click()
        bob.get_by_label("Code of a neighbour, or of the teacher").fill(code)
        bob.keyboard.press("Enter")
        expect(bob.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        expect(bob.get_by_text("You look on here, and change nothing.")).to_be_visible()
        expect(bob.get_by_role("button", name="Rebalance")).to_be_disabled()
        expect(bob.get_by_role("button", name="Drain node2")).to_be_disabled()
        expect(bob.get_by_role("button", name="Send 10 requests")).to_be_disabled()
        assert bob.request.get(f"{essaim}/open/node1/80/").status == 200

        ada.get_by_role("button", name="Drain node2").click()
        expect(bob.get_by_text("worker · drain")).to_be_visible()

        bob.goto(f"{essaim}/console")
        machines = bob.locator(".essaim-machines")
        expect(machines).to_contain_text("You look on here, and change nothing.")
        expect(machines.get_by_role("tab")).to_have_text(["node1", "node2", "node3"])
        expect(machines.locator(".essaim-terminal")).to_have_count(0)
        expect(machines.get_by_label("Open another terminal")).to_be_hidden()
        expect(ada.get_by_role("button", name="Remove web")).to_be_visible()

        bob.get_by_role("button", name=code).click()
        expect(bob.get_by_test_id("stPopoverBody").get_by_role("heading")).to_have_text([code])
        bob.get_by_role("button", name="Back to my own cluster").click()
        expect(bob.get_by_role("button", name="Share")).to_be_visible()
        bob.goto(essaim)
        expect(bob.get_by_role("button", name="Create the service")).to_be_enabled()


def test_where_there_is_no_room_it_is_said(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice", ESSAIM_CLUSTERS="1") as essaim:
        first = look(essaim)
        second = first.context.browser
        assert second is not None
        page = second.new_context(locale="fr-FR").new_page()
        page.goto(essaim)
        expect(page.get_by_text("n’a plus de place")).to_be_visible()
        page.context.close()
        create(first, "web")
