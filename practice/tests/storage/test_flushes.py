"""Whatever is done to a cluster: what was flushed is what another process finds."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.storage import recorder
from essaim_practice.store.errors import ApiError, Hold
from essaim_practice.store.limits import Limits
from essaim_practice.store.objects import Container, Engine, Image, Service, Volume
from essaim_practice.store.store import Stored

from .keeping import Keeping, found, on_loop, remembered

Operation = Callable[[Keeping, Random], Awaitable[object]]


def one_of(keeping: Keeping, random: Random, kind: type[Stored]) -> str:
    """The id of any record of a kind."""
    return str(random.choice([each.id for each in keeping.cluster.store.all(kind)] or ["none"]))


async def create_service(keeping: Keeping, random: Random) -> None:
    template = {"ContainerSpec": {"Image": random.choice(["nginx", "alpine", "nowhere"])}}
    mode = random.choice([{"Replicated": {"Replicas": 3}}, {"Global": {}}, {"ReplicatedJob": {}}])
    name = f"web{random.randrange(4)}"
    body = {"Name": name, "TaskTemplate": template, "Mode": mode, "Labels": {"a": "\ud800"}}
    await keeping.ask("POST", "/services/create", body)


async def update_service(keeping: Keeping, random: Random) -> None:
    store = keeping.cluster.store
    service = store.get(Service, one_of(keeping, random, Service))
    if service is not None:
        force = {**service.spec["TaskTemplate"], "ForceUpdate": random.randrange(100)}
        path = f"/services/{service.id}/update?version={service.version}"
        await keeping.ask("POST", path, {**service.spec, "TaskTemplate": force})


async def remove_service(keeping: Keeping, random: Random) -> None:
    await keeping.ask("DELETE", f"/services/{one_of(keeping, random, Service)}")


async def run(keeping: Keeping, random: Random) -> None:
    engine = f"node{random.randrange(1, 4)}"
    await keeping.ask("POST", "/images/create?fromImage=alpine&tag=latest", engine=engine)
    line = random.choice(["echo a; echo b >&2; printf c", "sleep 9", "sh", "seq 1 300", "exit 3"])
    host = {
        "Binds": [random.choice(["data:/data", "/srv/x:/x", "/v"])],
        "RestartPolicy": {"Name": random.choice(["", "always", "on-failure"])},
    }
    body = {"Image": "alpine", "Cmd": ["sh", "-c", line], "HostConfig": host}
    path = f"/containers/create?name=c{random.randrange(9)}"
    made = await keeping.ask("POST", path, body, engine)
    await keeping.ask("POST", f"/containers/{made['Id']}/start", engine=engine)


async def remove(keeping: Keeping, random: Random) -> None:
    held = keeping.cluster.store.get(Container, one_of(keeping, random, Container))
    if held is not None:
        await keeping.ask("DELETE", f"/containers/{held.id}?force=1&v=1", engine=held.engine)


async def commit(keeping: Keeping, random: Random) -> None:
    held = keeping.cluster.store.get(Container, one_of(keeping, random, Container))
    if held is not None:
        path = f"/commit?container={held.id}&repo=mine&tag=t{random.randrange(3)}"
        await keeping.ask("POST", path, engine=held.engine)


async def remove_image(keeping: Keeping, random: Random) -> None:
    engine, _, image = one_of(keeping, random, Image).partition("/")
    if image:
        await keeping.ask("DELETE", f"/images/{image}?force=1", engine=engine)


async def make_things(keeping: Keeping, random: Random) -> None:
    name = f"n{random.randrange(5)}"
    body = {"Name": name, "Labels": {"x": "é"}, "Data": "aGVsbG8="}
    await keeping.ask("POST", f"/{random.choice(['secrets', 'configs'])}/create", body)
    driver = random.choice(["bridge", "overlay"])
    await keeping.ask("POST", "/networks/create", {"Name": name, "Driver": driver})
    await keeping.ask("POST", "/volumes/create", {"Name": f"vol-{name}"})


async def remove_volume(keeping: Keeping, random: Random) -> None:
    engine, _, name = one_of(keeping, random, Volume).partition("/")
    if name:
        await keeping.ask("DELETE", f"/volumes/{name}?force=1", engine=engine)


async def break_something(keeping: Keeping, random: Random) -> None:
    what = random.choice(["kill", "start", "cut", "plug", "fill", "free"])
    await keeping.ask("POST", f"/_practice/engines/node{random.randrange(2, 4)}/{what}")


async def pass_time(keeping: Keeping, random: Random) -> None:
    await keeping.clock.step(random.choice([0.05, 1, 20]))


def systems(keeping: Keeping) -> list[FileSystem]:
    cluster = keeping.cluster
    made = [cluster.files.machine("node1")]
    made += [cluster.files.volume(volume.id) for volume in cluster.store.all(Volume)]
    held = [each for each in cluster.store.all(Container) if each.state != "new"]
    return made + [cluster.files.of(container) for container in held]


async def write_files(keeping: Keeping, random: Random) -> None:
    for _ in range(random.randrange(1, 12)):
        system = random.choice(systems(keeping))
        path, other = (f"/{random.choice(['', 'etc/', 'd/'])}f{random.randrange(4)}" for _ in "ab")
        data = random.randbytes(random.choice([0, 3, 4000, 70_000, 200_000]))
        match random.randrange(9):
            case 0 | 1:
                system.write(path, data)
            case 2 | 3:
                system.append(system.resolve(path), data[:5000])
            case 4:
                system.remove_tree(random.choice([path, "/etc/passwd", "/.dockerenv", "/d"]))
            case 5:
                system.rename(path, other)
            case 6:
                system.change_mode(path, random.randrange(512))
            case 7:
                system.link(path, other + "\udcff")
            case 8:
                system.make_folder("/d")


async def follow_files(keeping: Keeping, random: Random) -> None:
    """Append line by line, as a program does that writes its log."""
    system = random.choice(systems(keeping))
    system.write("/log", b"")
    for number in range(random.randrange(2000)):
        system.append("/log", b"line %d\n" % number)
        if random.random() < 0.003:
            await keeping.kept.flush()


async def rest(keeping: Keeping, random: Random) -> None:
    """As after half a minute in which nothing changed."""
    await keeping.kept.flush()
    keeping.folder._executor.submit(keeping.kept._rest).result()


OPERATIONS: tuple[Operation, ...] = (
    *(create_service, update_service, remove_service, run, run, remove, commit, remove_image),
    *(make_things, remove_volume, break_something, pass_time, write_files, write_files),
    *(follow_files, rest),
)


async def do(keeping: Keeping, random: Random, many: int) -> None:
    for _ in range(many):
        with suppress(ApiError, OSError, Hold):  # refused, as it would be elsewhere
            await random.choice(OPERATIONS)(keeping, random)


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_what_was_flushed_is_found(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        here, random = Path(name), Random(seed)

        async def play() -> None:
            keeping = Keeping(here / "kept")
            keeping.begin()
            for cut in range(4):
                await do(keeping, random, random.randrange(1, 9))
                await keeping.kept.flush()
                state = keeping.read_copy(here / f"cut{cut}")
                assert found(state) == remembered(keeping.cluster)
            await keeping.end()

        on_loop(play)


@settings(max_examples=8)
@given(st.integers(0, 10**6))
def test_a_restored_cluster_is_kept_as_well(seed: int) -> None:
    """What was not needed since the restore, what was, and what is new."""
    with tempfile.TemporaryDirectory() as name:
        here, random = Path(name), Random(seed)

        async def play() -> None:
            for life in range(3):
                keeping = Keeping(here / "kept")
                keeping.begin()
                assert (keeping.kept.lost, keeping.kept.problem) == (None, "")
                await do(keeping, random, random.randrange(1, 9))
                await keeping.kept.flush()
                state = keeping.read_copy(here / f"life{life}")
                assert found(state) == remembered(keeping.cluster)
                await keeping.end()

        on_loop(play)


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin()
        await keeping.kept.flush()
        log = tmp_path / "ada.cluster-wal"
        before = log.stat()
        await asyncio.sleep(1.5)
        await keeping.kept.flush()
        assert (log.stat().st_size, log.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        await keeping.end()

    on_loop(play)


def test_while_nothing_changes_no_file_is_open_but_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open SQLite file is most of the memory of a cluster at rest."""
    monkeypatch.setattr(recorder, "REST", 0.05)

    def opened() -> set[str]:
        links = [Path(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")]
        return {Path(os.readlink(each)).name for each in links if each.exists()}

    async def play() -> None:
        keeping = Keeping(tmp_path / "kept")
        keeping.begin()
        machine = keeping.cluster.files.machine("node1")
        for number in range(3):
            machine.write("/file", b"%d" % number)
            await keeping.kept.flush()
            async with asyncio.timeout(60):
                while any(name.startswith("ada.cluster") for name in opened()):
                    await asyncio.sleep(0.02)
            assert "ada.lock" in opened()
            assert found(keeping.read_copy(tmp_path / f"{number}")) == remembered(keeping.cluster)
        await keeping.end()

    on_loop(play)


def test_a_file_that_goes_while_its_cluster_rests_is_written_anew(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path / "kept")
        keeping.begin()
        await rest(keeping, Random(1))
        (tmp_path / "kept" / "ada.cluster").unlink()
        machine = keeping.cluster.files.machine("node1")
        machine.write("/file", b"1")
        await keeping.kept.flush()
        assert keeping.kept.problem
        await keeping.kept.flush()
        assert keeping.kept.problem == ""
        assert found(keeping.read_copy(tmp_path / "again")) == remembered(keeping.cluster)
        await keeping.end()

    on_loop(play)


def test_a_change_is_written_within_a_second(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path / "kept")
        keeping.begin()
        await keeping.kept.flush()
        keeping.cluster.files.machine("node1").write("/late", b"1")
        for look in range(40):  # a loaded machine takes its time
            await asyncio.sleep(0.5)
            state = keeping.read_copy(tmp_path / f"look{look}")
            if any("/late" in files.entries for files in state.files.values()):
                break
        else:
            pytest.fail("it was never written")
        await keeping.end()

    on_loop(play)


def test_a_flush_costs_what_changed_and_not_what_there_is(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin(limits=Limits())
        machine = keeping.cluster.files.machine("node1")
        for number in range(3000):
            machine.write(f"/file{number}", b"x" * 1000)
        machine.write("/large", Random(1).randbytes(8 * 2**20))
        await keeping.kept.flush()
        log = tmp_path / "ada.cluster-wal"
        for _ in range(3):
            before = log.stat().st_size
            machine.append("/large", b"one more line\n")
            machine.write("/file5", b"y")
            await keeping.kept.flush()
            assert log.stat().st_size - before < 300_000
        await keeping.end()

    on_loop(play)


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin()
        content = Random(1).randbytes(2**20)
        for engine in ("node1", "node2", "node3"):
            machine = keeping.cluster.files.machine(engine)
            for number in range(5):
                machine.write(f"/copy{number}", content)
        await keeping.end()
        assert (tmp_path / "ada.cluster").stat().st_size < 2 * 2**20

    on_loop(play)


def test_what_is_removed_leaves_nothing_behind(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin()
        await keeping.ask("POST", "/volumes/create", {"Name": "data"})
        volume = keeping.cluster.files.volume("node1/data")
        for number in range(20):
            volume.write(f"/f{number}", Random(number).randbytes(100_000))
            await keeping.kept.flush()
            volume.remove(f"/f{number}")
        await keeping.ask("DELETE", "/volumes/data")
        await keeping.kept.flush()
        database = keeping.kept._database
        assert database is not None
        run = database._connection.execute
        assert run("select count(*) from piece").fetchone() == (0,)
        assert run("select count(*) from entry").fetchone() == (0,)
        assert run("select count(*) from layer").fetchone() == (0,)
        await keeping.end()

    on_loop(play)


def test_the_oldest_lines_of_a_log_go_from_the_file_as_well(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path / "kept")
        keeping.begin(limits=Limits(log_bytes=20_000))
        logs = keeping.cluster.logs
        for number in range(3000):
            logs.write("one", b"line %d\n" % number)
            if number % 20 == 0:
                await keeping.kept.flush()
        logs.write("one", b"no end yet")
        await keeping.kept.flush()
        [part] = keeping.read_copy(tmp_path / "copy").logs
        kept = [tuple(line) for line in logs.read("one")]
        assert list(part.lines)[-len(kept) :] == kept
        assert len(part.lines) < 2 * len(kept)
        assert (part.last, part.rest) == (3000, {1: b"no end yet"})
        logs.drop("one")
        await keeping.kept.flush()
        assert keeping.read_copy(tmp_path / "after").logs == []
        await keeping.end()

    on_loop(play)


def test_what_cannot_be_written_stops_nothing_else(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path / "kept")
        keeping.begin()
        deep: object = 1
        for _ in range(100_000):
            deep = [deep]
        store = keeping.cluster.store
        now = 5.0
        store.put(Volume("node1/deep", "node1", "deep", "local", {"a": deep}, None, now))
        store.put(Volume("node1/flat", "node1", "flat", "local", {"a": "b"}, None, now))
        await keeping.kept.flush()
        state = keeping.read_copy(tmp_path / "copy")
        assert [each.id for each in state.records if isinstance(each, Volume)] == ["node1/flat"]
        assert keeping.kept.problem == ""
        store.delete(Volume, "node1/deep")
        await keeping.end()

    on_loop(play)


def test_the_clock_is_kept(tmp_path: Path) -> None:
    async def play() -> None:
        keeping = Keeping(tmp_path / "kept")
        keeping.begin()
        await keeping.clock.step(1000)
        keeping.clock.factor = 7.0
        await keeping.kept.flush()
        state = keeping.read_copy(tmp_path / "copy")
        assert (state.now, state.factor, state.paused) == (1.7e9 + 1000, 7.0, True)
        assert json.dumps(state.version)
        [engine, *_] = [each for each in state.records if isinstance(each, Engine)]
        assert engine.id == "node1"
        await keeping.end()

    on_loop(play)
