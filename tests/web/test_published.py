"""The way to a published port leads nowhere else: the engine itself listens at the same address."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import http.client
import socket
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from core.commands.build import BuildImage
from core.commands.folder import FOLDER
from core.commands.services import CreateService
from core.control.access import Access
from core.control.control import Control
from core.errors import NoRoom
from core.i18n import later, translation
from core.web.published import routes
from core.web.unanswered import reason
from essaim_practice.network import mesh
from tests.cluster.test_collector import until
from tests.practising import practice_cluster


@pytest.fixture
def cluster() -> Iterator[Control]:
    with practice_cluster(speed=50.0) as connection:
        control = Control(connection, Access({}))
        control.start()
        yield control
        control.stop()


WHOLE = {"type": "http.request", "body": b"", "more_body": False}


def ask(
    cluster: Control,
    path: str,
    method: str = "GET",
    *headers: tuple[bytes, bytes],
    said: dict[str, Any] = WHOLE,
) -> int:
    """The status of a request; path: as the server hands it over, with nothing encoded."""
    app = Starlette(routes=routes(lambda _: cluster, Access({}).origin_allowed))
    sent: list[Any] = []

    async def receive() -> Any:
        return said

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
    }
    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


def test_a_published_port_answers_and_no_path_leads_out_of_it(cluster: Control) -> None:
    client: docker.DockerClient = cluster.connection.client()
    CreateService(name="web", replicas=3, image="nginx:latest", publish=("80:80",)).run(client)
    client.close()
    until(lambda: ask(cluster, "/open/node1/80/") == 200, 30)
    assert ask(cluster, "/open/node1/80/a page?") == 404  # nginx says so
    for path in (
        "/open/node1/80/../../../../nodes",
        "/open/node1/80/x/../../../../../nodes",
        "/open/node1/80/..",
        "/open/../80/",
        "/open/some/../80/",
    ):
        assert ask(cluster, path) == 404, path
    out = "/open/node1/80/../../../../_practice/reset"
    assert ask(cluster, out, "POST") == 404
    assert cluster.collector.refresh(30)
    assert [service.name for service in cluster.snapshot.services] == ["web"]


@pytest.fixture
def served(cluster: Control) -> Iterator[str]:
    """The routes on a port of this machine; its address without scheme."""

    def found(request: HTTPConnection) -> Control:
        if request.path_params.get("cluster", "abcd2345") != "abcd2345":
            raise NoRoom(later("No practice cluster has this code."))
        return cluster

    app = Starlette(routes=routes(found, Access({}).origin_allowed))
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, 30)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


ODD = (
    *("%00", "%0d%0a", "%ff", "%ed%a0%80", "[", "]", "[::1]", "a@b", "a:b", "a%3Ab", "@", "%23"),
    *("%3F", "%5c", "%20", "%C3%A9", "%252e%252e", "*", "%7f", "node1%0a", "{}", "%25", "%zz", "-"),
    "x" * 300,
)


@pytest.mark.parametrize("key", ["", "abcd2345/"])
@pytest.mark.parametrize("node", ODD)
def test_an_odd_name_is_no_page(served: str, key: str, node: str) -> None:
    host, port = served.split(":")
    link = http.client.HTTPConnection(host, int(port), timeout=30)
    link.putrequest("GET", f"/open/{key}{node}/80/")  # as it stands, with nothing mended
    link.endheaders()
    assert link.getresponse().status == 404
    link.close()


@pytest.mark.parametrize("port", ["0", "65536", "9" * 20, "9" * 5000, "-1", "8%200", "%38x", "x"])
def test_nor_is_an_odd_port(served: str, port: str) -> None:
    for method in ("GET", "POST"):
        answer = requests.request(
            method, f"http://{served}/open/abcd2345/node1/{port}/", timeout=30
        )
        assert answer.status_code in (404, 502)  # 502: nothing is published there


def chunks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 100_000


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_more_than_is_allowed_is_not_read_however_it_is_sent(served: str, method: str) -> None:
    """Chunked, nobody says beforehand how much it will be."""
    host, port = served.split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=30) as link:
        head = f"{method} /open/abcd2345/node1/80/ HTTP/1.1\r\nHost: {served}\r\n"
        link.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        with contextlib.suppress(OSError):  # the server has heard enough
            for part in chunks(3000):
                link.sendall(b"%x\r\n%s\r\n" % (len(part), part))
                sent += len(part)
        with contextlib.suppress(OSError):
            assert b" 413 " in link.recv(65536)
    assert sent < 100_000_000
    answer = requests.post(
        f"http://{served}/open/abcd2345/node1/80/", data=chunks(3000), timeout=30
    )
    assert answer.status_code == 413
    assert (
        requests.post(
            f"http://{served}/open/abcd2345/node1/80/", data=chunks(9), timeout=30
        ).status_code
        == 502
    )


def unfinished(served: str) -> socket.socket:
    """A request whose body does not come."""
    host, port = served.split(":")
    link = socket.create_connection((host, int(port)), timeout=30)
    head = f"POST /open/abcd2345/node1/80/ HTTP/1.1\r\nHost: {served}\r\n"
    link.sendall(f"{head}Content-Length: 1000\r\n\r\nx".encode())
    return link


def test_nobody_holds_a_place_with_what_never_comes(
    served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.web.published.SENDING", 0.2)
    with unfinished(served) as link:
        assert b" 408 " in link.recv(65536)
        with contextlib.suppress(ConnectionResetError):
            while link.recv(65536):  # the server closes
                pass


def test_who_leaves_meanwhile_is_no_error_of_the_server(cluster: Control) -> None:
    gone = {"type": "http.disconnect"}
    assert ask(cluster, "/open/abcd2345/node1/80/", "POST", said=gone) == 400


@pytest.mark.parametrize("length", ["1000001", "9" * 30, "9" * 5000])
def test_nor_where_it_says_so(served: str, length: str) -> None:
    host, port = served.split(":")
    link = http.client.HTTPConnection(host, int(port), timeout=30)
    link.putrequest("POST", "/open/abcd2345/node1/80/")
    link.putheader("Content-Length", length)
    link.endheaders()
    assert link.getresponse().status in (400, 413)
    link.close()


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://127.0.0.1:1"])
def test_another_site_sends_nothing_by_our_cookies(cluster: Control, origin: str) -> None:
    cookie = ((b"origin", origin.encode()), (b"host", b"127.0.0.1:8080"))
    assert ask(cluster, "/open/node1/80/", "POST", *cookie) == 403
    # By the key in the address it may: so does the page of an app, which has no origin.
    assert ask(cluster, "/open/abcd2345/node1/80/", "POST", *cookie) == 502
    assert ask(cluster, "/open/node1/80/", "POST", (b"host", b"127.0.0.1:8080")) == 502


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr-FR,fr;q=0.9", "Aucun cluster d’entraînement n’a ce code."),
        ("de", "No practice cluster has this code."),
    ],
)
def test_a_refusal_is_said_in_the_language_of_the_browser(
    served: str, language: str, text: str
) -> None:
    address = f"http://{served}/open/zzzz9999/node1/80/"
    answer = requests.get(address, headers={"Accept-Language": language}, timeout=30)
    assert (answer.status_code, answer.text) == (503, text)


def test_an_app_that_runs_is_opened_with_its_websocket(cluster: Control, served: str) -> None:
    client: docker.DockerClient = cluster.connection.client()
    files = tuple((name, (FOLDER / name).read_text()) for name in ("app.py", "Dockerfile"))
    BuildImage(tag=("app",), path=".", files=files).run(client)
    client.containers.run("app", name="app", detach=True, ports={"8080": 8080})
    way = f"{served}/open/abcd2345/node1/8080"
    until(lambda: requests.get(f"http://{way}/", timeout=90).status_code == 200, 90)
    page = requests.get(f"http://{way}/", timeout=90)
    assert page.headers["Content-Security-Policy"].startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in page.headers["Content-Security-Policy"]
    assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in page.headers
    wanted = [Subprotocol("streamlit")]
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    with connect(
        f"ws://{way}/_stcore/stream", origin=Origin("null"), subprotocols=wanted, proxy=None
    ) as socket:
        socket.send(asked.SerializeToString())
        while b"Hello Docker!" not in (said := socket.recv(timeout=90)):
            assert said
        client.containers.get("app").kill()
        with pytest.raises(ConnectionClosed):
            deque(iter(lambda: socket.recv(timeout=90), None))
    client.close()


@pytest.mark.parametrize(
    "path",
    [
        "open/node1/8080/_stcore/stream",  # by its cookies a foreign page would come in
        "open/zzzz2345/node1/8080/_stcore/stream",
        "open/abcd2345/../8080/_stcore/stream",
        "open/abcd2345/node1/8080/../../../../containers/app/attach/ws",
        "open/abcd2345/node1/9999/_stcore/stream",
    ],
)
def test_no_websocket_leads_elsewhere(cluster: Control, served: str, path: str) -> None:
    with (
        pytest.raises(InvalidHandshake),
        connect(f"ws://{served}/{path}", origin=Origin("null"), proxy=None),
    ):
        pass


BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "fr-FR,fr;q=0.9"}


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("node1/8099/", 502, "Rien n’est publié sur le port 8099 de node1."),
        ("node9/80/", 502, "Aucune machine ne s’appelle node9."),
        ("node1/123456/", 404, "n’existe pas"),
    ],
)
def test_where_nobody_answers_a_browser_gets_a_page_in_its_language(
    served: str, path: str, status: int, told: str
) -> None:
    answer = requests.get(f"http://{served}/open/abcd2345/{path}", headers=BROWSER, timeout=30)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert '<html lang="fr">' in answer.text
    assert told in answer.text
    assert "{" not in answer.text.partition("</style>")[2]
    english = requests.get(f"http://{served}/open/abcd2345/{path}", timeout=30)
    assert english.headers["Content-Type"].startswith("text/plain")
    assert "{" not in english.text


def test_what_a_container_refuses_is_passed_on_as_it_is(cluster: Control, served: str) -> None:
    client: docker.DockerClient = cluster.connection.client()
    CreateService(name="web", image="nginx:latest", publish=("80:80",)).run(client)
    client.close()
    way = f"http://{served}/open/abcd2345/node1/80/"
    until(lambda: requests.get(way, timeout=30).status_code == 200, 30)
    answer = requests.get(f"{way}nothing", headers=BROWSER, timeout=30)
    assert answer.status_code == 404
    assert "nginx" in answer.text


def test_every_reason_of_the_mesh_is_said_in_french() -> None:
    tree = ast.parse(Path(mesh.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    raised = [call for call in calls if getattr(call.func, "id", "") == "Refused"]
    assert len(raised) > 8
    for call in raised:
        parts = getattr(call.args[0], "values", [call.args[0]])
        words = "".join(getattr(part, "value", "") if _plain(part) else "x" for part in parts)
        assert reason(words, translation("fr").gettext) not in (words, reason(words, str)), words


def _plain(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant)
