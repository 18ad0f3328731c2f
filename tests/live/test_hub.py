from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable

from core.cluster.history import History
from core.live import messages
from core.live.hub import Feed, Hub
from tests.cluster import raw
from tests.cluster.test_history import snapshot


def same(text: str) -> str:
    return text


async def read(feed: Feed, count: int) -> list[str]:
    got: list[str] = []
    async for message in feed.messages():
        got.append(message)
        if len(got) == count:
            break
    return got


def test_a_newcomer_gets_the_latest_of_every_topic() -> None:
    hub = Hub()
    hub.topic("a", lambda lang: f"a-{lang}")
    hub.topic("b", lambda lang: f"b-{lang}")

    async def visit() -> list[str]:
        with hub.follow("fr") as feed:
            return await asyncio.wait_for(read(feed, 2), 5)

    assert asyncio.run(visit()) == ["a-fr", "b-fr"]
    assert hub.viewers == 0


def test_a_message_is_made_once_per_language_whoever_looks() -> None:
    hub = Hub()
    made: list[str] = []

    def render(language: str) -> str:
        made.append(language)
        return language

    hub.topic("a", render)

    async def visit() -> None:
        loop = asyncio.get_running_loop()
        with hub.follow("en") as one, hub.follow("en") as two, hub.follow("fr") as three:
            await read(one, 1), await read(two, 1), await read(three, 1)
            made.clear()
            await loop.run_in_executor(None, hub.publish, "a")
            await asyncio.wait_for(asyncio.gather(*(read(f, 1) for f in (one, two, three))), 5)

    asyncio.run(visit())
    assert sorted(made) == ["en", "fr"]


def test_nobody_looks_nothing_is_made() -> None:
    hub = Hub()
    made: list[str] = []
    hub.topic("a", lambda lang: made.append(lang) or "")  # type: ignore[func-returns-value]
    hub.publish("a")
    assert made == []


def test_a_slow_viewer_gets_the_latest_not_a_queue() -> None:
    hub = Hub()
    current = iter(range(100))
    hub.topic("a", lambda lang: str(next(current)))

    async def visit() -> list[str]:
        with hub.follow("en") as feed:
            publisher = threading.Thread(target=lambda: [hub.publish("a") for _ in range(50)])
            publisher.start()
            await asyncio.to_thread(publisher.join)
            await asyncio.sleep(0)
            return await read(feed, 1)

    assert asyncio.run(visit()) == ["50"]


def test_a_viewer_that_is_gone_disturbs_nobody() -> None:
    async def make() -> Feed:
        return Feed("en")

    asyncio.run(make()).offer("a", "text")  # its loop is closed


def test_the_clusters_message_tells_tiles_by_node() -> None:
    message = json.loads(messages.cluster(snapshot(), same))
    assert message["topic"] == "cluster"
    names = {node["name"]: [tile["name"] for tile in node["tiles"]] for node in message["nodes"]}
    assert names == {"node1": ["web.1"], "node2": ["web.2"]}
    assert list(message["figures"]) == [""]


def test_several_services_have_figures_of_their_own() -> None:
    shown = snapshot(services=[raw.service(), raw.service("api")])
    for text in (messages.cluster(shown, same), messages.history(History(), shown, same)):
        assert sorted(json.loads(text)["figures"]) == ["", "id-api", "id-web"]


def test_no_environment_leaves_the_server_by_the_socket() -> None:
    make: list[Callable[[], str]] = [
        lambda: messages.cluster(snapshot(), same),
        lambda: messages.history(History(), snapshot(), same),
        lambda: messages.pulse(snapshot(), same),
    ]
    for each in make:
        assert "COLOR" not in each()


def test_the_shape_stays_while_only_tasks_move() -> None:
    before = messages.shape(snapshot())
    assert messages.shape(snapshot(tasks=[raw.task(1, state="failed")])) == before
    assert messages.shape(snapshot(services=[raw.service(replicas=4)])) != before
    assert messages.shape(snapshot(nodes=[raw.node("node1")])) != before
