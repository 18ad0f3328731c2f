"""`ulimit`: the limits that a shell has from its container, shown and lowered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from essaim_practice.shell.launch import builtin
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.state import Shell

_ASH = """\
c core 512 core file size (blocks)
d data 1024 data seg size (kb)
e nice 1 scheduling priority
f fsize 512 file size (blocks)
i sigpending 1 pending signals
l memlock 1024 max locked memory (kb)
m rss 1024 max memory size (kb)
n nofile 1 open files
q msgqueue 1 POSIX message queues (bytes)
r rtprio 1 real-time priority
s stack 1024 stack size (kb)
t cpu 1 cpu time (seconds)
u nproc 1 max user processes
v as 1024 virtual memory (kb)
x locks 1 file locks
"""
_BASH = """\
R rttime 1 real-time non-blocking time|microseconds
c core 1024 core file size|blocks
d data 1024 data seg size|kbytes
e nice 1 scheduling priority
f fsize 1024 file size|blocks
i sigpending 1 pending signals
l memlock 1024 max locked memory|kbytes
m rss 1024 max memory size|kbytes
n nofile 1 open files
p - 1 pipe size|512 bytes
q msgqueue 1 POSIX message queues|bytes
r rtprio 1 real-time priority
s stack 1024 stack size|kbytes
t cpu 1 cpu time|seconds
u nproc 1 max user processes
v as 1024 virtual memory|kbytes
x locks 1 file locks
"""
_DASH = """\
t cpu 1 time(seconds)
f fsize 512 file(blocks)
d data 1024 data(kbytes)
s stack 1024 stack(kbytes)
c core 512 coredump(blocks)
m rss 1024 memory(kbytes)
l memlock 1024 locked memory(kbytes)
p nproc 1 process
n nofile 1 nofiles
v as 1024 vmemory(kbytes)
w locks 1 locks
r rtprio 1 rtprio
"""
_PIPE = "-"  # no limit of a process: so many blocks of 512 bytes fit into a pipe
_USAGE = "ulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]\n"


@dataclass(frozen=True, slots=True)
class _Limit:
    letter: str
    name: str  # as --ulimit has it
    unit: int  # what one is, in the kernel's unit
    title: str


def _table(text: str) -> dict[str, _Limit]:
    rows = (line.split(" ", 3) for line in text.splitlines())
    return {row[0]: _Limit(row[0], row[1], int(row[2]), row[3]) for row in rows}


_TABLES = {"ash": _table(_ASH), "bash": _table(_BASH), "dash": _table(_DASH)}


class _Refused(Exception):
    """A limit cannot be set, in the words of the shell."""


@builtin("ulimit")
def ulimit(shell: Shell, argv: list[str]) -> Doing[int]:
    dialect, table = shell.dialect.name, _TABLES[shell.dialect.name]
    flags, wanted = set[str](), list[tuple[_Limit, str]]()
    words = list(argv[1:])
    while words and words[0].startswith("-") and len(words[0]) > 1:
        letters = words.pop(0)[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in "HSa":
                flags.add(letter)
                continue
            if letter not in table:
                return (yield from _unknown(shell, letter))
            value, letters = (letters, "") if dialect == "ash" else ("", letters)
            if not value and not letters and words and not words[0].startswith("-"):
                value = words.pop(0)
            wanted.append((table[letter], value))
    if "a" in flags:
        for limit in table.values():
            text = f"{_titled(dialect, limit)} {_shown(shell, limit, 'H' in flags)}"
            yield from shell.say(f"{text}\n")
        return 0
    for limit, value in wanted or [(table["f"], words[0] if words else "")]:
        if value:
            try:
                _set(shell, limit, value, flags)
            except _Refused as refused:
                yield from shell.complain(str(refused), "" if dialect == "ash" else "ulimit")
                return 1
        else:
            title = f"{_titled(dialect, limit)} " if len(wanted) > 1 else ""
            yield from shell.say(f"{title}{_shown(shell, limit, 'H' in flags)}\n")
    return 0


def _unknown(shell: Shell, letter: str) -> Doing[int]:
    if shell.dialect.name == "ash":
        yield from shell.say(f"ulimit: invalid option -- '{letter}'\n", 2)
        return 1
    bash = shell.dialect.name == "bash"
    said = f"-{letter}: invalid option" if bash else f"Illegal option -{letter}"
    yield from shell.complain(said, "ulimit")
    if bash:
        yield from shell.say(_USAGE, 2)
    return 2


def _titled(dialect: str, limit: _Limit) -> str:
    if dialect == "ash":
        return f"{limit.title:<32}(-{limit.letter})"
    if dialect == "dash":
        return f"{limit.title:<20}"
    title, _, unit = limit.title.partition("|")
    shown = f"({unit}, -{limit.letter})" if unit else f"(-{limit.letter})"
    return f"{title:<20} {shown:>19}"


def _shown(shell: Shell, limit: _Limit, hard: bool) -> str:
    if limit.name == _PIPE:
        return "8"
    value = _pair(shell, limit)[hard]
    return "unlimited" if value < 0 else str(value // limit.unit)


def _pair(shell: Shell, limit: _Limit) -> tuple[int, int]:
    return shell.context.bounds.ulimits.get(limit.name, (-1, -1))


def _set(shell: Shell, limit: _Limit, text: str, flags: set[str]) -> None:
    """Raises _Refused for what is no number, and for what the kernel refuses."""
    if text == "unlimited":
        value = -1
    elif text.isascii() and text.isdecimal() and len(text) < 16:
        value = int(text) * limit.unit
    else:
        forms = {"ash": "invalid number '{}'", "bash": "{}: invalid number", "dash": "bad number"}
        raise _Refused(forms[shell.dialect.name].format(text))
    old, bounds = _pair(shell, limit), shell.context.bounds
    both = not flags & {"H", "S"}
    soft, hard = (
        value if both or kind in flags else was for kind, was in zip("SH", old, strict=True)
    )
    problem = "Invalid argument" if _above(soft, hard) else ""
    if _above(hard, old[1]) and not shell.context.rights.can("SYS_RESOURCE"):
        problem = "Operation not permitted"
    if problem:
        title = limit.title.partition("|")[0]
        forms = {"bash": f"{title}: cannot modify limit: {problem}"}
        forms |= {"dash": f"error setting limit ({problem})"}
        raise _Refused(forms.get(shell.dialect.name, f"error setting limit: {problem}"))
    ulimits = {**bounds.ulimits, limit.name: (soft, hard)}
    shell.context = replace(shell.context, bounds=replace(bounds, ulimits=ulimits))


def _above(value: int, other: int) -> bool:
    return other >= 0 and (value < 0 or value > other)
