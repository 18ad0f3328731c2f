"""How long a neighbour waits for `docker ps` beside hostile lines, on one practice engine."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

from essaim_practice.hosting.server import PracticeServer
from practice.tests.hostile import LINES

_BESIDE = 0.5  # seconds for which the answers beside one line are timed


def beside_every_line() -> float:
    """The worst answer of all, in seconds."""
    with PracticeServer.start(nodes=1, bind_ports=False) as server:
        there = urlsplit(server.urls[0])

        def ask(method: str, path: str, body: dict[str, Any] | None = None) -> float:
            began = time.perf_counter()
            line = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
            line.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            line.getresponse().read()
            line.close()
            return time.perf_counter() - began

        ask("POST", "/images/create?fromImage=alpine&tag=latest")
        worst = 0.0
        for number, line in enumerate(LINES):
            name = f"hostile{number}"
            body = {"Image": "alpine", "Cmd": ["sh", "-c", line]}
            ask("POST", f"/containers/create?name={name}", body)
            ask("POST", f"/containers/{name}/start")
            end = time.perf_counter() + _BESIDE
            while time.perf_counter() < end:
                worst = max(worst, ask("GET", "/containers/json"))
            ask("DELETE", f"/containers/{name}?force=1")
        return worst
