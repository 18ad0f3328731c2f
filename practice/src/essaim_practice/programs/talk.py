"""One TCP connection to a program in a container, for protocols that are not HTTP."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

#: Opens a connection to a program, of a caller at this address.
Talks = Callable[[str], "Talk"]


class Talk(ABC):
    """The program's side of one connection; also a Channel (see steps) of what it says unasked."""

    closed: bool = False  # the program has closed it: what ``hear`` answered is the last of it
    ready: bool = False  # it has something to say, or more of it: ``hear(b"")`` tells it
    listener: Callable[[], None] | None = None  # called when it becomes ready, or closed

    @abstractmethod
    def hear(self, data: bytes) -> bytes:
        """What the program says to these bytes; b"" where it has nothing to say yet.

        The first call is with b"": what the program says before its caller does. Bytes come cut
        anywhere. It takes some milliseconds at most.
        """

    def end(self) -> None:
        """The caller has closed the connection."""
        self.closed = True
