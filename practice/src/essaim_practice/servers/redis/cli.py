"""redis-cli: commands to a Redis server, typed or given, and its answers for people."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import (
    READ,
    Hear,
    Interrupted,
    Step,
    Steps,
    Wait,
    Write,
    line,
    printing,
)
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.redis.resp import (
    Answer,
    Answers,
    Failure,
    Simple,
    request,
    shortest,
    split,
)

_WARNING = (
    "Warning: Using a password with '-a' or '-u' option on the command line interface may not be "
    "safe."
)
_ENDLESS = ("subscribe", "psubscribe", "monitor")


@dataclass
class _Asked:
    """What the command line says."""

    host: str = "127.0.0.1"
    port: int = 6379
    password: str = ""
    user: str = ""
    db: int = 0
    raw: bool | None = None
    times: int = 1
    pause: float = 0.0
    last_from_input: bool = False
    complaint: str = ""
    warned: bool = True  # no password stands in the command line
    fails: bool = False  # an error of the server is one of the program
    words: list[str] = field(default_factory=list)


def _read(argv: list[str], context: Context) -> _Asked:
    asked, words = _Asked(password=context.env.get("REDISCLI_AUTH", "")), argv[1:]
    while words and words[0].startswith("-"):
        match words.pop(0):
            case "-h" if words:
                asked.host = words.pop(0)
            case "-p" if words:
                text = words.pop(0)
                asked.port = int(text) if text.isdigit() and len(text) < 6 else 0
            case "-a" | "--pass" if words:
                asked.password, asked.warned = words.pop(0), False
            case "--user" if words:
                asked.user = words.pop(0)
            case "-n" if words:
                text = words.pop(0)
                asked.db = int(text) if text.isdigit() and len(text) < 6 else 0
            case "-r" if words:
                text = words.pop(0)
                asked.times = min(int(text), 10**6) if text.isdigit() and len(text) < 9 else 1
            case "-i" if words:
                text = words.pop(0)
                asked.pause = float(text) if text.replace(".", "", 1).isdigit() else 0.0
            case "-u" if words:
                _address(words.pop(0), asked)
            case "--raw":
                asked.raw = True
            case "--no-raw":
                asked.raw = False
            case "-x":
                asked.last_from_input = True
            case "-e":
                asked.fails = True
            case "-3" | "-2" | "--no-auth-warning":
                pass
            case unknown:
                asked.complaint = f"Unrecognized option or bad number of args for: '{unknown}'"
                return asked
    asked.words = words
    asked.warned = asked.warned or "--no-auth-warning" in argv
    return asked


def _address(url: str, asked: _Asked) -> None:
    """Read ``redis://user:password@host:port/db``."""
    place = url.partition("://")[2] or url
    who, at, place = place.rpartition("@")
    if at:
        asked.warned = False
        asked.user, _, asked.password = who.partition(":")
        asked.user = "" if asked.user == "default" else asked.user
    place, _, db = place.partition("/")
    host, _, port = place.partition(":")
    asked.host = host or asked.host
    asked.port = int(port) if port.isdigit() and len(port) < 6 else asked.port
    asked.db = int(db) if db.isdigit() and len(db) < 6 else 0


@executable(("redis",), "redis-cli")
def redis_cli(argv: list[str], context: Context) -> Program:
    asked = _read(argv, context)
    if asked.complaint:
        return Program(printing(asked.complaint, 1, 2))
    if argv[1:2] in (["-v"], ["--version"]):
        return Program(printing(f"redis-cli {context.env.get('REDIS_VERSION', '8.2.2')}"))
    client = _Client(asked, context)
    return Program(client.steps(), hears=frozenset({signals.INT}))


class _Client:
    """One redis-cli at work."""

    def __init__(self, asked: _Asked, context: Context) -> None:
        self._asked = asked
        self._context = context
        self._talk: Talk | None = None
        self._answers = Answers()
        self._raw = not context.tty if asked.raw is None else asked.raw

    def steps(self) -> Steps:
        asked, context = self._asked, self._context
        if not asked.warned:
            yield line(_WARNING, 2)
        code = yield from self._connect()
        if asked.words:
            if code:
                return code
            words = [word.encode(errors="surrogateescape") for word in asked.words]
            if asked.last_from_input:
                words.append((yield from _whole_input()))
            for turn in range(asked.times):
                if turn:
                    yield Wait(max(asked.pause, 0.001))
                code = yield from self._do(words)
            return code
        if context.keyboard and context.tty:
            return (yield from self._typed())
        if code:
            return code
        rest = b""
        while given := (yield READ) or b"":
            *rows, rest = (rest + given).split(b"\n")
            for row in rows:
                yield from self._line(row.decode(errors="surrogateescape"))
        if rest:
            yield from self._line(rest.decode(errors="surrogateescape"))
        return 0

    def _typed(self) -> Steps:
        while True:
            place = f"{self._asked.host}:{self._asked.port}" if self._talk else "not connected"
            db = f"[{self._asked.db}]" if self._asked.db and self._talk else ""
            yield Write(f"{place}{db}> ".encode())
            try:
                given = (yield READ) or b""
            except Interrupted:
                return 0
            if not given:
                yield line("")
                return 0
            text = given.decode(errors="surrogateescape").strip()
            if text.lower() in ("quit", "exit"):
                return 0
            if text.lower() == "clear":
                yield Write(b"\x1b[H\x1b[2J")
            elif text:
                if self._talk is None and (yield from self._connect()):
                    continue
                yield from self._line(text)

    def _line(self, text: str) -> Generator[Step, bytes | None, None]:
        words = split(text)
        if words is None:
            yield line("Invalid argument(s)")
        elif words and words[0].lower() in (b"quit", b"exit"):
            return
        elif words:
            yield from self._do(words)

    # The connection

    def _connect(self) -> Steps:
        asked = self._asked
        try:
            self._talk = self._context.net.converse(asked.host, asked.port)
        except NoSuchHost:
            reason = "Name or service not known"
        except OSError as error:
            reason = error.strerror or ""
        else:
            self._answers = Answers()
            if asked.password:
                who = [asked.user.encode()] if asked.user else []
                answer = yield from self._ask([b"AUTH", *who, asked.password.encode()])
                if isinstance(answer, Failure):
                    yield line(f"AUTH failed: {answer}", 2)
            if asked.db:
                yield from self._ask([b"SELECT", b"%d" % asked.db])
            return 0
        yield line(f"Could not connect to Redis at {asked.host}:{asked.port}: {reason}", 2)
        return 1

    def _ask(self, words: list[bytes]) -> Generator[Step, bytes | None, Answer]:
        """The answer to a command. Raises ConnectionError."""
        assert self._talk is not None
        self._answers.feed(self._talk.hear(request(words)))
        return (yield from self._next())

    def _next(self) -> Generator[Step, bytes | None, Answer]:
        while (found := self._answers.next()) is None:
            assert self._talk is not None
            if self._talk.closed:
                raise ConnectionError
            if not self._talk.ready:
                yield Hear((self._talk,))
            self._answers.feed(self._talk.hear(b""))
        return found[0]

    def _do(self, words: list[bytes]) -> Steps:
        name = words[0].decode(errors="replace").lower()
        try:
            answer = yield from self._ask(words)
            yield from self._show(answer)
            if name == "select" and not isinstance(answer, Failure):
                self._asked.db = int(words[1])
            if name in _ENDLESS and not isinstance(answer, Failure):
                yield from self._listen()
        except ConnectionError:
            self._talk = None
            if name != "shutdown":
                yield line("Error: Server closed the connection", 2)
                return 1
            return 0
        except Interrupted:
            if not (self._context.keyboard and self._context.tty):
                return 130
            if self._talk is not None:
                self._talk.end()
            self._talk = None
            return 130
        return int(isinstance(answer, Failure) and self._asked.fails)

    def _listen(self) -> Generator[Step, bytes | None, None]:
        if not self._raw:
            yield line("Reading messages... (press Ctrl-C to quit)")
        while True:
            yield from self._show((yield from self._next()))

    def _show(self, answer: Answer) -> Generator[Step, bytes | None, None]:
        if self._raw:
            yield Write(_raw(answer) + b"\n")
        else:
            yield Write(shown(answer, "").encode(errors="surrogateescape") + b"\n")


def _whole_input() -> Generator[Step, bytes | None, bytes]:
    whole = b""
    while (given := (yield READ) or b"") and len(whole) < 512 * 1024:
        whole += given
    return whole


def _raw(answer: Answer) -> bytes:
    match answer:
        case None:
            return b""
        case bytes():
            return answer
        case Failure():
            return answer.encode() + b"\n"
        case str():
            return answer.encode()
        case float():
            return shortest(answer)
        case int():
            return b"%d" % answer
    return b"\n".join(map(_raw, answer))


def shown(answer: Answer, margin: str) -> str:
    """An answer as redis-cli shows it to a person."""
    match answer:
        case None:
            return "(nil)"
        case Failure():
            return f"(error) {answer}"
        case Simple():
            return str(answer)
        case bytes():
            return quoted(answer)
        case int():
            return f"(integer) {answer}"
    if not answer:
        return "(empty array)"
    width = len(str(len(answer)))
    inner = margin + " " * (width + 2)
    rows = (f"{at:>{width}}) {shown(part, inner)}" for at, part in enumerate(answer, 1))
    return f"\n{margin}".join(rows)


_NAMED = {10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b", 34: '\\"', 92: "\\\\"}


def quoted(text: bytes) -> str:
    letters = (
        _NAMED.get(each) or (chr(each) if 32 <= each < 127 else f"\\x{each:02x}") for each in text
    )
    return f'"{"".join(letters)}"'
