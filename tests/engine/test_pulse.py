"""When a process that says nothing is hung."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from core.engine.pulse import EAGER, LATE, LONGEST, LOOK, SILENCE, Pulse, Work, work
from tests.cluster.test_collector import until


class Watched:
    """A process that is looked at again and again."""

    def __init__(self) -> None:
        self.now, self.does = 100.0, Work(used=7.0, eager=False)
        self.pulse = Pulse(1, lambda pid: self.does, lambda: self.now)

    def silent(self, seconds: float, eager: bool = False, share: float = 0.0) -> bool:
        """Whether it counts as hung in that time. share: of a processor that it gets."""
        for _ in range(int(seconds / LOOK)):
            self.now += LOOK
            self.does = Work(self.does.used + share * LOOK, eager)
            if self.pulse.hung:
                return True
        return False


def test_one_that_does_nothing_is_hung_after_five_seconds() -> None:
    watched = Watched()
    assert not watched.silent(SILENCE - LOOK)
    assert watched.silent(LOOK)


def test_its_silence_begins_with_its_last_word_and_not_with_a_look() -> None:
    watched = Watched()
    watched.silent(LOOK)
    watched.now += LOOK / 5
    watched.pulse.beat()
    watched.now += LOOK / 5
    assert not watched.silent(SILENCE - LOOK)
    assert watched.silent(LOOK)


def test_each_word_counts() -> None:
    watched = Watched()
    for _ in range(5):
        assert not watched.silent(SILENCE - LOOK)
        watched.pulse.beat()


def test_one_that_works_has_five_seconds_of_a_processor() -> None:
    assert Watched().silent(SILENCE + 3 * LOOK, eager=True, share=1.0)
    watched = Watched()
    assert not watched.silent(3 * SILENCE, eager=True, share=0.25)
    assert watched.silent(2 * SILENCE, eager=True, share=0.25)


def test_one_that_gets_no_turn_is_excused_for_a_while() -> None:
    watched = Watched()
    assert not watched.silent(LONGEST - LOOK, eager=True)
    assert watched.silent(LOOK, eager=True)


def test_one_that_wanted_no_turn_for_a_second_is_not_excused() -> None:
    watched = Watched()
    assert not watched.silent(2 * SILENCE, eager=True)
    assert not watched.silent(EAGER - LOOK)
    assert watched.silent(LOOK)


def test_what_whoever_looks_was_late_does_not_count() -> None:
    """The words that came meanwhile may not have been read."""
    watched = Watched()
    watched.silent(2 * LOOK)
    watched.now += 60.0
    assert not watched.pulse.hung
    watched.pulse.beat()
    assert not watched.silent(SILENCE - LOOK)
    assert watched.silent(LOOK)  # from here on it counts


def test_a_late_look_does_not_make_up_for_what_was_silent_before() -> None:
    watched = Watched()
    assert not watched.silent(SILENCE - LATE - LOOK)
    watched.now += 60.0
    assert not watched.pulse.hung
    assert watched.silent(LOOK)


def test_what_a_process_does_is_seen() -> None:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        if sys.platform != "linux":
            assert work(process.pid) == Work(0.0, eager=False)
            return
        until(lambda: work(process.pid).used > 0.1)
        assert work(process.pid).eager
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: not work(process.pid).eager)
    finally:
        process.kill()
        process.wait()
    assert work(process.pid) == Work(0.0, eager=False)
