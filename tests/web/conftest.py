"""The whole server, as `streamlit run` starts it, and requests as odd as a socket can send."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser.conftest import dashboard

PATIENCE = 30  # seconds that a slow machine may take
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came; headers by lower-case name, those of one name joined."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    address: str

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://")

    def ask(self, target: str, *headers: str, method: str = "GET", host: str | None = None) -> Raw:
        """One request, written by hand; host: the Host header, where it is another."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host if host is None else host}"]
        said = "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")
        return self.send(said)

    def handshake(self, target: str, *headers: str, host: str | None = None) -> Raw:
        """The same, to become a websocket."""
        return self.ask(target, *UPGRADE, *headers, host=host)

    def send(self, said: bytes) -> Raw:
        """What is answered to these bytes, as far as the first line and headers go."""
        name, port = self.host.split(":")
        with socket.create_connection((name, int(port)), timeout=PATIENCE) as link:
            link.sendall(said)
            link.settimeout(PATIENCE)
            heard = b""
            while b"\r\n\r\n" not in heard and (more := link.recv(65536)):
                heard += more
            head, _, body = heard.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers: dict[str, str] = {}
            for line in lines:
                key, _, value = line.partition(": ")
                known = headers.get(key.lower())
                headers[key.lower()] = f"{known}, {value}" if known else value
            length = 0 if said.startswith(b"HEAD") else int(headers.get("content-length", "0"))
            while len(body) < length and (more := link.recv(65536)):
                body += more
        status = re.match(r"HTTP/1\.1 (\d+)", first)
        assert status, heard
        return Raw(int(status[1]), headers, body.decode("utf-8", "replace"))


@pytest.fixture(scope="package")
def essaim() -> Iterator[Server]:
    with dashboard(
        ESSAIM_ENGINE="practice", ESSAIM_HOSTS="class.example, *.lab.example"
    ) as address:
        yield Server(address)
