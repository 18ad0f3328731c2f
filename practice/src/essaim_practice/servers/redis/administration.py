"""The commands of Redis about the server and its clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from essaim_practice.servers.redis.commands import COMMANDS, SYNTAX, integer, matching, real
from essaim_practice.servers.redis.keyspace import DATABASES, Keyspace, Refusal, type_of, weight
from essaim_practice.servers.redis.resp import OK, Answer, Failure, Push, Simple
from essaim_practice.servers.redis.server import Server

Words = list[bytes]


class Admin(Protocol):
    """A client, as these commands see it."""

    server: Server
    db: int
    name: bytes
    protocol: int
    known: bool
    closed: bool
    number: int
    address: str
    since: float
    channels: dict[tuple[bool, bytes], None]

    @property
    def data(self) -> Keyspace: ...


ANSWERS: dict[str, Callable[[Any, Words], Answer]] = {}
ARITIES: dict[str, int] = {
    "auth": -2, "blpop": -3, "brpop": -3, "client": -2, "config": -2, "discard": 1, "echo": 2,
    "exec": 1, "memory": -2, "multi": 1, "object": -2, "ping": -1, "psubscribe": -2, "publish": 3,
    "pubsub": -2, "select": 2, "subscribe": -2, "swapdb": 3, "time": 1, "watch": -2,
}  # fmt: skip


def _entered(name: str) -> Callable[[Callable[[Any, Words], Answer]], Any]:
    def enter(do: Callable[[Any, Words], Answer]) -> Any:
        ANSWERS[name] = do
        return do

    return enter


def _word(words: Words, at: int = 0) -> str:
    return words[at].decode(errors="replace").lower() if len(words) > at else ""


@_entered("echo")
def echo(client: Admin, words: Words) -> Answer:
    return words[0]


@_entered("quit")
def quit_(client: Admin, words: Words) -> Answer:
    client.closed = True
    return OK


@_entered("select")
def select(client: Admin, words: Words) -> Answer:
    try:
        number = integer(words[0])
    except Refusal:
        raise Refusal("ERR invalid DB index") from None
    if not 0 <= number < DATABASES:
        raise Refusal("ERR DB index is out of range")
    client.db = number
    return OK


@_entered("auth")
def auth(client: Admin, words: Words) -> Answer:
    wanted = client.server.config["requirepass"]
    if not wanted and len(words) == 1:
        raise Refusal(
            "ERR AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?"
        )
    user = words[0] if len(words) > 1 else b"default"
    if user != b"default" or (wanted and words[-1] != wanted.encode()):
        raise Refusal("WRONGPASS invalid username-password pair or user is disabled.")
    client.known = True
    return OK


@_entered("hello")
def hello(client: Admin, words: Words) -> Answer:
    rest = list(words)
    protocol = client.protocol
    if rest:
        if rest[0] not in (b"2", b"3"):
            raise Refusal("NOPROTO unsupported protocol version")
        protocol = int(rest.pop(0))
    while rest:
        match rest.pop(0).lower():
            case b"auth" if len(rest) > 1:
                auth(client, [rest.pop(0), rest.pop(0)])
            case b"setname" if rest:
                client.name = rest.pop(0)
            case _:
                raise Refusal(SYNTAX)
    if not client.known:
        raise Refusal(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
            "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
            "select the RESP protocol version at the same time"
        )
    client.protocol = protocol
    return {
        b"server": b"redis",
        b"version": client.server.version.encode(),
        b"proto": protocol,
        b"id": client.number,
        b"mode": b"standalone",
        b"role": b"master",
        b"modules": [],
    }


@_entered("client")
def client_(client: Admin, words: Words) -> Answer:
    now = client.server.context.now()

    def shown(one: Admin) -> str:
        age = int(now - one.since)
        return (
            f"id={one.number} addr={one.address}:40000 name={one.name.decode(errors='replace')} "
            f"age={age} idle=0 flags=N db={one.db} resp={one.protocol}\n"
        )

    match _word(words):
        case "setname" if len(words) == 2:
            client.name = words[1]
        case "getname":
            return client.name or None
        case "id":
            return client.number
        case "list":
            return "".join(map(shown, client.server.clients.values())).encode()
        case "info":
            return shown(client).encode()
        case "setinfo" | "no-evict" | "no-touch" | "reply":
            pass
        case _:
            raise Refusal(f"ERR unknown subcommand '{_word(words)}'. Try CLIENT HELP.")
    return OK


@_entered("command")
def command(client: Admin, words: Words) -> Answer:
    names = sorted({*COMMANDS, *ANSWERS, "ping", "multi", "exec", "subscribe", "blpop", "brpop"})
    match _word(words):
        case "count":
            return len(names)
        case "docs":
            return {}
        case "list":
            return [name.encode() for name in names]
        case "":
            arities = {name: each.arity for name, each in COMMANDS.items()} | ARITIES
            return [[n.encode(), arities.get(n, -1), [], 1, 1, 1] for n in names]
    return []


@_entered("info")
def info(client: Admin, words: Words) -> Answer:
    return client.server.information(_word(words)).encode()


@_entered("time")
def time_(client: Admin, words: Words) -> Answer:
    now = client.server.context.now()
    return [b"%d" % int(now), b"%d" % int(now % 1 * 10**6)]


@_entered("role")
def role(client: Admin, words: Words) -> Answer:
    return [b"master", 0, []]


@_entered("lastsave")
def lastsave(client: Admin, words: Words) -> Answer:
    return int(client.server.saved)


@_entered("save")
def save(client: Admin, words: Words) -> Answer:
    try:
        client.server.save()
    except OSError as error:
        raise Refusal(f"ERR {error.strerror}") from None
    client.server.tell("DB saved on disk")
    return OK


@_entered("bgsave")
def bgsave(client: Admin, words: Words) -> Answer:
    client.server.save_in_background()
    return Simple("Background saving started")


@_entered("bgrewriteaof")
def bgrewriteaof(client: Admin, words: Words) -> Answer:
    return Simple("Background append only file rewriting started")


@_entered("shutdown")
def shutdown(client: Admin, words: Words) -> Answer:
    if any(word.lower() not in (b"nosave", b"save", b"now", b"force") for word in words):
        raise Refusal(SYNTAX)
    client.server.tell("User requested shutdown...")
    client.server.stopping = True
    client.server.wake()
    client.closed = True
    return Push()


@_entered("config")
def config(client: Admin, words: Words) -> Answer:
    settings = client.server.config
    match _word(words):
        case "get" if len(words) > 1:
            fits = [matching(word.lower()) for word in words[1:9]]
            names = [n for n in sorted(settings) if any(fit(n.encode()) for fit in fits)]
            return {name.encode(): settings[name].encode() for name in names}
        case "set" if len(words) == 3:
            name = _word(words, 1)
            if name not in settings:
                raise Refusal(
                    f"ERR Unknown option or number of arguments for CONFIG SET - '{name}'"
                )
            settings[name] = words[2].decode(errors="replace")
        case "resetstat":
            client.server.commands = client.server.accepted = 0
        case "rewrite":
            return Failure("ERR The server is running without a config file")
        case other:
            raise Refusal(f"ERR unknown subcommand '{other}'. Try CONFIG HELP.")
    return OK


@_entered("object")
def object_(client: Admin, words: Words) -> Answer:
    value = client.data.get(client.db, words[1]) if len(words) > 1 else None
    if _word(words) != "encoding":
        return 0 if value is not None else None
    if value is None:
        return None
    match type_of(value):
        case "string":
            assert isinstance(value, bytes)
            if value.removeprefix(b"-").isdigit() and len(value) < 20:
                return b"int"
            return b"embstr" if len(value) <= 44 else b"raw"
        case "hash" | "zset" | "list" as kind:
            big = {"list": b"quicklist", "hash": b"hashtable", "zset": b"skiplist"}[kind]
            return b"listpack" if len(value) <= 128 else big
    return b"listpack" if len(value) <= 128 else b"hashtable"


@_entered("memory")
def memory(client: Admin, words: Words) -> Answer:
    if _word(words) != "usage" or len(words) < 2:
        raise Refusal(f"ERR unknown subcommand '{_word(words)}'. Try MEMORY HELP.")
    value = client.data.get(client.db, words[1])
    return None if value is None else 48 + len(words[1]) + weight(value)


@_entered("slowlog")
def slowlog(client: Admin, words: Words) -> Answer:
    return 0 if _word(words) == "len" else []


@_entered("debug")
def debug(client: Admin, words: Words) -> Answer:
    if _word(words) == "sleep" and len(words) == 2:
        real(words[1])
        raise Refusal("ERR the practice engine does not play 'debug sleep'")
    raise Refusal("ERR DEBUG command not allowed.")


@_entered("publish")
def publish(client: Admin, words: Words) -> Answer:
    name, text = words
    heard = 0
    for other in list(client.server.clients.values()):
        for pattern, channel in other.channels:
            if pattern and matching(channel)(name):
                other.push(Push([b"pmessage", channel, name, text]))
                heard += 1
            elif not pattern and channel == name:
                other.push(Push([b"message", name, text]))
                heard += 1
    return heard


@_entered("pubsub")
def pubsub(client: Admin, words: Words) -> Answer:
    every = [key for other in client.server.clients.values() for key in other.channels]
    names = [name for pattern, name in every if not pattern]
    match _word(words):
        case "channels":
            fits = matching(words[1]) if len(words) > 1 else lambda name: True
            return [name for name in dict.fromkeys(names) if fits(name)]
        case "numsub":
            return [part for name in words[1:] for part in (name, names.count(name))]
        case "numpat":
            return len({name for pattern, name in every if pattern})
    raise Refusal(f"ERR unknown subcommand '{_word(words)}'. Try PUBSUB HELP.")
