"""What any room raises that a request comes to: the answer that refuses it.

It lies below all rooms, so that none imports from the API only to refuse in its words.
"""

from __future__ import annotations


class ApiError(Exception):
    """An answer in Docker's error shape: ``{"message": …}`` with an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Hold(Exception):
    """What a handler raises that cannot answer yet: it is asked again once the managers are led.

    When they are not in that many seconds, ``refusal`` is the answer. Nothing is written yet.
    """

    def __init__(self, seconds: float, refusal: ApiError) -> None:
        super().__init__(refusal.message)
        self.seconds = seconds
        self.refusal = refusal
