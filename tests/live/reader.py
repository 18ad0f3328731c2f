"""Reads the live socket as the browser does, for tests and benches."""

from __future__ import annotations

import json
from typing import Any


def applied(old: Any, patch: Any) -> Any:
    """What ``core/live/browser/changes.js`` makes of a content and a patch."""
    if isinstance(patch, list):
        return patch[0]
    if isinstance(old, dict):
        gone = [key for key, each in patch.items() if each == []]
        fresh = {key: applied(old.get(key), each) for key, each in patch.items() if each != []}
        return {key: value for key, value in (old | fresh).items() if key not in gone}
    if "keep" in patch:
        start, end = patch["keep"]
        return [*old[start:end], *patch["add"]]
    if "at" in patch:
        places = patch["at"]
        return [applied(e, places[str(i)]) if str(i) in places else e for i, e in enumerate(old)]
    known = {item["id"]: item for item in old}
    known |= {id: applied(known.get(id), each) for id, each in patch["of"].items()}
    return [known[id] for id in patch.get("ids", [item["id"] for item in old])]


class Reader:
    """Keeps the last message of each topic, to put what has changed into."""

    def __init__(self) -> None:
        self.latest: dict[str, dict[str, Any]] = {}

    def read(self, text: str) -> dict[str, Any]:
        """The message in full."""
        message: dict[str, Any] = json.loads(text)
        if "patch" in message:
            before = self.latest[message["topic"]]
            assert before["number"] == message["since"]
            message = {**applied(before, message["patch"]), "number": message["number"]}
        self.latest[message["topic"]] = message
        return message
