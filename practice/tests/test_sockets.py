"""nc, telnet, netstat and httpd: ports that programs open while they run, and who calls them.

What is expected was recorded from a real Docker 28.5.
"""

from __future__ import annotations

import docker
import pytest

from essaim_practice.network.http_talk import HttpTalk
from essaim_practice.programs.http import HttpResponse

pytestmark = pytest.mark.edition("28.5")

SOCKETS = "Active Internet connections (only servers)\n" + (
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State       \n"
)


@pytest.fixture
def box(engine: docker.DockerClient) -> docker.models.containers.Container:
    engine.images.pull("alpine", "latest")
    return engine.containers.run("alpine", "sleep 1000", detach=True, name="box")


def _in(container: docker.models.containers.Container, line: str) -> str:
    return str(container.exec_run(["sh", "-c", line]).output.decode())


def test_what_listens_is_heard(box: docker.models.containers.Container) -> None:
    assert _in(box, "nc -l -p 1234 & sleep 1; echo hi | nc 127.0.0.1 1234") == "hi\n"
    listed = _in(box, "nc -l -p 1234 & sleep 1; netstat -tln; kill $!")
    assert (
        listed
        == f"{SOCKETS}tcp        0      0 :::1234                 :::*{' ' * 20}LISTEN      \n"
    )
    assert _in(box, "nc 127.0.0.1 1234") == (
        "nc: can't connect to remote host (127.0.0.1): Connection refused\n"
    )
    assert _in(box, "nc nosuch 80") == "nc: bad address 'nosuch'\n"
    assert _in(box, "nc -w 1 172.17.0.99 80") == "nc: timed out\n"
    assert _in(box, "telnet 127.0.0.1 80") == (
        "telnet: can't connect to remote host (127.0.0.1): Connection refused\n"
    )
    assert _in(box, "netstat -z").startswith("netstat: invalid option -- 'z'\n")


def test_one_container_calls_another(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    engine.networks.create("back")
    ears = engine.containers.run(
        "alpine", "nc -l -p 9000", name="ears", network="back", detach=True
    )
    said = engine.containers.run(
        "alpine", ["sh", "-c", "echo hello | nc ears 9000"], network="back", remove=True
    )
    assert said == b""
    ears.wait()
    assert ears.logs() == b"hello\n"


def test_a_web_server_is_asked_by_hand(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    web = engine.containers.run("nginx", detach=True, name="web")
    line = r"printf 'GET / HTTP/1.0\r\n\r\n' | nc localhost 80 | head -1; netstat -tln"
    shown = engine.containers.run(
        "alpine", ["sh", "-c", line], network_mode="container:web", remove=True
    ).decode()
    assert shown.startswith(f"HTTP/1.1 200 OK\n{SOCKETS}") or shown.startswith(
        f"HTTP/1.1 200 OK\r\n{SOCKETS}"
    )
    assert "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN" in shown
    assert "tcp        0      0 :::80                   :::*                    LISTEN" in shown
    assert web.id


def test_httpd_shows_the_files_of_a_folder(box: docker.models.containers.Container) -> None:
    lines = (
        "mkdir /w; echo hi >/w/index.html; httpd -p 8080 -h /w; "
        "wget -q -O- http://localhost:8080; wget -q -O- http://localhost:8080/x"
    )
    assert _in(box, lines) == "hi\nwget: server returned error: HTTP/1.1 404 Not Found\n"
    assert "httpd -p 8080 -h /w" in _in(box, "ps")
    assert _in(box, "httpd -p 8080 -h /w") == "httpd: bind: Address already in use\n"
    assert _in(box, "httpd -h /nosuch").startswith("httpd: can't change directory")


def test_a_shell_may_end_as_a_server(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    lines = "mkdir /w && echo mine > /w/index.html && exec httpd -f -p 80 -h /w"
    server = engine.containers.run("alpine", ["sh", "-c", lines], detach=True, name="server")
    asking = "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- http://172.17.0.2 && break; sleep 1; done"
    said = engine.containers.run("alpine", ["sh", "-c", asking], remove=True)
    assert said == b"mine\n"
    server.kill()


@pytest.mark.parametrize(
    ("pieces", "answer", "closed"),
    [
        ([b"GET /a HT", b"TP/1.1\r\nHost: x\r\n", b"\r\n"], b"HTTP/1.1 200 OK", False),
        ([b"GET / HTTP/1.0\n\n"], b"HTTP/1.1 200 OK", True),
        ([b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", b"ab", b"c"], b"HTTP/1.1 200 OK", False),
        ([b"hello\r\n\r\n"], b"HTTP/1.1 400 Bad Request", True),
        ([b"x" * 70_000], b"", True),
    ],
)
def test_requests_come_cut_anywhere(pieces: list[bytes], answer: bytes, closed: bool) -> None:
    talk = HttpTalk(lambda method, target, headers, body: (HttpResponse(body or b"page"), {}))
    said = b"".join(talk.hear(piece) for piece in pieces)
    assert said.startswith(answer)
    assert talk.closed == closed
