"""The storage: what was kept is there again, whatever ends the process; what is damaged is said."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from core.errors import FolderInUse
from core.storage import database
from core.storage import storage as rules
from core.storage.batch import News
from core.storage.folder import ASIDE, DAYS, chosen
from core.storage.storage import FILE, Storage
from tests.cluster.test_collector import until

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests/recorded/essaim-1.db"


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    count: int = 0


@contextmanager
def kept(folder: Path | None) -> Iterator[Storage]:
    storage = Storage(folder, patience=0)
    try:
        yield storage
    finally:
        storage.close()


class Growing:
    """A row that grows, and forgets its oldest entries."""

    def __init__(self, first: int = 0) -> None:
        self.first, self.entries, self.head = first, list[Note](), Note("head")

    def __call__(self, since: int) -> News:
        first = max(since, self.first)
        return News(self.first, first, self.entries[first - self.first :], self.head)


def test_a_record_is_there_again(tmp_path: Path) -> None:
    with kept(tmp_path) as storage:
        storage.put("ada", "note", lambda: Note("first"))
        storage.put("ada", "note", lambda: Note("ünï\ncode", 3))
        storage.put("bob", "note", lambda: Note("another"))
    with kept(tmp_path) as storage:
        assert storage.trouble is None
        assert storage.record("ada", "note", Note) == Note("ünï\ncode", 3)
        assert storage.record("ada", "other", Note) is None
        assert sorted(storage.owners()) == ["ada", "bob"]


def test_a_change_is_written_within_a_second_or_so(tmp_path: Path) -> None:
    """It is written by itself: nobody asks for it, and nothing is closed."""
    assert rules.PAUSE < 1
    with kept(tmp_path) as storage:
        storage.put("ada", "note", lambda: Note("mine"))
        with closing(sqlite3.connect(tmp_path / FILE)) as other:
            until(lambda: other.execute("SELECT count(*) FROM record").fetchone() == (1,))


def test_who_changes_something_waits_for_no_disk(tmp_path: Path) -> None:
    with kept(tmp_path) as storage, closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")  # no write comes through
        storage.put("ada", "note", lambda: Note("mine"))
        storage.grow("ada", "row")
        other.execute("ROLLBACK")


def test_a_row_grows_and_loses_its_oldest_entries(tmp_path: Path) -> None:
    growing = Growing()
    with kept(tmp_path) as storage:
        storage.follow("ada", "row", growing)
        for number in range(5):
            growing.entries.append(Note("", number))
            storage.grow("ada", "row")
            storage.flush()
        growing.first, growing.head = 3, Note("later")
        del growing.entries[:3]
        growing.entries.append(Note("", 5))
        storage.grow("ada", "row")
    with kept(tmp_path) as storage:
        assert storage.row("ada", "row", Note) == (6, [Note("", n) for n in (3, 4, 5)])
        assert storage.record("ada", "row", Note) == Note("later")
        later = Growing(6)
        later.entries.append(Note("", 6))
        storage.follow("ada", "row", later, written=6)
        storage.grow("ada", "row")
        storage.flush()
        assert storage.row("ada", "row", Note) == (7, [Note("", 6)])


def test_only_what_is_new_is_written(tmp_path: Path) -> None:
    growing, asked = Growing(), list[int]()

    def tell(since: int) -> News:
        asked.append(since)
        return growing(since)

    with kept(tmp_path) as storage:
        storage.follow("ada", "row", tell)
        for _ in range(3):
            growing.entries.append(Note("one"))
            storage.grow("ada", "row")
            storage.flush()
    assert asked == [0, 1, 2]


def test_an_owner_that_ended_is_forgotten(tmp_path: Path) -> None:
    with kept(tmp_path) as storage:
        storage.put("ada", "note", lambda: Note("old"))
        storage.follow("ada", "row", Growing())
        storage.put("bob", "note", lambda: Note("stays"))
        storage.flush()
        storage.end("ada")
        assert storage.record("ada", "note", Note) is None
        assert storage.owners() == ("bob",)
        storage.put("ada", "name", lambda: Note("anew"))
    with kept(tmp_path) as storage:
        assert storage.record("ada", "note", Note) is None
        assert storage.record("ada", "name", Note) == Note("anew")
        assert storage.record("bob", "note", Note) == Note("stays")


def test_one_fault_stops_no_other_record(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def faulty() -> Note:
        raise RuntimeError("a fault of one cluster")

    with kept(tmp_path) as storage:
        storage.put("ada", "note", faulty)
        storage.put("bob", "note", lambda: Note("half \ud800", 2**80))
        storage.flush()
        assert storage.trouble is None
        assert storage.record("bob", "note", Note) == Note("half ?", 2**63 - 1)
    assert "a fault of one cluster" in caplog.text


def test_in_memory_alone_nothing_is_written_and_it_says_so() -> None:
    with kept(None) as storage:
        assert "ESSAIM_DATA is empty" in str(storage.trouble)
        storage.put("ada", "note", lambda: Note("mine"))
        storage.flush()
        assert storage.record("ada", "note", Note) is None
        assert (storage.owners(), storage.folder) == ((), None)


def test_which_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/ada/share")
    monkeypatch.setenv("HOME", "/ada")
    assert chosen({}) == Path("/ada/share/essaim")
    assert chosen({"ESSAIM_DATA": ""}) is None
    assert chosen({"ESSAIM_DATA": " "}) is None
    assert chosen({"ESSAIM_DATA": "~/kept"}) == Path("/ada/kept")


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with kept(folder) as storage:
        storage.put("ada", "note", lambda: Note("mine"))
        storage.flush()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert set(modes.values()) == {0o600}
        assert {FILE, f"{FILE}-wal"} <= modes.keys()


WRITER = """
import sys, time
from pathlib import Path
from core.storage.batch import News
from core.storage.storage import Storage

entries = []
def tell(since):
    return News(0, since, entries[since:], len(entries))

storage = Storage(Path(sys.argv[1]))
storage.follow("ada", "row", tell)
print("ready", flush=True)
while True:
    entries.append(len(entries))
    count = len(entries)
    storage.put("ada", "count", lambda count=count: count)
    storage.grow("ada", "row")
    storage.flush()
    print(count, flush=True)
"""


@pytest.mark.parametrize("writes", [1, 2, 17, 60])
def test_what_was_written_outlives_kill_9(tmp_path: Path, writes: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if line == f"{writes}\n":
                break
        process.kill()
        process.wait()
        told = max([writes, *(int(line) for line in process.stdout if line.endswith("\n"))])
    with kept(tmp_path) as storage:
        assert (storage.trouble, storage.put_aside) == (None, None)
        count = storage.record("ada", "count", int)
        number, entries = storage.row("ada", "row", int)
    assert count is not None
    assert count >= told
    assert number == len(entries) == count  # both or none of the two
    assert entries == list(range(count))


def filled(folder: Path) -> bytes:
    """A folder that has ended well; the bytes of its file."""
    with kept(folder) as storage:
        for number in range(200):
            storage.put("ada", str(number), partial(Note, "x" * 100, number))
    return (folder / FILE).read_bytes()


@pytest.mark.parametrize("share", [0, 0.001, 0.02, 0.25, 0.5, 0.75, 0.9, 0.999])
def test_a_file_that_is_cut_is_put_aside(
    tmp_path: Path, share: float, caplog: pytest.LogCaptureFixture
) -> None:
    whole = filled(tmp_path)
    assert len(whole) > 16_384
    cut = whole[: int(len(whole) * share)]
    (tmp_path / FILE).write_bytes(cut)
    with kept(tmp_path) as storage:
        assert storage.owners() == ()
        assert "damaged" in str(storage.put_aside)
        (aside,) = (tmp_path / "aside").iterdir()
        assert aside.name in str(storage.put_aside)
        assert aside.read_bytes() == cut
        storage.put("ada", "note", lambda: Note("goes on"))
    assert "put aside" in caplog.text
    with kept(tmp_path) as storage:
        assert storage.put_aside is None
        assert storage.record("ada", "note", Note) == Note("goes on")


def test_what_was_put_aside_goes_when_it_is_old_or_there_is_much_of_it(tmp_path: Path) -> None:
    there = tmp_path / "aside"
    there.mkdir()
    for number in range(ASIDE + 1):
        put_aside = there / f"essaim-{number}.db"
        put_aside.write_bytes(b"no database")
        os.utime(put_aside, (time.time() - 1000 + number,) * 2)
    (there / "essaim-0.db-wal").write_bytes(b"a log")

    def names() -> set[str]:
        return {each.name for each in there.iterdir()}

    with kept(tmp_path):
        assert names() == {f"essaim-{number}.db" for number in range(1, ASIDE + 1)}
    os.utime(there / "essaim-3.db", (time.time() - DAYS * 86_400 - 60,) * 2)
    for left in (ASIDE, ASIDE):
        (tmp_path / FILE).write_bytes(b"no database")
        os.utime(tmp_path / FILE, (0, 0))
        with kept(tmp_path) as storage:
            assert "damaged" in str(storage.put_aside)
        assert len(names()) == left
    assert names() >= {f"essaim-{number}.db" for number in range(4, ASIDE + 1)}
    assert "essaim-3.db" not in names()


@pytest.mark.parametrize("content", [b"not a database at all\n" * 500, b"SQLite format 3\0" * 300])
def test_what_is_no_file_of_ours_is_put_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with kept(tmp_path) as storage:
        assert "damaged" in str(storage.put_aside)
        assert storage.trouble is None


def test_a_file_of_a_later_version_is_put_aside(tmp_path: Path) -> None:
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as file:
        file.execute("PRAGMA user_version = 99")
    with kept(tmp_path) as storage:
        assert "a later Essaim" in str(storage.put_aside)
        assert storage.owners() == ()
    (aside,) = (tmp_path / "aside").iterdir()
    with closing(sqlite3.connect(aside)) as file:
        assert file.execute("SELECT count(*) FROM record").fetchone() == (200,)


def test_a_file_of_the_first_version_opens(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(RECORDED.read_bytes())
    with kept(tmp_path) as storage:
        assert (storage.trouble, storage.put_aside) == (None, None)
        assert len(storage.record("", "secret", bytes) or b"") == 32


def test_an_older_file_is_brought_to_the_present_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_bytes(RECORDED.read_bytes())

    def renamed(file: sqlite3.Connection) -> None:
        file.execute("UPDATE record SET name = 'signs' WHERE name = 'secret'")

    monkeypatch.setattr(database, "MIGRATIONS", (renamed,))
    for _ in range(2):  # once is enough
        with kept(tmp_path) as storage:
            assert len(storage.record("", "signs", bytes) or b"") == 32
    with closing(sqlite3.connect(tmp_path / FILE)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_bytes(RECORDED.read_bytes())

    def failing(file: sqlite3.Connection) -> None:
        file.execute("DELETE FROM record")
        raise ValueError("a record that no migration knows")

    monkeypatch.setattr(database, "MIGRATIONS", (failing,))
    with kept(tmp_path) as storage:
        assert storage.put_aside is not None
    (aside,) = (tmp_path / "aside").iterdir()
    with closing(sqlite3.connect(aside)) as file:
        assert file.execute("SELECT count(*) FROM record WHERE name = 'secret'").fetchone() == (1,)


def test_two_cannot_have_one_folder(tmp_path: Path) -> None:
    with kept(tmp_path) as storage:
        with pytest.raises(FolderInUse, match=r"another Essaim \(process \d+\)"):
            Storage(tmp_path, patience=0.2)
        storage.put("ada", "note", lambda: Note("mine"))
    with kept(tmp_path) as storage:
        assert storage.record("ada", "note", Note) == Note("mine")


def test_the_second_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert writer.stdout is not None
    with writer.stdout:
        writer.stdout.readline()
        with pytest.raises(FolderInUse, match=f"process {writer.pid}"):
            Storage(tmp_path, patience=0)
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {writer.pid}"])
        storage = Storage(tmp_path, patience=60)
        storage.close()
        killer.wait()
        writer.wait()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with kept(tmp_path / "file" / "data") as storage:
        assert "cannot be used" in str(storage.trouble)
        assert storage.folder is None
        storage.put("ada", "note", lambda: Note("in vain"))


def test_a_full_disk_is_said_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RETRY", 0.05)
    with kept(tmp_path) as storage:
        assert storage._database is not None
        pages = storage._database.execute("PRAGMA page_count").fetchone()[0]
        storage._database.execute(f"PRAGMA max_page_count = {pages + 2}")
        storage.put("ada", "small", lambda: Note("fits"))
        storage.flush()
        storage.put("bob", "large", lambda: Note("x" * 100_000))
        until(lambda: storage.trouble)
        assert "is full" in str(storage.trouble)
        assert storage.record("ada", "small", Note) == Note("fits")
        storage._database.execute(f"PRAGMA max_page_count = {pages + 1000}")
        until(lambda: storage.trouble is None)
        assert storage.record("bob", "large", Note) == Note("x" * 100_000)
