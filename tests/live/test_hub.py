from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Callable

from core.cluster.history import History
from core.live import messages
from core.live.edition import Edition
from core.live.hub import Hub, Subscription
from tests.cluster import raw
from tests.cluster.test_history import snapshot
from tests.live.reader import Reader


def same(text: str) -> str:
    return text


async def read(feed: Subscription, count: int) -> list[str]:
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
        async with hub.follow("fr") as feed:
            return await asyncio.wait_for(read(feed, 2), 60)

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
        async with hub.follow("en") as one, hub.follow("en") as two, hub.follow("fr") as three:
            await read(one, 1), await read(two, 1), await read(three, 1)
            made.clear()
            await loop.run_in_executor(None, hub.publish, "a")
            await asyncio.wait_for(asyncio.gather(*(read(f, 1) for f in (one, two, three))), 60)

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

    def publish() -> None:
        for _ in range(50):
            hub.publish("a")

    async def visit() -> list[str]:
        async with hub.follow("en") as feed:
            publisher = threading.Thread(target=publish)
            publisher.start()
            await asyncio.to_thread(publisher.join)
            await asyncio.sleep(0)
            return await read(feed, 1)

    assert asyncio.run(visit()) == ["50"]


def test_a_viewer_that_is_gone_disturbs_nobody() -> None:
    async def make() -> Subscription:
        return Subscription("en")

    asyncio.run(make()).offer("a", "text")  # its loop is closed


def test_the_clusters_message_tells_tiles_by_node() -> None:
    message = messages.cluster(snapshot(), same)
    assert message["topic"] == "cluster"
    names = {node["name"]: [tile["name"] for tile in node["tiles"]] for node in message["nodes"]}
    assert names == {"node1": ["web.1"], "node2": ["web.2"]}
    assert list(message["figures"]) == [""]


def test_several_services_have_figures_of_their_own() -> None:
    shown = snapshot(services=[raw.service(), raw.service("api")])
    for told in (messages.cluster(shown, same), messages.history(History(), shown, same)):
        assert sorted(told["figures"]) == ["", "id-api", "id-web"]


def test_no_environment_leaves_the_server_by_the_socket() -> None:
    make: list[Callable[[], object]] = [
        lambda: messages.cluster(snapshot(), same),
        lambda: messages.history(History(), snapshot(), same),
        lambda: messages.pulse(snapshot(), same),
    ]
    for each in make:
        assert "COLOR" not in json.dumps(each())


def test_the_shape_stays_while_only_tasks_move() -> None:
    before = messages.shape(snapshot())
    assert messages.shape(snapshot(tasks=[raw.task(1, state="failed")])) == before
    assert messages.shape(snapshot(services=[raw.service(replicas=4)])) != before
    assert messages.shape(snapshot(nodes=[raw.node("node1")])) != before


class _Talk:
    """A hub with one topic of a content, and what its viewers were sent."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.content: dict[str, object] = {"topic": "a", "said": 0, "kept": "x" * 100}
        self.made = 0
        self.hub.topic("a", self._make)

    def _make(self, language: str) -> dict[str, object]:
        self.made += 1
        return dict(self.content)

    async def say(self, said: object) -> None:
        self.content["said"] = said
        await asyncio.get_running_loop().run_in_executor(None, self.hub.publish, "a")
        await asyncio.sleep(0)


def test_a_viewer_is_sent_the_whole_once_and_then_what_has_changed() -> None:
    talk = _Talk()

    async def visit() -> list[str]:
        async with talk.hub.follow("en") as feed:
            first = await read(feed, 1)
            await talk.say(1)
            return first + await read(feed, 1)

    whole, change = map(json.loads, asyncio.run(visit()))
    assert whole == {**talk.content, "said": 0, "number": 1}
    assert change == {"topic": "a", "number": 2, "since": 1, "patch": {"said": [1]}}


def test_a_slow_viewer_is_sent_what_has_changed_since_it_was_sent_something() -> None:
    talk = _Talk()

    async def visit(behind: int) -> tuple[Reader, str]:
        reader = Reader()
        async with talk.hub.follow("en") as feed:
            reader.read((await read(feed, 1))[0])
            for number in range(behind):
                await talk.say(f"word {number}")
            [text] = await asyncio.wait_for(read(feed, 1), 5)
            reader.read(text)
            assert not feed._latest  # never a queue
            return reader, text

    for behind, whole in ((1, False), (3, False), (50, True)):
        reader, text = asyncio.run(visit(behind))
        assert reader.latest["a"]["said"] == f"word {behind - 1}"
        assert ("kept" in json.loads(text)) is whole


def test_who_comes_again_is_sent_the_whole() -> None:
    talk = _Talk()

    async def visit() -> list[str]:
        async with talk.hub.follow("en") as other:
            await read(other, 1)
            await talk.say(1)
            await read(other, 1)
            async with talk.hub.follow("en") as again:
                return await read(again, 1)

    [text] = asyncio.run(visit())
    assert json.loads(text)["said"] == 1
    assert "patch" not in json.loads(text)


def test_what_says_the_same_again_is_not_sent() -> None:
    talk = _Talk()

    async def visit() -> list[str]:
        async with talk.hub.follow("en") as feed:
            await read(feed, 1)
            await talk.say(0)
            await talk.say(0)
            await talk.say("new")
            return await asyncio.wait_for(read(feed, 1), 5)

    [text] = asyncio.run(visit())
    assert json.loads(text)["patch"] == {"said": ["new"]}


def test_a_content_whose_making_began_earlier_does_not_overtake_a_newer_one() -> None:
    edition = Edition()
    edition.put(2, {"topic": "a", "said": "new"})
    edition.put(1, {"topic": "a", "said": "old"})
    assert json.loads(edition.since(0)[1])["said"] == "new"


def test_of_two_publishers_at_once_the_later_one_has_the_last_word() -> None:
    hub = Hub()
    made = itertools.count(1)
    slow, go_on = threading.Event(), threading.Event()

    def render(_language: str) -> str:
        number = next(made)
        if number == 2:
            slow.set()
            assert go_on.wait(60)
        return str(number)

    hub.topic("a", render)

    async def visit() -> list[str]:
        async with hub.follow("en") as subscription:
            assert await read(subscription, 1) == ["1"]
            publisher = threading.Thread(target=hub.publish, args=("a",))
            publisher.start()
            assert await asyncio.to_thread(slow.wait, 60)
            await asyncio.to_thread(hub.publish, "a")
            go_on.set()
            await asyncio.to_thread(publisher.join)
            await asyncio.sleep(0)
            return await read(subscription, 1)

    assert asyncio.run(visit()) == ["3"]


def test_what_greets_a_newcomer_is_not_made_on_the_event_loop() -> None:
    hub = Hub()
    made = list[threading.Thread]()
    hub.topic("a", lambda _lang: made.append(threading.current_thread()) or "a")  # type: ignore[func-returns-value]

    async def visit() -> None:
        async with hub.follow("en") as subscription:
            await read(subscription, 1)
            assert made
            assert threading.current_thread() not in made

    asyncio.run(visit())
