"""Lab 1's interactive shells through the dashboard's own terminals, on both engines."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import docker

from core.commands.registry import parse
from core.terminal.stream import opened
from core.terminal.terminal import End, Terminal
from tests.cluster.test_collector import until

from .engines import PREFIX, Swarm

NAME = f"{PREFIX}terminal"


def typed(swarm: Swarm, line: str, *keys: bytes) -> tuple[str, End]:
    """What the screen shows of a docker line, each of ``keys`` typed at a prompt; and its end."""
    terminal = Terminal(opened(parse(line), docker.DockerClient(base_url=swarm.host)))
    try:
        return asyncio.run(_typed(terminal, swarm.patience, list(keys)))
    finally:
        terminal.close()


def shown(screen: bytes) -> str:
    """The text, without escape sequences, nor the lines that a shell draws anew in their place."""
    text = re.sub(rb"\x1b\[[0-9;]*[A-Za-z]", b"", screen)
    return re.sub(rb"[^\n]*\r(?!\n)", b"", text).decode().replace("\r", "")


async def _typed(terminal: Terminal, patience: float, keys: list[bytes]) -> tuple[str, End]:
    screen, seen = b"", 0
    with terminal.view() as view:
        terminal.resize(97, 31)
        while True:
            news: Any = await asyncio.wait_for(view.next(), patience)
            if isinstance(news, End):
                return shown(screen), news
            screen += news
            text = shown(screen)
            if keys and text.endswith("# ") and len(text) > seen:
                seen = len(text) + len(keys[0])  # its echo is no prompt yet
                await asyncio.to_thread(terminal.type, keys.pop(0))


async def _does(terminal: Terminal, patience: float, doing: bytes, sign: bytes) -> None:
    """Type it, and wait until the screen shows that it is done."""
    screen = b""
    with terminal.view() as view:
        await asyncio.to_thread(terminal.type, doing)
        while sign not in screen:
            news: Any = await asyncio.wait_for(view.next(), patience)
            screen += news


def test_a_file_is_where_it_was_written_and_nowhere_else(swarm: Swarm) -> None:
    swarm.run("docker pull alpine:latest")
    screen, end = typed(
        swarm, f"docker run -it --name {NAME} alpine sh", b"echo hello > hello.txt\r", b"exit\r"
    )
    assert (end, screen.count("# ")) == (End(0), 2)
    screen, end = typed(swarm, "docker run -it --rm alpine sh", b"cat hello.txt\r", b"exit\r")
    assert "No such file" in screen
    screen, end = typed(
        swarm, f"docker start -i {NAME}", b"cat hello.txt\r", b"stty size\r", b"exit 3\r"
    )
    assert end == End(3)
    assert "\nhello\n" in screen
    assert "\n31 97\n" in screen
    swarm.run(f"docker start {NAME}")
    screen, end = typed(swarm, f"docker exec -it {NAME} sh", b"cat hello.txt\r", b"\x04")
    assert "\nhello\n" in screen
    assert end.code == 0
    assert swarm.run(f"docker exec {NAME} cat hello.txt") == "hello"
    swarm.run(f"docker rm -f {NAME}")


def test_who_hangs_up_leaves_no_shell_behind(swarm: Swarm) -> None:
    """Whatever the shell was doing, and whatever it was begun from."""
    swarm.run("docker pull alpine:latest")
    swarm.run(f"docker run -d --name {NAME} alpine sleep 600")
    with contextlib.closing(docker.DockerClient(base_url=swarm.host)) as client:
        box = client.containers.get(NAME)

        for doing, sign in (
            (b"", b"# "),
            (b"while true; do echo going$((3+4)); sleep 1; done\r", b"going7"),
            (b"sh -c 'echo within$((3+4)); exec sh'\r", b"within7"),
        ):
            terminal = Terminal(
                opened(
                    parse(f"docker exec -it {NAME} sh"), docker.DockerClient(base_url=swarm.host)
                )
            )
            asyncio.run(_does(terminal, swarm.patience, doing, sign))
            assert len(box.top()["Processes"]) > 1
            terminal.close()
            until(lambda: len(box.top()["Processes"]) == 1, swarm.patience)
    swarm.run(f"docker rm -f {NAME}")


def test_without_a_terminal_lines_go_in_and_come_out(swarm: Swarm) -> None:
    swarm.run("docker pull alpine:latest")
    terminal = Terminal(
        opened(
            parse(f"docker run -i --name {NAME} alpine cat"),
            docker.DockerClient(base_url=swarm.host),
        )
    )

    async def visit() -> bytes:
        screen = b""
        with terminal.view() as view:
            terminal.type(b"hello\r")
            while screen.count(b"hello\r\n") < 2:  # its echo, and what cat makes of it
                news: Any = await asyncio.wait_for(view.next(), swarm.patience)
                screen += news
            terminal.type(b"\x04")
            assert await asyncio.wait_for(view.next(), swarm.patience) == End(0)
        return screen

    assert asyncio.run(visit()) == b"hello\r\nhello\r\n"
    swarm.run(f"docker rm {NAME}")
