"""The list of what the practice engine answers is whole, and true.

A row of API.md whose remark begins with **not** answers 501; **partly** says what is
missing; every other is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from essaim_practice.api import routes as api
from essaim_practice.api.routing import ROUTES
from essaim_practice.hosting.server import PracticeServer

from .conftest import Call

LIST = Path(__file__).parents[1] / "API.md"
ROWS = dict(re.findall(r"^\| `([A-Z]+ /\S+)` \| ?(.*?) ?\|$", LIST.read_text(), re.MULTILINE))
assert api  # the routes are entered by importing it

#: Every endpoint of the reference of the Engine API v1.56, part by part.
REFERENCE = """
GET /containers/json  POST /containers/create  GET /containers/{id}/json  GET /containers/{id}/top
GET /containers/{id}/logs  GET /containers/{id}/changes  GET /containers/{id}/export
GET /containers/{id}/stats  POST /containers/{id}/resize  POST /containers/{id}/start
POST /containers/{id}/stop  POST /containers/{id}/restart  POST /containers/{id}/kill
POST /containers/{id}/update  POST /containers/{id}/rename  POST /containers/{id}/pause
POST /containers/{id}/unpause  POST /containers/{id}/attach  GET /containers/{id}/attach/ws
POST /containers/{id}/wait  DELETE /containers/{id}  HEAD /containers/{id}/archive
GET /containers/{id}/archive  PUT /containers/{id}/archive  POST /containers/prune
GET /images/json  POST /build  POST /build/prune  POST /images/create  GET /images/{name}/json
GET /images/{name}/history  POST /images/{name}/push  POST /images/{name}/tag
GET /images/{name}/attestations
DELETE /images/{name}  GET /images/search  POST /images/prune  POST /commit
GET /images/{name}/get  GET /images/get  POST /images/load
GET /networks  GET /networks/{id}  DELETE /networks/{id}  POST /networks/create
POST /networks/{id}/connect  POST /networks/{id}/disconnect  POST /networks/prune
GET /volumes  POST /volumes/create  GET /volumes/{name}  PUT /volumes/{name}
DELETE /volumes/{name}  POST /volumes/prune
POST /containers/{id}/exec  POST /exec/{id}/start  POST /exec/{id}/resize  GET /exec/{id}/json
GET /swarm  POST /swarm/init  POST /swarm/join  POST /swarm/leave  POST /swarm/update
GET /swarm/unlockkey  POST /swarm/unlock
GET /nodes  GET /nodes/{id}  DELETE /nodes/{id}  POST /nodes/{id}/update
GET /services  POST /services/create  GET /services/{id}  DELETE /services/{id}
POST /services/{id}/update  GET /services/{id}/logs
GET /tasks  GET /tasks/{id}  GET /tasks/{id}/logs
GET /secrets  POST /secrets/create  GET /secrets/{id}  DELETE /secrets/{id}
POST /secrets/{id}/update
GET /configs  POST /configs/create  GET /configs/{id}  DELETE /configs/{id}
POST /configs/{id}/update
GET /plugins  GET /plugins/privileges  POST /plugins/pull  GET /plugins/{name}/json
DELETE /plugins/{name}  POST /plugins/{name}/enable  POST /plugins/{name}/disable
POST /plugins/{name}/upgrade  POST /plugins/create  POST /plugins/{name}/push
POST /plugins/{name}/set
POST /auth  GET /info  GET /version  GET /_ping  HEAD /_ping  GET /events  GET /system/df
GET /distribution/{name}/json  POST /session
"""
ENDPOINTS = re.findall(r"[A-Z]+ /\S+", REFERENCE)


def test_the_list_names_every_endpoint_of_the_reference() -> None:
    assert len(ENDPOINTS) == len(set(ENDPOINTS)) == 108
    assert set(ENDPOINTS) - set(ROWS) == set()


def test_every_route_is_listed_and_no_other() -> None:
    table = [f"{r.method} {r.pattern.replace(':path', '')}" for r in ROUTES]
    table = [e for e in table if "/_practice/open/" not in e and not e.endswith("/")]
    assert sorted(ROWS) == sorted(set(table))
    twice = {entry for entry in table if table.count(entry) > 1}
    assert twice == set(), "played now: take them out of api_unplayed.py"


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer.start(speed=50.0, seed=1, bind_ports=False) as server:
        yield server


@pytest.fixture
def practice(server: PracticeServer) -> PracticeServer:
    """One for all these questions: none of them changes anything that another asks for."""
    return server


@pytest.mark.parametrize(
    "endpoint", [row for row in ROWS if "/_practice" not in row and row != "GET /events"]
)
def test_what_is_said_of_an_endpoint_is_so(call: Call, endpoint: str) -> None:
    method, pattern = endpoint.split(" ")
    said = ROWS[endpoint]
    answer = call(method, re.sub(r"\{\w+\}", "nothing-of-that-name", pattern), {})
    assert (answer.status == 501) == said.startswith("**not**")
