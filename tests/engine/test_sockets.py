"""The folders of sockets: whose they are, and which of them are swept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.engine.sockets import SocketFolder, sweep

NAME = "essaim-0123abc_"


@pytest.fixture(autouse=True)
def parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where all folders of a test are, with a short path."""
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def bound(place: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(place))
    return made


def left(path: Path) -> Path:
    """As a worker leaves it that is killed."""
    (path / "ada").mkdir(parents=True)
    path.chmod(0o700)
    for place in (path / "worker0.sock", path / "ada/node1.sock"):
        bound(place).close()
    return path


def test_what_a_killed_process_has_left_is_swept_by_the_next(parent: Path) -> None:
    text = "from core.engine.sockets import SocketFolder\nprint(SocketFolder().path, flush=True)\n"
    run = [sys.executable, "-c", f"{text}input()"]
    with subprocess.Popen(
        run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(parent)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        assert path.parent == parent
        (path / "ada").mkdir()
        bound(path / "ada/node1.sock").close()
        sweep(parent)
        assert path.exists()  # it is in use
        process.send_signal(signal.SIGKILL)
    made = SocketFolder()
    assert list(parent.iterdir()) == [made.path]
    made.leave()
    assert list(parent.iterdir()) == []


def test_one_whose_worker_answers_stays(parent: Path) -> None:
    path = left(parent / NAME)
    (path / "worker0.sock").unlink()
    with bound(path / "worker0.sock") as listening:
        listening.listen()
        sweep(parent)
        assert (path / "ada/node1.sock").exists()
    sweep(parent)
    assert list(parent.iterdir()) == []


def a_link(path: Path) -> None:
    left(path.with_name("elsewhere")).chmod(0o700)
    path.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: (left(path) / "ada/notes").write_text("mine"),
        lambda path: left(path).chmod(0o755),
        lambda path: left(path.with_name("essaim-apps-0123abc_")),
        lambda path: path.write_text("a file"),
        a_link,
    ],
    ids=["a file in it", "others may enter", "another name", "no folder", "a link"],
)
def test_nothing_else_is_touched(make: Callable[[Path], object], parent: Path) -> None:
    make(parent / NAME)
    files = [each for each in parent.rglob("*") if each.is_file()]
    there = sorted(parent.iterdir())
    sweep(parent)
    assert sorted(parent.iterdir()) == there
    assert all(each.exists() for each in files)


def test_one_that_is_swept_before_it_is_locked_is_made_again(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = tempfile.mkdtemp, list[str]()

    def swept(prefix: str) -> str:
        made.append(make(prefix=prefix))
        if len(made) == 1:
            os.rmdir(made[0])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept)
    folder = SocketFolder()
    assert len(made) == 2
    assert folder.path.is_dir()
    folder.leave()
