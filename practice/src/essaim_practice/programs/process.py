"""A process: runs the steps of a program, feeds its input, and handles signals."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf, isinf

from essaim_practice.programs import signals
from essaim_practice.programs.base import Program
from essaim_practice.programs.cpu_share import (
    LONGEST_TURN,
    PIECE,
    TURN,
    CpuShare,
    Turn,
    cost_of,
    pieces,
)
from essaim_practice.programs.stdio import Streams
from essaim_practice.programs.steps import Hear, Interrupted, Mode, Read, Step, Wait, Work, Write
from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.memory import NoMemory, charge

log = logging.getLogger("essaim_practice")

_SHORT_REST, _LONG_REST = 0.01, 1.0  # simulated seconds between the turns of one nobody can follow


class Process:
    """A program in a container. It costs nothing while it waits for input or for ever.

    pid: on the machine. first: whether it is its container's first process, which signals that it
    does not listen to leave alone. ended: hears of its exit code.
    """

    def __init__(
        self,
        program: Program,
        streams: Streams,
        clock: Clock,
        ended: Callable[[int], None],
        pid: int = 0,
        user: str = "root",
        first: bool = False,
    ) -> None:
        self.program = program
        self.streams = streams
        self.pid = pid
        self.user = user
        self.started = clock.now()
        self.over = False
        self._clock = clock
        self._ended = ended
        self._first = first
        self._paused = False
        self._stepping = False
        self._waiting: Wait | Read | Hear | None = None
        self._resting = False  # it has had its turn
        self._timer: Timer | None = None
        self._signals: tuple[int, ...] = ()  # heard, and not yet thrown
        self._rest = _SHORT_REST
        self._pace = CpuShare(self.started)
        self._left = TURN  # of its turn
        self._unsaid: Iterator[Write] = iter(())  # written, and not yet gone on
        streams.process = self

    def go_on(self, paused: bool = False) -> None:
        """Start or resume the program if it waits for nothing; hold a paused one."""
        self._paused = paused
        if not paused:
            self._step()

    def signal(self, number: int) -> None:
        """Apply a signal to the process."""
        if self.over:
            return
        if number == signals.KILL:
            self._finish(128 + number)
        elif number in self.program.hears or number in self._heard():
            self._signals = (*self._signals, number)
            self._step()
        elif number in signals.ENDING and self.program.term_code is not None:
            self._finish(self.program.term_code)
        elif not self._first and number not in signals.HARMLESS:
            self._finish(128 + number)

    def _heard(self) -> frozenset[int]:
        """The signals that the program hears of that a shell has become."""
        return self.program.jobs.hears if self.program.jobs is not None else frozenset()

    def resized(self) -> None:
        """Handle a new size of the terminal."""
        self.signal(signals.WINCH)
        self._on_news()

    def end(self) -> None:
        """End the process silently: its container is gone."""
        self.over = True
        self._rest_no_more()
        if not self._stepping:  # else it ends itself, and is let go on its return
            with suppress(Exception):
                self.program.steps.close()
        self.streams.end()

    # Inside

    def _finish(self, code: int) -> None:
        if not self.over:
            self.end()
            self._ended(code & 0xFF)

    def _rest_no_more(self) -> None:
        if isinstance(self._waiting, Hear):
            for channel in self._waiting.channels:
                channel.listener = None
        self._waiting = None
        self._resting = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_input(self) -> None:
        """Handle new input, or its end."""
        if isinstance(self._waiting, Read | Hear):
            self._step()

    def _on_news(self) -> None:
        if isinstance(self._waiting, Hear):
            self._step()

    def _on_time(self) -> None:
        self._timer = None
        if self._resting:
            self._resting = False
        else:
            self._rest_no_more()
        self._step()

    def _step(self) -> None:
        """Let the program run until it has to wait, or ends."""
        if self._stepping or self._paused or self.over:
            return
        self._stepping = True
        try:
            code = self._run()
        except Interrupted as interruption:
            code = 128 + interruption.signal
        except NoMemory:  # what the kernel does to one that it has no memory for
            code = 128 + signals.KILL
        except RecursionError:  # a script that runs itself
            self.streams.write(b"Segmentation fault (core dumped)\n", 2)
            code = 128 + signals.SEGV
        except Exception:  # a bug of ours ends one program, not the engine
            log.exception("a program of process %d broke", self.pid)
            code = 1
        finally:
            self._stepping = False
            Turn.ends = inf
        if code is not None:
            self._finish(code)

    def _run(self) -> int | None:
        """The exit code, or None when the program waits."""
        Turn.ends = ends = (self._clock.real() or inf) + LONGEST_TURN
        while not self.over:
            given = None
            if not self._signals:
                if self._resting or isinstance(self._waiting, Wait):
                    return None
                if isinstance(self._waiting, Read):
                    given = self._taken(self._waiting)
                    if given is None:
                        return None
                if isinstance(self._waiting, Hear) and not self._waiting.over:
                    given = self._taken(self._waiting.reading)
                    if given is None:
                        self._listen(self._waiting)
                        return None
            self._rest_no_more()
            try:
                step = self._next(given)
            except StopIteration as end:
                return int(end.value or 0)
            cost = cost_of(step)
            self._left -= cost
            self._pace.spend(cost)
            if isinstance(step, Write):
                self.streams.write(step.data, step.stream)
            elif isinstance(step, Mode):
                self.streams.set_mode(step.raw)
            elif not isinstance(step, Work):
                self._waiting = step
            if isinstance(self._waiting, Wait):
                self._rest, self._left = _SHORT_REST, TURN
                self._sleep(max(self._waiting.seconds, self._pace.rest(self._clock.now())))
            elif self.streams.behind:
                self._resting = True
                self._sleep(self._rest)
                self._rest = min(2 * self._rest, _LONG_REST)
            elif self._left < 0:
                # One that never waits must stop neither simulated time nor the other programs.
                self._left, self._resting = TURN, True
                self._sleep(self._pace.rest(self._clock.now()))
            elif self._clock.real() > ends:
                # Other clusters have their turns; in this one nothing else happens before it goes
                # on, so that runs are the same on a slower machine.
                self._resting = True
                self._timer = self._clock.call_first(self._on_time)
        return None

    def _taken(self, reading: Read | None) -> bytes | None:
        """The input that has come, if any. Who waits for keys has a turn for each."""
        if reading is None:
            return None
        given = self.streams.take(reading)
        if given is None and reading.raw:
            self._left = TURN
        return given

    def _listen(self, hear: Hear) -> None:
        for channel in hear.channels:
            channel.listener = self._on_news
        if self._timer is None:
            self._sleep(hear.seconds)

    def _next(self, given: bytes | None) -> Step:
        """The next step; long writes come in pieces."""
        if self._signals:
            heard, *left_over = self._signals
            self._signals, self._unsaid = tuple(left_over), iter(())
            before = charge(self.streams.memory)
            try:
                step = self.program.steps.throw(Interrupted(heard))
            finally:
                charge(before)
        elif (more := next(self._unsaid, None)) is not None:
            return more
        else:
            before = charge(self.streams.memory)
            try:
                step = self.program.steps.send(given)
            finally:
                charge(before)
        if isinstance(step, Write) and len(step.data) > PIECE:
            self._unsaid = pieces(step)
            return next(self._unsaid)
        return step

    def _sleep(self, seconds: float) -> None:
        if not isinf(seconds):
            self._timer = self._clock.call_later(max(seconds, 0.0), self._on_time)
