"""Docker's example voting app, played against a Redis and a database of these tests."""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import b64decode, b64encode
from errno import ECONNREFUSED
from typing import Any

import pytest

from essaim_practice.programs.hosts import NO_NET
from essaim_practice.programs.http import HttpRequest
from essaim_practice.programs.talk import Talk
from essaim_practice.servers import postgres_client, voting
from practice.tests.playing import Playing, context

SALT, NONCE = b"0123456789abcdef", "server"


class Redis(Talk):
    """A list, which one pushes to and pops from."""

    def __init__(self, votes: list[bytes]) -> None:
        self._votes = votes

    def hear(self, data: bytes) -> bytes:
        words = data.split(b"\r\n")[2::2]
        if words[:1] == [b"rpush"]:
            self._votes.append(words[2])
            return b":%d\r\n" % len(self._votes)
        if words[:1] == [b"lpop"]:
            if not self._votes:
                return b"$-1\r\n"
            word = self._votes.pop(0)
            return b"$%d\r\n%b\r\n" % (len(word), word)
        return b"+PONG\r\n" if words else b""


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


class Postgres(Talk):
    """Lets in by SCRAM-SHA-256; has one table of votes."""

    def __init__(self, votes: dict[str, str]) -> None:
        self._votes = votes
        self._told = ""

    def hear(self, data: bytes) -> bytes:
        if not data:
            return b""
        if data[:1] == b"\0":
            return message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
        if data[:1] == b"p" and data[5:].startswith(b"SCRAM"):
            bare = data.rpartition(b"n,,")[2].decode()
            nonce = bare.partition("r=")[2] + NONCE
            challenge = f"r={nonce},s={b64encode(SALT).decode()},i=4096"
            self._told = f"{bare},{challenge},c=biws,r={nonce}"
            return message(b"R", struct.pack("!i", 11) + challenge.encode())
        if data[:1] == b"p":
            assert b64decode(data.rpartition(b",p=")[2]) == self._proof()
            return message(b"R", struct.pack("!i", 0)) + message(b"Z", b"I")
        return self._answer(data[5:-1].decode()) + message(b"Z", b"I")

    def _proof(self) -> bytes:
        salted = hashlib.pbkdf2_hmac("sha256", b"postgres", SALT, 4096)
        key = hmac.digest(salted, b"Client Key", "sha256")
        signed = hmac.digest(hashlib.sha256(key).digest(), self._told.encode(), "sha256")
        return bytes(a ^ b for a, b in zip(key, signed, strict=True))

    def _answer(self, sql: str) -> bytes:
        words = sql.split("'")
        if sql.startswith("INSERT"):
            if words[1] in self._votes:
                return message(b"E", b"SERROR\0Mduplicate key value\0\0")
            self._votes[words[1]] = words[3]
        elif sql.startswith("UPDATE"):
            self._votes[words[3]] = words[1]
        elif sql.startswith("SELECT"):
            counts = {v: list(self._votes.values()).count(v) for v in self._votes.values()}
            head = struct.pack("!hi", 2, 1)
            return b"".join(
                message(b"D", head + v.encode() + struct.pack("!i", 1) + b"%d" % n)
                for v, n in counts.items()
            )
        return message(b"C", b"OK\0")


class Net:
    """A network with both, or with neither."""

    def __init__(self) -> None:
        self.list: list[bytes] = []
        self.table: dict[str, str] = {}
        self.there = True

    def __getattr__(self, name: str) -> object:
        return getattr(NO_NET, name)

    def resolve(self, host: str) -> str:
        return "10.0.1.5"

    def converse(self, host: str, port: int) -> Talk:
        if not self.there:
            raise OSError(ECONNREFUSED, "Connection refused")
        return {"redis": Redis(self.list), "db": Postgres(self.table)}[host]


def request(method: str = "GET", body: bytes = b"", cookie: str = "") -> HttpRequest:
    headers = {"cookie": cookie} if cookie else {}
    return HttpRequest(method, "/", headers, body, "10.0.0.2", "vote.1", "10.0.1.3", 1.7e9)


def here(net: Net) -> Any:
    return context("nginx", net=net, env={"PORT": "80"})


def test_a_vote_goes_through_redis_into_the_database_and_is_shown() -> None:
    net = Net()
    vote, result = voting.vote(["gunicorn"], here(net)), voting.result(["node"], here(net))
    assert vote.site is not None
    assert result.site is not None
    assert b"Cats vs Dogs!" in vote.site(request()).body
    answer = vote.site(request("POST", b"vote=a", "voter_id=abc"))
    assert b"Processed by container ID box" in answer.body
    assert answer.log[0].data == b"Received vote for a\n"
    vote.site(request("POST", b"vote=b", "voter_id=other"))
    vote.site(request("POST", b"vote=b", "voter_id=abc"))  # a change of mind
    log = Playing().play(voting.worker(["dotnet"], here(net)), most=30).text
    assert log.startswith("Connected to db\nFound redis at 10.0.1.5\nConnecting to redis\n")
    assert "Processing vote for 'a' by 'abc'\n" in log
    assert net.table == {"abc": "b", "other": "b"}
    assert b"Dogs: 100.0%" in result.site(request()).body
    assert b"2 votes" in result.site(request()).body


def test_the_worker_waits_and_a_vote_fails_where_nobody_answers() -> None:
    net = Net()
    net.there = False
    vote = voting.vote(["gunicorn"], here(net))
    assert vote.site is not None
    assert vote.site(request("POST", b"vote=a")).status == 500
    for maker in (voting.worker, voting.result):
        log = Playing().play(maker(["x"], here(net)), most=6).text
        assert "Waiting for db\nWaiting for db\n" in log


def test_a_vote_is_no_sql() -> None:
    net = Net()
    vote = voting.vote(["gunicorn"], here(net))
    assert vote.site is not None
    vote.site(request("POST", b"vote=%27%3B+DROP"))
    sent: list[str] = []

    class Listening(Postgres):
        def _answer(self, sql: str) -> bytes:
            sent.append(sql)
            return super()._answer(sql)

    net.converse = lambda host, port: (  # type: ignore[method-assign]
        Redis(net.list) if host == "redis" else Listening(net.table)
    )
    Playing().play(voting.worker(["dotnet"], here(net)), most=12)
    assert sent[-1].endswith("'''; DROP')")


def test_a_failed_query_is_the_server_s_words() -> None:
    net = Net()
    net.table["x"] = "a"
    sql = "INSERT INTO votes (id, vote) VALUES ('x', 'b')"
    with pytest.raises(postgres_client.Failed, match="duplicate key value"):
        postgres_client.query(here(net), "db", sql, "postgres", "postgres")
