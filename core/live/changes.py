"""What has changed between two contents of a message: as small as it is quick to find.

A patch is JSON of its own, whose shape follows what it is applied to, in ``browser/changes.js``.
``[value]`` is a new value, ``[]`` says that a key is gone. For an object, it is an object with
a patch for each key. For a list of things with ids, ``of`` has a patch for each id, and ``ids`` the
new order, where that has changed; for a list of other things, ``at`` has a patch for each place. A
series, such as the times of a chart, drops from its beginning and grows at its end: ``keep`` is
from where to where it stays, ``add`` what follows.
"""

from __future__ import annotations

from typing import Any

Patch = dict[str, Any] | list[Any]

#: How many values a series may have dropped from its beginning since the last time.
_MOST_DROPPED = 64


def changes(old: Any, new: Any) -> Patch | None:
    """The patch that makes ``old`` into ``new``, both of JSON's own types; None where it is so."""
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
    """The items by their ids; nothing where one has none, or two have the same."""
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        return {}
    found = {item["id"]: item for item in items}
    return found if len(found) == len(items) else {}


def _kept(old: list[Any], new: list[Any]) -> tuple[int, int]:
    """Which part of the old list the new one begins with: the longest there is."""
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
