"""What the browser files must all do alike; tests/browser plays them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from core.live.routes import FILES

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "core" / "live" / "browser" / "vendor"
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


def test_vendored_files_are_as_released() -> None:
    """SHA256SUMS was made from the npm packages that LICENSE names."""
    sums = [line.split() for line in (VENDOR / "SHA256SUMS").read_text("utf-8").splitlines()]
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix
    }
    assert found == {name: digest for digest, name in sums}


@pytest.mark.parametrize("package", ["@xterm/xterm", "@xterm/addon-fit"])
def test_types_are_those_of_the_vendored_version(package: str) -> None:
    version = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"][package]
    assert f"{package}/v/{version}" in (VENDOR / "LICENSE").read_text("utf-8")
