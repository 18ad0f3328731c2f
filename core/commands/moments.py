"""Moments in a docker line: ``--since 10m``, ``--until 2026-11-30T13:00:00``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from core.commands.values import nanoseconds
from core.errors import DockerRefused, InvalidValue

_FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?)?)?"
    r"(Z|z|[+-][0-9]{2}:[0-9]{2})?"
)
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")


def timestamp(word: str, now: float) -> str:
    """A moment as the API takes it: seconds since the epoch, with nine digits after a dot.

    The rules are those of moby, api/types/time/timestamp.go. now: seconds since the epoch, from
    which a duration counts back.

    Raises DockerRefused in its words.
    """
    if word != "0":
        sign = -1 if word.startswith("-") else 1
        try:
            return str(int(now - sign * nanoseconds(word.removeprefix("-")) / 1e9))
        except InvalidValue:
            pass
    if found := _FORM.fullmatch(word):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[8]))
        except ValueError:
            raise DockerRefused(f'parsing time "{word}": day out of range') from None
        return f"{int(moment.timestamp())}.{(found[7] or '').ljust(9, '0')}"
    if "-" in word:
        raise DockerRefused(
            f'parsing time "{word}" as "2006-01-02": cannot parse "{word}" as "2006"'
        )
    if not _NUMBER.fullmatch(word):
        raise DockerRefused(f'failed to parse value as time or duration: "{word}"')
    return word


def _zone(word: str | None) -> timezone:
    if not word or word in "Zz":
        return UTC
    shift = timedelta(hours=int(word[1:3]), minutes=int(word[4:6]))
    return timezone(-shift if word[0] == "-" else shift)
