"""The projector's page in a true browser: led by keys alone."""

from __future__ import annotations

import json
import re
import urllib.request

import docker
import pytest
from playwright.sync_api import Page, expect

from core.commands.nodes import UpdateNode
from core.commands.services import CreateService
from core.live.routes import edition
from tests.browser.axe import faults
from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard, free_port, practice_engine

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def counts(page: Page, wanted: list[str]) -> None:
    expect(page.locator(".essaim-node-count")).to_have_text(wanted)


def test_keys_scale_drain_and_activate(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        page.get_by_role("button", name="Create the service").click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        page.get_by_role("button", name="Demonstrate").click()
        page.get_by_role("menuitem", name="Projector").click()
        expect(page.locator("[data-part=share]")).to_have_text("3/3")
        expect(page.locator("header[data-testid=stHeader]")).to_be_hidden()
        tile = page.locator(".essaim-tile[data-phase=running]").first
        expect(tile).to_have_css("background-color", "rgb(0, 158, 115)")
        # Its key stands in the corner of the node, not on its name.
        expect(page.locator(".essaim-node header").first).to_have_css("position", "static")

        for key in ("PageUp", "+", "+", "-", "+"):
            page.keyboard.press(key)
        expect(page.locator("[data-part=share]")).to_have_text("10/10")
        expect(page.get_by_text("$ docker service scale web=10")).to_be_visible()

        page.keyboard.press("2")
        expect(page.get_by_text(re.compile("Drain node2"))).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("alertdialog")).to_be_hidden()
        page.keyboard.press("2")
        # Enter says yes, but on the button that says no.
        expect(page.get_by_role("button", name="Yes (Enter)")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alertdialog")).to_be_hidden()
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        counts(page, ["5", "0", "5"])
        page.keyboard.press("2")
        expect(page.get_by_text("node2 stays empty, by design")).to_be_visible()

        page.keyboard.press("?")
        expect(page.get_by_text("drain this node, or activate it again")).to_be_visible()
        for title in ("Vote", "Look"):
            page.keyboard.press("q")
            expect(page.locator("figure:visible strong")).to_have_text([title])
        page.keyboard.press("q")
        expect(page.locator("figure:visible")).to_have_count(0)
        page.keyboard.press("h")
        expect(page.get_by_role("button", name="Remove web")).to_be_visible()


#: Keys of a French keyboard as it has them, by place: without Shift, with it.
AZERTY = {
    **{f"Digit{n}": (plain, str(n)) for n, plain in enumerate("à&é\"'(-è_ç")},
    **{"Minus": (")", "°"), "Equal": ("=", "+"), "KeyA": ("q", "Q"), "KeyM": (",", "?")},
}


def type_on_azerty(page: Page, place: str, shift: bool = False) -> None:
    """Press a key as a browser tells of it on that keyboard."""
    key = AZERTY[place][shift]
    page.evaluate(
        """([key, code, shiftKey]) => document.body.dispatchEvent(new KeyboardEvent(
             "keydown", { key, code, shiftKey, bubbles: true, cancelable: true }))""",
        [key, place, shift],
    )


@pytest.mark.parametrize("knows", [True, False], ids=["layout known", "learnt"])
def test_a_french_keyboard(look: Look, knows: bool) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/projector")
        layout = [[place, plain] for place, (plain, _shifted) in AZERTY.items()]
        page.add_init_script(
            f"""Object.defineProperty(navigator, "keyboard", {{ value:
              {{ getLayoutMap: async () => new Map({json.dumps(layout if knows else [])}) }} }})"""
        )
        page.reload()
        expect(page.locator("[data-part=service]")).to_have_text("No service yet")
        page.get_by_role("button", name="c create web").focus()
        page.keyboard.press("c")
        expect(page.locator("[data-part=share]")).to_have_text("3/3")
        expect(page.get_by_role("button", name="c create web")).to_have_count(0)
        type_on_azerty(page, "Digit6")  # a minus, without Shift; there is no node 6
        type_on_azerty(page, "Equal", shift=True)
        expect(page.locator("[data-part=share]")).to_have_text("4/4")
        type_on_azerty(page, "Minus")
        expect(page.locator("[data-part=share]")).to_have_text("3/3")
        for shift in (False, True):
            type_on_azerty(page, "Digit2", shift)
            expect(page.get_by_text("Drain node2?")).to_be_visible()
            page.get_by_role("button", name="No (Esc)").click()
        expect(page.locator(".essaim-node header").nth(1)).to_have_attribute("data-key", "2 é")
        type_on_azerty(page, "KeyM", shift=True)
        keys = page.locator("[data-part=keys] dt")
        expect(keys.first).to_have_text("↑  ↓  +  )")
        expect(keys.nth(3)).to_have_text("1 … 9 (& … ç)" if knows else "1 … 9 (é -)")
        type_on_azerty(page, "KeyA")
        expect(page.locator("figure:visible strong")).to_have_text(["Vote"])


@pytest.mark.parametrize(
    ("key", "code", "named"),
    [
        ("+", "BracketRight", "+"),  # German
        ("-", "Slash", "-"),
        ("?", "Minus", "?"),
        ("-", "NumpadSubtract", "-"),
        ("4", "Numpad4", "4"),
        ("ArrowDown", "Numpad2", "ArrowDown"),  # without NumLock
        ("é", "Digit2", "2"),
        ("-", "Digit6", "6"),
        ("_", "Digit8", "8"),
        (")", "Minus", "-"),
        ("Dead", "Equal", "+"),
        ("й", "KeyQ", "q"),  # Russian
        ("Q", "KeyA", "q"),
        ("2", "", "2"),  # a keyboard on a screen
        ("PageDown", "PageDown", "PageDown"),  # a presenter's clicker
    ],
)
def test_what_a_key_means(essaim: str, look: Look, key: str, code: str, named: str) -> None:
    page = look(essaim)
    found = page.evaluate(
        """async ([files, key, code]) => {
             const { Keyboard } = await import(`${files}/keyboard.js`);
             return new Keyboard(() => {}).read(new KeyboardEvent("keydown", { key, code }));
           }""",
        [f"/live/{edition()}", key, code],
    )
    assert found == named


def test_a_phone_finds_the_way_out_and_every_code(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/projector", PHONE, has_touch=True)
        way_out = page.get_by_role("button", name="h Cluster")
        expect(way_out).to_be_in_viewport(ratio=1)
        page.get_by_role("button", name="q QR code").tap()
        expect(page.locator("figure:visible strong")).to_have_text(["Vote"])
        page.get_by_role("button", name="then: Look").tap()
        expect(page.locator("figure:visible strong")).to_have_text(["Look"])
        page.get_by_role("button", name="Close (Esc)").tap()
        page.get_by_role("button", name="c create web").tap()
        expect(page.locator("[data-part=share]")).to_have_text("3/3")
        page.get_by_role("button", name="one replica more").tap()
        expect(page.locator("[data-part=share]")).to_have_text("4/4")
        page.get_by_role("button", name="? keys").tap()
        expect(page.get_by_text("drain this node, or activate it again")).to_be_visible()
        # Every key of the list can be pressed there, and a node by its head.
        page.get_by_role("button", name="PgUp: five more, five fewer").tap()
        expect(page.locator("[data-part=share]")).to_have_text("9/9")
        page.locator(".essaim-node header").nth(1).tap()
        page.get_by_role("button", name="Yes (Enter)").tap()
        expect(page.locator(".essaim-node-count").nth(1)).to_have_text("0")
        assert faults(page) == []
        way_out.tap()
        expect(page.get_by_role("button", name="Remove web")).to_be_visible()


def test_without_an_engine_it_says_so(look: Look) -> None:
    with dashboard(DOCKER_HOST="tcp://127.0.0.1:9") as essaim:
        page = look(f"{essaim}/projector")
        expect(page.get_by_text("No engine answers at tcp://127.0.0.1:9 yet")).to_be_visible()
        assert page.locator(".essaim-projector").count() == 0


def test_nothing_covers_the_title_or_is_cut_off(look: Look) -> None:
    """With long names, many replicas and a Swarm that has lost its leader."""
    port = free_port()
    with practice_engine(port), dashboard(DOCKER_HOST=f"tcp://127.0.0.1:{port}") as essaim:
        client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}", timeout=30)
        CreateService(name=61 * "a", replicas=36, image="nginx:latest").run(client)
        for node in ("node2", "node3"):
            UpdateNode(role="manager", node=node).run(client)
        page = look(f"{essaim}/projector", locale="fr-FR")
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(36)
        cut = """() => [...document.querySelectorAll('.essaim-node')].filter((node) =>
          [...node.querySelectorAll('.essaim-tile')].some((tile) =>
            tile.getBoundingClientRect().bottom > node.getBoundingClientRect().bottom))"""
        assert page.evaluate(cut) == []
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_practice/quorum/lose", b"{}").close()
        status = page.locator(".essaim-status")
        expect(status).to_contain_text("plus de la moitié de ses managers")
        told, title = status.bounding_box(), page.locator("[data-part=share]").bounding_box()
        assert told
        assert title
        assert told["x"] >= title["x"] + title["width"]
        client.close()
