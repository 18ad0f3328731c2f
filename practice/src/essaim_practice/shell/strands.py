"""Commands of a shell that run side by side: each goes on when what it waits for has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isinf

from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.signals import CONT, KILL, TTIN, WINCH
from essaim_practice.programs.steps import Hear, Interrupted, Read, Wait, Work
from essaim_practice.shell.pipes import Blocked, Doing, Hangup, Pipe, Step

_INSTANT = 1e-6  # seconds: what sums of times may be wrong by
_MANY = 50  # strands of a shell, after which those that have ended are forgotten
_LOOK = 5  # microseconds that it costs to choose who goes next


@dataclass(slots=True, eq=False)
class Strand:
    """A generator among others, and what it waits for."""

    steps: Doing[int]
    writes: Pipe | None = None
    reads: Pipe | None = None
    asleep: float = 0.0  # seconds
    blocked: Blocked | None = None
    reading: Read | None = None
    hearing: Hear | None = None
    answer: bytes | None = None
    signal: Interrupted | None = None  # to be thrown into it next
    code: int | None = None  # once it has ended
    killed: int = 0  # the signal that ended it
    frozen: int = 0  # the signal that stopped it
    background: bool = False  # it is stopped where it reads from the terminal
    outer: Strand | None = None  # the one that it is a part of

    @property
    def ready(self) -> bool:
        if self.code is not None or self.frozen:
            return False
        if self.signal is not None:
            return True
        if self.reading:
            return False
        if self.hearing is not None:
            return self.hearing.over or (self.asleep <= 0 and not isinf(self.hearing.seconds))
        if self.asleep > 0:
            return False
        return self.blocked is None or self.blocked.over()

    @property
    def wants(self) -> Read | None:
        """The input that it waits for."""
        return self.hearing.reading if self.hearing is not None else self.reading

    def interrupt(self, signal: Interrupted) -> None:
        """Throw a signal into it, whatever it waits for."""
        self.signal = signal

    def wake(self) -> None:
        """Let those that it is a part of look at it."""
        outer = self.outer
        while outer is not None:
            if outer.signal is None:
                outer.interrupt(Interrupted(CONT))
            outer = outer.outer

    def finish(self, code: int) -> None:
        self.code = code
        self.steps.close()
        if self.writes is not None:
            self.writes.ended = True
        if self.reads is not None:
            self.reads.left = True


def side_by_side(
    strands: list[Strand],
    own: set[int] | None,
    main: Strand | None,
    now: Callable[[], float],
    heed: Callable[[int], Strand | None] | None = None,
) -> Doing[None]:
    """Run strands until all have ended, or until ``main`` has.

    heed: who hears of a signal, ``main`` where it is not given; None: nobody, it is done.
    ``own`` are the ids of their pipes: what else blocks them is left to those above. What stands
    last goes first, so that nothing is made before somebody wants it: ``yes | head -3`` makes three
    lines. The list may grow meanwhile.
    """
    tally = Tally()
    begun: float | None = None  # of a wait that goes on
    while any(strand.code is None for strand in strands) and (main is None or main.code is None):
        try:
            strand = next((s for s in reversed(strands) if s.ready), None)
            if strand is not None:
                yield from _advance(strand, own, tally)
                if tally.add(_LOOK):
                    yield tally.told()
                if own is None and len(strands) > _MANY:  # of a crew, nobody asks for the ended
                    strands[:] = [s for s in strands if s.code is None]
                continue
            wait, reader = _together(strands, main)
            if wait is None:
                return  # each waits for another: nothing can come of it
            begun = since = now()
            answer = yield wait
            begun = None
            _let_sleep(strands, wait.seconds if isinstance(wait, Wait) else now() - since)
            if reader is not None and (answer is not None or isinstance(wait, Read)):
                reader.answer, reader.reading, reader.hearing = answer, None, None
                reader.asleep = 0.0
        except Interrupted as signal:
            if begun is not None:
                _let_sleep(strands, now() - begun)
                begun = None
            if signal.signal == WINCH:
                heard = next((s for s in strands if s.code is None and _takes_keys(s)), None)
            elif main is None and signal.signal == CONT:
                heard = None
            elif main is None:
                raise
            else:
                heard = heed(signal.signal) if heed is not None else main
            if heard is not None:
                heard.interrupt(signal)


def _takes_keys(strand: Strand) -> bool:
    """Whether it reads keys from the terminal: it hears of a new size."""
    return bool(strand.wants and strand.wants.raw and not strand.frozen)


def _together(
    strands: list[Strand], main: Strand | None
) -> tuple[Wait | Read | Hear | None, Strand | None]:
    """The one step that waits for what any of them waits for, and who gets the input."""
    alive = [s for s in strands if s.code is None and not s.frozen]
    readers = [s for s in alive if s.wants]
    reader = main if main in readers else next(iter(readers), None)
    reading = reader.wants if reader is not None else None
    asleep = [s.asleep for s in alive if s.asleep > 0]
    channels = [c for s in alive if s.hearing is not None for c in s.hearing.channels]
    if channels or (reading is not None and asleep):
        return Hear(tuple(channels), reading, min(asleep, default=inf)), reader
    if reading is not None:
        return reading, reader
    return (Wait(min(asleep)) if asleep else None), None


def _let_sleep(strands: list[Strand], seconds: float) -> None:
    for strand in strands:
        if strand.asleep > 0:
            left = strand.asleep - seconds
            strand.asleep = left if left > _INSTANT else 0.0


def _advance(strand: Strand, own: set[int] | None, tally: Tally) -> Doing[None]:
    """Let a strand run until it has to wait."""
    while (step := _resumed(strand)) is not None:
        if isinstance(step, Wait) and not isinstance(step, Work):
            strand.asleep = max(step.seconds, 1e-9)
            tally.rested(step.seconds)
            return
        if isinstance(step, Read | Hear):
            if isinstance(step, Read):
                strand.reading = step
            else:
                strand.hearing = step
                strand.asleep = 0.0 if isinf(step.seconds) else max(step.seconds, 1e-9)
            if strand.background and strand.wants:
                strand.frozen = TTIN
            return
        if isinstance(step, Blocked) and (own is None or id(step.on) in own):
            strand.blocked = step
            return
        if not isinstance(step, Work):
            strand.answer = yield step
        elif tally.add(step.cost):
            yield tally.told()


def _resumed(strand: Strand) -> Step | None:
    """The strand's next step, None once it has ended."""
    signal, strand.signal = strand.signal, None
    answer, strand.answer = strand.answer, None
    strand.blocked = strand.hearing = strand.reading = None
    strand.asleep = 0.0
    try:
        if signal is not None and signal.signal == KILL and type(signal) is Interrupted:
            raise signal
        return strand.steps.throw(signal) if signal is not None else strand.steps.send(answer)
    except StopIteration as end:
        strand.finish(end.value)
    except Hangup:
        strand.finish(141)
    except Interrupted as ended:
        strand.killed = ended.signal
        strand.finish(128 + ended.signal)
    return None
