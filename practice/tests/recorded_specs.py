"""What a real engine made of each flag of `docker create`, `docker run`, `docker service create`.

tests/recorded/specs-28.json holds it: for each line of spec_lines.txt, the body that the docker
command sent, and HostConfig, Config and Mounts of the container that came of it, with the ids
masked; of lines with flags only what differs from the one without.
`python -m practice.tests.recorded_specs DOCKER_HOST` records it from a manager of a real Swarm.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker

LINES = Path(__file__).with_name("spec_lines.txt")
RECORDED = Path(__file__).parents[2] / "tests/recorded/specs-28.json"
NAME = "essaim-spec"
SLEEP = ("sleep", "1000")  # what all containers run
ABSENT = "(absent)"
SHOWN = ("HostConfig", "Config", "Mounts")
#: What the lines refer to: made before them, by the docker command, and removed after them.
PREPARED = (
    f"network create --subnet 172.30.99.0/24 {NAME}-net",
    f"network create -d overlay --attachable {NAME}-overlay",
    f"volume create {NAME}-vol",
    f"run -d --name {NAME}-other --ipc shareable -v {NAME}-more:/more alpine sleep 1000",
    f"config create {NAME}-config -",
    f"secret create {NAME}-secret -",
)
REMOVED = (
    f"rm -f {NAME}-other",
    f"network rm {NAME}-net {NAME}-overlay",
    f"volume rm {NAME}-vol {NAME}-more",
    f"config rm {NAME}-config",
    f"secret rm {NAME}-secret",
)


@dataclass(frozen=True, slots=True)
class Typed:
    kind: str  # create, run, service
    flags: str


def lines() -> Iterator[Typed]:
    """The lines of spec_lines.txt; an empty one has no flags at all."""
    kind = ""
    for line in LINES.read_text().splitlines():
        if line.startswith("["):
            kind = line[1:-1]
        elif not line.startswith("#"):
            yield Typed(kind, line.replace("%NAME", NAME))


def masked(shown: dict[str, Any]) -> dict[str, Any]:
    """HostConfig, Config and Mounts of an inspected container, without what chance chose."""
    text = json.dumps({name: shown[name] for name in SHOWN})
    labels = shown["Config"]["Labels"] or {}
    words = {shown["Id"]: "ID", shown["Id"][:12]: "SHORT"}
    for what in ("task.id", "service.id", "node.id"):
        if id := labels.get(f"com.docker.swarm.{what}"):
            words[id] = what.upper()
    for id, word in words.items():
        text = text.replace(id, word)
    text = re.sub(r"sha256:[0-9a-f]{64}", "DIGEST", text)
    text = re.sub(rf"{NAME}-[0-9]+\b", f"{NAME}-N", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "ANONYMOUS", text)
    made: dict[str, Any] = json.loads(text)
    made["Mounts"].sort(key=lambda mount: mount["Destination"])
    return made


def less(plain: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    """What of ``full`` differs from ``plain``; ``more`` puts them together again."""
    found: dict[str, Any] = {name: ABSENT for name in plain if name not in full}
    for name, value in full.items():
        before = plain.get(name, ABSENT)
        if isinstance(before, dict) and isinstance(value, dict):
            if inner := less(before, value):
                found[name] = inner
        elif before != value:
            found[name] = value
    return found


def more(plain: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    full = {name: value for name, value in plain.items() if found.get(name) != ABSENT}
    for name, value in found.items():
        if value != ABSENT:
            before = full.get(name)
            both = isinstance(before, dict) and isinstance(value, dict)
            full[name] = more(before, value) if both and before is not None else value
    return full


class Wire:
    """A socket between the docker command and the engine, which keeps the bodies of creations."""

    def __init__(self, engine: str, place: str) -> None:
        self.bodies: list[Any] = []
        self._engine = engine.removeprefix("unix://")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(place)
        self._socket.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            near, _ = self._socket.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._engine)
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        held = b""
        try:
            while data := source.recv(65536):
                target.sendall(data)
                held = self._kept(held + data) if asks else b""
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one end is gone, and so is the other

    def _kept(self, held: bytes) -> bytes:
        head, end, body = held.partition(b"\r\n\r\n")
        if not end:
            return held
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        size = int(length[1]) if length else 0
        if len(body) < size:
            return held
        if re.match(rb"POST \S+/(containers|services)/create", head):
            self.bodies.append(json.loads(body[:size]))
        return self._kept(body[size:]) if body[size:] else b""


def _docker(host: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words], env={**os.environ, "DOCKER_HOST": host}, input="data", text=True,
        capture_output=True, timeout=120,
    )  # fmt: skip


def _record(host: str, wire: Wire, line: Typed, number: int) -> dict[str, Any]:
    name, words = f"{NAME}-{number}", shlex.split(line.flags)
    wire.bodies.clear()
    if line.kind == "service":
        made = _docker(
            host, "service", "create", "-d", "--no-resolve-image", "--name", name,
            "--constraint", "node.hostname==node1", *words, "alpine", *SLEEP,
        )  # fmt: skip
    elif line.kind == "run":
        until = SLEEP if "-d" in words else ("true",)
        made = _docker(host, "run", "--name", name, *words, "alpine", *until)
    else:
        made = _docker(host, "create", "--name", name, *words, "alpine", *SLEEP)
    if made.returncode:
        raise SystemExit(f"{line.kind} {line.flags}: {made.stderr}")
    entry: dict[str, Any] = {"body": wire.bodies[-1]}
    container = name
    for _ in range(200):
        if line.kind != "service":
            break
        label = f"label=com.docker.swarm.service.name={name}"
        if container := _docker(host, "ps", "-aq", "--filter", label).stdout.strip()[:12]:
            break
        time.sleep(0.1)
    entry |= masked(json.loads(_docker(host, "inspect", container).stdout)[0])
    _docker(host, *(["service", "rm", name] if line.kind == "service" else ["rm", "-fv", name]))
    return entry


def record(engine: str) -> None:
    with TemporaryDirectory() as folder:
        place = f"{folder}/docker.sock"
        wire = Wire(engine, place)
        for words in PREPARED:
            _docker(engine, *shlex.split(words))
        ids = _ids(engine)
        found: list[dict[str, Any]] = []
        plain: dict[str, dict[str, Any]] = {}
        for number, line in enumerate(lines()):
            text = json.dumps(_record(f"unix://{place}", wire, line, number))
            for id, word in ids.items():
                text = text.replace(id, word)
            made = json.loads(text)
            differs = less(plain.setdefault(line.kind, {}), made)
            found.append({"kind": line.kind, "flags": line.flags} | differs)
            plain[line.kind] = plain[line.kind] or made
        for words in REMOVED:
            for _ in range(30):  # an overlay network goes after its last task
                if not _docker(engine, *shlex.split(words)).returncode:
                    break
                time.sleep(1)
    entries = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in found)
    RECORDED.write_text(f"[\n{entries}\n]\n")


def _ids(engine: str) -> dict[str, str]:
    """The ids of what was prepared, each with the word that stands for it."""
    ids = {}
    for kind, name in (("config", "config"), ("secret", "secret"), ("network", "overlay")):
        words = f"{kind} inspect -f {{{{.ID}}}} {NAME}-{name}"
        ids[_docker(engine, *words.split()).stdout.strip()] = f"{name.upper()}_ID"
    with docker.APIClient(base_url=engine) as api:
        ids[api.inspect_network("host", scope="swarm")["Id"]] = "HOST_ID"
    return ids


if __name__ == "__main__":
    record(sys.argv[1])
