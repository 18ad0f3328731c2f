"""Redis in a container: what it logs, answers, keeps and refuses."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from essaim_practice import PracticeServer

from .databases import logged, said
from .ports import free_ports

IMAGE = "redis:7.4"

CLI = "redis-cli"


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=1, speed=50, seed=1, bind_ports=True) as server:
        yield server


@pytest.fixture(scope="module")
def published() -> int:
    return free_ports(1)


@pytest.fixture(scope="module")
def redis(server: PracticeServer, published: int) -> Container:
    ports = {"6379/tcp": published}
    container = server.client.containers.run(IMAGE, name="cache", detach=True, ports=ports)
    logged(container, "Ready to accept connections")
    return container


def test_it_logs_how_it_starts(redis: Container) -> None:
    first, second, third, *rest = (row.partition(" ")[0] for row in _rows(redis))
    assert (first, second, third, *set(rest)) == ("1:C", "1:C", "1:C", "1:M")
    texts = [row.split(" ", 5)[5] for row in _rows(redis)]
    assert texts == [
        "* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        "* Redis version=7.4.11, bits=64, commit=00000000, modified=0, pid=1, just started",
        "# Warning: no config file specified, using the default config. In order to specify a "
        "config file use redis-server /path/to/redis.conf",
        "* monotonic clock: POSIX clock_gettime",
        "* Running mode=standalone, port=6379.",
        "* Server initialized",
        "* Ready to accept connections tcp",
    ]


def _rows(container: Container) -> list[str]:
    text: str = container.logs().decode()
    return text.splitlines()[:7]


@pytest.mark.parametrize(
    ("line", "plain", "shown"),
    [
        ("ping", "PONG\n", "PONG\n"),
        ("ping hello", "hello\n", '"hello"\n'),
        ("set name Ada", "OK\n", "OK\n"),
        ("get name", "Ada\n", '"Ada"\n'),
        ("get nothing", "\n", "(nil)\n"),
        ("strlen name", "3\n", "(integer) 3\n"),
        ("rpush row a b c", "3\n", None),
        ("lrange row 0 -1", "a\nb\nc\n", '1) "a"\n2) "b"\n3) "c"\n'),
        ("lrange none 0 -1", "\n", "(empty array)\n"),
        ("hset user name Ada age 36", "2\n", None),
        ("hgetall user", "name\nAda\nage\n36\n", '1) "name"\n2) "Ada"\n3) "age"\n4) "36"\n'),
        ("sadd tags x y x", "2\n", None),
        ("sismember tags y", "1\n", "(integer) 1\n"),
        ("zadd board 10 ada 7.5 bob", "2\n", None),
        (
            "zrange board 0 -1 withscores",
            "bob\n7.5\nada\n10\n",
            '1) "bob"\n2) "7.5"\n3) "ada"\n4) "10"\n',
        ),
        ("type board", "zset\n", "zset\n"),
        ("incrby number 41", "41\n", None),
        ("incr number", "42\n", None),
        ("incr name", "ERR value is not an integer or out of range\n\n", None),
        (
            "lpush name x",
            "WRONGTYPE Operation against a key holding the wrong kind of value\n\n",
            "(error) WRONGTYPE Operation against a key holding the wrong kind of value\n",
        ),
        ("get", "ERR wrong number of arguments for 'get' command\n\n", None),
        (
            "flip a b",
            "ERR unknown command 'flip', with args beginning with: 'a' 'b' \n\n",
            None,
        ),
        ("eval x 0", "ERR the practice engine does not play 'eval'\n\n", None),
        ("exists name none", "1\n", None),
        ("del name none", "1\n", None),
        ("ttl name", "-2\n", None),
        ("dbsize", "5\n", None),
        ("config get port", "port\n6379\n", '1) "port"\n2) "6379"\n'),
        ("-n 3 set there 1", "OK\n", None),
        ("get there", "\n", "(nil)\n"),
        ("select 99", "ERR DB index is out of range\n\n", None),
    ],
)
def test_the_command_line_client(
    redis: Container, line: str, plain: str, shown: str | None
) -> None:
    assert said(redis, CLI, *line.split()) == plain
    if shown is not None:
        assert said(redis, CLI, *line.split(), tty=True) == shown


def test_a_value_ends_at_its_time(server: PracticeServer, redis: Container) -> None:
    assert said(redis, CLI, "set", "brief", "1", "ex", "3600") == "OK\n"
    assert 3000 < int(said(redis, CLI, "ttl", "brief")) <= 3600
    server.clock.step(3601)
    assert said(redis, CLI, "get", "brief") == "\n"


def test_its_client_reads_lines_from_a_pipe(redis: Container) -> None:
    line = "printf 'set piped 1\\nincr piped\\n' | redis-cli"
    assert said(redis, "sh", "-c", line) == "OK\n2\n"


def test_a_client_that_reaches_nobody(redis: Container) -> None:
    nobody = "Could not connect to Redis at"
    assert said(redis, CLI, "-p", "7", "ping", code=1) == f"{nobody} 127.0.0.1:7: {_REFUSED}\n"
    assert said(redis, CLI, "-h", "nosuch", "ping", code=1).startswith(f"{nobody} nosuch:6379: ")


_REFUSED = "Connection refused"


def _asked(connection: socket.socket, sent: bytes, size: int) -> bytes:
    connection.sendall(sent)
    heard = b""
    while len(heard) < size and (more := connection.recv(4096)):
        heard += more
    return heard


def test_its_protocol_on_a_published_port(redis: Container, published: int) -> None:
    with socket.create_connection(("127.0.0.1", published), timeout=30) as connection:
        assert _asked(connection, b"PING\r\n", 7) == b"+PONG\r\n"
        sent = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
        assert _asked(connection, sent, 15) == b"+OK\r\n$4\r\na\r\nb\r\n"
        assert _asked(connection, b"*1\r\nx", 30).startswith(b"-ERR Protocol error: expected '$'")


def test_a_transaction_and_a_watched_key(redis: Container, published: int) -> None:
    with socket.create_connection(("127.0.0.1", published), timeout=30) as connection:
        assert _asked(connection, b"WATCH seen\r\nMULTI\r\nSET seen 1\r\n", 19).endswith(
            b"+QUEUED\r\n"
        )
        said(redis, CLI, "set", "seen", "2")
        assert _asked(connection, b"EXEC\r\n", 5) == b"$-1\r\n"
        transaction = b"MULTI\r\nINCR seen\r\nINCR seen\r\nEXEC\r\n"
        assert _asked(connection, transaction, 35).endswith(b"*2\r\n:3\r\n:4\r\n")


def test_messages_reach_who_has_subscribed(redis: Container, published: int) -> None:
    with socket.create_connection(("127.0.0.1", published), timeout=30) as connection:
        assert _asked(connection, b"SUBSCRIBE news\r\n", 30).endswith(b"$4\r\nnews\r\n:1\r\n")
        assert said(redis, CLI, "publish", "news", "extra") == "1\n"
        told = b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nextra\r\n"
        assert _asked(connection, b"", len(told)) == told
    assert said(redis, CLI, "publish", "other", "extra") == "0\n"


def test_one_who_waits_for_a_list_is_served(redis: Container, published: int) -> None:
    with socket.create_connection(("127.0.0.1", published), timeout=30) as connection:
        connection.sendall(b"BLPOP jobs 0\r\n")
        while "blocked_clients:1" not in said(redis, CLI, "info", "clients"):
            pass
        assert said(redis, CLI, "rpush", "jobs", "one") == "1\n"
        assert _asked(connection, b"", 23) == b"*2\r\n$4\r\njobs\r\n$3\r\none\r\n"
    assert said(redis, CLI, "llen", "jobs") == "0\n"
    assert said(redis, CLI, "blpop", "jobs", "1") == "\n"


def test_a_volume_keeps_what_was_stored(server: PracticeServer) -> None:
    volumes = {"kept": {"bind": "/data", "mode": "rw"}}
    run = server.client.containers.run
    first = run(IMAGE, detach=True, volumes=volumes)
    logged(first, "Ready")
    said(first, CLI, "set", "greeting", "hello")
    first.stop()
    assert (
        logged(first, "bye bye")
        .splitlines()[-4:][1]
        .endswith("* Saving the final RDB snapshot before exiting.")
    )
    first.remove()
    second = run(IMAGE, detach=True, volumes=volumes)
    assert "keys loaded: 1, keys expired: 0." in logged(second, "Ready")
    assert said(second, CLI, "get", "greeting") == "hello\n"


def test_commands_are_kept_one_by_one_where_it_is_asked(server: PracticeServer) -> None:
    command = ["redis-server", "--appendonly", "yes", "--requirepass", "sesame"]
    safe = server.client.containers.run(IMAGE, command, detach=True)
    logged(safe, "Ready")
    assert said(safe, CLI, "get", "x") == "NOAUTH Authentication required.\n\n"
    with_password = [CLI, "--no-auth-warning", "-a", "sesame"]
    said(safe, *with_password, "rpush", "row", "a", "b")
    said(safe, *with_password, "setex", "timed", "1000", "v")
    safe.kill()
    safe.start()
    logged(safe, "DB loaded from append only file")
    assert said(safe, *with_password, "lrange", "row", "0", "-1") == "a\nb\n"
    assert 0 < int(said(safe, *with_password, "ttl", "timed")) <= 1000
    assert "may not be safe" in said(safe, CLI, "-a", "sesame", "ping")


def test_it_holds_no_more_than_its_share(server: PracticeServer, redis: Container) -> None:
    for number in range(10):
        line = f"head -c 400000 /dev/zero | tr '\\0' x | redis-cli -x set big{number}"
        answer = said(redis, "sh", "-c", line)
        if answer != "OK\n":
            break
    assert answer.startswith("OOM command not allowed when used memory > 'maxmemory'.")
    assert said(redis, CLI, "flushall") == "OK\n"
    assert said(redis, CLI, "set", "small", "1") == "OK\n"


def test_it_ends_when_a_client_says_so(server: PracticeServer) -> None:
    container = server.client.containers.run(IMAGE, detach=True)
    logged(container, "Ready")
    said(container, CLI, "shutdown")
    assert container.wait()["StatusCode"] == 0
