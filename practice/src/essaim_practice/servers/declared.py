"""Programs that only a recipe plays: they say so, print what it tells of them, and stay up or end.

The recipe's words stand in the program's own file, as JSON, so that an image that is built upon
another one, committed or saved has them, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from posixpath import basename

from essaim_practice.files.image_trees import DECLARED
from essaim_practice.programs import signals
from essaim_practice.programs.base import READERS, Context, Maker, Program, StartError, program
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import (
    FOREVER,
    Interrupted,
    Steps,
    ending,
    line,
    printing,
)

_ENDING = frozenset({signals.HUP, signals.INT, signals.TERM, signals.QUIT})


@dataclass(frozen=True, slots=True)
class _Declared:
    """What a recipe says of one program."""

    image: str
    answers: Mapping[str, str] = field(default_factory=dict)
    main: bool = False  # it is what the image is started with
    log: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    exit_code: int | None = None
    serves: bool = False
    code: int | None = None  # with which it ends, silently


def declared(content: bytes) -> Maker:
    """The program in a file that begins with DECLARED. What is no such JSON says nothing."""
    try:
        said = _Declared(**json.loads(content[len(DECLARED) :]))
    except (ValueError, TypeError, RecursionError):  # a learner has written into it
        said = _Declared("it")
    return lambda argv, context: _program(argv, context, said)


READERS[DECLARED] = declared


def _program(argv: list[str], context: Context, said: _Declared) -> Program:
    name = basename(argv[0])
    if (answer := said.answers.get(" ".join((name, *argv[1:])))) is not None:
        return Program(printing(answer))
    if said.code is not None:
        return Program(ending(said.code))
    if "entrypoint" in name:
        if len(argv) == 1:
            return Program(ending(0))
        try:
            return program(argv[1:], context)
        except StartError:
            if not said.main:
                raise
    if not said.main or (said.exit_code is None and not said.ports and not said.serves):
        return Program(printing(_not_played(name), 1, 2))
    title = " ".join(argv)
    if said.exit_code is not None:
        return Program(_logging(said), processes=(title,))
    return Program(
        _logging(said),
        term_code=0,
        ports=frozenset(said.ports),
        site=partial(_site, said),
        processes=(title,),
        hears=_ENDING,
    )


def _not_played(name: str) -> str:
    return f"(simulated) {name} is not played by the practice engine"


def _logging(said: _Declared) -> Steps:
    for text in said.log:
        yield line(text)
    if not said.serves:
        yield line(f"{_not_played(said.image)}: it does nothing", 2)
    if said.exit_code is not None:
        return said.exit_code
    with suppress(Interrupted):
        yield FOREVER
    return 0


def _site(said: _Declared, request: HttpRequest) -> HttpResponse:
    """Of a user's image: who answered. Else: that nobody does."""
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if said.serves:
        text = f"(simulated) {said.image} answers from {request.replica}\n"
        return HttpResponse(text.encode(), headers=headers)
    return HttpResponse(f"{_not_played(said.image)}\n".encode(), 501, headers)
