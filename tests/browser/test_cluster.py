"""The main job, as a class sees it."""

from __future__ import annotations

import re

import docker
import pytest
from playwright.sync_api import Page, expect

from core.commands.services import CreateService, RemoveServices, ScaleServices
from tests.browser.conftest import (
    PATIENCE,
    PHONE,
    WIDE,
    Look,
    dashboard,
    free_port,
    practice_engine,
)
from tests.cluster.test_collector import until

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


#: The words in the chart over time, and whether a line stands within 100 ms of where they do.
DRAWN = """() => {
  window.drawn = () => {
    const { annotations = [], shapes = [] } =
      document.querySelector('[data-part=past]').layout || {};
    return annotations.map(({ text, x }) =>
      [text, shapes.some(({ x0, x1 }) => Math.abs(x0 - x) < 100 && x0 === x1)]);
  };
}"""


def tiles(page: Page) -> dict[str, list[str]]:
    """The phases of the tiles in each node's column."""
    found: dict[str, list[str]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.essaim-node')].map((node) => [
             node.querySelector('.essaim-node-name').textContent,
             [...node.querySelectorAll('.essaim-tile')].map((tile) => tile.dataset.phase)]))"""
    )
    return found


def bars(page: Page) -> dict[str, int]:
    """What the chart draws as running on each node."""
    found: dict[str, int] = page.evaluate(
        """() => {
             const chart = document.querySelector('[data-part=bars]');
             const running = chart.data.find((trace) => trace.name === 'running');
             return Object.fromEntries(running.x.map((name, i) => [name, running.y[i]]));
           }"""
    )
    return found


def until_running(page: Page, counts: list[int]) -> None:
    """Wait until the chart and the tiles agree on these replicas per node, sorted."""
    page.wait_for_function(
        """(wanted) => {
             const chart = document.querySelector('[data-part=bars]');
             const running = chart?.data?.find((trace) => trace.name === 'running');
             return running && JSON.stringify([...running.y].sort((a, b) => a - b)) === wanted;
           }""",
        arg=str(counts).replace(" ", ""),
    )
    expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(sum(counts))
    until(lambda: running(page) == bars(page), PATIENCE / 1000)


def running(page: Page) -> dict[str, int]:
    return {name: phases.count("running") for name, phases in tiles(page).items()}


def test_scale_drain_return_and_remove(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        page.evaluate(DRAWN)
        page.get_by_role("button", name="Create the service").click()
        until_running(page, [1, 1, 1])
        expect(page.get_by_text("docker service create --name web")).to_be_visible()

        slider = page.get_by_role("slider")
        slider.focus()
        for _ in range(12):
            page.keyboard.press("ArrowRight")
        until_running(page, [5, 5, 5])
        expect(page.get_by_text("docker service scale web=15")).to_be_visible()

        page.get_by_role("button", name="Drain node2").click()
        until_running(page, [0, 7, 8])
        expect(page.get_by_text("worker · drain")).to_be_visible()
        # What has been told to stop takes its time.
        until(lambda: tiles(page)["node2"] == [], PATIENCE / 1000)

        page.get_by_role("button", name="Active node2").click()
        expect(page.get_by_text("node2 stays empty, by design")).to_be_visible()
        until_running(page, [0, 7, 8])

        page.get_by_role("button", name="Remove web").click()
        page.get_by_role("button", name="Remove web").last.click()
        expect(page.get_by_role("button", name="Create the service")).to_be_visible()
        until_running(page, [0, 0, 0])
        # In the chart over time each change has its words at its own line.
        page.wait_for_function("() => drawn().some(([text]) => text === 'web removed')")
        told = page.evaluate("drawn()")
        assert {"web created", "node2 drain", "node2 active"} <= {text for text, _line in told}
        assert all(line for _text, line in told)


def test_an_update_loses_nothing_that_the_viewer_did(look: Look) -> None:
    port = free_port()
    with practice_engine(port), dashboard(DOCKER_HOST=f"tcp://127.0.0.1:{port}") as essaim:
        client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}", timeout=30)
        CreateService(name="web", replicas=2, image="nginx:latest").run(client)
        page = look(f"{essaim}")
        until_running(page, [0, 1, 1])
        # Hide a phase in the chart, choose a replica, open a question.
        page.locator("[data-part=bars] .legendtoggle").first.click()
        page.wait_for_function(
            "() => document.querySelector('[data-part=bars] .traces').style.opacity < 1"
        )
        page.locator(".essaim-tile", has_text="web.1").click()
        expect(page.locator(".essaim-detail")).to_contain_text("web.1")
        page.get_by_role("button", name="Remove web").click()
        question = page.get_by_text(re.compile("This stops .* and forgets the service"))
        expect(question).to_be_visible()
        chart = page.evaluate_handle("() => document.querySelector('[data-part=bars] .main-svg')")

        ScaleServices(replicas=(("web", 6),)).run(client)
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(6)
        expect(page.get_by_role("slider")).to_have_value("6")

        assert page.evaluate(
            "() => document.querySelector('[data-part=bars] .traces').style.opacity < 1"
        )
        expect(page.locator(".essaim-detail")).to_contain_text("web.1")
        expect(question).to_be_visible()
        assert page.evaluate("(chart) => chart.isConnected", chart)
        client.close()


def test_a_task_that_waits_for_a_moment_moves_nothing(essaim: str, look: Look) -> None:
    page = look(essaim)
    columns = page.evaluate(
        """async () => {
             const { Tiles } = await import('/live/any/tiles.js');
             const place = window.tried = document.body.appendChild(document.createElement('div'));
             const tile = { id: '1', name: 'web.1', label: '1', phase: 'pending' };
             const words = { failures: '', nowhere: 'no node' };
             const cluster = { nodes: [], unplaced: [tile], services: [] };
             new Tiles(place).draw(cluster, '', { words });
             return place.querySelectorAll('.essaim-node').length;
           }"""
    )
    assert columns == 0
    page.wait_for_function("() => tried.querySelector('.essaim-node[data-state=nowhere]')")


def test_an_engine_that_dies_and_comes_back(look: Look) -> None:
    port = free_port()
    with dashboard(DOCKER_HOST=f"tcp://127.0.0.1:{port}") as essaim:
        with practice_engine(port):
            client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}", timeout=30)
            CreateService(name="web", replicas=3, image="nginx:latest").run(client)
            client.close()
            page = look(essaim)
            until_running(page, [1, 1, 1])
            expect(page.locator(".essaim-status")).to_contain_text("live")
        status = page.locator(".essaim-status")
        expect(status).to_have_attribute("data-stale", "true")
        expect(status).to_contain_text("what you see is old")
        assert sum(map(len, tiles(page).values())) == 3  # the last good picture stays
        assert page.get_by_text("Traceback").count() == 0
        with practice_engine(port):
            expect(status).to_have_attribute("data-stale", "false")
            expect(page.get_by_role("button", name="Create the service")).to_be_visible()
            until_running(page, [0, 0, 0])
            assert page.get_by_text("Traceback").count() == 0


def test_thirty_viewers_cost_the_engine_nothing(look: Look) -> None:
    """See bench/ for how fast; here: one engine, one collector, and all see the same."""
    port = free_port()
    with practice_engine(port), dashboard(DOCKER_HOST=f"tcp://127.0.0.1:{port}") as essaim:
        pages = [look(essaim) for _ in range(4)]
        client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}", timeout=30)
        CreateService(name="web", replicas=6, image="nginx:latest").run(client)
        for page in pages:
            until_running(page, [2, 2, 2])
        RemoveServices(services=("web",)).run(client)
        for page in pages:
            until_running(page, [0, 0, 0])
        client.close()


def test_a_drain_that_ends_a_service_asks_first_and_then_it_is_down(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        page.get_by_role("button", name="Create the service").click()
        until_running(page, [1, 1, 1])
        for drained, node in enumerate(("node2", "node3"), 1):
            page.get_by_role("button", name=f"Drain {node}").click()
            expect(page.get_by_text("worker · drain")).to_have_count(drained)
        until_running(page, [0, 0, 3])
        detail = page.locator(".essaim-detail")
        page.set_viewport_size(PHONE)
        page.get_by_role("button", name="Drain node1").click()
        asked = page.locator(".essaim-asks:visible")
        expect(asked).to_contain_text("node1 is the last node that takes tasks.")
        expect(asked).to_contain_text("No other node can take web")
        until_running(page, [0, 0, 3])
        # Who pressed the button sees it: on a phone the line below the nodes lies far below.
        expect(asked).to_be_in_viewport(ratio=1)
        page.set_viewport_size(WIDE)
        page.get_by_role("button", name="Drain anyway node1").click()
        expect(detail).to_contain_text(
            "web is down: 0/3 replicas alive. No node takes tasks: node1 drain"
        )
        page.goto(f"{essaim}/services")
        expect(page.get_by_text("web is down: 0/3 replicas alive.")).to_be_visible()


def test_what_is_said_and_counted_is_of_the_service_that_is_looked_at(
    essaim: str, look: Look
) -> None:
    page = look(essaim)
    said = page.evaluate(
        """async () => {
             const { Tiles } = await import('/live/any/tiles.js');
             const tile = (id, service, phase, message) => ({ id, service, phase, message, name: id,
               label: '1', state: phase, image: 'nginx', failures: 0, lastError: '' });
             const node = { id: 'n', name: 'node1', role: 'worker', state: 'ready',
               availability: 'active', tiles: [tile('web.1', 'web', 'running', ''),
                                               tile('api.1', 'api', 'failed', 'exit 1')] };
             const cluster = { nodes: [node], services: [
                 { id: 'web', told: '', down: false },
                 { id: 'api', told: 'api is down', down: true }],
               unplaced: [tile('api.2', 'api', 'pending', 'no suitable node'),
                          tile('api.3', 'api', 'pending', 'no suitable node')] };
             const words = { active: '', pause: '', drain: '', nowhere: 'no node', nowhere_help: '',
                             empty: '', failures: '', by_design: '' };
             const seen = {};
             for (const chosen of ['web', 'api', '']) {
               const place = document.body.appendChild(document.createElement('div'));
               new Tiles(place).draw(cluster, chosen, { words });
               await new Promise((later) => setTimeout(later, 900));
               const counts = [...place.querySelectorAll('.essaim-node-count')];
               seen[chosen] = [place.querySelector('.essaim-detail'), ...counts]
                 .map((each) => each.textContent);
             }
             return seen;
           }"""
    )
    assert said == {
        "web": ["", "1", "0"],
        "api": ["✕ api is down", "0", "2"],
        "": ["✕ api is down", "1", "2"],
    }


def test_a_page_that_is_not_let_in_yet_promises_nothing(essaim: str, look: Look) -> None:
    page = look(essaim)
    expect(page.locator(".essaim-status")).to_have_attribute("data-waiting", "false")
    page.add_init_script(
        """const True = window.WebSocket;
           window.WebSocket = function (address, ...rest) {
             if (!address.includes("/live/socket")) return new True(address, ...rest);
             return { close() {} }; // never answered
           };
           Object.setPrototypeOf(window.WebSocket, True);"""
    )
    page.reload()
    status = page.locator(".essaim-status")
    expect(status).to_contain_text("connecting")
    expect(status).to_have_attribute("data-waiting", "true")
    sign = "(line) => getComputedStyle(line, '::before').content"
    assert status.evaluate(sign) == '"○"'
    expect(status).to_contain_text("Essaim's server does not answer")
    expect(status).to_have_attribute("data-stale", "true")
    assert status.evaluate(sign) == '"▲"'
