"""What Lighthouse says of each page: ``python -m bench lighthouse``; it fails below 95 of 100.

It needs Chromium, and node with npx, which fetches the version below the first time: 190 MB, so it
is no dependency. Each page is a first visit, by a browser and with a practice cluster of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from core.ui.choices import COOKIE
from tests.browser.conftest import dashboard
from tests.browser.test_pages import PATHS
from tests.conftest import CHROMIUM_ARGS, chromium

VERSION = "12.8.2"  # the last one for node 18 and 20
CATEGORIES = ("accessibility", "best-practices")
LEAST = 95

#: The pages by their addresses, and whether the viewer was here before.
VISITS = [("", False), *((path, True) for path in (*PATHS, "labs?lab=lab1", "labs?lab=lab3"))]


def main(part: str = "") -> None:
    """part: of the addresses to look at; all without it."""
    low = []
    with dashboard(ESSAIM_ENGINE="practice") as address:
        for path, known in VISITS:
            if part not in path:
                continue
            scores, faults = look(f"{address}/{path}", known)
            told = "  ".join(f"{name} {score:3}" for name, score in scores.items())
            print(f"{told}  /{path}{'' if known else ' (a first visit)'}", flush=True)
            for fault in faults:
                print(f"    {fault}")
            if min(scores.values()) < LEAST:
                low.append(f"/{path}")
    if low:
        sys.exit(f"Below {LEAST}: {', '.join(low)}")


def look(address: str, known: bool) -> tuple[dict[str, int], list[str]]:
    """The scores of a page, of 100, and what is wrong with it.

    known: whether the viewer was here before. Raises CalledProcessError where Lighthouse fails.
    """
    program = ["npx", "--yes", f"--package=lighthouse@{VERSION}", "lighthouse", address]
    cookie = {"Cookie": f"{COOKIE}=role=operate"} if known else {}
    options = {
        "only-categories": ",".join(CATEGORIES),
        "output": "json",
        "throttling-method": "provided",  # how fast it is, is no question here
        "extra-headers": json.dumps(cookie),
        "chrome-flags": " ".join(["--headless=new", *CHROMIUM_ARGS]),
    }
    done = subprocess.run(
        [*program, "--quiet", *(f"--{name}={value}" for name, value in options.items())],
        env=os.environ | {"CHROME_PATH": chromium() or ""},
        stdout=subprocess.PIPE,
        check=True,
    )
    report = json.loads(done.stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    wrong = [each for each in report["audits"].values() if each["score"] not in (None, 1)]
    return scores, [f"{each['id']}: {each['title']}" for each in wrong]


if __name__ == "__main__":
    main(*sys.argv[1:2])
