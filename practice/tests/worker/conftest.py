"""Worker processes for tests, as a dashboard starts them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from essaim_practice import WorkerClient

from ..conftest import environ

SECRET = "between us"


@dataclass(frozen=True, slots=True)
class Started:
    """A worker process that listens."""

    process: subprocess.Popen[str]
    client: WorkerClient

    def end(self) -> int:
        """As ``docker stop`` does; the exit code."""
        self.process.terminate()
        return self.process.wait(60)


Start = Callable[..., Started]


def started(*options: str, **env: str) -> Started:
    """options: of the command. env: more variables of its environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "essaim_practice.worker", *options],
        env=environ() | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    host = process.stdout.readline().removeprefix("listening at ").strip()
    return Started(process, WorkerClient(host, env.get("ESSAIM_WORKER_SECRET", "")))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder with a short path, as unix sockets want it."""
    with tempfile.TemporaryDirectory(prefix="w", dir="/tmp") as made:
        yield Path(made)


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts workers, which end with the test."""
    with ExitStack() as all_of_them:

        def one(*options: str, **given: str) -> Started:
            worker = started(*options, **given)
            all_of_them.callback(_ended, worker)
            return worker

        yield one


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[Started]:
    """One at a unix socket, for the tests of a module."""
    yield from _for_a_module("--listen", f"unix://{folder}/shared.sock")


@pytest.fixture(scope="module")
def remote() -> Iterator[Started]:
    """One at a TCP port, with a secret."""
    yield from _for_a_module("--listen", "tcp://127.0.0.1:0", ESSAIM_WORKER_SECRET=SECRET)


def _for_a_module(*options: str, **env: str) -> Iterator[Started]:
    worker = started(*options, **env)
    try:
        yield worker
        assert worker.process.poll() is None, "the worker has ended"
        assert worker.end() == 0
    finally:
        _ended(worker)


def _ended(worker: Started) -> None:
    worker.process.kill()
    with worker.process:  # closes its pipes
        pass
