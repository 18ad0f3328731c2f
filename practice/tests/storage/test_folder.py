"""Files that are damaged, of a later version, in use or refused: a clear word, never a crash."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from random import Random

import pytest

from essaim_practice.storage import Folder, InUse, aside, folder
from essaim_practice.storage.database import APPLICATION, VERSION
from essaim_practice.store.objects import Engine, Service, Volume

from ..conftest import PACKAGE, environ
from .keeping import Keeping, on_loop

RECORDED = Path(__file__).with_name("version1.cluster")


def kept(path: Path) -> Path:
    """A folder with the file of a cluster that has a volume with a file."""

    async def play() -> None:
        keeping = Keeping(path)
        keeping.begin()
        await keeping.ask("POST", "/volumes/create", {"Name": "data"})
        keeping.cluster.files.volume("node1/data").write("/file", Random(1).randbytes(100_000))
        await keeping.end()

    on_loop(play)
    return path / "ada.cluster"


def opened(path: Path) -> tuple[str | None, bool, str]:
    """Why it is lost, whether there is a cluster in it, and the problem with it.

    The cluster that is begun then is kept, unless there is a problem.
    """

    async def play() -> tuple[str | None, bool, str]:
        keeping = Keeping(path)
        keeping.begin()
        lost, problem = keeping.kept.lost, keeping.kept.problem
        there = any(isinstance(each, Volume) for each in keeping.cluster.store.all(Volume))
        await keeping.end()
        return lost, there, problem

    return on_loop(play)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return kept(tmp_path_factory.mktemp("whole")).read_bytes()


def put(data: bytes, path: Path) -> Path:
    path.mkdir(exist_ok=True)
    (path / "ada.cluster").write_bytes(data)
    return path


def test_a_file_that_is_whole_is_read(whole: bytes, tmp_path: Path) -> None:
    assert opened(put(whole, tmp_path)) == (None, True, "")


@pytest.mark.parametrize("part", range(0, 100, 4))
def test_one_that_is_cut_anywhere_is_put_aside(whole: bytes, part: int, tmp_path: Path) -> None:
    data = whole[: len(whole) * part // 100]
    put(data, tmp_path)
    assert opened(tmp_path) == ("damaged", False, "")
    [there] = (tmp_path / "aside").iterdir()
    assert there.name.startswith("ada-20")
    assert there.suffix == ".cluster"
    assert there.read_bytes() == data
    assert opened(tmp_path) == ("damaged", False, "")  # the one that was begun, and why it was
    assert len(list((tmp_path / "aside").iterdir())) == 1


@pytest.mark.parametrize("seed", range(30))
def test_one_with_garbage_in_it_is_read_whole_or_put_aside(
    whole: bytes, seed: int, tmp_path: Path
) -> None:
    """Most of a file is rows, and all of those have sums."""
    random = Random(seed)
    at = random.randrange(len(whole))
    garbage = random.randbytes(random.choice([1, 8, 500, 5000]))
    put(whole[:at] + garbage + whole[at + len(garbage) :], tmp_path)
    lost, there, problem = opened(tmp_path)
    assert problem == ""
    assert there == (lost is None)


@pytest.mark.parametrize("data", [b"", b"x", bytes(5000), Random(1).randbytes(50_000)])
def test_what_never_was_one_is_put_aside(data: bytes, tmp_path: Path) -> None:
    assert opened(put(data, tmp_path)) == ("damaged", False, "")


def test_any_other_database_is_put_aside(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ada.cluster") as other:
        other.execute("create table moment (body)")
    other.close()
    assert opened(tmp_path) == ("damaged", False, "")


def test_one_of_a_later_version_is_put_aside(whole: bytes, tmp_path: Path) -> None:
    put(whole, tmp_path)
    with sqlite3.connect(tmp_path / "ada.cluster") as later:
        later.execute(f"pragma user_version = {VERSION + 1}")
    later.close()
    assert opened(tmp_path) == ("future", False, "")
    [there] = (tmp_path / "aside").glob("*.cluster")
    assert opened(put(there.read_bytes(), tmp_path / "again")) == ("future", False, "")


def test_a_second_one_is_put_beside_the_first(tmp_path: Path) -> None:
    for _ in range(3):
        assert opened(put(b"no", tmp_path)) == ("damaged", False, "")
    assert len(list((tmp_path / "aside").iterdir())) == 3


def test_the_log_of_writes_goes_aside_with_its_file(whole: bytes, tmp_path: Path) -> None:
    put(whole[:5000], tmp_path)
    (tmp_path / "ada.cluster-wal").write_bytes(b"a log")
    assert opened(tmp_path)[0] == "damaged"
    assert not (tmp_path / "ada.cluster-wal").exists()


def test_the_log_of_a_file_that_was_put_aside_is_not_played(tmp_path: Path) -> None:
    """SQLite would play it into the new file, which it does not belong to."""

    async def play() -> None:
        keeping = Keeping(tmp_path / "first")
        keeping.begin()
        await keeping.ask("POST", "/volumes/create", {"Name": "data"})
        await keeping.kept.flush()
        (tmp_path / "second").mkdir()
        shutil.copy(tmp_path / "first/ada.cluster-wal", tmp_path / "second")
        await keeping.end()

    on_loop(play)
    kept = Folder(tmp_path / "second").open("ada")
    assert kept._database is not None
    assert kept._database.read() is None
    asyncio.run(kept.close())


# Whatever ends the process meanwhile


ENDS = """
import os, sys
from pathlib import Path
from essaim_practice.storage import Folder, folder

acts = {"mark": "write_text", "move the file": "rename"}
place, before = Path(sys.argv[1]), sys.argv[2]

def end(*given):
    os._exit(7)

if before == "begin anew":
    folder.create = end
else:
    setattr(Path, acts[before], end)
Folder(place).open("ada")
"""


@pytest.mark.parametrize("before", ["mark", "move the file", "begin anew"])
def test_the_word_outlives_a_process_that_ends_before_it_could_say_it(
    before: str, whole: bytes, tmp_path: Path
) -> None:
    put(whole[:5000], tmp_path)
    run = [sys.executable, "-c", ENDS, str(tmp_path), before]
    assert subprocess.run(run, env=environ(), cwd=PACKAGE, timeout=120).returncode == 7
    assert opened(tmp_path) == ("damaged", False, "")
    assert len(list((tmp_path / "aside").glob("*.cluster"))) == 1


def test_the_word_is_said_until_the_cluster_was_open_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(b"no", tmp_path)
    assert opened(tmp_path) == opened(tmp_path) == ("damaged", False, "")

    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin()
        while keeping.kept.lost:
            await asyncio.sleep(0.01)
        await keeping.end()

    with monkeypatch.context() as patched:
        patched.setattr(folder, "SAID", 0.0)
        on_loop(play)
    assert opened(tmp_path) == (None, False, "")


def test_what_was_put_aside_goes_when_it_is_old_or_there_is_much_of_it(
    whole: bytes, tmp_path: Path
) -> None:
    for number in range(5):
        put(whole[: 1000 + number], tmp_path)
        assert opened(tmp_path)[0] == "damaged"
    there = sorted((tmp_path / "aside").glob("*.cluster"), key=lambda each: each.stat().st_size)
    assert len(there) == 5
    first, *others = there
    first.with_name(f"{first.name}-wal").write_bytes(b"a log")
    os.utime(first, (time.time() - aside.DAYS * 86_400 - 60,) * 2)
    swept = Folder(tmp_path)
    assert swept.sweep(3600) == ()
    assert set((tmp_path / "aside").iterdir()) == set(others)
    swept.close()


def test_no_more_than_some_are_put_aside(whole: bytes, tmp_path: Path) -> None:
    """Even by a fault that comes again each second."""
    there = tmp_path / "aside"
    there.mkdir()
    for number in range(aside.MOST + 3):
        old = there / f"bob{number}-20260101T000000.cluster"
        old.write_bytes(b"no cluster")
        os.utime(old, (time.time() - 1000 + number,) * 2)
    put(whole[:1000], tmp_path)
    assert opened(tmp_path)[0] == "damaged"
    assert len(list(there.iterdir())) == aside.MOST
    assert [each.stat().st_size for each in there.glob("ada-*")] == [1000]
    assert not (there / "bob3-20260101T000000.cluster").exists()
    assert (there / "bob4-20260101T000000.cluster").exists()


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    """It was recorded when there was no later one, and stays as it is."""
    shutil.copy(RECORDED, tmp_path / "ada.cluster")
    with sqlite3.connect(RECORDED) as recorded:
        assert recorded.execute("pragma user_version").fetchone() == (1,)
        assert recorded.execute("pragma application_id").fetchone() == (APPLICATION,)
    recorded.close()

    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin()
        assert (keeping.kept.lost, keeping.kept.problem) == (None, "")
        store, files = keeping.cluster.store, keeping.cluster.files
        assert [engine.id for engine in store.all(Engine)] == ["node1", "node2", "node3"]
        assert [service.name for service in store.all(Service)] == ["web"]
        assert files.volume("node1/data").read("/note") == b"kept\n"
        assert len(files.volume("node1/data").read("/long")) == 100_000
        await keeping.end()

    on_loop(play)


# Refusals


def test_a_folder_that_cannot_be_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    lost, _, problem = opened(tmp_path / "file" / "clusters")
    assert lost is None
    assert "Not a directory" in problem


FULL = """
import asyncio, resource, sys
from pathlib import Path
from tests.storage.keeping import Keeping, on_loop

async def play():
    keeping = Keeping(Path(sys.argv[1]))
    keeping.begin()
    machine = keeping.cluster.files.machine("node1")
    machine.write("/early", b"1")
    await keeping.kept.flush()
    assert keeping.kept.problem == ""
    size = max(each.stat().st_size for each in Path(sys.argv[1]).iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, limits[1]))
    machine.write("/late", b"x" * 1_000_000)
    await keeping.kept.flush()
    assert keeping.kept.problem, "the disk is full"
    await keeping.clock.step(100)  # the cluster goes on
    machine.write("/later", b"2")
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await keeping.kept.flush()
    assert keeping.kept.problem == "", keeping.kept.problem
    await keeping.end()

on_loop(play)
"""


def test_a_full_disk_stops_nothing_and_is_made_up_for(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    run = [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path)]
    subprocess.run(run, check=True, env=environ(), cwd=PACKAGE, timeout=120)

    async def play() -> None:
        keeping = Keeping(tmp_path)
        keeping.begin()
        machine = keeping.cluster.files.machine("node1")
        assert (machine.read("/early"), machine.read("/later")) == (b"1", b"2")
        assert len(machine.read("/late")) == 1_000_000
        await keeping.end()

    on_loop(play)


# One process at a time


def test_a_second_process_waits_for_the_first_to_end(tmp_path: Path) -> None:
    kept(tmp_path)
    text = f"""
        import sys, time
        from essaim_practice.storage import Folder
        kept = Folder({str(tmp_path)!r}).open("ada")
        print("open", flush=True)
        time.sleep(60)
    """
    run = [sys.executable, "-c", textwrap.dedent(text)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, env=environ()) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"open\n"
        second = Folder(tmp_path)
        assert second.sweep(0) == ()
        begun = time.monotonic()
        with pytest.raises(InUse, match="another process has"):
            second.open("ada")
        assert time.monotonic() - begun >= folder.WAIT
        first.kill()
        again = second.open("ada")
        assert again.state is not None
        asyncio.run(again.close())
        second.close()


def test_a_lock_that_is_left_behind_is_no_lock(tmp_path: Path) -> None:
    kept(tmp_path)
    (tmp_path / "ada.lock").write_text("by nobody")
    assert opened(tmp_path) == (None, True, "")


def test_the_lock_is_let_go_at_the_end(tmp_path: Path) -> None:
    kept(tmp_path)
    lock = os.open(tmp_path / "ada.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)


# What is there


def test_nobody_else_may_read_what_is_kept(whole: bytes, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    before = os.umask(0o022)
    try:
        for key in ("ada", "bob"):
            Folder(place).open(key)
        place.joinpath("cut.cluster").write_bytes(whole[:1000])
        Folder(place).open("cut")
    finally:
        os.umask(before)
    assert {each.stat().st_mode & 0o777 for each in place.rglob("ada*")} == {0o600}
    assert {each.stat().st_mode & 0o777 for each in (place, place / "aside")} == {0o700}


def test_clusters_are_listed_forgotten_and_swept(tmp_path: Path) -> None:
    path = kept(tmp_path)
    folder = Folder(tmp_path)
    shutil.copy(path, tmp_path / "bob.cluster")
    old = time.time() - 1000
    os.utime(path, (old, old))
    assert folder.keys() == ("ada", "bob")
    assert folder.sweep(2000) == ()
    assert folder.sweep(500) == ("ada",)
    assert folder.keys() == ("bob",)
    (tmp_path / "bob.lost").write_text("damaged")
    folder.forget("bob")
    folder.forget("nobody")
    assert folder.keys() == ()
    assert [each.name for each in tmp_path.iterdir()] == []
    folder.close()


@pytest.mark.parametrize("key", ["", "Ada", "a/b", "..", "a" * 65, "é"])
def test_a_key_that_is_none_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no key"):
        Folder(tmp_path).open(key)
