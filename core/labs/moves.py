"""Moves: what a solution is made of, and how a lab's folder writes them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.commands.build import BuildImage
from core.commands.command import Command
from core.commands.folder import FOLDER
from core.commands.registry import parse
from core.labs.placeholders import Known, fill


@dataclass(frozen=True, slots=True)
class Join:
    """``docker swarm join``, on another node, with the token of the moment."""

    node: str

    def line(self) -> str:
        return "docker swarm join --token <token> <manager>:2377"


@dataclass(frozen=True, slots=True)
class Curl:
    """Requests to a published port, each over a new connection, as curl makes them."""

    port: int
    times: int = 1

    def line(self) -> str:
        once = f"curl http://localhost:{self.port}"
        return once if self.times == 1 else f"for i in $(seq {self.times}); do {once}; done"


@dataclass(frozen=True, slots=True)
class InstanceFault:
    """A power cut of one instance, or the repair of all: no docker command does either.

    node: may be a placeholder.
    """

    kind: Literal["off", "mend"]
    node: str = ""

    def line(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Written:
    """A docker line, which may hold placeholders.

    append: texts to put at the end of files of the demo folder, for a build, by their names.
    """

    text: str
    append: tuple[tuple[str, str], ...] = ()

    def line(self) -> str:
        return self.text

    def command(self, text: str) -> Command:
        """The command of the line once its placeholders are filled in. Raises InvalidCommand."""
        command = parse(text)
        if self.append and isinstance(command, BuildImage):
            files = {name: _demo(name) for name in ("app.py", "Dockerfile")}
            files |= {name: files.get(name, "") + more for name, more in self.append}
            return BuildImage(tag=command.tag, path=command.path, files=tuple(files.items()))
        return command


Move = Command | Join | Curl | InstanceFault


def made(moves: Sequence[Written | Join | Curl | InstanceFault], known: Known) -> tuple[Move, ...]:
    """The moves for a cluster; none, as long as what one of them needs is not there.

    A line that would name several things, of which none is there, is left out.
    """
    found: list[Move] = []
    for move in moves:
        if isinstance(move, Join | Curl):
            found.append(move)
            continue
        for filled in fill(move.text if isinstance(move, Written) else move.node, known):
            if not filled.ready and not filled.plural:
                return ()
            if not filled.ready:
                continue
            if isinstance(move, Written):
                found.append(move.command(filled.text))
            else:
                found += [InstanceFault(move.kind, node) for node in filled.text.split(" ")]
    return tuple(found)


def _demo(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
