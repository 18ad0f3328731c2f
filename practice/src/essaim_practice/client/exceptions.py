"""The errors that a user of this package may have to handle.

PracticeError
├── EngineUnreachable   no practice engine answers at an address; a ConnectionError, too
├── RequestRefused      the engine refused a call under /_practice
└── TooManyClusters     a process holds as many clusters as it may
"""

from __future__ import annotations


class PracticeError(Exception):
    """The base of this package's errors; its text is a sentence for a person."""


class EngineUnreachable(PracticeError, ConnectionError):
    """No practice engine answers at an address, or not in time; ``__cause__`` tells why."""


class RequestRefused(PracticeError):
    """The engine refused a call. status: the answer's HTTP status. message: the engine's words.

    >>> from essaim_practice import PracticeServer, RequestRefused
    >>> with PracticeServer.start(nodes=1, bind_ports=False) as server:
    ...     try:
    ...         server.faults.cut("node7")
    ...     except RequestRefused as refused:
    ...         print(refused.status, refused)
    404 there is no machine called node7, only node1
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)  # all of them: a copy is made of these
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return self.message


class TooManyClusters(PracticeError):
    """A process holds as many clusters as it may: one has to end before another begins."""
