"""Docker lines typed with docker's own command and with ours, each on a practice Swarm of its own.

`python -m tests.scenarios.ours FILE...` types scripts (see typed.py), and prints what differs.
Those in lines/ours are for it alone: on a real engine some of their lines answer otherwise. Ours is
a file called ``docker`` in a folder before all others on the PATH: it hands its words and its
streams to a thread of this process, which plays the command. That is a 29: beside an older one,
what 29 changed differs, too.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import tarfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import docker

from core.commands.program import play
from core.commands.streams import Folder, Interrupt, Streams

from .engines import opened
from .typed import differences, read

SHIM = """\
#!{python} -SEI
import array, json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({place!r})
words = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
streams = socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2])
line.sendmsg([len(words).to_bytes(4, "big")], [streams])
line.sendall(words)
os._exit(line.recv(1)[0])
"""


class Disk(Folder):
    """The files of this machine, for a command typed in a folder."""

    def __init__(self, here: str) -> None:
        self._here = Path(here)

    def read(self, path: str) -> bytes:
        return (self._here / path).read_bytes()

    def write(self, path: str, content: Iterable[bytes]) -> None:
        with (self._here / path).open("wb") as file:
            file.writelines(content)

    def is_folder(self, path: str) -> bool:
        return (self._here / path).is_dir()

    def archive(self, path: str) -> bytes:
        made = BytesIO()
        whole = self._here / path
        with tarfile.open(fileobj=made, mode="w") as tar:
            tar.add(whole, whole.resolve().name)
        return made.getvalue()

    def unpack(self, path: str, tar: bytes) -> None:
        with tarfile.open(fileobj=BytesIO(tar)) as packed:
            packed.extractall(self._here / path, filter="tar")


class Descriptors(Streams):
    """Streams of another process, by their descriptors."""

    def __init__(self, numbers: list[int], here: str, environment: Mapping[str, str]) -> None:
        self._in, self._out, self._error = numbers
        self.in_is_terminal, self.out_is_terminal = map(os.isatty, numbers[:2])
        self.environment, self.interrupt, self.folder = environment, Interrupt(), Disk(here)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._out, data) :]

    def write_error(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._error, data) :]

    def read(self, most: int = -1) -> bytes:
        if most >= 0:
            return os.read(self._in, most)
        return b"".join(iter(lambda: os.read(self._in, 65536), b""))

    def line(self) -> str:
        taken = b""
        while (letter := os.read(self._in, 1)) not in (b"", b"\n"):
            taken += letter
        return taken.decode(errors="replace")


def _serve(line: socket.socket) -> None:
    with line:
        size, numbers, *_ = socket.recv_fds(line, 4, 3)
        text = b""
        while len(text) < int.from_bytes(size, "big"):
            text += line.recv(65536)
        words, here, environment = json.loads(text)
        host = environment["DOCKER_HOST"]
        code = 2
        try:
            streams = Descriptors(numbers, here, environment)
            code = play(
                words, streams, lambda at: docker.DockerClient(base_url=at or host, version="auto")
            )
        finally:
            for number in numbers:
                with suppress(OSError):
                    os.close(number)
            with suppress(OSError):
                line.sendall(bytes([code & 255]))


@contextmanager
def our_docker() -> Iterator[str]:
    """A folder with our ``docker`` in it, for the PATH."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        place = f"{folder}/s"
        server.bind(place)
        server.listen(64)
        shim = Path(folder, "bin", "docker")
        shim.parent.mkdir()
        shim.write_text(SHIM.format(python=os.path.realpath(sys.executable), place=place))
        shim.chmod(0o755)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=_serve, args=server.accept()[:1], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield str(shim.parent)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.ours", description=__doc__)
    parser.add_argument("script", type=Path, nargs="+", help="files with a line a line")
    found = total = 0
    for script in parser.parse_args().script:
        with ExitStack() as stack:
            theirs, our = (stack.enter_context(opened("practice")) for _ in "ab")
            our = replace(our, path=stack.enter_context(our_docker()))
            lines = read(script)
            total += sum(line.compared for line in lines)
            for text in differences(lines, theirs, our):
                found += 1
                print(f"{script.name}, {text}", flush=True)
    print(f"{found} of {total} lines differ")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main())
