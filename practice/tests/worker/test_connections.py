"""Clients of a worker that are silent, slow, gone, or many."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import pytest

from essaim_practice import (
    Clusters,
    EngineUnreachable,
    PracticeClient,
    RequestRefused,
    Settings,
    WorkerClient,
)
from essaim_practice.wire.places import Port
from essaim_practice.worker import server as module
from essaim_practice.worker.address import OnPort
from essaim_practice.worker.server import Worker

from ..test_ports import until
from .conftest import Start

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process has open")


@contextmanager
def within(secret: str = "") -> Iterator[tuple[Worker, socket.socket]]:
    """A worker of this process, and a connection to its port."""
    with Clusters(Settings(bind_ports=False), idle_after=None) as clusters:
        place = Port()
        worker = Worker(OnPort(place), clusters, secret)
        clusters.run(worker.open())
        port = int(place.host.rpartition(":")[2])
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
                yield worker, line
        finally:
            clusters.run(worker.close())


def option(worker: Worker, name: int) -> int:
    """Of the only connection that the worker has."""
    [writer] = worker._connections.values()
    return int(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, name))


@linux
def test_a_client_that_vanished_is_noticed() -> None:
    with within() as (worker, line):
        line.sendall(b"GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")
        assert line.recv(12) == b"HTTP/1.1 200"
        assert 0 < option(worker, socket.TCP_KEEPIDLE) <= 30
        assert 0 < option(worker, socket.TCP_USER_TIMEOUT) <= 60_000


def test_who_says_nothing_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    with within("secret") as (_, line):
        line.sendall(b"GET /worker HTTP/1.1\r\n")
        assert line.recv(1) == b""


def test_a_secret_may_have_any_signs() -> None:
    with within("clé € 鍵") as (worker, _):
        host = worker._address.own.host
        assert WorkerClient(host, "clé € 鍵").status().clusters == 0
        with pytest.raises(RequestRefused):
            WorkerClient(host, "cle € 鍵").status()


def test_who_was_let_in_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    with within("secret") as (worker, line):
        asked = b"GET /worker HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer secret\r\n\r\n"
        line.sendall(asked)
        assert line.recv(12) == b"HTTP/1.1 200"
        worker._clusters.run(asyncio.sleep(0.5))
        line.sendall(asked)
        assert line.recv(100_000)


@linux
def test_thirty_clusters_leave_nothing_open_behind(start: Start, folder: Path) -> None:
    worker = start("--listen", f"unix://{folder}/thirty.sock")
    opened = Path(f"/proc/{worker.process.pid}/fd")
    worker.client.open("first")
    worker.client.end("first")
    before = len(os.listdir(opened))
    ids = [f"c{number}" for number in range(30)]
    with ThreadPoolExecutor(8) as pool, ExitStack() as streams:
        assert {each.begun for each in pool.map(worker.client.open, ids)} == {"new"}
        for id in ids:
            client = docker.APIClient(base_url=worker.client.engine(id))
            streams.callback(client.close)
            streams.callback(client.events(decode=True).close)
        assert len(os.listdir(opened)) >= before + 30 * 4
        list(pool.map(worker.client.end, ids))
    until(lambda: len(os.listdir(opened)) <= before, 20)
    assert worker.client.status().clusters == 0


def test_opening_ending_killing_and_resetting_at_once_does_no_harm(
    start: Start, folder: Path
) -> None:
    """Whatever comes first; then all is as if nothing had been."""
    worker = start("--listen", f"unix://{folder}/storm.sock")
    client = worker.client

    def storm(number: int) -> None:
        id = f"c{number % 3}"
        practice = PracticeClient(client.engine(id))
        acts: tuple[Callable[[], Any], ...] = (
            lambda: client.open(id, speed=50),
            practice.reset,
            lambda: practice.faults.kill("node2"),
            practice.add_machine,
            lambda: practice.remove_machine("node3"),
            practice.faults.mend,
            lambda: client.end(id),
        )
        with suppress(EngineUnreachable, RequestRefused):  # the cluster is not there, or no more
            acts[number % 7]()

    with client.changes() as heard, ThreadPoolExecutor(8) as pool:
        next(heard)
        list(pool.map(storm, range(210)))
    for number in range(3):
        client.end(f"c{number}")
        assert client.open(f"c{number}").begun == "new"
        assert len(PracticeClient(client.engine(f"c{number}", "node3")).machines()) == 3
    assert client.status().clusters == 3
    assert worker.end() == 0
