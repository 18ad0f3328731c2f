"""A process that is killed at any instant leaves a whole cluster, a second old at most."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from random import Random

from essaim_practice.store.objects import Service

from ..conftest import PACKAGE, environ
from .keeping import Keeping, on_loop

#: Writes the same number into two files and a record at once, and tells each when it did.
WRITER = """
import asyncio, sys, time
from dataclasses import replace
from pathlib import Path
from essaim_practice.store.objects import Service
from tests.storage.keeping import Keeping

async def play():
    keeping = Keeping(Path(sys.argv[1]))
    keeping.begin()
    store, files = keeping.cluster.store, keeping.cluster.files
    number = 0
    one, two = files.machine("node1"), files.machine("node2")
    if one.exists("/number"):
        number = int(one.read("/number"))
    ballast = b"some words that fill pages" * 4000
    while True:
        number += 1
        text = b"%d" % number
        one.write("/number", text)
        two.write("/number", text)
        two.append("/log", text + b"\\n") if two.exists("/log") else two.write("/log", b"")
        one.write(f"/ballast{number % 7}", text + ballast)
        store.put(Service("s", number, 1.0, 2.0, {"Name": str(number)}, number))
        store.next_version()
        print(number, time.time(), flush=True)
        await asyncio.sleep(0.002)

asyncio.run(play())
"""
LATE = 2.5  # seconds: a second, and what a machine that does much else takes longer


def test_a_killed_process_leaves_a_whole_cluster(tmp_path: Path) -> None:
    random = Random(12)
    run = [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)]
    for _ in range(8):
        with subprocess.Popen(
            run, stdout=subprocess.PIPE, text=True, env=environ(), cwd=PACKAGE
        ) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline().split()]
            begun = float(told[0][1])
            lasts = random.uniform(0.0, 3.0)
            while float(told[-1][1]) < begun + lasts:
                told.append(writer.stdout.readline().split())
            writer.kill()
            told += [line.split() for line in writer.stdout.read().splitlines(keepends=True)[:-1]]
        ended = float(told[-1][1])
        due = max((int(n) for n, at in told if float(at) < ended - LATE), default=0)

        async def play(due: int = due, last: int = int(told[-1][0])) -> None:
            keeping = Keeping(tmp_path)
            keeping.begin()
            assert (keeping.kept.lost, keeping.kept.problem) == (None, "")
            one = keeping.cluster.files.machine("node1")
            if one.exists("/number"):  # else it was killed before the first write
                number = int(one.read("/number"))
                two = keeping.cluster.files.machine("node2")
                service = keeping.cluster.store.get(Service, "s")
                assert service is not None
                assert two.read("/number") == b"%d" % number
                assert (service.version, service.spec["Name"]) == (number, str(number))
                lines = two.read("/log").split()
                assert lines == [b"%d" % n for n in range(2, number + 1)]
                assert one.read(f"/ballast{number % 7}").startswith(b"%dsome words" % number)
                assert due <= number <= last + 1
            else:
                assert not due
            await keeping.end()

        on_loop(play)
