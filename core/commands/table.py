"""Text as the docker command prints it: tables, ages, sizes, short ids."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

from core.cluster.engine_json import Json, natural, text

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns at least ten wide and three apart; the last one is not padded."""
    lines = [tuple(head), *map(tuple, rows)]
    columns = zip_longest(*(line[:-1] for line in lines), fillvalue="")
    widths = [max(10, max(map(len, column)) + 3) for column in columns]
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False))
        + "".join(line[-1:])
        for line in lines
    )


def ago(moment: float | str) -> str:
    """The time since a moment, in Docker's words. moment: seconds since the epoch, or RFC 3339."""
    then = moment if isinstance(moment, (int, float)) else seconds(moment)
    return f"{duration(time.time() - then)} ago"


def seconds(timestamp: str) -> float:
    """The API's RFC 3339 timestamp in seconds since the epoch. Raises ValueError."""
    return datetime.fromisoformat(timestamp).timestamp()


def moment(time: float) -> str:
    """Seconds since the epoch as Go prints a time: ``2026-11-30 13:00:00 +0000 UTC``."""
    return f"{datetime.fromtimestamp(int(time), UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"


def moment_of(timestamp: str) -> str:
    """The API's RFC 3339 timestamp as Go prints a time, with its fraction."""
    day, _, rest = timestamp.partition("T")
    clock = rest.partition("Z")[0]
    whole, dot, fraction = clock.partition(".")
    return f"{day} {whole}{dot}{fraction.rstrip('0')}".rstrip(".") + " +0000 UTC"


def duration(length: float) -> str:
    """A time in seconds as Docker rounds it: ``About a minute``, ``3 days``.

    The limits are those of docker/go-units, HumanDuration.
    """
    whole = int(length)
    minutes = whole // 60
    hours = int(length / 3600 + 0.5)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    if hours == 1:
        return "About an hour"
    days = hours // 24
    for limit, unit, per in ((2, "hours", hours), (14, "days", days), (60, "weeks", days // 7)):
        if days < limit:
            return f"{per} {unit}"
    return f"{days // 30} months" if days < 730 else f"{whole // 3600 // 24 // 365} years"


def size(count: float, digits: int = 3) -> str:
    """A number of bytes as Docker prints an image's: ``129MB``."""
    return _size(count, 1000, _DECIMAL, digits)


def memory(count: float) -> str:
    """A number of bytes as Docker prints a machine's memory: ``23.54GiB``."""
    return _size(count, 1024, _BINARY, 4)


def _size(count: float, base: int, units: Sequence[str], digits: int) -> str:
    step = 0
    while count >= base and step < len(units) - 1:
        count /= base
        step += 1
    return f"{count:.{digits}g}{units[step]}"


def short(id: str) -> str:
    """The twelve characters by which Docker shows an id."""
    return id.removeprefix("sha256:")[:12]


def cut(whole: str, length: int) -> str:
    """At most ``length`` characters; the last is … where some are missing."""
    return whole if len(whole) <= length else whole[: length - 1] + "…"


def by_name(things: Iterable[Json] | None) -> list[Json]:
    """The Swarm's services, secrets, …, sorted by the names in their specs."""
    return sorted(things or (), key=lambda thing: natural(text(thing, "Spec", "Name")))
