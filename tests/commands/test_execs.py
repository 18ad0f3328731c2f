"""docker exec against an engine whose first output comes together with its answer's head."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import docker
import pytest

from core.commands.registry import parse

RAW = "Content-Type: application/vnd.docker.raw-stream\r\n"
UPGRADED = f"HTTP/1.1 101 UPGRADED\r\n{RAW}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
PLAIN = f"HTTP/1.1 200 OK\r\n{RAW}\r\n"
MADE = json.dumps({"Id": "made"})
#: Two frames: stdout, stderr.
OUTPUT = b"\1\0\0\0\0\0\0\4bin\n" + b"\2\0\0\0\0\0\0\4etc\n"


class Hasty(BaseHTTPRequestHandler):
    """Answers as an engine does; the output of an exec is sent at once, and then it hangs up."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/start"):
            head = UPGRADED if "Upgrade" in self.headers else PLAIN
            self.wfile.write(head.encode() + OUTPUT)
        else:
            headers = f"Content-Length: {len(MADE)}\r\nConnection: close"
            self.wfile.write(f"HTTP/1.1 201 Created\r\n{headers}\r\n\r\n{MADE}".encode())
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hasty() -> Iterator[docker.DockerClient]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hasty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_port}"
        with closing(docker.DockerClient(address, version="1.44")) as client:
            yield client
        server.shutdown()


def test_output_that_comes_with_the_head_is_not_lost(hasty: docker.DockerClient) -> None:
    assert parse("docker exec one ls /").run(hasty) == "bin\netc"
