"""The main job on a real Swarm: at each step the picture equals what its managers say."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator

import docker
import docker.errors
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Look, dashboard
from tests.browser.test_cluster import tiles
from tests.cluster.test_collector import until

pytestmark = [pytest.mark.browser, pytest.mark.realswarm]

PASSWORD = "seen by nobody"
SERVICE = "essaim-seen"
IMAGE = "essaim-seen-app"


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=os.environ["ESSAIM_REAL_SWARM"], timeout=120)
    clean(client)
    yield client
    clean(client)
    client.close()


def clean(client: docker.DockerClient) -> None:
    for service in client.services.list(filters={"name": SERVICE}):
        service.remove()
    for node in client.nodes.list():
        spec = node.attrs["Spec"]
        if spec["Availability"] != "active":
            node.update({**spec, "Availability": "active"})
    ours = client.containers.list(all=True, filters={"ancestor": IMAGE}, ignore_removed=True)
    for container in ours:
        container.remove(force=True)


@pytest.fixture
def home(engine: docker.DockerClient, look: Look) -> Iterator[Page]:
    """The home page, unlocked."""
    with dashboard(DOCKER_HOST=os.environ["ESSAIM_REAL_SWARM"], ESSAIM_PASSWORD=PASSWORD) as essaim:
        page = look(essaim)
        page.get_by_role("button", name="Unlock").click()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Unlock")).to_have_count(0)
        yield page


def said(client: docker.DockerClient) -> dict[str, int]:
    """Running replicas of our service by node, as `docker service ps` lists them."""
    names = {node.id: node.attrs["Description"]["Hostname"] for node in client.nodes.list()}
    found = Counter(
        names[task["NodeID"]]
        for service in client.services.list(filters={"name": SERVICE})
        for task in service.tasks(filters={"desired-state": "running"})
        if task["Status"]["State"] == "running"
    )
    return {name: found[name] for name in sorted(names.values())}


def seen(page: Page) -> dict[str, int]:
    """The same as the picture shows it; a service beside ours is faded there."""
    return {
        name: phases.count("running")
        for name, phases in sorted(
            page.evaluate(
                """() => Object.fromEntries([...document.querySelectorAll('.essaim-node')].map(
                     (node) => [node.querySelector('.essaim-node-name').textContent,
                       [...node.querySelectorAll('.essaim-tile:not([data-dim=true])')]
                         .map((tile) => tile.dataset.phase)]))"""
            ).items()
        )
    }


def agree(client: docker.DockerClient, page: Page, counts: list[int]) -> None:
    until(lambda: sorted(said(client).values()) == counts, PATIENCE / 1000)
    until(lambda: seen(page) == said(client), 10)


def test_the_picture_equals_service_ps_at_each_step(
    engine: docker.DockerClient, home: Page
) -> None:
    page = home
    if page.get_by_role("button", name="Create the service").count():
        page.get_by_label("Name").fill(SERVICE)
        page.get_by_label("Port").fill("18980")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Create the service").click()
    else:  # the Swarm has other services already
        engine.services.create(
            "nginx:latest", name=SERVICE, mode=docker.types.ServiceMode("replicated", 3)
        )
        page.get_by_text(SERVICE, exact=True).click()
    agree(engine, page, [1, 1, 1])
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    agree(engine, page, [5, 5, 5])
    page.get_by_role("button", name="Drain node2").click()
    agree(engine, page, [0, 7, 8])
    assert said(engine)["node2"] == 0
    page.get_by_role("button", name="Active node2").click()
    expect(page.get_by_role("button", name="Active node2")).to_have_attribute(
        "aria-pressed", "true"
    )
    agree(engine, page, [0, 7, 8])
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    agree(engine, page, [0, 5, 5])
    page.get_by_role("button", name="Rebalance").click()
    agree(engine, page, [3, 3, 4])
    page.get_by_role("button", name=f"Remove {SERVICE}").click()
    page.get_by_role("button", name=f"Remove {SERVICE}").last.click()
    until(lambda: not engine.services.list(filters={"name": SERVICE}))
    until(lambda: not any(seen(page).values()) or tiles(page) != {}, 30)


def test_the_courses_demo_app_is_built_run_and_opened(
    engine: docker.DockerClient, home: Page
) -> None:
    page = home
    page.get_by_role("link", name="Build").click()
    page.get_by_label("Image name").fill(IMAGE)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Build the image").click()
    expect(page.get_by_text(f"docker build -t {IMAGE} .")).to_be_visible()
    ended = page.get_by_test_id("stAlert")
    expect(ended).to_be_visible(timeout=500_000)
    assert "Done" in str(ended.text_content())
    expect(page.get_by_text(f"Successfully tagged {IMAGE}:latest")).to_be_visible()
    page.get_by_role("button", name="Run it").click()
    link = page.get_by_role("link", name=re.compile("Open port"))
    expect(link).to_be_visible()
    opened = page.context.new_page()
    until(lambda: reaches(opened, str(link.get_attribute("href"))), PATIENCE / 1000)
    expect(opened.get_by_text("Hello Docker!")).to_be_visible()


def reaches(page: Page, address: str) -> bool:
    try:
        answer = page.goto(address)
    except Exception:  # the app inside is still starting
        return False
    return answer is not None and answer.ok
