"""Filter values that several lists share, parsed as the daemon does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import parse_time
from essaim_practice.text.encoding import encoded
from essaim_practice.text.expressions import Malformed, TooLarge, compiled

Filters = Mapping[str, list[str]]
_TRUE, _FALSE = ("1", "true"), ("0", "false")


def flag_of(filters: Filters, name: str) -> bool | None:
    """A boolean filter; None if absent. Raises ApiError 400 for another value."""
    values = filters.get(name)
    if not values:
        return None
    if values[-1] not in (*_TRUE, *_FALSE):
        raise ApiError(400, f"invalid filter '{name}=[{' '.join(values)}]'")
    return values[-1] in _TRUE


def until_of(filters: Filters, now: float) -> float:
    """The ``until`` filter as a time. Raises ApiError 400 for an invalid one."""
    try:
        return min((parse_time(v, now) for v in filters.get("until", ())), default=math.inf)
    except ValueError:
        text = f'failed to parse value as time or duration: "{filters["until"][-1]}"'
        raise ApiError(400, text) from None


def matches(pattern: str, *names: str) -> bool:
    """Whether one of the names contains a match of the pattern; an invalid one is plain text.

    As in Go, the leftmost match counts, not the longest.
    """
    try:
        regex = compiled(encoded(pattern), longest=False)
        return any(regex.search(encoded(name)) for name in names)
    except (Malformed, TooLarge):
        return pattern in names


def labelled(labels: Mapping[str, str], wanted: Iterable[str]) -> bool:
    """Whether the labels have every ``key`` or ``key=value``."""
    pairs = (text.partition("=") for text in wanted)
    return all(k in labels and (not equals or labels[k] == v) for k, equals, v in pairs)


def unlabelled(labels: Mapping[str, str], unwanted: Iterable[str]) -> bool:
    """Whether the labels have no such ``key`` or ``key=value``."""
    return not any(labelled(labels, [text]) for text in unwanted)
