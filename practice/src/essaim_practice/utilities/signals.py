"""ps, top, kill, killall, pkill, pidof and pgrep."""

from __future__ import annotations

from posixpath import basename

from essaim_practice.programs.base import MACHINE, Context
from essaim_practice.programs.signals import WINCH
from essaim_practice.programs.steps import COOKED, Hear, Interrupted, Read, Steps, Wait, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Misuse, gnu, options, out, tool
from essaim_practice.utilities.system import user_of

_SIGNALS = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT"
SIGNALS = {name: number for number, name in enumerate(_SIGNALS.split(), 1)} | {
    "STOP": 19,
    "TSTP": 20,
}


@tool("ps", usage="[-o COL1,COL2=HEADER]")
def ps(argv: list[str], context: Context) -> Steps:
    processes = list(context.inside.processes())
    top = max((process.pid for process in processes), default=0)
    own = top + 1
    rows = [(process.pid, process.user, process.title) for process in processes]
    if not any(title == " ".join(argv) for _, _, title in rows):
        rows.append((own if rows else 1, user_of(context)[0], " ".join(argv)))
    usual = ["pid", "user", "args"]
    if context.image.base == MACHINE:
        usual.insert(2, "time")
    columns = argv[argv.index("-o") + 1].split(",") if "-o" in argv[:-1] else usual
    heads = {"pid": "PID  ", "user": "USER    ", "args": "COMMAND", "comm": "COMMAND         "}
    heads["time"] = "TIME "
    yield line(" ".join(heads.get(column, column.upper()) for column in columns).rstrip())
    for pid, user, title in rows:
        cells = {"pid": f"{pid:5}", "user": f"{user:<8}", "args": title}
        cells["time"] = " 0:00"
        cells["comm"] = f"{basename(title.split(' ')[0]):<16}"
        yield line(" ".join(cells.get(column, "") for column in columns).rstrip())
    return 0


@tool("top", usage="[-b] [-n COUNT] [-d SECONDS]")
def top(argv: list[str], context: Context) -> Steps:
    """What runs, again and again until a signal ends it or it was shown ``-n`` times."""
    chosen = options(argv, flags="bmH", values="nd")
    delay, left = chosen.number("d", 5), chosen.number("n", -1)
    typed = context.tty and context.keyboard and "b" not in chosen
    while left:
        if context.tty and "b" not in chosen:
            yield out("\x1b[H\x1b[J")
        yield line("  PID USER     COMMAND")
        for process in context.inside.processes():
            yield line(f"{process.pid:5} {process.user:<8} {process.title}")
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


@tool("kill", usage="[-l] [-SIG] PID...")
def kill(argv: list[str], context: Context) -> Steps:
    words, number, own = argv[1:], 15, "kill" if gnu(context) else "sh"
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
    if not words:
        raise Misuse("")
    code = 0
    for name in words:
        found = [
            p.pid for p in context.inside.processes() if basename(p.title.split(" ")[0]) == name
        ]
        if not found:
            code = 1
            if tool_name == "killall":
                yield line(f"killall: {name}: no process killed", 2)
        elif tool_name in ("pidof", "pgrep"):
            yield line(" ".join(map(str, sorted(found, reverse=True))))
        for pid in found if tool_name in ("killall", "pkill") else ():
            context.inside.kill(pid, number)
    return code
