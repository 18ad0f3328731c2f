"""Times and durations as Go's templates have them: printed in Go's way, with Go's methods."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any


class Moment:
    """A time: JSON has it as RFC 3339, and Go prints it in another way."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def field(self, name: str, *arguments: Any) -> Any:
        """Go's methods of a time. Raises KeyError for others."""
        at = _whole(self._text)
        if name == "Format" and len(arguments) == 1:
            return _formatted(at, self._text, str(arguments[0]))
        found = {
            "Year": at.year, "Month": f"{at:%B}", "Day": at.day, "Weekday": f"{at:%A}",
            "Hour": at.hour, "Minute": at.minute, "Second": at.second, "YearDay": int(f"{at:%j}"),
            "Nanosecond": int(_fraction(self._text)[:9].ljust(9, "0")),
            "Unix": int(at.timestamp()), "String": str(self), "UTC": self, "Local": self,
            "IsZero": at == _ZERO,
        }  # fmt: skip
        if name not in found or arguments:
            raise KeyError("time.Time")
        return found[name]

    def as_json(self) -> str:
        return self._text

    def __str__(self) -> str:
        return moment(self._text)


class Span(int):
    """A duration in nanoseconds, which Go prints as ``1m30s``."""

    __slots__ = ()

    def field(self, name: str, *arguments: Any) -> Any:
        """Go's methods of a duration. Raises KeyError for others."""
        found = {
            "String": str(self), "Nanoseconds": int(self), "Milliseconds": int(self) // 10**6,
            "Seconds": self / 10**9, "Minutes": self / (60 * 10**9), "Hours": self / (3600 * 10**9),
        }  # fmt: skip
        if name not in found or arguments:
            raise KeyError("time.Duration")
        return found[name]

    def __str__(self) -> str:
        return spelled(self)


_ZERO = datetime(1, 1, 1, tzinfo=UTC)
#: Parts of Go's reference time, the longest first, and what strftime calls them.
_LAYOUT = {
    "January": "%B", "Monday": "%A", "2006": "%Y", "-07:00": "+00:00", "Z07:00": "Z", "MST": "UTC",
    "Jan": "%b", "Mon": "%a", "01": "%m", "02": "%d", "15": "%H", "03": "%I", "04": "%M",
    "05": "%S", "06": "%y", "PM": "%p", "_2": "%e", "-0700": "+0000",
}  # fmt: skip
_PART = re.compile("|".join((r"\.0+", r"\.9+", *_LAYOUT)))


def _whole(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return _ZERO


def _fraction(text: str) -> str:
    """The digits after the second, without the zeros at their end."""
    found = re.search(r"\.(\d+)", text)
    return found[1].rstrip("0") if found else ""


def _formatted(at: datetime, text: str, layout: str) -> str:
    """Go's Time.Format."""

    def part(found: re.Match[str]) -> str:
        word = found[0]
        if word[0] == ".":
            digits = _fraction(text).ljust(9, "0")[: len(word) - 1]
            digits = digits.rstrip("0") if word[1] == "9" else digits
            return f".{digits}" if digits else ""
        known = _LAYOUT[word]
        return f"{at:{known}}" if known.startswith("%") else known

    return _PART.sub(part, layout)


def moment(text: str) -> str:
    """An RFC 3339 time as Go prints it: ``2026-11-30 12:53:07.1 +0000 UTC``."""
    at = _whole(text)
    if at == _ZERO:
        return "0001-01-01 00:00:00 +0000 UTC"
    fraction = _fraction(text)
    return f"{at:%Y-%m-%d %H:%M:%S}{f'.{fraction}' if fraction else ''} +0000 UTC"


_UNITS = {"ns": 1, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def spelled(length: int) -> str:
    """A time in nanoseconds as Go prints it: ``1m30s``, ``1.5s``, ``0s``."""
    length = int(length)
    if not length:
        return "0s"
    sign, left = ("-", -length) if length < 0 else ("", length)
    if left < 10**9:
        unit = next(unit for unit in ("ms", "µs", "ns") if left >= _UNITS[unit])
        return f"{sign}{_decimal(left, _UNITS[unit])}{unit}"
    hours, left = divmod(left, _UNITS["h"])
    minutes, left = divmod(left, _UNITS["m"])
    seconds = f"{_decimal(left, 10**9)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _decimal(count: int, unit: int) -> str:
    whole, rest = divmod(count, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
