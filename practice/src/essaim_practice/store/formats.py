"""Times, durations, sizes, ids and the version in the daemon's spelling."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any

NO_TIME = "0001-01-01T00:00:00Z"  # Go's zero time: it has not happened yet

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


@lru_cache(maxsize=4096)  # the same few times are told in every answer
def rfc3339(at: float, trim: bool = True) -> str:
    """A time in seconds as RFC 3339 with nanoseconds; ``trim`` drops trailing zeros as Go does."""
    if not at:
        return NO_TIME
    seconds, nanoseconds = divmod(round(at * 1e9), 10**9)
    fraction = f".{nanoseconds:09d}"
    if trim:
        fraction = fraction.rstrip("0").rstrip(".")
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + fraction + "Z"


def parse_time(text: str, now: float) -> float:
    """A ``since`` or ``until`` of the API: Unix seconds, RFC 3339, or a Go duration before now.

    Raises ValueError for anything else; the empty text and "0" are 0.
    """
    if not text or text == "0":
        return 0.0
    if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{0,9})?", text, re.ASCII):
        return float(text)
    if text[-1] in "smh" and text[0].isdigit():
        return now - _go_duration(text)
    moment = datetime.fromisoformat(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        raise ValueError(text) from None


def _go_duration(text: str) -> float:
    parts = re.findall(r"([0-9.]{1,12})(ms|h|m|s)", text)
    if "".join(number + unit for number, unit in parts) != text:
        raise ValueError(text)
    scale = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * scale[unit] for number, unit in parts)


def human_duration(seconds: float) -> str:
    """The daemon's words for a duration: "3 seconds", "About a minute", "2 hours"."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < _MINUTE:
        return f"{whole} seconds"
    if whole < 2 * _MINUTE:
        return "About a minute"
    if whole < _HOUR:
        return f"{whole // _MINUTE} minutes"
    hours = int(seconds / _HOUR + 0.5)
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{int(seconds / _DAY) // 365} years"


def human_size(size: float) -> str:
    """Bytes in powers of 1000 with four significant digits: "1.084MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.4g}{unit}"
        size /= 1000
    return f"{size:.4g}TB"


def hex_id(random: Random) -> str:
    """A new 64-digit id, as containers and local networks have."""
    return f"{random.getrandbits(256):064x}"


def short(image_id: str) -> str:
    """The 12 digits by which people know an image or a container."""
    return image_id.removeprefix("sha256:")[:12]


def overlay(id: str, below: str) -> dict[str, Any]:
    """The GraphDriver field of inspections: paths of a layer on a real machine."""
    place, lower = (
        f"/var/lib/docker/overlay2/{hashlib.sha256(name.encode()).hexdigest()}"
        for name in (id, below)
    )
    data = {"LowerDir": f"{lower}/diff"} if below else {}
    data |= {
        "MergedDir": f"{place}/merged",
        "UpperDir": f"{place}/diff",
        "WorkDir": f"{place}/work",
    }
    return {"Data": data, "Name": "overlay2"}
