"""Shared by all utilities: options, complaints, files and lines of input."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from posixpath import basename, join
from typing import TypeVar

from essaim_practice.files import books, devices
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.base import SMALL, UNIX, Context, Program, executable
from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.steps import READ, Step, Steps, Wait, Work, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Device
from essaim_practice.store.memory import NoMemory, allocated, overrun
from essaim_practice.text.encoding import encoded

T = TypeVar("T")
Doing = Generator[Step, bytes | None, T]
Tool = Callable[[list[str], Context], Steps]

MOST = 16 * 2**20  # bytes that a program holds of its input
_LONGEST = 4 * 2**20  # bytes of one line
_ENDLESS = 4096  # bytes that a device gives at once
_CHUNK = 64 * 1024  # bytes that are taken at once where lines do not count
_HELD = 50  # bytes that a line counts for besides its text: empty ones fill memory too
_LINE, _BYTES = 3, 1024  # microseconds that a line costs; bytes of it that cost one more
ENTRY = Work(20)  # what it costs to look at a file, or to change it
_BREATH = 4096  # lines after which simulated time goes on
_KILLED = 137
BANNER = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary."


class Misuse(Exception):
    """Options that the program does not know, or too few words."""


def gnu(context: Context) -> bool:
    """Whether the image has GNU's programs; else it has BusyBox's, which say things their way."""
    return context.image.base not in SMALL


def tool(
    *names: str, usage: str = "", code: int = 1, hears: frozenset[int] = frozenset()
) -> Callable[[Tool], Tool]:
    """Enter a program; its Complaints, OSErrors and Misuse become its words and its exit code.

    hears: the signals that end it also as the first process of a container.
    """

    def enter(function: Tool) -> Tool:
        def maker(argv: list[str], context: Context) -> Program:
            return Program(
                _guarded(function, argv, context, usage, code),
                processes=(" ".join(argv),),
                hears=hears,
            )

        executable(UNIX, *names)(maker)
        return function

    return enter


def _guarded(function: Tool, argv: list[str], context: Context, usage: str, code: int) -> Steps:
    name = basename(argv[0])
    try:
        return (yield from function(argv, context))
    except Complaint as complaint:
        yield line(f"{name}: {complaint}", 2)
        return complaint.code if complaint.code != 2 else code
    except Misuse as misuse:
        if str(misuse) and ("--help" not in argv[1:] or gnu(context)):
            yield line(f"{name}: {misuse}", 2)
        if "--help" in argv[1:] and not gnu(context):
            yield line(f"{BANNER}\n\nUsage: {name} {usage}", 2)
            return 0
        if gnu(context):
            yield line(f"Try '{name} --help' for more information.", 2)
        else:
            yield line(f"{BANNER}\n\nUsage: {name} {usage}", 2)
        return code
    except OSError as error:
        said = f"{error.filename}: " if error.filename else ""
        yield line(f"{name}: {said}{error.strerror}", 2)
        return code
    except NoMemory:  # what the kernel does to a program that it has no memory for
        if context.depth:  # as the shell says it that waits for the program
            yield line("Killed", 2)
        return _KILLED


@dataclass(slots=True)
class Options:
    """The options of a command line; those with a value keep every value they were given."""

    words: list[str] = field(default_factory=list)  # what is no option
    given: dict[str, list[str]] = field(default_factory=dict)

    def __contains__(self, letter: str) -> bool:
        return letter in self.given

    def get(self, letter: str, otherwise: str = "") -> str:
        return self.given[letter][-1] if letter in self.given else otherwise

    def number(self, letter: str, otherwise: int) -> int:
        """Raises Complaint where the value is no number."""
        text = self.get(letter, str(otherwise))
        if not text.lstrip("+-").isdecimal() or len(text) > 12:
            raise Complaint(f"invalid number '{text}'", 1)
        return int(text)


def options(
    argv: list[str],
    flags: str = "",
    values: str = "",
    long: dict[str, str] | None = None,
    permute: bool = True,
) -> Options:
    """Read options as getopt does: ``flags`` stand alone, ``values`` take one. Raises Misuse."""
    found = Options()
    words = deque(argv[1:])  # there may be a hundred thousand
    while words:
        word = words.popleft()
        if word == "--":
            found.words += words
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letter = (long or {}).get(name)
            if letter is None:
                raise Misuse(f"unrecognized option '{word}'")
            if letter in values and not equals:
                value = words.popleft() if words else ""
            found.given.setdefault(letter, []).append(value)
        elif word.startswith("-") and len(word) > 1:
            _short(word[1:], words, found, flags, values)
        else:
            found.words.append(word)
            if not permute:
                found.words += words
                break
    return found


def _short(letters: str, words: deque[str], found: Options, flags: str, values: str) -> None:
    for place, letter in enumerate(letters):
        if letter in values:
            value = letters[place + 1 :]
            if not value and not words:
                raise Misuse(f"option requires an argument -- '{letter}'")
            found.given.setdefault(letter, []).append(value or words.popleft())
            return
        if letter not in flags:
            raise Misuse(f"invalid option -- '{letter}'")
        found.given.setdefault(letter, []).append("")


def wanted(asked: Options, context: Context, least: int = 1) -> list[str]:
    """The words of a command line. Raises Misuse where there are too few."""
    if len(asked.words) < least:
        missing = (
            "missing operand"
            if not asked.words or least == 1
            else (f"missing destination file operand after '{asked.words[-1]}'")
        )
        if least > 1 and not asked.words:
            missing = "missing file operand"
        raise Misuse(missing if gnu(context) else "")
    return asked.words


# Files


def place(context: Context, name: str) -> str:
    """The absolute path that a name means. Raises OSError for an empty name."""
    if not name:
        raise FileNotFoundError(2, "No such file or directory")
    return join(context.cwd, name)


def reason(error: OSError) -> str:
    return error.strerror or "I/O error"


def too_much(code: int = 1) -> Exception:
    """For a program that asks for more than one may hold here, or more than its container may."""
    return NoMemory() if overrun() else Complaint("out of memory", code)


class Rows(list[bytes]):
    """Lines that a program holds."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0  # bytes
        self._room = allocated()

    def add(self, row: bytes) -> None:
        """Raises NoMemory where its cluster has no room for more."""
        self.append(row)
        self.size += len(row) + _HELD
        missing = self.size - self._room.weight
        if missing > 0 and not self._room.take(missing + _CHUNK):
            raise NoMemory


class Lines:
    """Input line by line: a file's content, or what the program is given to read."""

    def __init__(
        self, data: bytes | None = None, device: Callable[[int], bytes] | None = None
    ) -> None:
        self._data = data or b""
        self._device = device  # what gives bytes without end
        self._at = 0
        self._begun: list[bytes] = []  # of a line whose end is not there yet
        self._open = data is None
        self._taken = 0
        self._tally = Tally()

    def next(self) -> Doing[bytes | None]:
        """The next line with its newline (the last may have none), None at the end."""
        self._taken += 1
        if self._taken % _BREATH == 0:
            yield Wait(0.001)
        size = 0
        while (end := self._data.find(b"\n", self._at)) < 0:
            rest = self._data[self._at :] if self._at else self._data
            self._data, self._at = b"", 0
            if rest:
                self._begun.append(rest)
                size += len(rest)
            if size > _LONGEST:
                raise too_much()
            self._data = (yield from self._more()) or b""
            if not self._data:
                self._open = False
                one, self._begun = b"".join(self._begun), []
                return one or None
        one = b"".join((*self._begun, self._data[self._at : end + 1]))
        self._begun, self._at = [], end + 1
        if self._tally.add(_LINE + len(one) // _BYTES):
            yield self._tally.told()
        return one

    def chunk(self) -> Doing[bytes | None]:
        """What comes next, whatever lines it has, None at the end."""
        yield ENTRY
        data = self._data[self._at : self._at + _CHUNK]
        self._at += len(data)
        if data:
            return data
        self._data, self._at = b"", 0
        more = yield from self._more()
        self._open = bool(more)  # a terminal would give more after its end
        return more or None

    def _more(self) -> Doing[bytes | None]:
        if self._device is not None:
            yield Wait(0.0005)
            return self._device(_ENDLESS)
        return (yield READ) if self._open else None

    def whole(self) -> Doing[list[bytes]]:
        """All lines that are left. Raises Complaint beyond MOST bytes, and NoMemory."""
        found = Rows()
        while (one := (yield from self.next())) is not None:
            found.add(one)
            if found.size > MOST:
                raise too_much()
        return found


def by_and_by(entries: Iterable[object]) -> Doing[None]:
    """Do something for one entry after the other, with others between."""
    for _ in entries:
        yield ENTRY


def opened(context: Context, name: str) -> Lines:
    """A file's lines, or for ``-`` those of the input. Raises OSError."""
    if name == "-":
        return Lines()
    path = place(context, name)
    entry = context.fs.entry(path)
    if isinstance(entry, Device) and entry.major == 136:  # /dev/stdin
        return Lines()
    if device := devices.source(context.fs, path):
        return Lines(device=device)
    return Lines(context.fs.read(path))


def inputs(
    name: str, context: Context, names: list[str], code: int = 1
) -> Doing[tuple[list[tuple[str, Lines]], int]]:
    """What a program reads, and the code that is left by what cannot be opened."""
    found: list[tuple[str, Lines]] = []
    ended = 0
    for word in names or ["-"]:
        try:
            found.append((word, opened(context, word)))
        except OSError as error:
            ended = code
            yield line(f"{name}: {word}: {reason(error)}", 2)
    return found, ended


def out(text: str, stream: int = 1) -> Write:
    """The step that writes a text as it is."""
    return Write(encoded(text), stream)


def users(fs: FileSystem, path: str = "/etc/passwd") -> dict[str, str]:
    """Names by number, of /etc/passwd or /etc/group."""
    if not fs.exists(path):
        return {"0": "root"}
    fields = (row.split(":") for row in books.lines(fs, path))
    return {row[2]: row[0] for row in fields if len(row) > 2}
