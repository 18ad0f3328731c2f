"""The docker lines of a machine, which a docker command outside of the simulation does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from essaim_practice.programs.steps import Channel

# The kinds of frames. From the program to the docker command:
START, COMPLETE, INPUT, RESIZE, INTERRUPT = b"S", b"C", b"i", b"r", b"c"
# and from the docker command to the program:
OUTPUT, ERROR, WANT, EXIT, WORDS = b"o", b"x", b"w", b"q", b"W"


class NoDocker(Exception):
    """There is no docker command to be had; the text says why, as a shell would."""


class Line(Channel, Protocol):
    """One docker line that goes on."""

    def take(self) -> tuple[bytes, bytes] | None:
        """The next frame, its kind and what is in it; None while there is none.

        After the end of the connection it is (EXIT, b""), whoever ended it.
        """
        ...

    def send(self, kind: bytes, payload: bytes = b"") -> None: ...

    def close(self) -> None:
        """Let it end, if it has not. Closing twice does no harm."""
        ...


class Docker(Protocol):
    """The docker command of one machine."""

    def begin(self, kind: bytes, asked: Mapping[str, Any]) -> Line:
        """Begin a line (START), or ask for words (COMPLETE). Raises NoDocker."""
        ...

    def tell(self, argv: Sequence[str], cwd: str, code: int) -> None:
        """Remember a line that has ended; argv: ``docker`` first."""
        ...


class _None:
    def begin(self, kind: bytes, asked: Mapping[str, Any]) -> Line:
        raise NoDocker("this worker has no docker command")

    def tell(self, argv: Sequence[str], cwd: str, code: int) -> None:
        """Nobody asks for it."""


NO_DOCKER: Docker = _None()
