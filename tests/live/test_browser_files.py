"""What the browser files must all do alike; tests/browser plays them."""

from __future__ import annotations

import re

import pytest

from core.live.routes import FILES

FOLLOWERS = sorted(
    name
    for name, path in FILES.items()
    if name.endswith(".js") and 'import { follow } from "./socket.js"' in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", FOLLOWERS)
def test_whoever_follows_says_which_cluster(name: str) -> None:
    """The page's data as a whole: files, language and cluster. Parts of it would follow nothing."""
    calls = re.findall(r"\bfollow\(([^)]*)\)", FILES[name].read_text("utf-8"))
    assert calls
    assert all(re.fullmatch(r"[\w.]*\bdata, this", call) for call in calls), calls
