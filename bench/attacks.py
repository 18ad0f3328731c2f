"""What hostile requests to one cluster cost: ``python -m bench.attacks``, or a part of a name.

Each attack has a process of its own. Told are the memory that it grew by at its peak, and the
longest step of its loop in processor time, which a busy machine does not change. What a neighbour
feels is ``python -m bench hostile``.
"""

from __future__ import annotations

import asyncio
import gzip
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

MIB = 2**20
_LASTS = float(os.environ.get("ESSAIM_BENCH_LASTS", "8"))  # seconds of an attack at most

ATTACKS: dict[str, Callable[[Attack], None]] = {}


def attack(entered: Callable[[Attack], None]) -> Callable[[Attack], None]:
    ATTACKS[entered.__name__.replace("_", " ")] = entered
    return entered


class Attack:
    """A client of one engine that means harm, until its time is over."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._end = time.monotonic() + _LASTS
        self._open: list[socket.socket] = []

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._end

    def while_time(self, most: int = 10**9) -> Iterator[int]:
        number = 0
        while number < most and self.goes_on:
            yield number
            number += 1

    def ask(
        self, method: str, path: str, body: Any = None, head: int = 200_000
    ) -> tuple[int, bytes]:
        """Status and the first bytes of the answer; 0 where there was none in time."""
        left = max(self._end - time.monotonic(), 0.2)
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=left)
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            line.request(method, path, sent, {"Content-Type": "application/json"})
            answer = line.getresponse()
            found = answer.status, answer.read(head)
            while self.goes_on and answer.read(2**20):
                pass
        except OSError:
            return 0, b""
        except http.client.HTTPException:
            return 0, b""
        finally:
            line.close()
        return found

    def hold(
        self, method: str, path: str, body: bytes = b"", more: bytes = b""
    ) -> socket.socket | None:
        """Send a request and never read its answer."""
        try:
            line = socket.create_connection(("127.0.0.1", self.port), 2)
            head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body + more)
        except OSError:
            return None
        self._open.append(line)
        return line

    def together(self, many: int, action: Callable[[int], object]) -> None:
        with ThreadPoolExecutor(min(many, 40)) as threads:
            for _ in threads.map(action, range(many)):
                if not self.goes_on:
                    break

    def run(self, name: str, line: str = "sleep 1000000", **config: Any) -> None:
        self.ask(
            "POST",
            f"/containers/create?name={name}",
            {"Image": "alpine", "Cmd": ["sh", "-c", line], **config},
        )
        self.ask("POST", f"/containers/{name}/start")

    def build(
        self, dockerfile: str, files: dict[str, bytes] | None = None, query: str = ""
    ) -> tuple[int, bytes]:
        return self.ask(
            "POST", f"/build?{query}", tar({"Dockerfile": dockerfile.encode(), **(files or {})})
        )


def tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


@attack
def build_with_settings_doubling(a: Attack) -> None:
    lines = ["FROM alpine", "ENV A=" + "x" * 60000]
    lines += [f"ENV {chr(66 + n)}=${chr(65 + n)}${chr(65 + n)}" for n in range(20)]
    lines += [f"ENV V{n}=$A$A" for n in range(300)]
    for _ in a.while_time(5):
        a.build("\n".join(lines), query="nocache=1")


@attack
def build_with_arguments_doubling(a: Attack) -> None:
    lines = ["FROM alpine", "ARG A=" + "x" * 60000]
    lines += [f"ARG V{n}=$A$A" for n in range(5000)]
    lines += ["RUN true"] * 200
    for n in a.while_time(5):
        a.build("\n".join(lines), query=f"nocache=1&t=a{n}")


@attack
def build_with_many_labels(a: Attack) -> None:
    lines = ["FROM alpine", "ENV A=" + "x" * 60000]
    lines += [f"LABEL l{n}=$A$A" for n in range(2000)]
    for _ in a.while_time(5):
        a.build("\n".join(lines), query="nocache=1")


@attack
def build_of_many_steps(a: Attack) -> None:
    for n in a.while_time(20):
        a.build(
            "FROM alpine\n" + "\n".join(f"RUN echo {n}.{i} > /f{i}" for i in range(480)),
            query=f"t=steps{n}",
        )


@attack
def build_of_many_layers_of_files(a: Attack) -> None:
    files = {f"d/{n}": b"x" for n in range(3000)}
    lines = ["FROM alpine", *(f"COPY d /d{n}" for n in range(60))]
    for _ in a.while_time(20):
        a.build("\n".join(lines), files, "nocache=1")


@attack
def build_of_huge_context(a: Attack) -> None:
    a.together(6, lambda n: a.build("FROM alpine\nCOPY . /x", {"big": os.urandom(MIB) * 100}))


@attack
def tar_bombs(a: Attack) -> None:
    bomb = gzip.compress(tar({"Dockerfile": b"FROM alpine\nCOPY . /x", "big": bytes(120 * MIB)}), 1)
    a.together(12, lambda n: a.ask("POST", "/build", bomb))


@attack
def tiny_entries(a: Attack) -> None:
    many = gzip.compress(tar({f"{n:x}": b"" for n in range(200_000)}), 1)
    a.together(4, lambda n: a.ask("POST", "/images/create?fromSrc=-&repo=t" + str(n), many))


@attack
def deep_and_odd_tars(a: Attack) -> None:
    a.run("c")
    deep = tar({"/".join(["d"] * 1500 + [str(n)]): b"x" for n in range(200)})
    odd = b"\xff" * 512 * 2000
    for _ in a.while_time(30):
        a.ask("PUT", "/containers/c/archive?path=/tmp", deep)
        a.ask("PUT", "/containers/c/archive?path=/tmp", odd)


@attack
def archive_of_a_huge_tree(a: Attack) -> None:
    a.run("c")
    a.ask("PUT", "/containers/c/archive?path=/tmp", tar({f"a/{n}": b"" for n in range(60_000)}))
    a.together(30, lambda n: a.ask("GET", "/containers/c/archive?path=/"))


@attack
def archives_never_read(a: Attack) -> None:
    a.run("c")
    a.ask(
        "PUT",
        "/containers/c/archive?path=/tmp",
        tar({f"a/{n}": b"x" * 1000 for n in range(20_000)}),
    )
    for _ in a.while_time(200):
        a.hold("GET", "/containers/c/archive?path=/")


@attack
def cp_loop(a: Attack) -> None:
    a.run("c")
    data = tar({"big": bytes(8 * MIB)})
    for n in a.while_time(60):
        a.ask("PUT", f"/containers/c/archive?path=/{('tmp', 'root', 'home')[n % 3]}", data)


@attack
def export_and_diff(a: Attack) -> None:
    a.run("c")
    a.ask("PUT", "/containers/c/archive?path=/tmp", tar({f"a/{n}": b"" for n in range(60_000)}))
    a.together(10, lambda n: a.ask("GET", f"/containers/c/{('export', 'changes')[n % 2]}"))


@attack
def commit_loop(a: Attack) -> None:
    a.run("c")
    a.ask("PUT", "/containers/c/archive?path=/tmp", tar({f"a/{n}": b"" for n in range(30_000)}))
    for n in a.while_time(400):
        a.ask("POST", f"/commit?container=c&repo=i{n}", {})


@attack
def save_of_all(a: Attack) -> None:
    a.run("c")
    a.ask("PUT", "/containers/c/archive?path=/tmp", tar({"big": os.urandom(MIB) * 20}))
    for n in range(8):
        a.ask("POST", f"/commit?container=c&repo=i{n}", {})
    names = "&".join(f"names=i{n}" for n in range(8))
    a.together(6, lambda n: a.ask("GET", f"/images/get?{names}"))


@attack
def load_loop(a: Attack) -> None:
    a.run("c")
    a.ask("PUT", "/containers/c/archive?path=/tmp", tar({"big": bytes(10 * MIB)}))
    a.ask("POST", "/commit?container=c&repo=i", {})
    line = http.client.HTTPConnection("127.0.0.1", a.port, timeout=20)
    line.request("GET", "/images/i/get")
    body = line.getresponse().read()
    line.close()
    a.together(12, lambda n: a.ask("POST", "/images/load", body))


@attack
def import_loop(a: Attack) -> None:
    body = tar({"big": bytes(30 * MIB)})
    a.together(12, lambda n: a.ask("POST", f"/images/create?fromSrc=-&repo=t{n}", body))


@attack
def labels_of_a_megabyte(a: Attack) -> None:
    for n in a.while_time(200):
        a.ask(
            "POST",
            f"/containers/create?name=c{n}",
            {"Image": "alpine", "Cmd": ["true"], "Labels": {"l": "x" * MIB}},
        )
    a.together(10, lambda n: a.ask("GET", "/containers/json?all=1"))


@attack
def env_of_a_megabyte(a: Attack) -> None:
    env = [f"V{n}=" + "x" * 100_000 for n in range(15)]
    for n in a.while_time(200):
        a.ask(
            "POST",
            f"/containers/create?name=c{n}",
            {"Image": "alpine", "Cmd": ["true"], "Env": env},
        )


@attack
def thousands_of_labels(a: Attack) -> None:
    labels = {f"l{n}": "" for n in range(100_000)}
    for n in a.while_time(100):
        a.ask(
            "POST",
            f"/containers/create?name=c{n}",
            {"Image": "alpine", "Cmd": ["true"], "Labels": labels},
        )


@attack
def a_body_of_many_values(a: Attack) -> None:
    body = json.dumps({"Image": "alpine", "Cmd": ["ab"] * 380_000}).encode()
    for _ in a.while_time(100):
        a.ask("POST", "/containers/create", body)


@attack
def a_body_of_nested_lists(a: Attack) -> None:
    body = b'{"Cmd":[' + b"[]," * 600_000 + b"[]]}"
    for _ in a.while_time(100):
        a.ask("POST", "/containers/create", body)


def service(name: str, replicas: int = 1, **container: Any) -> dict[str, Any]:
    spec = {"Image": "alpine", "Command": ["sleep", "100000"], **container}
    return {
        "Name": name,
        "TaskTemplate": {"ContainerSpec": spec},
        "Mode": {"Replicated": {"Replicas": replicas}},
    }


@attack
def services_with_huge_specs(a: Attack) -> None:
    for n in a.while_time(100):
        a.ask(
            "POST",
            "/services/create",
            service(f"s{n}", 10, Env=[f"V{i}=" + "x" * 100_000 for i in range(18)]),
        )
    a.together(10, lambda n: a.ask("GET", "/tasks"))


@attack
def service_updates_with_huge_specs(a: Attack) -> None:
    a.ask("POST", "/services/create", service("s", 20))
    for n in a.while_time(400):
        _, text = a.ask("GET", "/services/s", head=2**24)
        with suppress(ValueError, KeyError):
            version = json.loads(text)["Version"]["Index"]
            spec = service("s", 20, Env=[f"V{n}.{i}=" + "x" * 100_000 for i in range(18)])
            a.ask("POST", f"/services/s/update?version={version}", spec)


@attack
def a_thousand_tasks_listed(a: Attack) -> None:
    a.ask("POST", "/services/create", service("s", 1000, Env=["V=" + "x" * 10_000]))
    a.together(
        60,
        lambda n: a.ask(
            "GET", ("/tasks", "/containers/json?all=1", "/system/df", "/services?status=1")[n % 4]
        ),
    )


@attack
def networks_and_volumes(a: Attack) -> None:
    labels = {"l": "x" * MIB}
    for n in a.while_time(200):
        a.ask("POST", "/networks/create", {"Name": f"n{n}", "Labels": labels})
        a.ask("POST", "/volumes/create", {"Name": f"volume{n}", "Labels": labels})
    a.together(10, lambda n: a.ask("GET", ("/networks", "/volumes")[n % 2]))


@attack
def secrets_and_configs(a: Attack) -> None:
    import base64

    data = base64.b64encode(bytes(499_000)).decode()
    for n in a.while_time(100):
        a.ask(
            "POST", "/secrets/create", {"Name": f"s{n}", "Data": data, "Labels": {"l": "x" * MIB}}
        )
        a.ask(
            "POST", "/configs/create", {"Name": f"c{n}", "Data": data, "Labels": {"l": "x" * MIB}}
        )
    a.together(10, lambda n: a.ask("GET", "/configs"))


@attack
def event_streams_never_read(a: Attack) -> None:
    for _ in a.while_time(300):
        a.hold("GET", "/events")
    a.run("c", Labels={"l": "x" * 500_000})
    for _ in a.while_time(300):
        a.ask("GET", "/containers/c/top")


@attack
def logs_never_read(a: Attack) -> None:
    a.run("c", "while true; do seq 1 1000; done")
    for _ in a.while_time(300):
        a.hold("GET", "/containers/c/logs?stdout=1&follow=1")
    while a.goes_on:
        time.sleep(0.1)


@attack
def attach_with_input_never_read(a: Attack) -> None:
    a.run("c", "sleep 100000", OpenStdin=True)
    for _ in a.while_time(100):
        line = a.hold("POST", "/containers/c/attach?stream=1&stdin=1&stdout=1")
        if line is not None:
            with suppress(OSError):
                line.settimeout(0.3)
                line.sendall(b"x" * 4 * MIB)


@attack
def execs_with_input_never_read(a: Attack) -> None:
    a.run("c")
    for _ in a.while_time(100):
        _, text = a.ask(
            "POST",
            "/containers/c/exec",
            {"Cmd": ["sleep", "100000"], "AttachStdin": True, "AttachStdout": True},
        )
        with suppress(ValueError, KeyError):
            line = a.hold("POST", f"/exec/{json.loads(text)['Id']}/start", b"{}")
            if line is not None:
                with suppress(OSError):
                    line.settimeout(0.2)
                    line.sendall(b"x" * 4 * MIB)


@attack
def a_thousand_connections(a: Attack) -> None:
    for _ in a.while_time(4000):
        with suppress(OSError):
            a._open.append(socket.create_connection(("127.0.0.1", a.port), 1))


@attack
def half_sent_bodies(a: Attack) -> None:
    for _ in a.while_time(60):
        with suppress(OSError):
            line = socket.create_connection(("127.0.0.1", a.port), 1)
            a._open.append(line)
            line.sendall(b"POST /build HTTP/1.1\r\nHost: x\r\nContent-Length: 120000000\r\n\r\n")
            line.settimeout(1)
            line.sendall(bytes(20 * MIB))


@attack
def bodies_in_parallel(a: Attack) -> None:
    body = bytes(100 * MIB)
    a.together(12, lambda n: a.ask("POST", "/images/load", body))


@attack
def a_body_of_tiny_chunks(a: Attack) -> None:
    chunks = b"1\r\na\r\n" * 200_000
    for _ in a.while_time(20):
        with suppress(OSError):
            line = socket.create_connection(("127.0.0.1", a.port), 1)
            line.sendall(b"POST /build HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            line.settimeout(1)
            line.sendall(chunks)
            line.close()


@attack
def pipelined_requests(a: Attack) -> None:
    for _ in a.while_time(20):
        with suppress(OSError):
            line = socket.create_connection(("127.0.0.1", a.port), 1)
            a._open.append(line)
            line.settimeout(1)
            line.sendall(b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)


@attack
def long_heads(a: Attack) -> None:
    for n in a.while_time(50):
        with suppress(OSError):
            line = socket.create_connection(("127.0.0.1", a.port), 1)
            line.settimeout(2)
            head = b"GET /containers/json?" + b"a&" * 60_000 if n % 2 else b"GET /_ping"
            lines = b"" if n % 2 else b"a:b\r\n" * 45_000
            line.sendall(head + b" HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
            line.recv(100)
            line.close()


@attack
def stats_streams(a: Attack) -> None:
    a.run("c")
    for _ in a.while_time(1000):
        a.hold("GET", "/containers/c/stats")
    while a.goes_on:
        time.sleep(0.1)


@attack
def waits_without_end(a: Attack) -> None:
    a.run("c")
    for _ in a.while_time(2000):
        a.hold("POST", "/containers/c/wait")
    for n in a.while_time(50):
        a.run(f"d{n}")


@attack
def thousands_of_execs(a: Attack) -> None:
    a.run("c")
    env = ["V=" + "x" * 100_000]
    for _ in a.while_time(5000):
        _, text = a.ask("POST", "/containers/c/exec", {"Cmd": ["sleep", "100000"], "Env": env * 10})
        with suppress(ValueError, KeyError):
            a.ask("POST", f"/exec/{json.loads(text)['Id']}/start", {"Detach": True})


@attack
def execs_left_open(a: Attack) -> None:
    for n in a.while_time(50):
        a.run(f"c{n}")
    for number in a.while_time(5000):
        a.ask("POST", f"/containers/c{number % 50}/exec", {"Cmd": ["sleep", "x" * 100_000]})


@attack
def execs_that_write_no_newline(a: Attack) -> None:
    for n in a.while_time(60):
        a.run(f"c{n}", "while true; do printf %010000d 0; done")
    while a.goes_on:
        time.sleep(0.1)


@attack
def containers_that_write_files(a: Attack) -> None:
    for n in a.while_time(60):
        a.run(f"c{n}", "x=0123456789; while true; do x=$x$x; echo $x >> /f; done")
    while a.goes_on:
        time.sleep(0.1)


@attack
def processes_by_the_thousand(a: Attack) -> None:
    for n in a.while_time(60):
        a.run(f"c{n}", "while true; do sleep 100000 & done")
    while a.goes_on:
        time.sleep(0.1)


@attack
def variables_by_the_thousand(a: Attack) -> None:
    line = "x=0123456789012345; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do x=$x$x; done; n=0; "
    line += "while true; do n=$((n+1)); eval v$n=$x; done"
    for n in a.while_time(60):
        a.run(f"c{n}", line)
    while a.goes_on:
        time.sleep(0.1)


@attack
def long_names(a: Attack) -> None:
    for n in a.while_time(100):
        long = "x" * 100_000 + str(n)
        a.ask("POST", f"/containers/create?name={long}", {"Image": "alpine", "Cmd": ["true"]})
        a.ask("POST", f"/images/alpine/tag?repo={long}")
        a.ask("POST", "/services/create", service(long))


@attack
def tags_by_the_thousand(a: Attack) -> None:
    for n in a.while_time(3000):
        a.ask("POST", f"/images/alpine/tag?repo={'a' * 200}{n}")
    a.together(20, lambda n: a.ask("GET", "/images/json"))


@attack
def health_checks(a: Attack) -> None:
    test = {"Test": ["CMD-SHELL", "seq 1 100000"], "Interval": 10**9}
    for n in a.while_time(60):
        a.run(f"c{n}", Healthcheck=test)
    while a.goes_on:
        time.sleep(0.1)


@attack
def task_history(a: Attack) -> None:
    spec = service("s", 50, Command=["sh", "-c", "seq 1 2000; exit 1"])
    spec["TaskTemplate"]["RestartPolicy"] = {"Condition": "any", "Delay": 1}
    a.ask("POST", "/services/create", spec)
    while a.goes_on:
        a.ask("GET", "/services/s/logs?stdout=1")


@attack
def pulls_and_pushes(a: Attack) -> None:
    a.together(
        200,
        lambda n: a.ask(
            "POST", f"/images/create?fromImage={('nginx', 'python', 'alpine')[n % 3]}&tag=latest"
        ),
    )


@attack
def prune_of_many(a: Attack) -> None:
    for n in a.while_time(190):
        a.ask("POST", f"/containers/create?name=c{n}", {"Image": "alpine", "Cmd": ["true"]})
    a.ask("POST", "/containers/prune")
    a.ask("POST", "/images/prune")


# The cluster's side


def serve() -> None:
    """A cluster in this process; a line on the input asks what it cost so far."""
    from essaim_practice.hosting.server import PracticeServer

    longest = 0.0
    run = asyncio.events.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        nonlocal longest
        began = time.thread_time()
        run(handle)
        longest = max(longest, time.thread_time() - began)

    with PracticeServer.start(nodes=1, seed=1, speed=20, bind_ports=False) as server:
        port = int(server.urls[0].rpartition(":")[2])
        first = Attack(port)
        first.ask("POST", "/images/create?fromImage=alpine&tag=latest")
        first.ask("GET", "/containers/json")
        asyncio.events.Handle._run = timed  # type: ignore[assignment, method-assign]
        print(json.dumps({"port": port, "rss": _resident()}), flush=True)
        for _ in sys.stdin:
            print(json.dumps({"peak": _resident(), "longest": longest}), flush=True)


def _resident() -> int:
    """The most memory that this process had, in bytes."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def measured(name: str) -> tuple[int, float]:
    """The most bytes that an attack cost, and the longest step of the loop, in seconds."""
    command = [sys.executable, "-m", "bench.attacks", "serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            one = Attack(told["port"])
            begun = threading.Thread(target=_begin, args=(name, one), daemon=True)
            begun.start()
            begun.join(_LASTS + 30)
            process.stdin.write("\n")
            process.stdin.flush()
            cost = json.loads(process.stdout.readline())
            for line in one._open:
                line.close()
        finally:
            process.kill()
    return cost["peak"] - told["rss"], cost["longest"]


def _begin(name: str, one: Attack) -> None:
    with suppress(RuntimeError):
        ATTACKS[name](one)


def table(wanted: str = "") -> None:
    for name in ATTACKS:
        if wanted in name:
            grown, longest = measured(name)
            print(f"{name:40} {grown / MIB:8.0f} MiB {longest * 1000:8.0f} ms", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve()
    else:
        table(*sys.argv[1:2])
