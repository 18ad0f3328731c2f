"""The projector's page in a true browser: led by keys alone."""

from __future__ import annotations

import re
import urllib.request

import docker
import pytest
from playwright.sync_api import Page, expect

from core.commands.nodes import UpdateNode
from core.commands.services import CreateService
from tests.browser.conftest import PATIENCE, Look, dashboard, free_port, practice_engine

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

        for key in ("PageUp", "+", "+", "-", "+"):
            page.keyboard.press(key)
        expect(page.locator("[data-part=share]")).to_have_text("10/10")
        expect(page.get_by_text("$ docker service scale web=10")).to_be_visible()

        page.keyboard.press("2")
        expect(page.get_by_text(re.compile("Drain node2"))).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("alertdialog")).to_be_hidden()
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        counts(page, ["5", "0", "5"])
        page.keyboard.press("2")
        expect(page.get_by_text("node2 stays empty, by design")).to_be_visible()

        page.keyboard.press("?")
        expect(page.get_by_text("drain this node, or activate it again")).to_be_visible()
        page.keyboard.press("q")
        expect(page.locator("figure svg")).to_have_count(2)
        page.keyboard.press("Escape")
        page.keyboard.press("h")
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
