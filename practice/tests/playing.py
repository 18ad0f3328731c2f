"""Plays the programs of containers without an engine: steps are taken, and time passes, at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isinf
from typing import Any, TypeVar

from essaim_practice.engine import executables
from essaim_practice.files import known_trees, rootfs
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.base import Context, Files, Program, program
from essaim_practice.programs.steps import Hear, Interrupted, Mode, Wait, Write
from essaim_practice.store.objects import Image
from essaim_practice.store.time_slices import Sliced

assert executables  # the programs are entered by importing them

T = TypeVar("T")
START = 1_700_000_000.0


def image(behaviour: str = "alpine", **config: Any) -> Image:
    return Image(
        "",
        "node1",
        "sha256:0",
        (),
        (),
        0,
        0.0,
        (),
        (),
        config,
        behaviour,
        rootfs.tree(behaviour, 0.0),
        base=known_trees.BASES.get(behaviour, ""),
    )


def disk(behaviour: str, clock: Playing) -> FileSystem:
    """An image's files, with the kernel's laid over them as the engine does."""
    system = FileSystem(rootfs.tree(behaviour, START), lambda: clock.now)
    for path, tree in rootfs.kernel_trees(START).items():
        system.mount(path, FileSystem(tree, lambda: clock.now))
    return system


@dataclass
class Playing:
    """What programs wrote, and the time that they took."""

    now: float = START
    output: bytes = b""  # of both streams, as it came
    streams: dict[int, bytes] = field(default_factory=lambda: {1: b"", 2: b""})
    code: int | None = None  # None while the program waits for ever, or for input
    steps: int = 0

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace")

    def play(
        self, running: Program, given: list[bytes | Interrupted] | None = None, most: int = 20_000
    ) -> Playing:
        """Take steps until the program ends or waits for ever.

        ``given`` is its input: bytes, or an interruption where it waits for some; then its end.
        """
        steps, answer = running.steps, None
        left = list(given) if given is not None else [b""]
        signal: Interrupted | None = None
        for _ in range(most):
            self.steps += 1
            try:
                step = steps.throw(signal) if signal else steps.send(answer)
            except StopIteration as end:
                self.code = end.value
                return self
            except Interrupted as ended:
                self.code = 128 + ended.signal
                return self
            answer = signal = None
            if isinstance(step, Write):
                self.output += step.data
                self.streams[step.stream] += step.data
            elif isinstance(step, Wait):
                if isinf(step.seconds):
                    return self
                self.now += step.seconds
            elif isinstance(step, Hear) and not left and not isinf(step.seconds):
                self.now += step.seconds
            elif isinstance(step, Mode):
                pass
            else:
                if not left:
                    return self
                came = left.pop(0)
                if isinstance(came, Interrupted):
                    signal = came
                else:
                    answer = came
        return self


def context(behaviour: str = "alpine", clock: Playing | None = None, **more: Any) -> Context:
    clock = clock or Playing()
    files = disk(behaviour, clock)
    settings: dict[str, Any] = {
        "image": image(behaviour),
        "hostname": "box",
        "env": {
            "HOME": "/root",
            "HOSTNAME": "box",
            "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/bin",
        },
        "cwd": "/",
        "now": lambda: clock.now,
        "interactive": False,
        "inside": Files(files),
    }
    return Context(**settings | more)


def played(
    argv: list[str],
    here: Context | None = None,
    given: list[bytes | Interrupted] | None = None,
    most: int = 20_000,
) -> Playing:
    """What a program does in a world (an alpine container, without one)."""
    clock = Playing()
    return clock.play(program(argv, here or context(clock=clock)), given, most)


def run_unsliced(work: Sliced[T]) -> T:
    """Do all of the work without a pause, where nothing else waits for the loop."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
