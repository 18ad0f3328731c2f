"""The program ``docker`` of a machine: it carries a docker line out, and what comes back in."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence

from essaim_practice.programs import signals
from essaim_practice.programs.base import MACHINE, Context, Program, executable
from essaim_practice.programs.docker_lines import (
    COMPLETE,
    ERROR,
    EXIT,
    INPUT,
    INTERRUPT,
    OUTPUT,
    RESIZE,
    START,
    WANT,
    WORDS,
    Line,
    NoDocker,
)
from essaim_practice.programs.steps import (
    RAW,
    READ,
    Hear,
    Interrupted,
    Read,
    Step,
    Steps,
    Write,
    line,
)

_KILLED = 128 + signals.KILL
_RAW = Read(raw=True)
_READS = {b"": None, b"line": READ, b"raw": _RAW}  # by what the docker command wants


@executable((MACHINE,), "docker")
def docker(argv: list[str], context: Context) -> Program:
    """Any docker line. Ctrl-C is passed on; whatever else ends it ends the docker command too."""
    return Program(
        _told(argv, context), hears=frozenset({signals.INT}), processes=(" ".join(argv),)
    )


def _told(argv: list[str], context: Context) -> Steps:
    code = _KILLED
    try:
        code = yield from _playing(argv, context)
    finally:
        context.docker.tell(argv, context.cwd, code)
    return code


def _playing(argv: list[str], context: Context) -> Steps:
    asked = {
        "argv": argv[1:],
        "cwd": context.cwd,
        "env": dict(context.env),
        "tty": {"in": context.keyboard, "out": context.tty},
        "size": context.size,
    }
    try:
        outside = context.docker.begin(START, asked)
    except NoDocker as none:
        yield line(f"docker: {none}", 2)
        return 127
    news = _News(outside, context)
    reading: Read | None = None
    try:
        while True:
            try:
                while (frame := outside.take()) is not None:
                    kind, payload = frame
                    if kind == EXIT:
                        return _code(payload) if payload else (yield from _lost())
                    if kind == WANT:
                        reading = _READS.get(payload)
                        if reading == _RAW:
                            yield RAW  # before what follows is shown
                    elif kind in (OUTPUT, ERROR):
                        yield Write(payload, 1 if kind == OUTPUT else 2)
                if (size := news.resized()) is not None:
                    outside.send(RESIZE, json.dumps(size).encode())
                given = yield Hear((news,), reading)
            except Interrupted as signal:
                if signal.signal == signals.INT:
                    outside.send(INTERRUPT)
                elif signal.signal != signals.WINCH:  # the next turn looks at the size
                    raise
            else:
                if given is not None:
                    outside.send(INPUT, given)
                    reading = None
    finally:
        outside.close()


class _News:
    """What a line waits for: frames, and another size of the terminal."""

    def __init__(self, outside: Line, context: Context) -> None:
        self._outside, self._context = outside, context
        self._size = context.size

    @property
    def ready(self) -> bool:
        return self._outside.ready or self._context.size != self._size

    @property
    def listener(self) -> Callable[[], None] | None:
        return self._outside.listener

    @listener.setter
    def listener(self, listener: Callable[[], None] | None) -> None:
        self._outside.listener = listener

    def resized(self) -> tuple[int, int] | None:
        """The new size, if there is one."""
        before, self._size = self._size, self._context.size
        return self._size if self._size != before else None


def _lost() -> Steps:
    yield line("Killed", 2)
    return _KILLED


def _code(payload: bytes) -> int:
    return int(json.loads(payload)["code"]) & 0xFF


def complete(
    words: Sequence[str], prefix: str, context: Context
) -> Generator[Step, bytes | None, list[str]]:
    """The words that may follow these, ``docker`` first, and begin so. [] where none are known."""
    asked = {"words": list(words), "prefix": prefix, "env": dict(context.env)}
    try:
        outside = context.docker.begin(COMPLETE, asked)
    except NoDocker:
        return []
    try:
        while True:
            yield Hear((outside,))
            while (frame := outside.take()) is not None:
                kind, payload = frame
                if kind == WORDS:
                    return [str(word) for word in json.loads(payload)]
                if kind == EXIT:
                    return []
    finally:
        outside.close()
