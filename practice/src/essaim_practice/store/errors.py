"""Errors that any room may raise while it serves a request.

They lie on the lowest floor, so that every room can raise them.
"""

from __future__ import annotations


class ApiError(Exception):
    """An answer in Docker's error shape: ``{"message": …}`` with an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Hold(Exception):
    """A handler cannot answer before the managers have a leader; it is called again then.

    Without a leader in that many seconds, ``refusal`` is the answer. The handler has written
    nothing yet.
    """

    def __init__(self, seconds: float, refusal: ApiError) -> None:
        super().__init__(refusal.message)
        self.seconds = seconds
        self.refusal = refusal
