"""Parts of a build around its steps: options, failure, target stage, output of RUN."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from essaim_practice.files.filesystem import EMPTY, File, FileSystem
from essaim_practice.images.dockerfile import Instruction
from essaim_practice.programs import installers
from essaim_practice.programs.cpu_share import LONGEST_TURN, TURN, CpuShare, cost_of, pieces
from essaim_practice.programs.steps import Mode, Read, Steps, Work, Write
from essaim_practice.store.clock import Clock
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import Budget, NoMemory, charge
from essaim_practice.store.objects import Image

_UNSET: Mapping[str, Any] = {"Cmd": None, "Entrypoint": None, "Env": [], "Labels": None}
#: Arguments of every build, which no ARG declares and no history shows.
PREDEFINED = frozenset(
    name
    for kind in ("all", "ftp", "http", "https", "no")
    for name in (f"{kind}_proxy", f"{kind}_proxy".upper())
)

_LONGEST = 3600.0  # seconds that a step's command may sleep

Message = dict[str, Any]


class BuildFailed(Exception):
    """A step failed; ``code`` is the exit code when it was a command."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def as_json(self) -> Message:
        detail: Message = {} if self.code is None else {"code": self.code}
        return {"errorDetail": {**detail, "message": self.message}, "error": self.message}


@dataclass(frozen=True, slots=True)
class Options:
    """The options of POST /build."""

    tags: tuple[str, ...] = ()  # fully spelled
    arguments: Mapping[str, str] = field(default_factory=dict)
    cache: bool = True
    cache_from: tuple[str, ...] = ()  # the images whose steps alone may be used again, if any
    pull: bool = False
    remove: bool = True  # say that intermediate containers are removed
    target: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


async def played(
    steps: Steps, command: str, clock: Clock, memory: Budget
) -> AsyncIterator[Message]:
    """The output of a RUN's program as it comes. Raises BuildFailed."""
    given: bytes | None = None
    pace, left, begun = CpuShare(clock.now()), TURN, clock.real()
    while True:
        if left < 0:
            await clock.sleep(pace.rest(clock.now()))
            left, begun = TURN, clock.real()
        elif clock.real() - begun > LONGEST_TURN:
            await clock.sleep(0.0)
            begun = clock.real()
        before = charge(memory)
        try:
            taken = steps.send(given)
        except NoMemory:
            raise BuildFailed(
                f"The command '{command}' returned a non-zero code: 137", 137
            ) from None
        except StopIteration as end:
            if end.value:
                text = f"The command '{command}' returned a non-zero code: {end.value}"
                raise BuildFailed(text, int(end.value)) from None
            return
        finally:
            charge(before)
        given = None
        cost = cost_of(taken)
        pace.spend(cost)
        left -= cost
        if isinstance(taken, Write):
            for piece in pieces(taken):
                text = piece.data.decode(errors="replace")
                yield {"stream": f"\x1b[91m{text}\x1b[0m" if taken.stream == 2 else text}
        elif isinstance(taken, Read):
            given = b""  # a build step has no input
        elif isinstance(taken, Work | Mode):
            continue
        elif taken.seconds > _LONGEST:
            raise BuildFailed("the practice engine does not wait for a command without an end")
        else:
            await clock.sleep(taken.seconds)


def until_target(instructions: list[Instruction], target: str) -> list[Instruction]:
    """The instructions up to the end of the target stage; all without a target."""
    if not target:
        return instructions
    stage = -1
    found = False
    for number, step in enumerate(instructions):
        if step.name == "FROM":
            if found:
                return instructions[:number]
            stage += 1
            alias = step.words[2].lower() if len(step.words) == 3 else ""
            found = target.lower() == alias or target == str(stage)
    if not found:
        raise ApiError(400, f'target stage "{target}" could not be found')
    return instructions


def label_steps(labels: Mapping[str, str]) -> list[Instruction]:
    """``--label``: one more instruction for each at the end."""
    pairs = [f"{name}={value}" for name, value in sorted(labels.items())]
    return [Instruction("LABEL", f"LABEL {p}", p, (p,), {}, False, 0) for p in pairs]


def scratch(engine: str) -> Image:
    """The image of ``FROM scratch``, which has nothing in it."""
    return Image("", engine, "", (), (), 0, 0.0, (), (), _UNSET, "scratch", EMPTY)


def grown(system: FileSystem) -> int:
    """Bytes that a step added; an installed package counts with its stated size."""
    total = 0
    for path, entry in system.layer().items():
        if isinstance(entry, File):
            installed = path.startswith(installers.INSTALLED)
            total += int(entry.data) if installed else len(entry.data)
    return total
