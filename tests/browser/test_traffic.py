"""Traffic as a class sees it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Look, dashboard
from tests.cluster.test_collector import until

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def number(page: Page, part: str) -> int:
    return int(str(page.locator(f".essaim-totals [data-part={part}]").text_content()))


def answered(page: Page) -> dict[str, int]:
    """What the boxes in the picture show, by replica."""
    found: dict[str, int] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.essaim-flow-box')].map((box) =>
             [box.querySelector('.essaim-flow-label').textContent,
              Number(box.querySelector('.essaim-flow-answered').textContent)]))"""
    )
    return found


def bars(page: Page) -> dict[str, int]:
    """What the chart shows, by replica."""
    found: dict[str, int] = page.evaluate(
        """() => {
             const sums = {};
             for (const trace of document.querySelector('[data-part=answered_chart]').data || []) {
               trace.x.forEach((name, i) => { sums[name] = (sums[name] || 0) + trace.y[i]; });
             }
             return sums;
           }"""
    )
    return found


def test_requests_land_on_replicas_while_a_node_is_drained(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/traffic")
        page.get_by_role("button", name=re.compile("^Create web")).click()
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        page.get_by_role("link", name="Cluster").click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)

        # The strip on the home page starts a run; the page shows the same one.
        page.get_by_role("button", name="Send 10 requests per second").click()
        expect(page.locator("[data-part=latest]")).to_contain_text(
            re.compile(r"Entered by node\d, answered by web\.\d on node\d in [\d.]+ ms")
        )
        page.get_by_role("button", name="Demonstrate").click()
        page.get_by_role("menuitem", name="Traffic").click()
        expect(page.locator(".essaim-flow-box")).to_have_count(3)
        until(lambda: min(answered(page).values()) > 0, PATIENCE / 1000)

        page.get_by_role("button", name="Drain", exact=True).click()
        report = page.locator(".essaim-reports article")
        expect(report).to_contain_text("node2 drain")
        expect(report).to_contain_text("told to stop")
        expect(report).to_have_attribute("data-well", "true")

        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator("[data-part=said]")).to_contain_text("Stopped")
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        until(lambda: number(page, "waiting") == 0, PATIENCE / 1000)
        sent = number(page, "sent")
        assert sent == number(page, "answered") + number(page, "failed")
        expect(page.locator("[data-part=unknown]")).to_have_text("")
        until(lambda: sum(bars(page).values()) == number(page, "answered"), PATIENCE / 1000)
        drawn = page.locator(".essaim-flow-dots").evaluate("(canvas) => canvas.width > 0")
        assert drawn


def test_a_kept_connection_stays_with_its_replica(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/traffic")
        page.get_by_role("button", name=re.compile("^Create web")).click()
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        page.get_by_role("link", name="Cluster").click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        page.goto(f"{essaim}/traffic")
        page.get_by_role("radio", name="kept alive").click()
        entry = page.get_by_role("combobox", name="Entered by")
        entry.click()
        page.get_by_role("option", name="node3").click()
        expect(entry).to_have_value("node3")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("[data-part=fair]")).to_contain_text(
            "kept alive stays with the replica"
        )
        expect(page.locator("[data-part=fairness]")).to_have_text("0.33")
        assert sorted(answered(page).values())[:2] == [0, 0]
