"""Lab 1's interactive shells through the docker command, at a terminal, on both engines."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import time

import pytest

from .engines import PREFIX, Swarm

NAME = f"{PREFIX}shell"
_PROMPT = re.compile(rb"[/~\w]* # \Z")
_SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_BANNER = re.compile(r"(?s)\A\s*BusyBox .*?commands\.\n\s*")  # some builds of it greet

pytestmark = pytest.mark.skipif(not shutil.which("docker"), reason="without the docker command")


def typed(swarm: Swarm, words: tuple[str, ...], *lines: bytes) -> tuple[str, int]:
    """What a terminal shows of a docker line, each key typed at a prompt; and its exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(DOCKER_HOST=swarm.host, TERM="xterm")
        os.execvp("docker", ["docker", *words])
    shown, rest, end = b"", list(lines), time.monotonic() + 60
    seen = 0
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other side is gone
            break
        if not data:
            break
        shown += data
        plain = _SEQUENCE.sub(b"", shown)
        if rest and len(plain) > seen and _PROMPT.search(plain):
            seen = len(plain)
            os.write(terminal, rest.pop(0))
    else:
        os.kill(child, signal.SIGKILL)  # it hangs: let what it showed tell why
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = _SEQUENCE.sub(b"", shown).decode().replace("\r", "")
    return _BANNER.sub("", text), code


def test_a_file_is_where_it_was_written_and_nowhere_else(swarm: Swarm) -> None:
    swarm.run("docker pull alpine:latest")
    first = ("run", "-it", "--name", NAME, "alpine", "sh")
    assert typed(swarm, first, b"echo hello > hello.txt\r", b"cat hello.txt\r", b"exit\r") == (
        "/ # echo hello > hello.txt\n/ # cat hello.txt\nhello\n/ # exit\n",
        0,
    )
    other = ("run", "-it", "--rm", "alpine", "sh")
    words = "cat: can't open 'hello.txt': No such file or directory"
    assert typed(swarm, other, b"cat hello.txt\r", b"exit\r") == (
        f"/ # cat hello.txt\n{words}\n/ # exit\n",
        1,
    )
    again = ("start", "-i", NAME)
    assert typed(swarm, again, b"cat hello.txt\r", b"exit 3\r") == (
        "/ # cat hello.txt\nhello\n/ # exit 3\n",
        3,
    )
    swarm.cli("start", NAME)
    inside = ("exec", "-it", NAME, "sh")
    assert typed(swarm, inside, b"cat hello.txt\r", b"\x04")[0].startswith(
        "/ # cat hello.txt\nhello\n/ # "
    )
    assert swarm.cli("exec", NAME, "cat", "hello.txt") == "hello\n"
    assert swarm.cli("kill", NAME) == f"{NAME}\n"
    assert swarm.cli("rm", NAME) == f"{NAME}\n"
