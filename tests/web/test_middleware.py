"""The door of the whole server: by which name one comes in, and what each answer says."""

from __future__ import annotations

import socket

import pytest

from tests.web.conftest import Server

EVIL = "rebind.evil.test"

PATHS = [
    "/",
    "/nodes",
    "/nowhere/at/all",
    "/_stcore/health",
    "/_stcore/host-config",
    "/static/none.js",
    "/live/timeline",
    "/live/x/board.js",
    "/live/x/plotly.min.js",
    "/live/x/none.js",
    "/open/node1/80/",
    "/open/nobody/80/",
    "/open/abcd2345/node1/80/",
    "/media/none",
]
SOCKETS = [
    "/_stcore/stream",
    "/live/socket",
    "/console/socket",
    "/terminal/socket",
    "/nowhere",
    "/open/abcd2345/node1/80/",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_name_gets_no_answer(essaim: Server, path: str) -> None:
    refused = essaim.ask(path, f"Origin: http://{EVIL}", host=EVIL)
    assert refused.status == 421
    assert EVIL in refused.body
    assert "ESSAIM_HOSTS" in refused.body
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize("path", SOCKETS)
def test_nor_a_websocket(essaim: Server, path: str) -> None:
    assert essaim.handshake(path, f"Origin: http://{EVIL}", host=EVIL).status == 421


def test_the_refusal_is_said_in_the_language_of_the_browser(essaim: Server) -> None:
    refused = essaim.ask("/", "Accept-Language: fr-FR", host=EVIL)
    assert "Ce serveur ne se connaît pas" in refused.body
    assert refused.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "host", ["class.example", "a.lab.example:8080", "localhost:1", "10.1.2.3", "[::1]:8080"]
)
def test_its_own_names_and_any_address_are_answered(essaim: Server, host: str) -> None:
    assert essaim.ask("/", host=host).status == 200
    assert essaim.handshake("/live/socket", f"Origin: http://{host}", host=host).status == 101


def test_this_machines_name_is_its_own(essaim: Server) -> None:
    assert essaim.ask("/", host=socket.gethostname()).status == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["", EVIL])
def test_every_answer_says_who_may_frame_it_and_what_it_is(
    essaim: Server, path: str, host: str
) -> None:
    headers = essaim.ask(path, host=host or None).headers
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("host", ["", EVIL])
def test_every_handshake_too(essaim: Server, path: str, host: str) -> None:
    headers = essaim.handshake(path, host=host or None).headers
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", SOCKETS[:-1])
@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://localhost:1", "http://127.0.0.1:1"]
)
def test_no_other_origin_has_a_websocket(essaim: Server, path: str, origin: str) -> None:
    """Not even a page of another port of this machine, such as a learner's own."""
    assert essaim.handshake(path, f"Origin: {origin}").status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_no_other_origin_changes_anything(essaim: Server, method: str) -> None:
    for path in ("/", "/_stcore/upload_file/a/b", "/live/timeline", "/nodes"):
        answer = essaim.ask(path, "Origin: http://evil.test", "Content-Length: 0", method=method)
        assert answer.status == 403, path
