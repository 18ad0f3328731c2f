"""HEALTHCHECK: its options and its test, and how both are worded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from essaim_practice.store.errors import ApiError

_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_LEAST = 10**6  # nanoseconds of an interval, if any
_NAMES = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
}

FLAGS = (*_NAMES, "retries")


def times(flags: Mapping[str, str]) -> dict[str, int]:
    """Interval, Timeout, StartPeriod, StartInterval (nanoseconds) and Retries, where given.

    Raises ApiError 400 in the daemon's words.
    """
    found = {}
    for flag, name in _NAMES.items():
        if value := flags.get(flag):
            found[name] = _nanoseconds(value)
            if 0 < found[name] < _LEAST or found[name] < 0:
                raise ApiError(400, f'Interval "{flag}" cannot be less than 1ms')
    if retries := flags.get("retries"):
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", retries):
            raise ApiError(400, f'strconv.ParseInt: parsing "{retries}": invalid syntax')
        if int(retries) < 0:
            raise ApiError(400, f"--retries cannot be negative ({int(retries)})")
        found["Retries"] = int(retries)
    return found


def said(check: Mapping[str, Any]) -> str:
    """A check as the history of an image has it."""
    spans = " ".join(_go(int(check.get(name) or 0)) for name in _NAMES.values())
    return f"&{{[{' '.join(check['Test'])}] {spans} {check.get('Retries', 0)}}}"


def _nanoseconds(text: str) -> int:
    """A Go duration such as ``1m30s``."""
    if not re.fullmatch(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ns|us|ms|h|m|s))+|0", text):
        unit = re.fullmatch(r"[0-9]+(?:\.[0-9]*)?", text)
        what = "missing unit in" if unit else "invalid"
        raise ApiError(400, f'time: {what} duration "{text}"')
    parts = re.findall(r"([0-9.]+)(ns|us|ms|h|m|s)", text)
    total = sum(int(float(number) * _UNITS[unit]) for number, unit in parts)
    return -total if text.startswith("-") else total


def _go(span: int) -> str:
    """Nanoseconds as Go prints a duration: ``1h30m0s``, ``1.5s``, ``500ms``."""
    for unit in ("ns", "us", "ms"):
        if 0 < span < _UNITS[unit] * 1000:
            return f"{span / _UNITS[unit]:g}{'µs' if unit == 'us' else unit}"
    seconds, hours = span / 10**9, int(span // _UNITS["h"])
    minutes, rest = int(seconds // 60) % 60, f"{seconds % 60:g}s"
    if hours:
        return f"{hours}h{minutes}m{rest}"
    return f"{minutes}m{rest}" if minutes else rest
