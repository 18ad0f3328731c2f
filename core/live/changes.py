"""The changes between two contents of a message, as a small patch.

A patch is JSON; ``browser/changes.js`` applies it. ``[value]`` is a new value, ``[]`` a key that is
gone. For an object, a patch is an object with a patch for each key. For a list of objects with ids,
``of`` has a patch for each id, and ``ids`` the new order, where that has changed; for a list of
other objects, ``at`` has a patch for each place. A series, such as the times of a chart, loses its
beginning and grows at its end: ``keep`` is the range that stays, ``add`` the values after it.
"""

from __future__ import annotations

from typing import Any

Patch = dict[str, Any] | list[Any]

#: Values that a series may have lost at its beginning, at most.
_MOST_DROPPED = 64


def changes(old: Any, new: Any) -> Patch | None:
    """The patch from ``old`` to ``new``, both of JSON's types; None where they are equal."""
    if old == new:
        return None
    if isinstance(old, dict) and isinstance(new, dict):
        found: dict[str, Any] = {key: [] for key in old if key not in new}
        for key, value in new.items():
            patch = changes(old[key], value) if key in old else [value]
            if patch is not None:
                found[key] = patch
        return found
    if isinstance(old, list) and isinstance(new, list) and old and new:
        return _in_list(old, new)
    return [new]


def _in_list(old: list[Any], new: list[Any]) -> Patch:
    before, after = _by_id(old), _by_id(new)
    if before and after:
        named = {
            id: patch
            for id, item in after.items()
            if (patch := changes(before[id], item) if id in before else [item]) is not None
        }
        moved = {} if list(before) == list(after) else {"ids": list(after)}
        return {"of": named, **moved}
    if len(old) == len(new) and all(isinstance(item, dict | list) for item in new):
        pairs = enumerate(zip(old, new, strict=True))
        found = {str(at): changes(was, now) for at, (was, now) in pairs}
        return {"at": {at: patch for at, patch in found.items() if patch is not None}}
    start, end = _kept(old, new)
    return {"keep": [start, end], "add": new[end - start :]} if end - start > 2 else [new]


def _by_id(items: list[Any]) -> dict[str, Any]:
    """The items by id; empty where one has no id, or two have the same."""
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        return {}
    found = {item["id"]: item for item in items}
    return found if len(found) == len(items) else {}


def _kept(old: list[Any], new: list[Any]) -> tuple[int, int]:
    """The longest range of the old list with which the new one begins."""
    best = (0, 0)
    for start in range(min(len(old), _MOST_DROPPED)):
        if len(old) - start <= best[1] - best[0]:
            break
        same = 0
        for was, now in zip(old[start:], new, strict=False):
            if was != now:
                break
            same += 1
        if same > best[1] - best[0]:
            best = (start, start + same)
    return best
