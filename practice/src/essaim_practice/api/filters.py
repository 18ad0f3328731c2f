"""The values of filters that several lists have in common, read as the daemon reads them."""

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
    """A filter that is true or false, None where it is not asked for; 400 for another value."""
    values = filters.get(name)
    if not values:
        return None
    if values[-1] not in (*_TRUE, *_FALSE):
        raise ApiError(400, f"invalid filter '{name}=[{' '.join(values)}]'")
    return values[-1] in _TRUE


def until_of(filters: Filters, now: float) -> float:
    """The time before which something was made to be pruned; 400 for what is no time."""
    try:
        return min((parse_time(v, now) for v in filters.get("until", ())), default=math.inf)
    except ValueError:
        text = f'failed to parse value as time or duration: "{filters["until"][-1]}"'
        raise ApiError(400, text) from None


def matches(pattern: str, *names: str) -> bool:
    """Whether a filter's pattern is found in one of the names: a regular expression, if it is one.

    Go's regular expressions are RE2's, without the rule of the longest.
    """
    try:
        regex = compiled(encoded(pattern), longest=False)
        return any(regex.search(encoded(name)) for name in names)
    except (Malformed, TooLarge):
        return pattern in names


def labelled(labels: Mapping[str, str], wanted: Iterable[str]) -> bool:
    """Whether all of ``key`` and ``key=value`` are there."""
    pairs = (text.partition("=") for text in wanted)
    return all(k in labels and (not equals or labels[k] == v) for k, equals, v in pairs)


def unlabelled(labels: Mapping[str, str], unwanted: Iterable[str]) -> bool:
    """Whether none of ``key`` and ``key=value`` is there."""
    return not any(labelled(labels, [text]) for text in unwanted)
