"""Which engine is taken, what is said of those that are not, and every way there is to one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.cluster.failures import daemon_errors
from core.commands.command import Interrupt, Progress
from core.commands.registry import parse
from core.control.access import Access
from core.control.control import Control
from core.control.rights import NONE
from core.engine import contexts
from core.engine.connection import Connection, Practice, choose
from core.errors import EngineUnreachable
from core.terminal.stream import Stream
from essaim_practice.hosting.server import PracticeServer
from tests import transports
from tests.cluster.test_collector import until

pytestmark = pytest.mark.leaves_sockets

Say = Callable[..., str]


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """The address of a practice Swarm of three nodes."""
    server = PracticeServer.start(speed=20.0, seed=1, bind_ports=False)
    yield server.urls[0]
    server.stop()


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's own choice."""
    for name in [name for name in os.environ if name.startswith(("DOCKER_", "ESSAIM_"))]:
        monkeypatch.delenv(name)


def place(path: Path) -> contexts.Endpoint:
    return contexts.Endpoint("Somebody's", f"unix://{path}")


def connected(found: Connection | Practice) -> Connection:
    assert isinstance(found, Connection)
    return found


def refusal(found: Connection | Practice) -> str:
    """Why there is no engine, in one sentence."""
    with pytest.raises(EngineUnreachable) as refused, daemon_errors():
        connected(found).api()
    said = str(refused.value)
    assert "\n" not in said
    return said


# What is taken


def test_the_first_socket_that_answers_is_taken(engine: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sockets = [place(tmp_path / "none"), place(tmp_path / "file"), place(tmp_path / "socket")]
    with transports.unix_socket(engine, tmp_path / "socket"):
        found = connected(choose({}, tmp_path, sockets))
        found.api().close()
    assert found.base_url == f"unix://{tmp_path}/socket"
    assert found.search is not None
    assert found.search.chosen is None
    none, file = found.search.tried
    assert (str(none.why), none.there) == ("there is no such file", False)
    assert "Connection refused" in str(file.why)
    assert file.there


def test_where_none_answers_it_is_practice_and_says_what_was_tried(tmp_path: Path) -> None:
    found = choose({}, tmp_path, [place(tmp_path / "none")])
    assert isinstance(found, Practice)
    try:
        search = found.open("a" * 22).search
    finally:
        found.close()
    assert search is not None
    assert [tried.endpoint.host for tried in search.tried] == [f"unix://{tmp_path}/none"]


def test_without_practice_it_waits_at_dockers_own_socket(tmp_path: Path) -> None:
    found = connected(choose({"ESSAIM_ENGINE": "docker"}, tmp_path, [place(tmp_path / "none")]))
    assert found.base_url == "unix:///var/run/docker.sock"
    assert found.search is not None
    assert len(found.search.tried) == 1


@pytest.mark.parametrize("wish", ["auto", "docker"])
@pytest.mark.parametrize(
    "choice", [{"DOCKER_HOST": "unix:///none"}, {"DOCKER_CONTEXT": "none"}], ids=str
)
def test_what_somebody_chose_is_never_left_for_something_else(
    engine: str, tmp_path: Path, wish: str, choice: dict[str, str]
) -> None:
    with transports.unix_socket(engine, tmp_path / "socket"):
        sockets = [place(tmp_path / "socket")]
        found = choose({"ESSAIM_ENGINE": wish, **choice}, tmp_path, sockets)
        refusal(found)


def test_practice_is_practice_whatever_is_chosen(tmp_path: Path) -> None:
    found = choose({"ESSAIM_ENGINE": "practice", "DOCKER_HOST": "tcp://127.0.0.1:9"}, tmp_path)
    assert isinstance(found, Practice)
    found.close()


# What is said


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DOCKER_HOST": "tcp://:99999"}, "DOCKER_HOST (tcp://:99999): this is no address"),
        ({"DOCKER_HOST": "ssh://"}, "this is no address of an engine"),
        ({"DOCKER_HOST": "tcp://foo.invalid:1"}, "does not answer"),
        ({"DOCKER_HOST": "unix:///none"}, "No such file or directory"),
        ({"DOCKER_HOST": "unix:///tmp"}, "does not answer"),
        (
            {"DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/none"},
            "DOCKER_HOST (tcp://h:1): /none/ca.pem: No such file or directory",
        ),
        (
            {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/none"},
            "DOCKER_TLS_VERIFY (tcp://localhost:2376): /none/ca.pem: No such file or directory",
        ),
        ({"DOCKER_CONTEXT": "gone"}, "The context gone of DOCKER_CONTEXT: there is no such"),
    ],
    ids=str,
)
def test_a_bad_choice_is_one_sentence(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    assert said in refusal(choose(environ, tmp_path))


def test_a_bad_choice_stops_neither_start_nor_collector(tmp_path: Path) -> None:
    control = Control(connected(choose({"DOCKER_CONTEXT": "gone"}, tmp_path)), Access({}))
    control.start()
    try:
        until(lambda: control.snapshot.outage is not None)
        assert "there is no such context" in str(control.snapshot.outage)
    finally:
        control.stop()


def test_files_that_were_mended_are_read_again(engine: str, tmp_path: Path) -> None:
    with transports.tls(engine, tmp_path) as address:
        environ = {"DOCKER_HOST": address, "DOCKER_TLS_VERIFY": "1"}
        found = connected(choose({**environ, "DOCKER_CERT_PATH": str(tmp_path)}, tmp_path))
        whole = (tmp_path / "ca.pem").read_text()
        (tmp_path / "ca.pem").write_text("junk")
        assert "ca.pem" in refusal(found)
        (tmp_path / "ca.pem").write_text(whole)
        found.api().close()


# Every way in


@pytest.fixture(params=["unix", "tcp", "tls", "tls, unproved", "ssh", "ssh, configured"])
def way(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """What `docker context create` is told for a way to the engine."""
    certs = {kind: str(tmp_path / f"{kind}.pem") for kind in ("ca", "cert", "key")}
    with ExitStack() as stack:
        match request.param:
            case "unix":
                door = stack.enter_context(transports.unix_socket(engine, tmp_path / "socket"))
                yield {"host": door}
            case "tcp":
                yield {"host": engine}
            case "tls":
                yield {"host": stack.enter_context(transports.tls(engine, tmp_path)), **certs}
            case "tls, unproved":
                address = stack.enter_context(transports.tls(engine, tmp_path))
                del certs["ca"]
                yield {"host": address, **certs, "skip-tls-verify": "true"}
            case _:
                there = stack.enter_context(transports.sshd(engine, tmp_path))
                monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
                configured = request.param.endswith("configured")
                yield {"host": "ssh://Classroom" if configured else there.address}


@pytest.fixture
def chosen(way: dict[str, str], tmp_path: Path) -> Connection:
    """The connection that a context of docker's making leads to."""
    create_context(tmp_path, way)
    docker(tmp_path, "context", "use", "class")
    return connected(choose({}, tmp_path))


def create_context(home: Path, told: dict[str, str]) -> None:
    words = ",".join(f"{key}={value}" for key, value in told.items())
    docker(home, "context", "create", "class", "--docker", words)


def docker(home: Path, *words: str) -> str:
    environ = {**os.environ, "HOME": str(home)}
    done = subprocess.run(
        ["docker", *words], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.cli
def test_a_context_that_docker_made_is_honoured(chosen: Connection, tmp_path: Path) -> None:
    assert chosen.search is not None
    assert str(chosen.search.chosen) == "The current context class"
    client = chosen.client()
    try:
        ours = sorted(node.attrs["Description"]["Hostname"] for node in client.nodes.list())
    finally:
        client.close()
    assert ours == sorted(docker(tmp_path, "node", "ls", "--format", "{{.Hostname}}").split())
    assert ours == ["node1", "node2", "node3"]


@pytest.mark.cli
def test_streams_go_both_ways_and_end(chosen: Connection) -> None:
    control = Control(chosen, Access({}))
    control.start()
    try:
        until(lambda: control.snapshot.engine is not None, 20)
        say = parse_and_run(control)
        loop = "while :; do echo tick; sleep 1; done"
        say(f"docker run -d --name ticker alpine sh -c '{loop}'")
        follow_and_stop(control)
        # Heard of by an event, long before all is asked for again.
        until(lambda: any(c.name == "ticker" for c in control.snapshot.containers), 20)

        shell = control.attach(parse("docker exec -it ticker sh"), "me", NONE)
        shell.resize(80, 24)
        shell.write(b"echo a$((1 + 1))b\n")
        read_until(shell, b"a2b")
        shell.write(b"exit 3\n")
        read_until(shell, None)
        assert shell.code() == 3
        shell.close()

        cat = control.attach(parse("docker run -i --name cat alpine cat"), "me", NONE)
        cat.write(b"hello\r")
        read_until(cat, b"hello")
        cat.write(b"\x04")  # its input ends, and so does it: its last words are still read
        read_until(cat, None)
        assert cat.code() == 0
        cat.close()
        say("docker rm -f ticker cat")
    finally:
        control.stop()


def parse_and_run(control: Control) -> Say:
    return lambda line: control.submit(parse(line), "me", NONE)


def follow_and_stop(control: Control) -> None:
    heard, interrupt = list[Progress](), Interrupt()
    line = parse("docker logs -f ticker")
    with ThreadPoolExecutor(1) as threads:
        told = threads.submit(control.submit, line, "me", NONE, heard.append, interrupt)
        until(lambda: len(heard) > 1 or told.done(), 20)
        interrupt.press()
        assert told.result(20).startswith("tick")


def read_until(stream: Stream, words: bytes | None) -> None:
    """Read on until these words, or the end, have come."""
    seen = b""
    while words is None or words not in seen:
        data = stream.read()
        seen += data
        if not data:
            assert words is None, seen
            return


@pytest.mark.cli
def test_many_may_go_at_once(chosen: Connection) -> None:
    def ask() -> int:
        client = chosen.client()
        try:
            return len(client.nodes.list())
        finally:
            client.close()

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask) for _ in range(4)]
        assert [answer.result(60) for answer in asked] == [3, 3, 3, 3]
