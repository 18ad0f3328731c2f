"""What the tests of databases share: programs that are run in a container, and its log."""

from __future__ import annotations

import time

from docker.models.containers import Container

from .hostile import tar_of


def said(container: Container, *argv: str, tty: bool = False, code: int = 0) -> str:
    """What a program says that is run in a container; its exit code must be this one."""
    result = container.exec_run(list(argv), tty=tty)
    text: str = result.output.decode()
    assert result.exit_code == code, text
    return text.replace("\r\n", "\n")


def logged(container: Container, words: str) -> str:
    """The whole log of a container, once it has these words."""

    def log() -> str:
        text: str = container.logs().decode()
        return text

    end = time.monotonic() + 60
    while words not in (text := log()):
        assert time.monotonic() < end, f"{words!r} was never logged: {text}"
        time.sleep(0.02)
    return text


def put(container: Container, path: str, text: str) -> None:
    """Write a file into a container, which need not run."""
    container.put_archive("/", tar_of({path.lstrip("/"): text.encode()}))
