"""A Redis server: its clients, what it is configured to do, its files, and its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from math import inf
from typing import Any

from essaim_practice.programs.base import Context
from essaim_practice.servers.daemon import Daemon
from essaim_practice.servers.redis.commands import COMMANDS
from essaim_practice.servers.redis.keyspace import DATABASES, Keyspace, Refusal
from essaim_practice.servers.redis.resp import Malformed, Requests, request

_USUAL = {
    "appendonly": "no",
    "bind": "* -::*",
    "databases": "16",
    "dbfilename": "dump.rdb",
    "dir": "/data",
    "maxclients": "10000",
    "maxmemory": "0",
    "maxmemory-policy": "noeviction",
    "port": "6379",
    "requirepass": "",
    "save": "3600 1 300 100 60 10000",
    "timeout": "0",
}


_BREATH = 200  # commands of a file that are done at once


class Server(Daemon):
    """One running redis-server."""

    def __init__(self, context: Context, version: str, given: dict[str, str]) -> None:
        super().__init__()
        self.context = context
        self.version = version
        self.config = {**_USUAL, **given}
        self.data = Keyspace(context.now)
        self.started = context.now()
        self.saved = context.now()
        self.dirty = 0  # writes since
        self.commands = 0
        self.accepted = 0
        self.clients: dict[int, Any] = {}  # by number, see clients.py
        self.waiting: list[Any] = []  # clients that wait for a list to be filled
        self.loading = False

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers."""
        return tuple(int(part) if part.isdigit() else 0 for part in self.version.split("."))

    @property
    def port(self) -> int:
        text = self.config["port"]
        return int(text) if text.isdigit() and len(text) < 6 else 6379

    def half(self) -> int:
        """Bytes of commands that are not whole, of all clients."""
        return sum(client.half for client in self.clients.values())

    # The log

    def said(self, text: str, level: str = "*", role: str = "M") -> str:
        """A line of the log; level: * or #."""
        now = self.context.now()
        year = " %Y" if self.numbers >= (4,) else ""
        stamp = time.strftime(f"%d %b{year} %H:%M:%S", time.gmtime(now))
        return f"{self.context.pid}:{role} {stamp}.{int(now * 1000) % 1000:03d} {level} {text}"

    def tell(self, text: str, level: str = "*") -> None:
        self.log(self.said(text, level))

    # Time

    def patience(self) -> float:
        now = self.context.now()
        ends = [client.until for client in self.waiting]
        if self.dirty and (points := list(self._points())):
            ends += [self.saved + seconds for seconds, writes in points if self.dirty >= writes]
        return max(min(ends, default=inf) - now, 0.0)

    def on_time(self) -> None:
        now = self.context.now()
        for client in [client for client in self.waiting if client.until <= now]:
            client.give_up()
        for seconds, writes in self._points():
            if self.dirty >= writes and now >= self.saved + seconds:
                self.tell(f"{writes} changes in {seconds} seconds. Saving...")
                self.save_in_background()
                break

    def _points(self) -> Iterator[tuple[int, int]]:
        words = self.config["save"].split()
        for seconds, writes in zip(words[::2], words[1::2], strict=False):
            if seconds.isdigit() and writes.isdigit():
                yield int(seconds), int(writes)

    # Files

    @property
    def _dump(self) -> str:
        return f"{self.config['dir'].rstrip('/')}/{self.config['dbfilename']}"

    @property
    def _added(self) -> str:
        """The file of commands that are kept one by one (``appendonly``)."""
        folder = self.config["dir"].rstrip("/")
        if self.numbers >= (7,):
            return f"{folder}/appendonlydir/appendonly.aof.1.incr.aof"
        return f"{folder}/appendonly.aof"

    def save(self) -> None:
        """Write the dump. Raises OSError."""
        self.context.fs.write(self._dump, self.data.dumped())
        self.saved, self.dirty = self.context.now(), 0

    def save_in_background(self) -> None:
        pid = self.context.inside.new_pid()
        self.tell(f"Background saving started by pid {pid}")
        try:
            self.save()
        except OSError as error:
            self.log(self.said(f"Write error saving DB on disk: {error.strerror}", "#", "C"))
            self.saved, self.dirty = self.context.now(), 0
            return
        self.log(self.said("DB saved on disk", role="C"))
        self.tell("Background saving terminated with success")

    def keep(self, db: int, words: list[bytes]) -> None:
        """Add a command that has written. Raises Refusal where the disk is full."""
        self.dirty += 1
        if self.config["appendonly"] != "yes" or self.loading:
            return
        try:
            select = request([b"SELECT", b"%d" % db]) if db else b""
            back = request([b"SELECT", b"0"]) if db else b""
            self.context.fs.append(self._added, select + request(words) + back)
        except OSError as error:
            raise Refusal(
                "MISCONF Errors writing to the AOF file: " + (error.strerror or "")
            ) from None

    def load(self) -> Iterator[str]:
        """Read what is kept: lines for the log, and "" now and then while it takes long.

        Raises ValueError for what is no such file, and OSError.
        """
        added = self.config["appendonly"] == "yes"
        if added and (commands := self.context.file(self._added)) is not None:
            yield from self._replay(commands)
            yield self.said("DB loaded from append only file: 0.000 seconds")
            return
        if added:
            folder = self._added.rpartition("/")[0]
            self.context.fs.make_folder(folder, parents=True)
            self.context.fs.write(self._added, b"")
            if self.numbers >= (7,):
                name = self._added.rpartition("/")[2]
                manifest = f"file {name} seq 1 type i\n".encode()
                self.context.fs.write(f"{folder}/appendonly.aof.manifest", manifest)
                yield self.said(f"Creating AOF incr file {name} on server start")
            return
        if (kept := self.context.file(self._dump)) is None:
            return
        keys, gone = self.data.load(kept)
        if self.numbers >= (5,):
            yield self.said(f"Loading RDB produced by version {self.version}")
            age = int(self.context.now() - self.context.fs.entry(self._dump).mtime)
            yield self.said(f"RDB age {age} seconds")
            yield self.said(f"RDB memory usage when created {self.memory() / 2**20:.2f} Mb")
        if self.numbers >= (6, 2):
            yield self.said(f"Done loading RDB, keys loaded: {keys}, keys expired: {gone}.")
        yield self.said("DB loaded from disk: 0.000 seconds")
        self.dirty = 0

    def _replay(self, commands: bytes) -> Iterator[str]:
        """Do again what was added, with a breath after some of it. Raises ValueError."""
        loader = Loader(self)
        requests = Requests()
        requests.feed(commands)
        self.loading = True
        try:
            for number in count(1):
                if not (words := requests.next()):
                    break
                if number % _BREATH == 0:
                    yield ""
                name = words[0].decode(errors="replace").lower()
                if name == "select" and words[1:2] and words[1].isdigit():
                    loader.db = int(words[1][:2]) % DATABASES
                elif name in COMMANDS:
                    self.data.admit(sum(map(len, words)))
                    COMMANDS[name].do(loader, words[1:])
        except (Malformed, Refusal, IndexError) as error:
            raise ValueError(f"Bad file format reading the append only file: {error}") from None
        finally:
            self.loading = False

    # What it tells of itself

    def memory(self) -> int:
        return 900_000 + self.data.size

    def information(self, asked: str = "") -> str:
        """The answer to INFO."""
        up, memory = int(self.context.now() - self.started), self.memory()
        human = f"{memory / 2**20:.2f}M"
        sections: dict[str, dict[str, Any]] = {
            "Server": {
                "redis_version": self.version,
                "redis_mode": "standalone",
                "os": "Linux x86_64 (simulated)",
                "arch_bits": 64,
                "process_id": self.context.pid,
                "tcp_port": self.port,
                "uptime_in_seconds": up,
                "uptime_in_days": up // 86400,
                "executable": "/data/redis-server",
                "config_file": "",
            },
            "Clients": {
                "connected_clients": len(self.clients),
                "maxclients": self.config["maxclients"],
                "blocked_clients": len(self.waiting),
            },
            "Memory": {
                "used_memory": memory,
                "used_memory_human": human,
                "used_memory_peak_human": human,
                "maxmemory": self.config["maxmemory"],
                "maxmemory_policy": self.config["maxmemory-policy"],
            },
            "Persistence": {
                "loading": 0,
                "rdb_changes_since_last_save": self.dirty,
                "rdb_bgsave_in_progress": 0,
                "rdb_last_save_time": int(self.saved),
                "rdb_last_bgsave_status": "ok",
                "aof_enabled": int(self.config["appendonly"] == "yes"),
            },
            "Stats": {
                "total_connections_received": self.accepted,
                "total_commands_processed": self.commands,
                "expired_keys": self.data.expired,
            },
            "Replication": {"role": "master", "connected_slaves": 0},
            "CPU": {"used_cpu_sys": "0.010000", "used_cpu_user": "0.010000"},
            "Cluster": {"cluster_enabled": 0},
            "Keyspace": {
                f"db{db}": f"keys={keys},expires={self.data.expiring(db)},avg_ttl=0"
                for db in range(DATABASES)
                if (keys := self.data.count(db))
            },
        }
        every = asked in ("", "all", "default", "everything")
        shown = {n: fields for n, fields in sections.items() if every or n.lower() == asked}
        texts = (
            f"# {name}\r\n" + "".join(f"{key}:{value}\r\n" for key, value in fields.items())
            for name, fields in shown.items()
        )
        return "\r\n".join(texts)


class Loader:
    """Who calls the commands that are read from a file."""

    def __init__(self, server: Server) -> None:
        self.db = 0
        self.data = server.data


def configuration(words: list[str], text: str) -> dict[str, str] | str:
    """Settings of a file's text and of a command line's words; a text tells what is wrong."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, _, value = line.strip().partition(" ")
        if not name or name.startswith("#"):
            continue
        if not value.strip():
            return (
                "\n*** FATAL CONFIG FILE ERROR ***\n"
                f"Reading the configuration file, at line {number}\n>>> '{line.strip()}'\n"
                "Bad directive or wrong number of arguments"
            )
        value = value.strip()
        value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
        name = name.lower()
        found[name] = f"{found[name]} {value}" if name == "save" and name in found else str(value)
    name = ""
    for word in words:
        if word.startswith("--"):
            name = word[2:].lower()
            found[name] = ""
        elif name:
            found[name] = f"{found[name]} {word}".strip()
    return found
