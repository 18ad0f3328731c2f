"""What a learner sends to a database or gives to Python: it takes little time and memory."""

from __future__ import annotations

import os
import sqlite3
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest

from essaim_practice.programs.steps import Work
from essaim_practice.servers.postgres import wire
from essaim_practice.servers.postgres.session import Done
from essaim_practice.servers.python import _Script
from essaim_practice.servers.redis import members, ranked, sets, strings
from essaim_practice.servers.redis.client import Client
from essaim_practice.servers.redis.commands import COMMANDS
from essaim_practice.servers.redis.keyspace import Keyspace, Refusal
from essaim_practice.servers.redis.resp import encoded, request
from essaim_practice.servers.redis.server import Server
from essaim_practice.servers.sql.database import Database, Result

from .playing import context, played

_ENTERED = (members, ranked, sets, strings)


# Redis


@dataclass
class _Caller:
    data: Keyspace = field(default_factory=lambda: Keyspace(lambda: 0.0))
    db: int = 0

    def ask(self, *words: str) -> Any:
        name, *rest = words
        return COMMANDS[name].do(self, [word.encode() for word in rest])


@pytest.mark.parametrize("name", ["keys", "scan"])
def test_a_pattern_that_takes_long_is_refused(name: str) -> None:
    caller = _Caller()
    caller.ask("set", "a" * 20_000, "1")
    words = ["0", "match"] if name == "scan" else []
    for pattern in ("*" + "?" * 5_000 + "b*", "*" + "a" * 900 + "b*"):
        with pytest.raises(Refusal, match="too complicated"):
            caller.ask(name, *words, pattern)
    assert caller.ask("keys", "*") == [b"a" * 20_000]
    assert caller.ask("keys", "a*a") == [b"a" * 20_000]


def test_one_large_value_is_not_given_a_thousand_times() -> None:
    caller = _Caller()
    caller.ask("set", "k", "a" * 100_000)
    assert caller.ask("mget", "k", "k", "none") == [b"a" * 100_000, b"a" * 100_000, None]
    with pytest.raises(Refusal, match="no more than 2 MiB"):
        caller.ask("mget", *["k"] * 30)


def test_sets_are_combined_once_each() -> None:
    caller = _Caller()
    caller.ask("sadd", "s", *map(str, range(10_000)))
    caller.ask("sadd", "t", "1", "x")
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        same = caller.ask("sinter", *["s"] * 1_000)
        every = caller.ask("sunion", *["s"] * 1_000, "t")
        left = caller.ask("sdiff", "t", *["s"] * 1_000, *map(str, range(1_000)))
    finally:
        sys.setprofile(None)
    assert (len(same), len(every), left) == (10_000, 10_001, [b"x"])
    assert calls < 500_000


def test_numbers_of_redis_have_an_end() -> None:
    caller = _Caller()
    assert encoded(caller.ask("zincrby", "z", "inf", "a")) == b"$3\r\ninf\r\n"
    with pytest.raises(Refusal, match="not a number"):
        caller.ask("zincrby", "z", "-inf", "a")
    caller.ask("sadd", "s", "a")
    with pytest.raises(Refusal, match="out of range"):
        caller.ask("srandmember", "s", "-9223372036854775808")


@pytest.fixture
def redis() -> Server:
    return Server(context("redis:7.4"), "7.4.0", {})


def _say(client: Client, *words: bytes) -> bytes:
    return client.hear(request(words))


def test_a_transaction_answers_no_more_than_there_is_room_for(redis: Server) -> None:
    client = Client(redis, "10.0.0.1")
    assert _say(client, b"SET", b"k", b"a" * 100_000) == b"+OK\r\n"
    _say(client, b"MULTI")
    for _ in range(200):
        _say(client, b"GET", b"k")
    answer = _say(client, b"EXEC")
    assert answer.startswith(b"*200\r\n$100000\r\n")
    assert len(answer) < 3 * 2**20
    assert answer.endswith(b"-ERR the practice engine does no more in one transaction\r\n")


def test_many_questions_at_once_are_answered_in_turns(redis: Server) -> None:
    client = Client(redis, "10.0.0.1")
    _say(client, b"SET", b"k", b"a" * 100_000)
    said = client.hear(request([b"GET", b"k"]) * 50)
    assert len(said) < 2**20
    while client.ready:
        said += client.hear(b"")
    assert len(said) == 50 * 100_011


def test_half_commands_of_many_clients_have_an_end(redis: Server) -> None:
    clients = [Client(redis, "10.0.0.1") for _ in range(100)]
    for client in clients:
        client.hear(b"*3\r\n$3\r\nSET\r\n$500000\r\n" + b"a" * 100_000)
    assert redis.half() < 5 * 2**20
    assert any(client.closed for client in clients)
    assert not all(client.closed for client in clients)


def test_shutdown_wants_a_word_that_it_knows(redis: Server) -> None:
    client = Client(redis, "10.0.0.1")
    assert _say(client, b"SHUTDOWN", b"XX") == b"-ERR syntax error\r\n"
    assert not redis.stopping


# SQL


class _Room:
    def take(self, size: int) -> bool:
        return True

    def release(self) -> None:
        pass


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database(lambda made: None, _Room())  # type: ignore[arg-type]
    yield made
    made.close()


_ROWS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 20) "


def test_temporary_tables_are_in_no_file_and_have_an_end(database: Database) -> None:
    def files() -> list[str]:
        links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
        found = [os.readlink(link) for link in links if os.path.islink(link)]
        return [name for name in found if "etilqs" in name]

    before = files()
    database.run("CREATE TEMP TABLE t(a)")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        database.run(_ROWS + "INSERT INTO t SELECT zeroblob(30000) FROM c")
    assert files() == before


def test_a_text_is_sought_in_a_text_in_little_time(database: Database) -> None:
    long = "replace(printf('%.*c', 31000, 'a'), 'a', 'aa')"
    sought = [f"printf('%.*c', {31000 + number}, 'a') || 'b'" for number in range(20)]
    found = database.run("SELECT " + " + ".join(f"instr({long}, {each})" for each in sought))
    assert found.rows == ((0,),)
    found = database.run(
        "SELECT instr('abc', 'c'), instr(NULL, 'a'), instr('a', ''), instr(x'0102', x'02'), "
        "instr('été', 'é'), instr(120, 2), replace('aXbX', 'X', 12), replace('a', '', 'b'), "
        "replace('a', NULL, 'b')"
    )
    assert found.rows == ((3, None, 1, 2, 1, 2, "a12b12", "a", None),)


def test_views_that_double_each_other_are_refused(database: Database) -> None:
    database.run("CREATE VIEW v0 AS SELECT 1 AS a")
    for number in range(1, 13):
        below = f"SELECT a FROM v{number - 1}"
        database.run(f"CREATE VIEW v{number} AS {below} UNION ALL {below}")
    assert len(database.run("SELECT * FROM v5").rows) == 32
    with pytest.raises(sqlite3.DatabaseError, match=r"prohibited|not authorized"):
        database.run("SELECT * FROM v12")


@dataclass(eq=False)
class _Postgres:
    """As much of a server as a client asks before it has begun."""

    trusts: bool = True
    connections: set[Any] = field(default_factory=set)

    def log(self, line: str) -> None:
        pass

    def stamped(self, words: str, pid: int, level: str) -> str:
        return words


@pytest.mark.parametrize("kind", [b"P", b"B"])
def test_half_a_message_to_postgres_ends_its_connection(kind: bytes) -> None:
    client = wire.Conversation(_Postgres(), "127.0.0.1")  # type: ignore[arg-type]
    client._begun, client._session = True, object()  # type: ignore[assignment]
    said = client.hear(kind + struct.pack("!i", 4))
    assert b"08P01" in said
    assert client.closed


def test_a_script_of_thousands_of_statements_is_answered_in_turns() -> None:
    client = wire.Conversation(_Postgres(), "127.0.0.1")  # type: ignore[arg-type]
    ran = 0

    class Session:
        state = b"I"

        def run(self, found: list[Any]) -> Done:
            nonlocal ran
            ran += 1
            return Done("SELECT 1", Result(("a",), (("a" * 50_000,),)))

    client._begun, client._session = True, Session()  # type: ignore[assignment]
    body = b"select 1;" * 100 + b"\0"
    said = client.hear(b"Q" + struct.pack("!i", len(body) + 4) + body)
    assert ran < 20
    assert client.ready
    while client.ready:
        said += client.hear(b"")
    assert ran == 100
    assert said.count(b"SELECT 1") == 100
    assert said.endswith(b"Z" + struct.pack("!i", 5) + b"I")


def test_one_client_of_postgres_prepares_only_so_much() -> None:
    client = wire.Conversation(_Postgres(), "127.0.0.1")  # type: ignore[arg-type]
    client._begun, client._session = True, object()  # type: ignore[assignment]

    def ask(kind: bytes, body: bytes) -> bytes:
        client._skipping = False
        return client.hear(kind + struct.pack("!i", len(body) + 4) + body)

    long = b"select " + b"1," * 7_000 + b"1\0\0\0"
    assert ask(b"P", b"a\0" + long).startswith(b"1")
    assert b"53400" in ask(b"P", b"b\0" + long)
    portals = [ask(b"B", b"%d\0a\0" % number + bytes(6)) for number in range(30)]
    assert portals[0].startswith(b"2")
    assert b"53400" in portals[-1]
    assert ask(b"B", b"0\0a\0" + bytes(6)).startswith(b"2")


# Python


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print(round(5, -10**9))", "OverflowError: Python int too large to convert to C int"),
        ("print(('%d' * 500 + 'x%') % 1)", "not this: line 1"),
        ("print(b'%999999999d' % 1)", "not this: line 1"),
        ("print(zip(*[range(5000)] * 5000))", "MemoryError"),
        ("a, b = range(10**30)", "OverflowError: Python int too large to convert to C ssize_t"),
        ("print(enumerate(range(10**30)))", "OverflowError: Python int too large to convert"),
        ("break", "SyntaxError: 'break' outside loop"),
        ("continue", "SyntaxError: 'continue' not properly in loop"),
        ("return 5", "SyntaxError: 'return' outside function"),
        ("print(1, foo=2)", "not this: line 1: print(1, foo=2)"),
        ("len()", "not this: line 1: len()"),
        ("sorted([1], key=len)", "not this: line 1"),
        ("import time\ntime.sleep('x')", "ValueError: could not convert string to float: 'x'"),
    ],
)
def test_what_python_cannot_do_is_said(script: str, said: str) -> None:
    shown = played(["python", "-c", script], context("python"))
    assert said in shown.streams[2].decode()
    assert shown.code == 1


def test_caught_exceptions_do_not_hold_those_before_them() -> None:
    script = (
        "e = None\nfor i in range(300):\n  try:\n    1 / 0\n  except Exception as e:\n    pass\n"
    )
    script += "try:\n  1 / 0\nexcept Exception as kept:\n  pass\nwhile True: pass"
    made = _Script(script, "<string>", ["python"], context("python"), True)
    steps = made.steps(None)
    for _ in range(100):
        assert isinstance(next(steps), Work)
    kept = made._interpreter.globals["kept"]
    assert kept.__traceback__ is None
    assert kept.__context__ is None
    steps.close()
