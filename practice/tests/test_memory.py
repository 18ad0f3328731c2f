"""One cluster's memory has one limit, whatever fills it; bytes are counted, not measured."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import docker
import pytest

from essaim_practice.files import tars
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.hosting.clusters import Clusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.images import build_context, image_tars
from essaim_practice.programs.logs import LogBook
from essaim_practice.store.broadcast import Broadcast
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.errors import ApiError
from essaim_practice.store.file_tree import EMPTY
from essaim_practice.store.limits import Limits
from essaim_practice.store.memory import SMALL, Budget, Reservation, weigh
from essaim_practice.store.objects import Volume
from essaim_practice.store.store import Store

from .playing import run_unsliced
from .test_build import tar_of
from .test_turns import image_of

LIMITS = Limits(memory_bytes=2**20)
SENTENCE = "this practice cluster holds at most 1 MiB in memory: remove some containers"
BIG = "x" * 100_000


def test_what_settings_fill_is_refused_and_comes_back(
    server: PracticeServer, api: docker.APIClient
) -> None:
    made = []

    def fill() -> None:
        for _ in range(100):
            made.append(api.create_container("nginx", labels={"l": BIG})["Id"])

    with pytest.raises(docker.errors.APIError, match=SENTENCE) as refused:
        fill()
    assert refused.value.status_code == 409
    assert 3 < len(made) < 12
    assert server.cluster.store.memory.weight < LIMITS.memory_bytes
    with pytest.raises(docker.errors.APIError, match=SENTENCE):
        api.create_volume("data", labels={"l": BIG})
    for each in made:
        api.remove_container(each)
    api.create_volume("data", labels={"l": BIG})


def test_records_that_share_settings_count_them_once() -> None:
    store = Store(ManualClock(), LIMITS)
    labels = {"l": BIG}
    assert 100_000 < weigh(labels) < 101_000
    for number in range(10):
        store.put(Volume(f"node1/{number}", "node1", str(number), "local", labels, None, 0.0))
    assert 100_000 < store.memory.weight < 120_000
    for number in range(10):
        store.delete(Volume, f"node1/{number}")
    assert store.memory.weight == 0


def test_what_a_request_needs_is_given_back_at_its_end() -> None:
    memory = Budget(1000)
    one, two = Reservation(memory), Reservation(memory)
    assert one.take(600)
    assert not two.take(600)
    one.release()
    assert two.take(600)
    del two
    assert one.take(900)


def test_what_is_part_of_a_budget_counts_for_the_whole() -> None:
    memory = Budget(10_000)
    disk = Budget(8000, memory)
    files = FileSystem(EMPTY, lambda: 0.0)
    files.write_to(disk)
    files.write("/a", bytes(5000))
    request = Reservation(memory)
    assert not request.take(6000)
    files.remove("/a")
    assert request.take(6000)
    with pytest.raises(OSError, match="No space left on device"):
        files.write("/a", bytes(5000))


def test_logs_give_way_when_memory_is_full() -> None:
    memory = Budget(10_000)
    book = LogBook(ManualClock(), Limits(), memory)
    for number in range(1000):
        book.write("c", b"%d\n" % number)
    assert book.weight <= 10_000
    assert book.read("c")[-1].text == b"999\n"
    book.drop("c")
    assert book.weight == 0


def test_who_does_not_listen_gives_way_when_memory_is_full() -> None:
    async def run() -> list[int]:
        feed: Broadcast[int] = Broadcast(Budget(10_000))
        deaf = feed.subscribe()
        for number in range(100):
            feed.publish(number, 1000)
        assert deaf.weight <= 10_000
        feed.end()
        return [item async for item in deaf]

    heard = asyncio.run(run())
    assert heard == list(range(100 - len(heard), 100))
    assert heard


# Archives


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_unpacked_is_counted(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(tar_of({"bomb": bytes(2**22)}))
    disk = Budget(2**20)
    with pytest.raises(ApiError, match="at most 1 MiB in memory"):
        run_unsliced(build_context.unpack(bomb, disk))
    assert disk.weight == 0
    with pytest.raises(ApiError, match="at most 1 MiB in memory"):
        run_unsliced(image_tars.loaded(bomb, "node1", "", 2**26, disk))


def test_a_context_needs_room_on_the_disk_of_its_cluster() -> None:
    disk = Budget(100_000)
    first = run_unsliced(build_context.unpack(tar_of({"a": bytes(60_000)}), disk))
    with pytest.raises(ApiError, match="stores at most 100000 bytes"):
        run_unsliced(build_context.unpack(tar_of({"a": bytes(60_000)}), disk))
    del first
    run_unsliced(build_context.unpack(tar_of({"a": bytes(60_000)}), disk))


def test_many_images_are_saved_without_holding_their_layers() -> None:
    files = {"big": bytes(2**20)}
    images = [(image_of(files), (f"a:{number}",)) for number in range(20)]
    tracemalloc.start()
    try:
        members = run_unsliced(image_tars.saved(images))
        size = sum(map(len, tars.packed(members)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 2**20
    assert most < 2**20


def test_the_arguments_of_a_build_have_an_end(api: docker.APIClient) -> None:
    lines = ["FROM nginx", "ARG A=" + "x" * 60_000, *[f"ARG V{n}=$A$A" for n in range(100)]]
    context = io.BytesIO(tar_of({"Dockerfile": "\n".join(lines).encode()}))
    told = list(api.build(fileobj=context, custom_context=True, decode=True))
    assert SENTENCE in told[-1]["error"]  # they stand in the history of each step


def test_labels_of_a_build_are_counted(server: PracticeServer, api: docker.APIClient) -> None:
    lines = ["FROM nginx", "ENV A=" + "x" * 60_000, *[f"LABEL l{n}=$A$A" for n in range(100)]]
    context = io.BytesIO(tar_of({"Dockerfile": "\n".join(lines).encode()}))
    told = list(api.build(fileobj=context, custom_context=True, decode=True))
    assert SENTENCE in told[-1]["error"]
    assert server.cluster.store.memory.weight < 2**20


# Programs


def said(api: docker.APIClient, *lines: str) -> list[tuple[int, str]]:
    """The exit code and the output of each line, run at the same time in a container of its own."""
    api.pull("alpine", tag="latest")
    made = [api.create_container("alpine", ["sh", "-c", line])["Id"] for line in lines]
    for each in made:
        api.start(each)
    return [(api.wait(each)["StatusCode"], api.logs(each).decode()) for each in made]


GROW = "x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do x=$x$x; done"


def test_variables_are_counted(server: PracticeServer, api: docker.APIClient) -> None:
    line = f"{GROW}; for i in 1 2 3 4 5 6 7 8 9; do eval v$i=$x; done; sleep 1"
    ended = said(api, *[line] * 4)
    assert any("out of memory" in text for _, text in ended)
    assert server.cluster.store.memory.weight < 2**20
    assert said(api, "x=abc; echo $x") == [(0, "abc\n")]


def test_shells_that_are_begun_are_counted(server: PracticeServer, api: docker.APIClient) -> None:
    line = "for i in $(seq 1 150); do sleep 100 & done; echo done"
    codes, texts = zip(*said(api, line), strict=True)
    assert "can't fork: Resource temporarily unavailable" in texts[0]
    assert codes[0] != 0
    assert server.cluster.store.memory.weight < 2**20


def test_what_a_program_holds_is_counted(server: PracticeServer, api: docker.APIClient) -> None:
    [(code, text)] = said(api, "seq 1 100000 | sort > /dev/null; echo $?; exec sort /etc/passwd")
    assert "Killed" in text
    assert code == 0  # there is room again
    assert "root:" in text
    assert server.cluster.store.memory.weight < 2**20


def test_a_build_step_without_memory_is_killed(api: docker.APIClient) -> None:
    context = io.BytesIO(tar_of({"Dockerfile": b"FROM nginx\nRUN seq 1 100000 | sort | tail -1"}))
    told = list(api.build(fileobj=context, custom_context=True, decode=True))
    assert "Killed" in "".join(part.get("stream", "") for part in told)


def test_the_containers_of_tasks_are_counted(server: PracticeServer, api: docker.APIClient) -> None:
    spec = {"Image": "nginx", "Env": ["A={{.Task.ID}}" + BIG[:60_000]]}
    mode = docker.types.ServiceMode("replicated", 30)
    api.create_service({"ContainerSpec": spec}, name="web", mode=mode)
    server.clock.step(10)
    failed = [task["Status"].get("Err", "") for task in api.tasks()]
    assert any("cannot allocate memory" in error for error in failed)
    assert server.cluster.store.memory.weight < 2 * 2**20
    api.remove_service("web")
    server.clock.step(60)
    assert server.cluster.store.memory.weight < 2**19


def test_a_process_needs_memory(server: PracticeServer, api: docker.APIClient) -> None:
    made = api.create_container("nginx")["Id"]
    room = Reservation(server.cluster.store.memory)
    while room.take(1000):
        pass
    with pytest.raises(docker.errors.APIError, match="cannot allocate memory"):
        api.start(made)
    room.release()
    api.start(made)


# Thirty of them


def test_thirty_clusters_that_mean_harm_stay_under_a_bound() -> None:
    limits = Limits(memory_bytes=2**20)
    with Clusters(Settings(bind_ports=False, speed=50, limits=limits, nodes=1)) as clusters:
        servers = [clusters.get(f"c{number}") for number in range(30)]
        labels = {"l": BIG}
        for server in servers:
            client = docker.APIClient(base_url=server.urls[0])
            client.pull("alpine", tag="latest")
            with suppress(docker.errors.APIError):
                client.create_container("alpine", ["sh", "-c", f"{GROW}; echo $x"], name="grows")
                client.start("grows")
                for _ in range(20):
                    client.create_volume(labels=labels)
            client.close()
        held = [server.cluster.store.memory.weight for server in servers]
    small = 8 * SMALL  # what is let in where nothing is left
    assert max(held) <= limits.memory_bytes + small
    assert sum(held) > 30 * limits.memory_bytes / 2  # they did try
