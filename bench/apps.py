"""A class opens the course's app on the practice engine: ``python -m bench.apps``.

Every browser is a websocket that has the script run once; it is drawn when the script has finished.
"""

from __future__ import annotations

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import docker

from core.commands.build import BuildImage
from core.commands.folder import FOLDER
from essaim_practice.apps.host import HOST
from essaim_practice.hosting.server import PracticeServer
from practice.tests.test_apps import drawn, opened

LEARNERS, APPS = 30, 5
PORT = 8080
SAMPLES = 10


def main() -> None:
    with PracticeServer.start(speed=50, seed=1, bind_ports=False) as server:
        with closing(docker.DockerClient(base_url=server.urls[0])) as client:
            for number in range(APPS):
                _serve(client, number)
        first = _seconds(server)
        later = statistics.median(_seconds(server) for _ in range(SAMPLES))
        class_, memory = _class(server)
    HOST.stop()
    print(f"{first:8.2f} s: the first browser's app, whose process is started for it")
    print(f"{later:8.2f} s: another's")
    print(f"{class_:8.2f} s: the last of {LEARNERS} that open {APPS} different apps at once")
    print(f"{memory / 1e6:8.1f} MB: the memory of the apps' processes then")


def _serve(client: docker.DockerClient, number: int) -> None:
    files = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("app.py", "Dockerfile")}
    files["app.py"] += f'\nst.write("Version {number}")\n'
    BuildImage(tag=(f"app{number}",), path=".", files=tuple(files.items())).run(client)
    client.containers.run(f"app{number}", detach=True, ports={"8080": PORT + number})


def proportional(pid: int) -> float:
    """Bytes of a process, where those that several share count in parts."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    assert found is not None
    return int(found[1]) * 1024


def _seconds(server: PracticeServer, number: int = 0) -> float:
    began = time.perf_counter()
    with opened(server, PORT + number) as socket:
        drawn(socket)
        return time.perf_counter() - began


def _class(server: PracticeServer) -> tuple[float, float]:
    """Seconds of the slowest, and bytes while all pages are open."""
    together = Barrier(LEARNERS + 1)

    def learner(number: int) -> float:
        together.wait()
        began = time.perf_counter()
        with opened(server, PORT + number % APPS) as socket:
            drawn(socket)
            taken = time.perf_counter() - began
            together.wait()
            together.wait()
        return taken

    with ThreadPoolExecutor(LEARNERS) as pool:
        ends = [pool.submit(learner, number) for number in range(LEARNERS)]
        together.wait()
        together.wait()
        memory = proportional(HOST.pid)
        together.wait()
        return max(end.result() for end in ends), memory


if __name__ == "__main__":
    main()
