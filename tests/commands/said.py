"""What the docker command 28.2 says and sends, line by line, to an engine with known answers.

The engine's answers are those of a real one (tests/recorded/engine-*.json); those that change
something, and streams, are written here in the shape of moby's api/types. ``python -m
tests.commands.said`` types tests/recorded/said-lines.txt with the docker command of this machine.
It writes down, for each engine, what that said, how it ended and what it sent: said-*.json there.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, unquote

RECORDED = Path(__file__).parents[1] / "recorded"


def _recorded(name: str) -> dict[str, Any]:
    text = (RECORDED / f"engine-{name}.json").read_text(encoding="utf-8")
    # The keys that are left out there have to be base64 for the docker command.
    answers: dict[str, Any] = json.loads(re.sub(r'("CertIssuer\w+": )"…"', r'\1"eA=="', text))
    for service in answers["/services"]:  # asked for with its status, which was not recorded
        service["ServiceStatus"] = {"RunningTasks": 1, "DesiredTasks": 2, "CompletedTasks": 0}
    for image in answers["/images/json"]:  # an odd name, of how these were brought in
        image["RepoTags"] = [name for name in image["RepoTags"] if "@" not in name]
    shape = answers["/networks/shapenet"]
    tokens = {"Worker": "SWMTKN-1-worker", "Manager": "SWMTKN-1-manager"}  # were left out
    answers["/swarm"]["JoinTokens"] = tokens
    here = {"POST /swarm/init": answers["/info"]["Swarm"]["NodeID"]}
    return answers | here | {f"/networks/{shape['Id']}": shape}


ENGINES = {name: _recorded(name) for name in ("28", "29")}
API = "1.50"  # of the docker command 28.2
#: The files of the machine where the lines are typed.
FILES = {
    "hello.txt": "hello",
    "key": "secret",
    "archive.tar": "not looked into",
    "a.yml": "services:\n  web:\n    image: nginx:${TAG:-1}\n    ports: ['80:80']\n",
    "b.yml": "services:\n  web:\n    deploy:\n      replicas: 3\n    environment: {A: 1}\n",
}


def _tar(**files: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


ID = "0123456789ab" * 5 + "0123"
LAYER = {"id": "0123456789ab", "progressDetail": {}}
FILE = {"name": "hello.txt", "size": 5, "mode": 0o644, "mtime": "2026-11-30T00:00:00Z"}
FOLDER = {"name": "tmp", "size": 4096, "mode": (1 << 31) + 0o755, "mtime": "2026-11-30T00:00:00Z"}
SPEC: dict[str, Any] = {"Name": "kept", "Labels": {"a": "b"}}
KEPT: dict[str, Any] = {
    "ID": "o1",
    "Version": {"Index": 7},
    "CreatedAt": "2026-11-30T00:00:00.5Z",
    "UpdatedAt": "2026-11-30T00:00:01Z",
    "Spec": SPEC,
}
#: Answers to what changes something, by method and path; a list is a stream of JSON, bytes are
#: sent as they are. What is not here and was not recorded is not found.
WRITTEN: dict[str, Any] = {
    "POST /networks/create": {"Id": ID, "Warning": ""},
    "POST /networks/bridge/connect": {},
    "POST /networks/bridge/disconnect": {},
    "DELETE /networks/shapenet": {},
    "POST /networks/prune": {"NetworksDeleted": ["one", "two"]},
    "POST /volumes/create": {"Name": "made", "Driver": "local"},
    "DELETE /volumes/shapevol": {},
    "POST /volumes/prune": {"VolumesDeleted": ["v1", "v2"], "SpaceReclaimed": 12345},
    "POST /auth": {"Status": "Login Succeeded", "IdentityToken": ""},
    "GET /images/search": [
        {"name": "nginx", "description": "Official build of Nginx. " * 3, "star_count": 21000,
         "is_official": True, "is_automated": False},
        {"name": "me/nginx", "description": "Two\nlines", "star_count": 3,
         "is_official": False, "is_automated": False},
    ],
    "POST /images/create": [
        {"status": "Pulling from library/alpine", "id": "latest"},
        LAYER | {"status": "Pulling fs layer"},
        LAYER | {"status": "Downloading", "progressDetail": {"current": 512, "total": 2048}},
        LAYER | {"status": "Download complete"},
        LAYER | {"status": "Pull complete"},
        {"status": f"Digest: sha256:{ID}"},
        {"status": "Status: Downloaded newer image for alpine:latest"},
    ],
    "POST /images/alpine/push": [
        {"status": "The push refers to repository [docker.io/library/alpine]"},
        LAYER | {"status": "Preparing"},
        LAYER | {"status": "Pushed"},
        {"status": f"latest: digest: sha256:{ID} size: 528"},
        {"progressDetail": {}, "aux": {"Tag": "latest", "Digest": f"sha256:{ID}", "Size": 528}},
    ],
    "POST /images/denied/push": [
        {"status": "The push refers to repository [docker.io/library/denied]"},
        {"errorDetail": {"message": "denied: requested access to the resource is denied"},
         "error": "denied: requested access to the resource is denied"},
    ],
    "GET /images/get": _tar(manifest="{}"),
    "GET /images/alpine/get": _tar(manifest="{}"),
    "POST /images/load": [{"stream": "Loaded image: alpine:latest\n"}],
    "POST /images/alpine/tag": {},
    "DELETE /images/alpine": [{"Untagged": "alpine:latest"}, {"Deleted": f"sha256:{ID}"}],
    "POST /images/prune": {
        "ImagesDeleted": [{"Untagged": "a:1"}, {"Deleted": f"sha256:{ID}"}],
        "SpaceReclaimed": 2035712,
    },
    "POST /build/prune": {"CachesDeleted": ["c1"], "SpaceReclaimed": 1000},
    "POST /containers/prune": {"ContainersDeleted": [ID], "SpaceReclaimed": 7},
    "GET /containers/shape1/changes": [
        {"Path": "/etc", "Kind": 0}, {"Path": "/etc/new", "Kind": 1}, {"Path": "/old", "Kind": 2}
    ],
    "GET /containers/shape1/export": _tar(**{"etc/hosts": "127.0.0.1"}),
    "POST /containers/shape1/rename": {},
    "POST /containers/shape1/pause": {},
    "POST /containers/shape1/unpause": {},
    "POST /containers/shape1/stop": {},
    "POST /containers/shape1/restart": {},
    "POST /containers/shape1/kill": {},
    "POST /containers/shape1/update": {"Warnings": ["a warning"]},
    "POST /containers/shape1/wait": {"StatusCode": 3},
    "POST /commit": {"Id": f"sha256:{ID}"},
    "HEAD /containers/shape1/archive?path=/tmp": FOLDER,
    "GET /containers/shape1/archive": _tar(**{"hello.txt": "hello"}),
    "PUT /containers/shape1/archive": {},
    "POST /containers/create": {"Id": ID, "Warnings": ["a warning"]},
    f"POST /containers/{ID}/start": {},
    "POST /containers/shape1/start": {},
    "DELETE /containers/shape1": {},
    "POST /swarm/join": {},
    "POST /swarm/leave": {},
    "POST /swarm/update": {},
    "GET /swarm/unlockkey": {"UnlockKey": "SWMKEY-1-not-a-key"},
    "POST /swarm/unlock": {},
    "GET /secrets": [KEPT],
    "GET /secrets/kept": KEPT,
    "GET /configs": [KEPT | {"Spec": SPEC | {"Data": "aGVsbG8K"}}],
    "GET /configs/kept": KEPT | {"Spec": SPEC | {"Data": "aGVsbG8K"}},
    "POST /secrets/create": {"ID": "o2"},
    "POST /configs/create": {"ID": "o2"},
    "DELETE /secrets/kept": {},
    "DELETE /configs/kept": {},
}  # fmt: skip

#: Lines after ``docker``; what stands after `` <<< `` is typed.
LINES = tuple((RECORDED / "said-lines.txt").read_text(encoding="utf-8").splitlines())


@dataclass(frozen=True)
class Said:
    """One line, what docker said of it, and the requests that were to change something."""

    line: str
    code: int
    out: str
    err: str
    sent: list[Any]


class _Server(ThreadingHTTPServer):
    """answers: by path. sent: what was to change something."""

    answers: dict[str, Any]
    sent: list[Any]

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # one that has read enough hangs up
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Engine(BaseHTTPRequestHandler):
    """An engine with known answers, which writes down what is to change something."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, data: bytes, status: int = 200, stat: Any = None) -> None:
        self.send_response(status)
        named = {
            "Api-Version": API,
            "Ostype": "linux",
            "Content-Length": str(len(data)),
            "Content-Type": "application/x-tar" if stat else "application/json",
        }
        if stat:
            text = base64.b64encode(json.dumps(stat).encode()).decode()
            named["X-Docker-Container-Path-Stat"] = text
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _known(self) -> None:
        target, _, query = unquote(self.path).partition("?")
        path = target.removeprefix(f"/v{API}").replace("docker.io/library/", "")
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        server: Any = self.server
        if self.command not in ("GET", "HEAD"):
            server.sent.append([self.command, path, _asked(query), _shown(body)])
        if path == "/_ping":
            self._answer(b"OK")
            return
        for key in (f"{self.command} {path}?{query}", f"{self.command} {path}"):
            if key in WRITTEN:
                self._give(WRITTEN[key])
                return
        for known, answer in server.answers.items():
            if f"{self.command} {path}" in (f"GET {known.partition('?')[0]}", known):
                self._give(answer, stream=path == "/events")
                return
        for node in server.answers["/nodes"]:
            if path == f"/nodes/{node['ID']}":
                self._give(node)
                return
        _, kind, name, *_ = f"{path}/".split("/")
        message = f"No such {kind.removesuffix('s')}: {name}"
        self._answer(json.dumps({"message": message}).encode(), 404)

    def _give(self, answer: Any, stream: bool = False) -> None:
        if isinstance(answer, bytes):
            self._answer(answer, stat=FILE)
        elif self.command == "HEAD":
            self._answer(b"", stat=answer)
        elif stream or (self.command == "POST" and isinstance(answer, list)):
            self.send_response(200)
            for name, value in (
                ("Api-Version", API),
                ("Content-Type", "application/json"),
                ("Transfer-Encoding", "chunked"),
            ):
                self.send_header(name, value)
            self.end_headers()
            for line in (json.dumps(each).encode() + b"\r\n" for each in answer):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self._answer(json.dumps(answer).encode())

    def do_GET(self) -> None:
        self._known()

    def do_HEAD(self) -> None:
        self._known()

    def do_POST(self) -> None:
        self._known()

    def do_PUT(self) -> None:
        self._known()

    def do_DELETE(self) -> None:
        self._known()


def _asked(query: str) -> dict[str, Any]:
    """The parameters in one form: docker-py says True, has lists in filters, and sends defaults."""
    asked: dict[str, Any] = {}
    for key, values in parse_qs(query).items():
        for value in values:
            if key == "filters":
                asked[key] = {name: sorted(held) for name, held in json.loads(value).items()}
            elif value.lower() not in ("false", "0", "not-running") and key != "pause":
                plain = value.replace("True", "1").replace("docker.io/library/", "")
                asked.setdefault(key, []).append(plain)
    return asked


def _shown(body: bytes) -> Any:
    """JSON without what is empty; of an archive the names in it; else the text."""
    try:
        return bare(json.loads(body)) or ""
    except ValueError:
        pass
    try:
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            return sorted(tar.getnames())
    except tarfile.TarError:
        return body.decode()


def bare(value: Any) -> Any:
    """Without what is empty: Go leaves some of it out, and writes some of it."""
    if isinstance(value, dict):
        kept = {key: bare(inner) for key, inner in value.items()}
        if kept.get("Binds"):  # docker keeps these in a map without order
            kept["Binds"].sort()
        unset = {"MemorySwappiness": -1, "ConsoleSize": [0, 0], "SubnetSize": 24}
        return {
            key: inner
            for key, inner in kept.items()
            if inner not in (None, "", 0, [], {}) and unset.get(key) != inner
        }
    return [bare(each) for each in value] if isinstance(value, list) else value


@contextmanager
def engine(name: str) -> Iterator[tuple[str, list[Any]]]:
    """The address of one, and what was sent to it."""
    with _Server(("127.0.0.1", 0), _Engine) as server:
        server.answers, server.sent = ENGINES[name], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"tcp://127.0.0.1:{server.server_port}", server.sent
        server.shutdown()
        thread.join()


def words(line: str) -> tuple[list[str], bytes]:
    """The words of a line, and what is typed."""
    docker, _, typed = line.partition(" <<< ")
    return shlex.split(docker), f"{typed}\n".encode() if typed else b""


def lay_files(folder: Path) -> None:
    for name, text in FILES.items():
        (folder / name).write_text(text)


def main() -> None:
    for name in ENGINES:
        found = []
        with engine(name) as (host, sent), TemporaryDirectory() as here:
            lay_files(Path(here))
            environment = {"PATH": os.environ["PATH"], "HOME": here, "DOCKER_HOST": host}
            for line in LINES:
                sent.clear()
                typed = words(line)
                done = subprocess.run(
                    ["docker", *typed[0]], input=typed[1], capture_output=True,
                    env=environment, cwd=here, timeout=60,
                )  # fmt: skip
                out, err = (
                    text.decode(errors="replace").replace(here, "HERE")
                    for text in (done.stdout, done.stderr)
                )
                found.append(asdict(Said(line, done.returncode, out, err, list(sent))))
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (RECORDED / f"said-{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
