"""The cluster's page stays where it is, and the menu of a tile leads to what it names."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard

expect.set_options(timeout=PATIENCE)


def test_a_refusal_and_a_long_line_move_nothing_below(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        nodes = page.locator(".essaim-nodes")
        expect(nodes.locator(".essaim-node")).to_have_count(3)
        at = nodes.bounding_box()

        page.get_by_label("Name").fill("a name with blanks")
        page.get_by_role("button", name="Create the service").click()
        expect(page.get_by_test_id("stAlert")).to_contain_text("DNS name")
        assert nodes.bounding_box() == at

        page.get_by_label("Name").fill("a-service-whose-line-takes-more-than-one-line")
        page.get_by_role("button", name="Create the service").click()
        expect(page.get_by_test_id("stCode").first).to_contain_text("docker service create")
        expect(page.get_by_role("slider")).to_have_value("3")
        after = nodes.bounding_box()
        assert after
        assert at
        assert (after["x"], after["y"]) == (at["x"], at["y"])


def test_a_tiles_menu_by_the_keyboard_and_by_touch(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim, color_scheme="dark")
        page.get_by_role("button", name="Create the service").click()
        running = page.locator(".essaim-tile[data-phase=running]")
        expect(running).to_have_count(3)
        tile = page.get_by_role("region", name="node2").locator(".essaim-tile")
        expect(tile).to_have_attribute("data-phase", "running")
        name = str(tile.get_attribute("aria-label")).partition(" · ")[0]

        tile.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("menuitem", name="Logs")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("menu")).to_be_hidden()
        expect(tile).to_be_focused()

        tile.click(button="right")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("menuitem", name="Why here?")).to_be_focused()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=f"Why is {name} on node2?")
        expect(dialog).to_contain_text("the one with the fewest replicas of web")
        expect(dialog.locator("table")).to_contain_text("node2\u00a0◀")
        expect(dialog).to_be_focused()
        expect(dialog).to_have_css("color-scheme", "dark")  # else its remarks are dark on dark
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(tile).to_be_focused()

        tile.click(button="right")
        page.get_by_role("menuitem", name="Logs").click()
        logs = page.get_by_role("dialog", name=f"Logs of {name} on node2")
        expect(logs).to_contain_text("docker-entrypoint")
        page.keyboard.press("Escape")
        expect(logs).to_be_hidden()

        # A kill asks for a second press, and speaks to the machine of the container.
        tile.click(button="right")
        page.get_by_role("menuitem", name="Kill").click()
        page.get_by_role("menuitem", name="Kill it now").click()
        expect(page.get_by_test_id("stCode").first).to_contain_text(re.compile("node2.*kill"))
        expect(page.locator(".essaim-tile[data-phase=failed]")).to_have_count(1)
        expect(running).to_have_count(3)

        phone = look(essaim, PHONE, storage_state=page.context.storage_state(), has_touch=True)
        expect(phone.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        tile = phone.get_by_role("region", name="node2").locator(".essaim-tile")
        tile.scroll_into_view_if_needed()
        tile.tap()
        expect(phone.get_by_role("menu")).to_be_in_viewport(ratio=1)
        phone.get_by_role("menuitem", name="Terminal").tap()
        phone.wait_for_url("**/console")
        expect(phone.locator(".essaim-stage .xterm-rows:visible")).to_contain_text(
            re.compile(r"exec.*sh.*#", re.DOTALL)
        )


def test_a_component_outlives_a_run_that_a_later_one_overtook(essaim: str, look: Look) -> None:
    # As while a page's colours change: the first run's end comes after the second one has drawn.
    seen = look(essaim).evaluate(
        """async () => {
             const { mount, Component } = await import('/live/any/component.js');
             const told = [];
             class Shown extends Component {
               constructor(run) { super(run); told.push('begins'); }
               close() { super.close(); told.push('closes'); }
             }
             const run = mount(Shown);
             const parentElement = document.body.appendChild(document.createElement('div'));
             const overtaken = run({ parentElement, data: {} });
             overtaken();
             const last = run({ parentElement, data: {} });
             overtaken();
             run({ parentElement, data: {} });
             parentElement.remove();
             last();
             return told;
           }"""
    )
    assert seen == ["begins", "closes"]
