"""``make lab-check DIR=…``: reads a lab's folder and plays it on a practice cluster.

Each step must be red before its solution and green after it. What is wrong is a sentence each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.control.access import Access
from core.control.control import Control
from core.control.rights import Right
from core.engine.connection import Practice
from core.engine.practice import calls
from core.errors import EssaimError
from core.i18n import LANGUAGES
from core.labs.catalogue import BY_NAME
from core.labs.folder import read
from core.labs.lab import Lab, Step
from core.labs.progress import remark
from core.labs.texts import texts
from core.lessons.solutions import Play

#: Simulated seconds per second; and real seconds that a step may take on a busy machine.
SPEED, PATIENCE = 50.0, 90.0
#: Real seconds for which an untouched cluster must leave a step red.
UNTOUCHED = 1.0

Tell = Callable[[str], None]


def check(folder: Path, tell: Tell = print, patience: float = PATIENCE) -> tuple[str, ...]:
    """All that is wrong with the lab in this folder; tell: is told what is right as it goes."""
    reading = read(folder)
    if reading.lab is None:
        return reading.faults
    lab = reading.lab
    if BY_NAME.setdefault(lab.name, lab).folder != lab.folder:
        return (f"there is a lab called {lab.name} already: give the folder another name.",)
    written = sorted(path.stem for path in folder.glob("*.md"))
    tell(f"{lab.name}: the folder is whole, in {', '.join(written)}.")
    if missing := sorted(LANGUAGES.keys() - set(written)):
        tell(f"Who reads {', '.join(missing)} is shown another language.")
    try:
        with _cluster(lab, patience) as control:
            return tuple(_played(lab, control, tell, patience))
    except EssaimError as error:
        return (f"no practice cluster could be begun: {error}",)


@contextmanager
def _cluster(lab: Lab, patience: float) -> Iterator[Control]:
    """A practice cluster of its own, as the lab wants it at its start."""
    practice = Practice(formed=lab.start != "apart")
    practice.start()
    try:
        connection = practice.open("lab-check")
        connection.send(calls.set_clock(SPEED))
        control = Control(connection, Access({}))
        control.start()
        try:
            _until(lambda: control.snapshot.engine is not None, patience)
            if lab.start != "apart":
                _until(lambda: len(control.snapshot.nodes) == 3, patience)
            yield control
        finally:
            control.stop()
    finally:
        practice.close()


def _played(lab: Lab, control: Control, tell: Tell, patience: float) -> Iterator[str]:
    """What is wrong with its steps; after the first that its solution leaves red, no more."""
    control.labs.progress(lab.name)
    for number, step in enumerate(lab.steps, 1):
        if _green(lab, step, control, UNTOUCHED):
            yield (
                f"step {step.name}: it is green before its solution is played, so that nobody "
                "has to do it."
            )
            continue
        began = time.monotonic()
        if fault := _solved(lab, step, control, patience):
            yield f"step {step.name}: {fault}"
            return
        took = time.monotonic() - began
        tell(
            f"{number}/{len(lab.steps)} {step.name}: red, then green by its solution ({took:.1f} s)"
        )


def _solved(lab: Lab, step: Step, control: Control, patience: float) -> str:
    """Play its solution; what is wrong with it, or ''."""
    if not _until(lambda: step.moves(control.labs.facts(lab.name)), patience):
        return "its solution names something that is not there."
    play = Play(control, step.moves(control.labs.facts(lab.name)), "lab-check", Right(), 0.05)
    play.wait(patience)
    if play.error:
        return f"its solution fails: {play.error}"
    if play.running:
        return f"its solution has not ended after {patience:.0f} seconds."
    if _green(lab, step, control, patience):
        return ""
    words = texts(lab.name, "en").steps[step.name].remarks
    said = remark(words, control.labs.progress(lab.name).verdict)
    return f"its solution leaves it red. {said or 'Its checks have no remark on that.'}"


def _green(lab: Lab, step: Step, control: Control, patience: float) -> bool:
    control.collector.refresh()
    control.labs.feed()
    return _until(lambda: step.name in control.labs.progress(lab.name).done, patience)


def _until(so: Callable[[], object], patience: float) -> bool:
    """Whether it is so within that many seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with suppress(EssaimError):  # a manager that has no majority yet, or any more
            if so():
                return True
        time.sleep(0.05)
    return False


def main(folders: list[str]) -> int:
    """Check each; the exit code is 1 where one has a fault."""
    wrong = 0
    if not folders:
        print("Which lab? make lab-check DIR=path/of/its/folder", file=sys.stderr)
        return 2
    for each in folders:
        faults = check(Path(each).resolve(), lambda said: print(said, flush=True))
        for fault in faults:
            print(f"✗ {each}: {fault}", file=sys.stderr)
        if not faults:
            print(f"✓ {each}: every step is red before its solution and green after it.")
        wrong += bool(faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
