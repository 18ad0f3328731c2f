"""Docker lines typed on two engines, and whether both print the same.

A script is a text file with a shell line a line, each typed in a new shell whose DOCKER_HOST is the
engine, in one folder for the whole script. What it prints on either stream and how it exits is
compared, without what differs by nature (normal.py). Besides:

``# words``       a remark
``~ line``        as a line, with its rows in any order
``: line``        typed, not compared: it prepares something, or clears it away
``wait NAME N``   until N replicas of a service run and all else of it is at rest

By hand: ``python -m tests.scenarios.typed FILE --real unix:///run/docker.sock`` types a file on
that Swarm and on a practice Swarm of its own.
"""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from .engines import Swarm, opened
from .normal import normal

PATIENCE = 40  # seconds after which a line that hangs is ended, with exit code 124


@dataclass(frozen=True)
class Line:
    """One line of a script."""

    number: int
    text: str
    compared: bool = True
    ordered: bool = True


@dataclass(frozen=True)
class Answer:
    """What a line printed, made comparable, and how it exited."""

    out: tuple[str, ...]
    err: tuple[str, ...]
    code: int

    def rows(self) -> list[str]:
        return [*self.out, *(f"stderr: {row}" for row in self.err), f"exit code {self.code}"]


def read(path: Path) -> list[Line]:
    """The lines of a script; a backslash at a line's end continues it."""
    lines = []
    for number, text in _whole(path.read_text().splitlines()):
        mark, _, rest = text.partition(" ")
        if mark == "~":
            lines.append(Line(number, rest, ordered=False))
        elif mark == ":":
            lines.append(Line(number, rest, compared=False))
        elif text and mark != "#":
            lines.append(Line(number, text))
    return lines


def _whole(rows: Iterable[str]) -> Iterator[tuple[int, str]]:
    begun = ""
    for number, row in enumerate(rows, 1):
        begun += row.strip()
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        yield number, begun
        begun = ""


def _typed(line: Line, swarm: Swarm, folder: str) -> Answer:
    match line.text.split():
        case ["wait", service, replicas]:
            try:
                swarm.settled(service, int(replicas))
            except AssertionError as never:
                return Answer((), (str(never),), 1)
            return Answer((), (), 0)
    settings = {"DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": folder}
    if swarm.path:
        settings["PATH"] = f"{swarm.path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["timeout", "--signal=KILL", str(PATIENCE), "bash", "-c", line.text],
        env={**os.environ, **settings, "DOCKER_HOST": swarm.host},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    printed = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    out, err = (normal(text.replace(folder, "<folder>")) for text in printed)
    if not line.ordered:
        out.sort()
    return Answer(tuple(out), tuple(err), done.returncode)


def differences(lines: Sequence[Line], real: Swarm, practice: Swarm) -> Iterator[str]:
    """For each line that the engines answer differently: the line, and the difference."""
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))
        folders = [stack.enter_context(TemporaryDirectory()) for _ in "ab"]
        for line in lines:
            typed = partial(_typed, line)
            their, our = pool.map(typed, (real, practice), folders)
            if line.compared and their != our:
                yield "\n".join([f"line {line.number}: {line.text}", *_diff(their, our), ""])


def _diff(their: Answer, our: Answer) -> Iterator[str]:
    return difflib.unified_diff(their.rows(), our.rows(), "real", "practice", "", "", 3, "")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.scenarios.typed",
        description="Type docker lines on a real Swarm and on a practice one, and compare.",
    )
    parser.add_argument("script", type=Path, nargs="+", help="files with a line a line")
    parser.add_argument("--real", metavar="HOST", default=os.environ.get("ESSAIM_REAL_SWARM"))
    options = parser.parse_args()
    if not options.real:
        parser.error("--real HOST (or ESSAIM_REAL_SWARM) must name a manager of a real Swarm")
    os.environ["ESSAIM_REAL_SWARM"] = options.real
    found = 0
    for script in options.script:
        with ExitStack() as stack:
            real, practice = (stack.enter_context(opened(e)) for e in ("real", "practice"))
            for text in differences(read(script), real, practice):
                found += 1
                print(f"{script.name}, {text}", flush=True)
    print("no difference" if not found else f"{found} lines differ")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
