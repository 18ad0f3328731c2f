"""The right to a real Swarm, in a browser: Lock locks all tabs, and a closed tab acts no more."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import docker
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from core.control.rights import AWAY
from tests.browser.conftest import PATIENCE, Look, dashboard

pytestmark = [pytest.mark.browser, pytest.mark.realswarm]

PASSWORD = "seen by nobody"
SERVICE = "essaim-right"


@pytest.fixture
def essaim() -> Iterator[str]:
    """A dashboard of a real Swarm, on which there is a service."""
    host = os.environ["ESSAIM_REAL_SWARM"]
    with closing(docker.DockerClient(base_url=host)) as client:
        for left in client.services.list(filters={"name": SERVICE}):
            left.remove()
        service = client.services.create("nginx:latest", name=SERVICE, labels={"a": "b"})
        try:
            with dashboard(DOCKER_HOST=host, ESSAIM_PASSWORD=PASSWORD) as address:
                yield address
        finally:
            service.remove()


def unlock(page: Page) -> None:
    page.get_by_role("button", name="Unlock").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Lock", exact=True)).to_be_visible(timeout=PATIENCE)


@contextmanager
def taken(page: Page, essaim: str) -> Iterator[ClientConnection]:
    """The socket of a console that is unlocked here, held by somebody else with its ticket."""
    hello: list[str | bytes] = []

    def keep(socket: WebSocketRoute) -> None:
        socket.on_message(lambda message: hello.append(message))  # it never reaches the server

    page.route_web_socket("**/console/socket", keep)
    unlock(page)  # other rights are another session, over another socket
    deadline = time.monotonic() + PATIENCE / 1000
    while not hello and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
    with connect(
        f"{essaim.replace('http', 'ws', 1)}/console/socket",
        origin=Origin(essaim),
        additional_headers={"Cookie": cookies},
    ) as socket:
        socket.send(hello[0])
        yield socket


def run(socket: ClientConnection, line: str) -> str:
    """How a line of the console ended: done or refused."""
    socket.send(json.dumps({"do": "run", "text": line}))
    while True:
        told = json.loads(socket.recv(timeout=PATIENCE / 1000))
        if told.get("line") == line and told["kind"] not in ("waiting", "running"):
            return str(told["kind"])


def test_a_closed_tab_acts_no_more_whoever_holds_its_socket(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console")
    with taken(page, essaim) as socket:
        assert run(socket, f"docker service scale {SERVICE}=2") == "done"
        page.close()
        time.sleep(AWAY + 5)
        with pytest.raises(ConnectionClosed):
            run(socket, f"docker service scale {SERVICE}=1")
    with closing(docker.DockerClient(base_url=os.environ["ESSAIM_REAL_SWARM"])) as client:
        spec = client.services.get(SERVICE).attrs["Spec"]
        assert spec["Mode"]["Replicated"]["Replicas"] == 2


def test_lock_locks_the_other_tabs_of_the_browser(essaim: str, look: Look) -> None:
    first = look(essaim)
    second = first.context.new_page()
    second.goto(essaim)
    stranger = look(essaim)  # another browser
    for page in (first, second, stranger):
        unlock(page)
    first.get_by_role("button", name="Lock", exact=True).click()
    for page in (first, second):  # the other notices by itself
        expect(page.get_by_role("button", name="Unlock")).to_be_visible(timeout=PATIENCE)
    expect(stranger.get_by_role("button", name="Lock", exact=True)).to_be_visible()
