"""What the browser files must all do alike; tests/browser plays them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from core.live.routes import FILES

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "core" / "live" / "browser" / "bundle"
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


def bundled() -> dict[str, str]:
    """The version of each package that a bundle may hold a part of, by name."""
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    found: dict[str, str] = {}
    wanted = [
        re.sub(r"^(@[^/]+/[^/]+|[^/@]+).*", r"\1", source)
        for path in BUNDLE.iterdir()
        for source in re.findall(r'from "([^"]+)"', path.read_text("utf-8"))
    ]
    while wanted:
        if (name := wanted.pop()) not in found:
            package = locked[f"node_modules/{name}"]
            found[name] = package["version"]
            wanted += package.get("dependencies", {})
    return found


def test_the_licence_names_each_bundled_package_in_its_version() -> None:
    packages = bundled()
    assert "@codemirror/view" in packages
    named = re.findall(r"package/(\S+)/v/([\d.]+)$", (VENDOR / "LICENSE").read_text("utf-8"), re.M)
    assert packages.items() <= set(named)


@pytest.mark.node
@pytest.mark.skipif(
    not (ROOT / "node_modules" / "esbuild").exists(), reason="make lint has not fetched esbuild"
)
def test_a_bundle_can_be_made_again(tmp_path: Path) -> None:
    made = tmp_path / "codemirror.mjs"
    command = ["npm", "run", "--silent", "vendor", "--", "--log-level=error", f"--outfile={made}"]
    subprocess.run(command, cwd=ROOT, check=True)
    assert made.read_bytes() == (VENDOR / "codemirror.mjs").read_bytes()
