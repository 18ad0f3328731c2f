"""The way to another machine's engine: its line, and what is said where it leads nowhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core.cluster.failures import daemon_errors
from core.engine.connection import Connection, choose
from core.engine.ssh import LONGEST_PAUSE, PAUSE, Dialer, Pipe, command
from core.errors import EngineUnreachable
from tests import transports


@pytest.mark.parametrize(
    ("url", "end"),
    [
        ("ssh://Host", "-- Host docker system dial-stdio"),
        ("ssh://Host/", "-- Host docker system dial-stdio"),
        ("ssh://me@host:23", "-l me -p 23 -- host docker system dial-stdio"),
        ("ssh://[::1]:23", "-p 23 -- ::1 docker system dial-stdio"),
        ("ssh://-oProxyCommand=x", "-- -oProxyCommand=x docker system dial-stdio"),
        ("ssh://h/a;b", "-- h docker --host 'unix:///a;b' system dial-stdio"),
    ],
)
def test_the_line_is_dockers_and_asks_nobody(url: str, end: str) -> None:
    words = command(url)
    assert " ".join(words).endswith(f" {end}")
    assert "BatchMode=yes" in words[: words.index("--")]


def test_a_program_ends_with_its_pipe() -> None:
    pipe = Pipe(["cat"])
    pipe.sendall(b"hello")
    assert pipe.recv(100) == b"hello"
    pipe.close()
    pipe.close()
    assert pipe._program.returncode is not None


def refused(dialer: Dialer) -> str:
    found = Connection("ssh://host", dialer=dialer)
    with pytest.raises(EngineUnreachable) as error, daemon_errors():
        found.api()
    return str(error.value)


def test_its_last_words_are_the_reason() -> None:
    said = refused(Dialer(["sh", "-c", "echo ssh: no way >&2; exit 255"]))
    assert said == "The engine cannot be reached by ssh: no way"


def test_without_words_its_exit_code_is() -> None:
    assert refused(Dialer(["sh", "-c", "exit 7"])).endswith("exit 7")


def test_a_machine_without_ssh_says_so(tmp_path: Path) -> None:
    said = refused(Dialer([str(tmp_path / "ssh")]))
    assert said == f"{tmp_path}/ssh cannot be started here: No such file or directory."


def test_after_a_failure_it_waits_longer_each_time(tmp_path: Path) -> None:
    now, tries = 0.0, tmp_path / "tries"
    dialer = Dialer(["sh", "-c", f"echo >>{tries}; echo no >&2; exit 1"], now=lambda: now)

    def tried() -> int:
        refused(dialer)
        return len(tries.read_text())

    assert [tried(), tried()] == [1, 1]
    now += PAUSE
    assert [tried(), tried()] == [2, 2]
    now += PAUSE
    assert tried() == 2
    now += PAUSE
    assert tried() == 3
    for more in range(4, 9):  # but never longer than that
        now += LONGEST_PAUSE
        assert tried() == more


@pytest.mark.cli
@pytest.mark.parametrize(
    ("file", "words"),
    [("key", "Permission denied"), ("known_hosts", "Host key verification failed")],
)
def test_who_is_not_let_in_hears_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, words: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with transports.sshd("tcp://127.0.0.1:9", tmp_path) as there:
        found = choose({"DOCKER_HOST": there.address}, tmp_path)
        assert isinstance(found, Connection)
        there.forget(file)
        with pytest.raises(EngineUnreachable, match=words), daemon_errors():
            found.api()


@pytest.mark.skipif(not shutil.which("ssh"), reason="no ssh on this machine")
def test_a_host_that_nobody_knows_is_said(tmp_path: Path) -> None:
    found = choose({"DOCKER_HOST": "ssh://nowhere.invalid"}, tmp_path)
    assert isinstance(found, Connection)
    with pytest.raises(EngineUnreachable, match="Could not resolve hostname"), daemon_errors():
        found.api()
