"""``python -m essaim_practice.worker`` as a dashboard or a person starts it, and how it ends."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from essaim_practice import EngineUnreachable, PracticeClient, RequestRefused

from ..conftest import environ
from .conftest import SECRET, Start

COMMAND = [sys.executable, "-m", "essaim_practice.worker"]


def ran(*options: str, **env: str) -> tuple[int, str]:
    """The exit code, and all that it said."""
    done = subprocess.run(
        [*COMMAND, *options],
        env=environ() | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


def refused(*options: str, **env: str) -> str:
    """What is said where it does not start: one line."""
    code, said = ran(*options, **env)
    assert code == 1, said
    assert said.startswith("This worker does not start: ")
    assert said.count("\n") == 1, said
    return said


def test_a_port_without_a_secret_is_refused() -> None:
    assert "ESSAIM_WORKER_SECRET" in refused("--listen", "tcp://127.0.0.1:0")
    empty = {"ESSAIM_WORKER_SECRET": " "}
    assert "ESSAIM_WORKER_SECRET" in refused("--listen", "tcp://127.0.0.1:0", **empty)


def test_the_secret_may_be_in_a_file(start: Start, tmp_path: Path) -> None:
    kept = tmp_path / "secret"
    kept.write_text(SECRET + "\n")
    worker = start("--listen", "tcp://127.0.0.1:0", ESSAIM_WORKER_SECRET_FILE=str(kept))
    check = ("--check", "--listen", worker.client.host)
    assert ran(*check, ESSAIM_WORKER_SECRET=SECRET) == (0, "")
    assert ran(*check, ESSAIM_WORKER_SECRET="another") == (1, "")
    assert worker.end() == 0
    assert ran(*check, ESSAIM_WORKER_SECRET_FILE=str(kept)) == (1, "")
    missing = {"ESSAIM_WORKER_SECRET_FILE": str(tmp_path / "none")}
    said = refused("--listen", "tcp://127.0.0.1:0", **missing)
    assert f"{tmp_path}/none cannot be read: No such file" in said


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("unix://relative.sock", "is no address"),
        ("tcp://127.0.0.1", "is no address"),
        ("tcp://127.0.0.1:70000", "is no address"),
        ("http://127.0.0.1:80", "is no address"),
        ("", "is no address"),
        ("unix:///" + "x" * 100 + "/worker0.sock", "at most 107"),
        ("unix:///dev/null/worker0.sock", "/dev/null cannot be used"),
        ("unix:///tmp/worker0.sock", "whoever enters /tmp may do anything"),
    ],
)
def test_what_it_cannot_listen_at_is_said_in_one_sentence(listen: str, words: str) -> None:
    assert words in refused("--listen", listen)


def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused("--listen", f"tcp://127.0.0.1:{port}", ESSAIM_WORKER_SECRET=SECRET)
    assert f"{port}: Address already in use" in said or "address already in use" in said


def test_a_second_worker_does_not_take_the_socket_of_the_first(start: Start, folder: Path) -> None:
    worker = start("--listen", f"unix://{folder}/first.sock")
    assert "another worker listens" in refused("--listen", worker.client.host)
    assert worker.client.status().pid == worker.process.pid


def test_a_folder_that_is_not_there_is_made_for_its_user_alone(start: Start, folder: Path) -> None:
    start("--listen", f"unix://{folder}/made/worker0.sock")
    assert (folder / "made").stat().st_mode & 0o777 == 0o700


def test_what_a_killed_worker_left_is_taken_over(start: Start, folder: Path) -> None:
    place = folder / "killed"
    options = ("--listen", f"unix://{place}/worker0.sock")
    first = start(*options)
    first.client.open("ada")
    first.process.kill()
    first.process.wait(60)
    assert sorted(path.name for path in (place / "ada").iterdir()) == [
        "node1.sock",
        "node2.sock",
        "node3.sock",
    ]
    second = start(*options)
    with pytest.raises(EngineUnreachable):
        PracticeClient(second.client.engine("ada")).machines()
    second.client.open("ada", nodes=1)
    assert [path.name for path in (place / "ada").iterdir()] == ["node1.sock"]
    assert len(PracticeClient(second.client.engine("ada")).machines()) == 1


def test_a_worker_that_ends_late_leaves_the_sockets_of_its_follower(
    start: Start, folder: Path
) -> None:
    """One that was silent, and was stopped after another had taken its cluster over."""
    place = folder / "late"
    first, second = (start("--listen", f"unix://{place}/worker{n}.sock") for n in range(2))
    first.client.open("ada")
    second.client.open("ada")
    assert first.end() == 0
    assert len(PracticeClient(second.client.engine("ada")).machines()) == 3
    assert second.end() == 0
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whatever_runs_in_it(start: Start, folder: Path, how: int) -> None:
    place = folder / f"signal{how}"
    worker = start("--listen", f"unix://{place}/worker0.sock")
    worker.client.open("ada")
    with worker.client.changes() as heard:
        next(heard)
        worker.process.send_signal(how)
        assert worker.process.wait(60) == 0
        with pytest.raises(EngineUnreachable):
            list(heard)
    assert list(place.iterdir()) == []


def test_a_child_ends_with_its_parent_and_removes_the_empty_folder(
    start: Start, folder: Path
) -> None:
    place = folder / "child"
    first, second = (
        start("--child", "--listen", f"unix://{place}/worker{n}.sock") for n in range(2)
    )
    first.client.open("ada")
    first.process.send_signal(signal.SIGINT)  # Ctrl-C, which its parent hears as well
    assert first.client.status().clusters == 1
    for each in (first, second):
        assert each.process.stdin is not None
        assert place.exists()
        each.process.stdin.close()
        assert each.process.wait(60) == 0
    assert not place.exists()


def test_a_worker_that_is_no_child_does_not_mind_the_end_of_its_input(
    start: Start, folder: Path
) -> None:
    worker = start("--listen", f"unix://{folder}/alone.sock")
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.client.status().pid == worker.process.pid


@pytest.mark.skipif(not os.path.exists("/proc/self/limits"), reason="limits are told by Linux")
def test_it_may_open_as_many_files_as_the_system_lets_it(start: Start, folder: Path) -> None:
    worker = start("--listen", f"unix://{folder}/limits.sock")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert resource.prlimit(worker.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)


def test_a_cluster_whose_sockets_would_have_long_paths_is_refused(
    start: Start, folder: Path
) -> None:
    place = folder / ("long" * 10)
    worker = start("--listen", f"unix://{place}/worker0.sock")
    with pytest.raises(RequestRefused, match="at most 107: give a shorter ID") as refusal:
        worker.client.open("a" * 64)
    assert refusal.value.status == 400
    assert worker.client.open("ada").begun == "new"


def test_one_that_waits_is_told_where_to_listen(folder: Path) -> None:
    host = f"unix://{folder}/waits.sock"
    with subprocess.Popen(
        [*COMMAND, "--child", "--listen", "-"],
        env=environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        print(host, file=process.stdin, flush=True)
        assert process.stdout.readline() == f"listening at {host}\n"
        assert ran("--check", "--listen", host) == (0, "")
    assert process.returncode == 0  # its input has ended


def test_one_that_waits_in_vain_ends() -> None:
    assert ran("--child", "--listen", "-") == (0, "")
