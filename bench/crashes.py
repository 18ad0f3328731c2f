"""A class at work whose dashboard or workers are killed at random instants: what is lost?

`python -m bench crashes` kills fifty times while thirty learners work; with three numbers, such as
5 6 7, it kills five times while six do, with the seed 7. After each time the dashboard is started
where it is gone, and all is compared with what the learners have entered into their ledgers.
"""

from __future__ import annotations

import math
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from bench.pupils import Pupil, until
from bench.screens import Screen, screens
from bench.servers import Server
from bench.work import client
from essaim_practice import WorkerClient
from tests.conftest import CHROMIUM_ARGS, chromium

INSTANTS, LEARNERS, WORKERS = 50, 30, 2
WORKING = (1.5, 5.0)  # seconds until a crash
AFTERWARDS = 1.5  # for which those that it does not touch work on

#: The dashboard dies with all its processes, or alone: then its workers end when they see it.
Victim = Literal["worker", "dashboard", "dashboard alone"]


@dataclass(slots=True)
class Report:
    """What was found wrong, and how long things took, in seconds."""

    faults: list[str] = field(default_factory=list)
    acts: int = 0
    back: dict[str, list[float]] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)  # on the pages in browsers
    log: Path = Path(os.devnull)

    def wrong(self, where: str, what: str) -> None:
        self.faults.append(f"{where}: {what}")
        print(f"         {where}: {what}", flush=True)


def on_worker(pupil: Pupil) -> int | None:
    """The process that has its cluster open; None where that is not known."""
    place = Path(pupil.host.removeprefix("unix://"))
    for socket in sorted(place.parents[1].glob("worker*.sock")) if place.suffix == ".sock" else ():
        worker = WorkerClient(f"unix://{socket}")
        if place.parent.name in [each.id for each in worker.clusters() if each.open]:
            return worker.status().pid
    return None


def answers(pupil: Pupil) -> float:
    """When its engines answer again."""

    def asked() -> bool:
        try:
            with client(pupil.host) as engine:
                return bool(engine.ping())
        except Exception:
            return False

    return until(asked, True)


class Class:
    """Learners, the server that they work on, and the browsers of some."""

    def __init__(self, server: Server, pupils: list[Pupil], report: Report) -> None:
        self._server, self.pupils, self._report = server, pupils, report
        self._pool = ThreadPoolExecutor(len(pupils))
        self.screens: list[Screen] = []

    def each(self, do: Callable[[Pupil], object], of: list[Pupil] | None = None) -> None:
        """Have each do it at once."""
        list(self._pool.map(do, self.pupils if of is None else of))

    def crash(self, number: int, victim: Victim, chance: random.Random) -> None:
        """Work, be struck, come back, compare."""
        placed = {pupil.number: on_worker(pupil) for pupil in self.pupils}
        workers = sorted({pid for pid in placed.values() if pid})
        target = chance.choice(workers) if victim == "worker" and workers else None
        struck = [p for p in self.pupils if target is None or placed[p.number] in (target, None)]
        others = [pupil for pupil in self.pupils if pupil not in struck]
        opened = {pupil.number: pupil.page.opened for pupil in self.pupils}
        over, spared = threading.Event(), threading.Event()
        work = [self._pool.submit(pupil.act, over) for pupil in struck]
        work += [self._pool.submit(pupil.act, spared) for pupil in others]
        time.sleep(chance.uniform(*WORKING))
        crash = time.time()
        if target is None:
            self._server.kill(alone=victim == "dashboard alone")
            over.set()
            self._server.start()
            self._took("the dashboard's start", crash)
        else:
            os.kill(target, signal.SIGKILL)
            over.set()
            time.sleep(AFTERWARDS)
        spared.set()
        for each in work:
            each.result()

        def wrong(pupil: Pupil) -> Callable[[str], None]:
            name = f"{number:3d} {victim}, learner {pupil.number}"
            return lambda what: self._report.wrong(name, what)

        def returns(pupil: Pupil) -> None:
            try:
                if target is None:
                    pupil.page.back(opened[pupil.number])
                    self._took(f"pages, after the {victim}", crash)
                    pupil.host = self._server.host(pupil.page.key)
                answers(pupil)
                self._took(f"engines, after the {victim}", crash)
            except Exception as error:
                wrong(pupil)(f"it does not come back: {type(error).__name__}: {error}")
                self.gone(pupil)

        def compares(pupil: Pupil) -> None:
            try:
                pupil.compare(crash, wrong(pupil))
            except Exception as error:
                wrong(pupil)(f"it cannot be compared: {type(error).__name__}: {error}")
                self.gone(pupil)

        self.each(lambda pupil: pupil.noticed(crash, wrong(pupil)), others)
        self._report.said.update(word for screen in self.screens for word in screen.says())
        self.each(returns, struck)
        self.each(compares)
        self.each(lambda pupil: pupil.comes_to_rest(wrong(pupil)))
        self._took(f"all is as it was, after the {victim}", crash)
        for screen in self.screens:
            screen.check(wrong(screen.pupil))
            self._report.said.update(screen.says())
        acts = sum(pupil.acts for pupil in self.pupils)
        print(
            f"{number:8d}: {victim} killed, {len(struck)} struck, {acts - self._report.acts} acts "
            f"before, {len(self._report.faults)} faults in all",
            flush=True,
        )
        self._report.acts = acts

    def gone(self, pupil: Pupil) -> None:
        """Go on without somebody whose all is lost."""
        pupil.page.close()
        self.pupils.remove(pupil)
        self.screens = [each for each in self.screens if each.pupil is not pupil]

    def _took(self, what: str, since: float) -> None:
        self._report.back.setdefault(what, []).append(time.time() - since)


@contextmanager
def at_work(
    learners: int, seed: int, report: Report, browser: Browser | None = None
) -> Iterator[Class]:
    """A class on a dashboard that keeps all in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="essaim") as folder:
        report.log = Path(folder, "log")
        environment = {
            "ESSAIM_ENGINE": "practice",
            "ESSAIM_SWARM": "empty",
            "ESSAIM_WORKERS": str(WORKERS),
            "ESSAIM_DATA": f"{folder}/data",
        }
        server, pupils = Server(environment, log=report.log), list[Pupil]()
        try:
            server.start()
            for number in range(learners):
                pupils.append(Pupil(server, number, random.Random(seed * 1000 + number)))
            room = Class(server, pupils, report)
            room.each(Pupil.begin)
            with ExitStack() as stack:
                if browser:
                    room.screens = stack.enter_context(screens(browser, pupils))
                yield room
        finally:
            for pupil in pupils:
                pupil.page.close()
            server.stop()
            report.faults += logged(report.log)


def logged(log: Path) -> list[str]:
    """The exceptions in a log, each with its place."""
    lines = log.read_text(errors="replace").splitlines()
    ends, found = [], list[str]()
    for number, line in enumerate(lines):
        if line.startswith("Traceback"):
            ends = [each for each in lines[number + 1 :] if each and not each.startswith(" ")]
            found.append(f"the log has a traceback: {ends[0] if ends else ''}")
    return found


def run(instants: int, learners: int, seed: int, browser: Browser | None = None) -> Report:
    """Kill so many times: in half of them a worker, else the dashboard, with its workers or not."""
    report, chance = Report(), random.Random(seed)
    with at_work(learners, seed, report, browser) as room:
        time.sleep(2)  # until all of the beginning is kept
        for number in range(1, instants + 1):
            victims: tuple[Victim, ...] = ("worker", "dashboard", "dashboard alone")
            [victim] = chance.choices(victims, [3, 2, 1])
            room.crash(number, victim, chance)
            if not room.pupils:
                break
    return report


def main(instants: int = INSTANTS, learners: int = LEARNERS, seed: int | None = None) -> None:
    seed = random.SystemRandom().randrange(10_000) if seed is None else seed
    print(f"{instants:8d} crashes while {learners} learners work on {WORKERS} workers; seed {seed}")
    if chromium() is None:
        print("skipped: the pages in browsers, for there is no Chromium")
        report = run(instants, learners, seed)
    else:
        with sync_playwright() as playwright:
            args = list(CHROMIUM_ARGS)
            browser = playwright.chromium.launch(executable_path=chromium(), args=args)
            report = run(instants, learners, seed, browser)
            browser.close()
    for what, seconds in sorted(report.back.items()):
        taken = sorted(seconds)
        p95 = taken[math.ceil(0.95 * len(taken)) - 1]
        print(f"{statistics.median(taken):8.2f} s, p95 {p95:.2f}, at worst {taken[-1]:.2f}: {what}")
    kinds = ("lost", "torn", "overtaken")
    counts = ", ".join(
        f"{sum(f': {kind}: ' in each for each in report.faults)} {kind}" for kind in kinds
    )
    print(f"{len(report.faults):8d} faults after {report.acts} acts: {counts}")
    for fault in sorted(set(report.faults)):
        if "the log has" in fault:
            print(f"{report.faults.count(fault):8d} times: {fault}")
    for word in sorted(report.said):
        print(f"         on the pages: {word}")
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"         the machine's load now, 1, 5 and 15 minutes: {load}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
