"""What a large class does: it comes, works, and some of it is told that a worker was lost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager

from .pupil import Pupil

AT_ONCE = 8  # who open their first page at the same instant
PAUSE = 2.0  # seconds that a pupil looks at an answer

#: The lab's step that is done before a worker is lost, and the one after that.
BEFORE = "docker container run hello-world"
AFTER = "docker image pull alpine"

KEPT, ANEW = b"lost power for a moment", b"was begun anew"


class Course:
    """The pupils of a dashboard, in their order; they leave with the block."""

    def __init__(self, essaim: str) -> None:
        self.pupils = list[Pupil]()
        self._essaim = essaim
        self._door = asyncio.Semaphore(AT_ONCE)

    async def __aenter__(self) -> Course:
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.gather(*(pupil.leaves() for pupil in self.pupils))

    async def come(self, count: int) -> None:
        """So many more, who do the lab's first step; each has a service of its own name."""
        coming = [asyncio.create_task(self._comes()) for _ in range(count)]
        try:
            await asyncio.gather(*coming)
        finally:
            for each in coming:
                each.cancel()
            await asyncio.gather(*coming, return_exceptions=True)

    async def _comes(self) -> None:
        async with self._door:
            pupil = await Pupil.comes(self._essaim)
        self.pupils.append(pupil)
        await does(pupil, create(pupil))
        await does(pupil, BEFORE)
        await pupil.reaches(1)
        await pupil.until(lambda: pupil.services() == {own(pupil): 1})


def own(pupil: Pupil) -> str:
    return f"web-{pupil.key}"


def create(pupil: Pupil) -> str:
    return f"docker service create --name {own(pupil)} nginx"


async def does(pupil: Pupil, line: str) -> str:
    """A line that must succeed; what was answered."""
    entry = await pupil.type(line)
    assert entry["kind"] == "done", f"{pupil.key}: {line}: {entry['kind']}: {entry['text']}"
    return str(entry["text"])


@asynccontextmanager
async def at_work(pupils: Iterable[Pupil]) -> AsyncIterator[dict[Pupil, list[str]]]:
    """Everybody lists their services, twice at least. By pupil, what went wrong meanwhile."""
    wrong: dict[Pupil, list[str]] = {pupil: [] for pupil in pupils}
    over = asyncio.Event()

    async def work(pupil: Pupil) -> None:
        lines = 0
        while lines < 2 or not over.is_set():
            lines += 1
            entry = await pupil.type("docker service ls")
            if entry["kind"] != "done" or own(pupil) not in entry["text"]:
                wrong[pupil].append(entry["text"])
            await asyncio.sleep(PAUSE)

    working = [asyncio.create_task(work(pupil)) for pupil in wrong]
    try:
        yield wrong
    finally:
        over.set()
        await asyncio.gather(*working)


async def told(pupils: Collection[Pupil], said: bytes) -> set[Pupil]:
    """Whose page says so, when it is drawn again."""
    door = asyncio.Semaphore(AT_ONCE)

    async def look(pupil: Pupil) -> bool:
        async with door:
            await pupil.draw()
        return re.search(said, pupil.text) is not None

    looks = await asyncio.gather(*map(look, pupils))
    return {pupil for pupil, sees in zip(pupils, looks, strict=True) if sees}


async def goes_on(pupil: Pupil) -> None:
    """With the next step of the lab: the one before is still done."""
    if not pupil.services():
        await does(pupil, create(pupil))
    await does(pupil, AFTER)
    await pupil.until(lambda: pupil.done == 2)
    await pupil.until(lambda: pupil.services() == {own(pupil): 1})


def notice_nothing(pupils: Iterable[Pupil], wrong: dict[Pupil, list[str]]) -> None:
    """Of what has become of others."""
    for pupil in pupils:
        assert not wrong[pupil]
        assert not pupil.troubles
        assert pupil.services() == {own(pupil): 1}
