"""Events: what is told, in which order, to whom."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from essaim_practice.engine.events import REMEMBERED, EventLog
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.store import Store

from .conftest import Call


def words(events: list[dict[str, Any]]) -> list[str]:
    return [f"{event['Type']} {event['Action']}" for event in events]


@pytest.mark.edition("28.5")
def test_a_container_tells_its_life(engine: docker.DockerClient) -> None:
    engine.images.pull("nginx")
    with listening(engine) as heard:
        web = engine.containers.create("nginx", name="web", labels={"tier": "front"})
        web.start()
        web.pause()
        web.unpause()
        web.rename("site")
        web.stop()
        web.remove()
        events = heard(10)
    assert words(events) == [
        "container create",
        "network connect",
        "container start",
        "container pause",
        "container unpause",
        "container rename",
        "container kill",
        "network disconnect",
        "container stop",
        "container die",
    ]
    created, connected = events[:2]
    assert created["Actor"]["Attributes"] == {"image": "nginx", "name": "web", "tier": "front"}
    assert (created["status"], created["id"], created["from"]) == ("create", web.id, "nginx")
    assert created["scope"] == "local"
    assert created["timeNano"] // 10**9 == created["time"]
    assert connected["Actor"]["Attributes"] == {
        "container": web.id,
        "name": "bridge",
        "type": "bridge",
    }
    assert events[5]["Actor"]["Attributes"]["oldName"] == "/web"
    assert events[6]["Actor"]["Attributes"]["signal"] == "15"
    assert events[9]["Actor"]["Attributes"]["exitCode"] == "0"


class listening:  # noqa: N801 (reads as a word of the tests)
    """Events from now on; ``heard(n)`` waits for n of them."""

    def __init__(self, engine: docker.DockerClient, **filters: Any) -> None:
        self._stream = engine.events(decode=True, filters=filters)

    def __enter__(self) -> Any:
        return lambda count: [next(self._stream) for _ in range(count)]

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def test_images_and_volumes_tell_too(engine: docker.DockerClient) -> None:
    with listening(engine) as heard:
        engine.images.pull("alpine").tag("mine")
        engine.images.remove("mine")
        engine.images.remove("alpine")
        engine.volumes.create("data").remove()
        events = heard(7)
    assert words(events) == [
        "image pull",
        "image tag",
        "image untag",
        "image untag",
        "image delete",
        "volume create",
        "volume destroy",
    ]
    assert events[0]["Actor"] == {"ID": "alpine:latest", "Attributes": {"name": "alpine"}}


def test_streams_are_filtered(engine: docker.DockerClient) -> None:
    with listening(engine, type="container", event=["die"]) as heard:
        engine.containers.run("alpine", ["sh", "-c", "exit 3"], detach=True)
        assert heard(1)[0]["Actor"]["Attributes"]["exitCode"] == "3"


def test_swarm_events_reach_managers_and_local_ones_their_engine(
    call: Call, engine: docker.DockerClient
) -> None:
    engine.services.create("nginx", name="web", mode={"Replicated": {"Replicas": 0}})
    engine.volumes.create("data")
    now = call("GET", "/info").json()["SystemTime"]
    manager = call("GET", f"/events?since=1&until={now}").body
    assert b'"Type":"service","Action":"create"' in manager
    assert b'"scope":"swarm"' in manager
    assert b'"Type":"volume"' in manager
    worker = call("GET", f"/events?since=1&until={now}", node=2).body
    assert b'"Type":"service"' not in worker
    assert b'"Type":"volume"' not in worker


@pytest.mark.parametrize(
    ("query", "message"),
    [("filters=%7B", "invalid filter"), ("since=abc", "invalid")],
)
def test_wrong_questions_are_refused(call: Call, query: str, message: str) -> None:
    answer = call("GET", f"/events?{query}")
    assert answer.status == 400
    assert message in answer.message


def test_the_log_remembers_only_so_much() -> None:
    clock = ManualClock()
    log = EventLog(Store(clock), clock)
    for number in range(REMEMBERED + 10):
        log.emit("node1", "volume", "create", str(number), {})
    assert log.past()[0].id == "10"
    assert len(log.past()) == REMEMBERED
