"""A hundred learners on three workers, as stack-class.yml runs them, with plain processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from essaim_practice import EngineUnreachable, WorkerClient
from tests.browser.conftest import answers, free_port, program

from . import stack
from .course import ANEW, Course, at_work, goes_on, notice_nothing, told
from .pupil import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="one machine has many addresses")

LEARNERS, NEWCOMERS = 100, 10
LONGEST = 400.0  # seconds; a test that hangs for ten minutes ends the whole run
SECRET = "known to the dashboard and its workers"


class Room:
    """A dashboard, and its workers by number; each has an address of its own, as on a Swarm."""

    def __init__(self, folder: Path, links: ExitStack) -> None:
        self._folder, self._links = folder, links
        self._port = free_port()
        self._names = folder / "names"
        self._names.touch()
        self._processes = dict[int, subprocess.Popen[bytes]]()
        port = str(free_port())
        process = links.enter_context(
            program(
                *("streamlit", "run", str(Path(__file__).with_name("app.py"))),
                *("--server.port", port),
                **stack.dashboard(
                    f"{stack.NAME}:{self._port}",
                    ESSAIM_WORKER_SECRET=SECRET,
                    ESSAIM_TEST_NAMES=str(self._names),
                ),
            )
        )
        self.address = f"http://127.0.0.1:{port}"
        answers(f"{self.address}/_stcore/health", process)

    def start(self, number: int) -> None:
        self._processes[number] = self._links.enter_context(
            program(
                *stack.worker(self._host(number), self._folder / f"worker{number}"),
                ESSAIM_WORKER_SECRET=SECRET,
            )
        )
        self._name()

    def kill(self, number: int) -> None:
        self._processes.pop(number).kill()
        self._name()

    def held(self, number: int) -> int:
        """How many clusters a worker holds; none before it listens."""
        try:
            return len(WorkerClient(self._host(number), SECRET, PATIENCE).clusters())
        except EngineUnreachable:
            return 0

    def _host(self, number: int) -> str:
        return f"tcp://{_address(number)}:{self._port}"

    def _name(self) -> None:
        text = "\n".join(map(_address, self._processes))
        self._names.write_text(text, encoding="ascii")


def _address(number: int) -> str:
    return f"127.0.7.{number}"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as links:
        yield Room(tmp_path, links)


def test_one_of_three_workers_is_killed_and_a_fourth_comes(room: Room) -> None:
    for number in (1, 2, 3):
        room.start(number)

    async def run() -> None:
        async with asyncio.timeout(LONGEST), Course(room.address) as course:
            await lesson(room, course)

    asyncio.run(run())


async def lesson(room: Room, course: Course) -> None:
    await course.come(LEARNERS)
    pupils = set(course.pupils)
    held = [room.held(number) for number in (1, 2, 3)]
    assert sum(held) == LEARNERS
    assert min(held) >= LEARNERS / 3 / 2  # each new one came to the least loaded

    async with at_work(pupils) as wrong:
        room.kill(2)
        await all_held(room, (1, 3), LEARNERS)
    anew = await told(pupils, ANEW)
    assert len(anew) == held[1]
    notice_nothing(pupils - anew, wrong)
    for pupil in anew:
        assert pupil.services() == {}
    await asyncio.gather(*map(goes_on, pupils))

    room.start(4)
    async with asyncio.timeout(PATIENCE):
        while not room.held(4):  # until the dashboard knows it
            await course.come(1)
    before = room.held(4)
    await course.come(NEWCOMERS)
    assert room.held(4) == before + NEWCOMERS


async def all_held(room: Room, numbers: tuple[int, ...], count: int) -> None:
    """Wait until these workers hold so many clusters together."""
    async with asyncio.timeout(PATIENCE):
        while True:
            held = await asyncio.to_thread(lambda: sum(map(room.held, numbers)))
            if held == count:
                return
            await asyncio.sleep(0.2)
