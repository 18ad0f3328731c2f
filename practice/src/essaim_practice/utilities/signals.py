"""ps, top, kill, killall, pkill, pidof and pgrep."""

from __future__ import annotations

from posixpath import basename

from essaim_practice.programs.base import MACHINE, Context, Running
from essaim_practice.programs.signals import ENDING, HUP, WINCH
from essaim_practice.programs.steps import COOKED, Hear, Interrupted, Read, Steps, Wait, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store import kernel
from essaim_practice.utilities.base import Misuse, Options, gnu, options, out, tool
from essaim_practice.utilities.system import user_of

_SIGNALS = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP"
    " TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS"
)
SIGNALS = {name: number for number, name in enumerate(_SIGNALS.split(), 1)}
_SIZE = 2268  # kB of one process of BusyBox
_WIDTHS = {"pid": 5, "ppid": 5, "pgid": 5, "sid": 5, "user": 8, "group": 8, "comm": 16, "stat": 4}
_WIDTHS |= {"vsz": 4, "rss": 4, "nice": 5, "tty": 6, "ruser": 8, "rgroup": 8, "args": 0}
_HEADS = {"args": "COMMAND", "comm": "COMMAND", "tty": "TT", "nice": "NI"}
_HEADS |= {"ruser": "RUSER", "rgroup": "RGROUP"}
_KNOWN = "user,group,comm,args,pid,ppid,pgid,nice,rgroup,ruser,tty,vsz,sid,stat,rss"


def command_of(process: Running) -> str:
    """Its command line, after its name where that does not stand there."""
    called = basename(process.title.split(" ")[0]).removeprefix("-").removesuffix(":")
    name = process.called
    return process.title if called.startswith(name) else f"{{{name}}} {process.title}"


@tool("ps", usage="[-o COL1,COL2=HEADER] [-T]")
def ps(argv: list[str], context: Context) -> Steps:
    usual = ["pid", "user", "args"]
    if context.image.base == MACHINE:
        usual.insert(2, "time")
    asked = Options()
    if gnu(context):
        usual = _procps(argv)
    else:
        known = [word for word in argv[1:] if word.startswith("-")]
        values = {n + 1 for n, word in enumerate(argv) if word == "-o"}
        kept = [w for n, w in enumerate(argv) if n == 0 or w in known or n in values]
        asked = options(kept, "aefATulw", "o")
    columns: list[tuple[str, str]] = []
    for text in asked.given.get("o", ()):
        for word in text.split(","):
            column, titled, head = word.partition("=")
            if column not in _WIDTHS:
                said = f"bad -o argument '{column}', supported arguments: {_KNOWN}"
                raise Complaint(said, 1)
            columns.append((column, head if titled else ""))
    columns = columns or [(column, "") for column in usual]
    yield line(_row([head or _head(column) for column, head in columns], columns, heads=True))
    running = context.inside.processes()
    if not running:
        running = [Running(context.pid, user_of(context)[0], context.now(), " ".join(argv))]
    for process in sorted(running, key=lambda each: each.pid):
        cells = _cells(process, context, process.pid == context.pid)
        yield line(_row([cells.get(column, "") for column, _ in columns], columns))
    return 0


def _procps(argv: list[str]) -> list[str]:
    words = "".join(argv[1:])
    return ["pid", "user", "args"] if words else ["pid", "tty", "time", "comm"]


def _head(column: str) -> str:
    return _HEADS.get(column, column.upper())


def _row(cells: list[str], columns: list[tuple[str, str]], heads: bool = False) -> str:
    row = []
    for at, (cell, (column, _)) in enumerate(zip(cells, columns, strict=True)):
        wide = _WIDTHS.get(column, 5)
        right = wide == 5 and not heads
        last = at + 1 == len(cells)
        row.append(f"{cell:>{wide}}" if right else cell if last and heads else f"{cell:<{wide}}")
    return " ".join(row) if not heads else " ".join(row).rstrip()


def _cells(process: Running, context: Context, own: bool) -> dict[str, str]:
    """What ps shows of a process, by column."""
    group = "root" if process.user == "root" else process.user
    return {
        "pid": str(process.pid),
        "ppid": str(process.parent),
        "pgid": str(process.pid if not process.parent else process.parent),
        "sid": str(process.pid if not process.parent else process.parent),
        "user": process.user,
        "ruser": process.user,
        "group": group,
        "rgroup": group,
        "args": command_of(process),
        "comm": process.called,
        "stat": "R  " if own else "S  ",
        "vsz": str(_SIZE),
        "rss": "4",
        "nice": "0",
        "tty": "136,0" if context.tty else "?",
        "time": " 0:00",
    }


@tool("top", usage="[-bmH] [-n COUNT] [-d SECONDS]", hears=frozenset({HUP, *ENDING}))
def top(argv: list[str], context: Context) -> Steps:
    """What runs, again and again until a signal ends it or it was shown ``-n`` times."""
    chosen = options(argv, flags="bmH", values="nd")
    delay, left = chosen.number("d", 5), chosen.number("n", -1)
    typed = context.tty and context.keyboard and "b" not in chosen
    screen = context.tty and "b" not in chosen
    while left:
        processes = context.inside.processes()
        yield out(("\x1b[H\x1b[J" if screen else "") + _summary(context, len(processes)))
        heads = "  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND"
        yield line(f"\x1b[7m{heads}\x1b[m" if screen else heads)
        for process in sorted(processes, key=lambda each: each.pid):
            state = "R" if process.pid == context.pid else "S"
            yield line(
                f"{process.pid:5} {process.parent:5} {process.user:<8} {state}   {_SIZE:>6}"
                f"   0%   0% {command_of(process)}"
            )
        if not screen:
            yield line("")
        left -= 1
        if left and typed:
            try:
                given = yield Hear((), Read(raw=True), max(delay, 1))
            except Interrupted as signal:
                if signal.signal != WINCH:
                    raise
                continue
            if given is not None and (not given or given[:1] in b"qQ\x03"):
                break
        elif left:
            yield Wait(max(delay, 1))
    if typed:
        yield COOKED
    return 0


def _summary(context: Context, processes: int) -> str:
    """The lines of top about the machine."""
    known = kernel.MEMORY
    used = known["MemTotal"] - known["MemFree"]
    return (
        f"Mem: {used}K used, {known['MemFree']}K free, {known['Shmem']}K shrd, "
        f"{known['Buffers']}K buff, {known['Cached']}K cached\n"
        "CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\n"
        f"Load average: {kernel.LOAD} 1/{120 + processes} {context.pid}\n"
    )


@tool("kill", usage="[-l] [-SIG] PID...")
def kill(argv: list[str], context: Context) -> Steps:
    words, number, own = argv[1:], 15, "sh" if context.depth and not gnu(context) else "kill"
    if words[:1] == ["-l"] and len(words) > 1:
        for word in words[1:]:
            named = {str(number): name for name, number in SIGNALS.items()}
            yield line(named.get(word) or str(signal_number(word)))
        return 0
    if words[:1] == ["-l"]:
        yield out("".join(f"{n:2}) {name}\n" for name, n in SIGNALS.items()))
        return 0
    if words and words[0] in ("-s", "-n"):
        words = [f"-{words[1]}" if len(words) > 1 else "-", *words[2:]]
    if words and words[0].startswith("-") and len(words[0]) > 1:
        number = signal_number(words.pop(0)[1:])
    if not words:
        yield line(f"{own}: you need to specify whom to kill", 2)
        return 1
    code = 0
    for word in words:
        if not word.lstrip("-").isdecimal():
            yield line(f"{own}: invalid number '{word}'", 2)
            code = 1
            continue
        try:
            if number:
                context.inside.kill(int(word), number)
            elif int(word) not in {process.pid for process in context.inside.processes()} | {1}:
                raise ProcessLookupError
        except ProcessLookupError:
            yield line(f"{own}: can't kill pid {word}: No such process", 2)
            code = 1
    return code


def signal_number(text: str) -> int:
    """Of ``9``, ``KILL`` or ``SIGKILL``. Raises Complaint."""
    if text.isdecimal() and int(text) < 65:
        return int(text)
    name = text.upper().removeprefix("SIG")
    if name not in SIGNALS:
        raise Complaint(f"bad signal name '{text}'", 1)
    return SIGNALS[name]


@tool("killall", "pkill", "pidof", "pgrep", usage="[-SIG] NAME...")
def by_name(argv: list[str], context: Context) -> Steps:
    tool_name, words, number = basename(argv[0]), argv[1:], 15
    if words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        number = signal_number(word[1:]) if tool_name.startswith(("kill", "pk")) else number
    if words and words[0] == "-l":
        words = words[1:]
    if not words and tool_name == "killall":
        yield line("killall: you need to specify whom to kill", 2)
        return 1
    if not words:
        raise Misuse("")
    code, shown = 0, list[int]()
    for name in words:
        found = [
            p.pid
            for p in context.inside.processes()
            if name in (p.called, basename(p.title.split(" ")[0])) and p.pid != context.pid
        ]
        if not found:
            code = 1 if tool_name != "pidof" or not shown else code
            if tool_name == "killall":
                yield line(f"killall: {name}: no process killed", 2)
        elif tool_name in ("pidof", "pgrep"):
            shown += sorted(found, reverse=tool_name == "pidof")
        for pid in found if tool_name in ("killall", "pkill") else ():
            context.inside.kill(pid, number)
    if shown:
        yield line((" " if tool_name == "pidof" else "\n").join(map(str, shown)))
        code = 0 if tool_name == "pidof" else code
    return code
