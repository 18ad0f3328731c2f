"""who, w, last, crond, setsid and others that ask for or change the machine."""

from __future__ import annotations

import calendar
import re
from math import inf, isqrt
from posixpath import basename
from time import gmtime

from essaim_practice.programs.base import UNIX, Context, Program, StartError, executable, program
from essaim_practice.programs.steps import Steps, Wait, Work, line, printing
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import ENTRY, Misuse, options, out, place, reason, tool

_LARGEST = 10**12  # number that factor takes apart


@tool("who", usage="[-aH]")
def who(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "aHqmbu")
    if "H" in asked:
        yield line("USER\t\tTTY\t\tIDLE\tTIME\t\t HOST")
    return 0


@tool("w", usage="")
def w(argv: list[str], context: Context) -> Steps:
    yield line("USER\t\tTTY\t\tIDLE\tTIME\t\t HOST")
    return 0


@tool("last", usage="[-W] [-f FILE]")
def last(argv: list[str], context: Context) -> Steps:
    raise Complaint("can't open '/var/log/wtmp': No such file or directory", 1)
    yield


@tool("logger", "syslogd", "klogd", "fdisk", "depmod")
def nothing(argv: list[str], context: Context) -> Steps:
    """What has no effect in a container, and says nothing about that."""
    return 0
    yield


@tool("lsmod", usage="")
def lsmod(argv: list[str], context: Context) -> Steps:
    yield line("Module                  Size  Used by    Not tainted")
    yield line("lsmod: /proc/modules: No such file or directory", 2)
    return 0


@tool("hostid", usage="")
def hostid(argv: list[str], context: Context) -> Steps:
    address = next((each.address for each in context.net.interfaces()), "")
    parts = (
        [int(part) for part in address.split(".")] if address.count(".") == 3 else [127, 0, 0, 1]
    )
    yield line(f"{parts[1]:02x}{parts[0]:02x}{parts[3]:02x}{parts[2]:02x}")
    return 0


@tool("ionice", usage="[-c 1-3] [-n 0-7] [-t] { -p PID | PROG ARGS }")
def ionice(argv: list[str], context: Context) -> Steps:
    yield line("none: prio 0")
    return 0


@tool("crontab", usage="[-c DIR] [-u USER] [-ler]|[FILE]")
def crontab(argv: list[str], context: Context) -> Steps:
    where = "/var/spool/cron/crontabs"
    asked = options(argv, "ler", "cu")
    if not context.fs.is_folder(where):
        raise Complaint(f"can't change directory to '{where}': No such file or directory", 1)
    own = f"{where}/{asked.get('u', 'root')}"
    if "l" in asked:
        if not context.fs.exists(own):
            raise Complaint(f"can't open '{asked.get('u', 'root')}': No such file or directory", 1)
        yield out(context.fs.read(own).decode(errors="replace"))
    elif asked.words:
        data = context.fs.read(place(context, asked.words[0]))
        context.fs.write(own, data, mode=0o600)
    elif "r" in asked and context.fs.exists(own):
        context.fs.remove(own)
    return 0


@tool("crond", usage="[-fbS] [-l N] [-d N] [-L LOGFILE] [-c DIR]")
def crond(argv: list[str], context: Context) -> Steps:
    """It starts no command: no schedule is played, which it says where it stays."""
    asked = options(argv, "fbS", "ldLc")
    where = asked.get("c", "/var/spool/cron/crontabs")
    if "f" not in asked and "d" not in asked:
        return 0
    if not context.fs.is_folder(where):
        return 1
    yield line("crond: the practice engine starts no command at a time", 2)
    yield Wait(inf)
    return 0


# Others in another place


@executable(UNIX, "setsid", "nice", "unshare", "nsenter", "linux64")
def elsewhere(argv: list[str], context: Context) -> Program:
    """Run another program; what needs rights that containers lack says so."""
    name, words = basename(argv[0]), list(argv[1:])
    if name in ("unshare", "nsenter"):
        said = "unshare(0x20000): Operation not permitted"
        if name == "nsenter":
            said = "setns(): can't reassociate to namespace 'mnt': Operation not permitted"
        return Program(printing(f"{name}: {said}", 1, 2))
    if name == "nice" and not words:
        return Program(printing("0"))
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if name == "nice" and option == "-n" and words:
            words.pop(0)
    if not words:
        return Program(printing(f"{name}: missing operand", 1, 2))
    try:
        return program(words, context)
    except StartError:
        said = f"{name}: can't execute '{words[0]}': No such file or directory"
        return Program(printing(said, 127, 2))


# Numbers and dates


@tool("factor", usage="[NUMBER]...")
def factor(argv: list[str], context: Context) -> Steps:
    for word in argv[1:]:
        if not word.isdecimal() or int(word[:20]) > _LARGEST:
            raise Complaint(f"invalid number '{word}'", 1)
        left, found, at = int(word), list[int](), 2
        while at <= isqrt(left):
            while left % at == 0:
                found.append(at)
                left //= at
            at += 1 + at % 2
            if at % 2000 == 1:
                yield Work(200)
        found += [left] if left > 1 else []
        yield line(f"{word}:{''.join(f' {each}' for each in found)}")
    return 0


@tool("cal", usage="[-jmy] [[MONTH] YEAR]")
def cal(argv: list[str], context: Context) -> Steps:
    asked, now = options(argv, "jmy"), gmtime(context.now())
    if not all(word.isdecimal() and 1 <= int(word[:5]) <= 9999 for word in asked.words):
        raise Complaint(f"invalid number '{(asked.words or [''])[0]}'", 1)
    year = int(asked.words[-1]) if asked.words else now.tm_year
    month = int(asked.words[0]) if len(asked.words) == 2 else now.tm_mon
    if month > 12:
        raise Complaint(f"number {month} is not in 1..12 range", 1)
    title = f"{calendar.month_name[month]} {year}"
    rows = [f"{title:^20}".rstrip(), "Su Mo Tu We Th Fr Sa"]
    weeks = calendar.Calendar(6).monthdayscalendar(year, month)
    rows += [" ".join(f"{day or '':>2}" for day in week).rstrip() for week in weeks]
    yield line("\n".join([*rows, *[" " * 21] * (8 - len(rows))]))
    return 0


@tool("usleep", usage="N")
def usleep(argv: list[str], context: Context) -> Steps:
    if len(argv) != 2 or not re.fullmatch(r"[0-9]{1,12}", argv[1]):
        raise Misuse("")
    yield Wait(int(argv[1]) / 1e6)
    return 0


# Files


@tool("unlink", usage="FILE")
def unlink(argv: list[str], context: Context) -> Steps:
    if len(argv) != 2:
        raise Misuse("")
    try:
        context.fs.remove(place(context, argv[1]))
    except OSError as error:
        raise Complaint(f"can't remove file '{argv[1]}': {reason(error)}", 1) from None
    return 0
    yield


@tool("fallocate", usage="[-o OFS] -l LEN FILE")
def fallocate(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "", "lo")
    match = re.fullmatch(r"([0-9]{1,12})([kKmMgG]?)", asked.get("l"))
    if len(asked.words) != 1 or match is None:
        raise Misuse("")
    size = int(match[1]) * 1024 ** ("", "k", "m", "g").index(match[2].lower())
    path = place(context, asked.words[0])
    old = context.fs.read(path) if context.fs.exists(path) else b""
    if size > context.fs.limit:
        raise Complaint(f"fallocate '{asked.words[0]}': No space left on device", 1)
    context.fs.write(path, old.ljust(size, b"\0"))
    return 0
    yield


@tool("shred", usage="[-fuz] [-n N] [-s SIZE] FILE...")
def shred(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "fuzv", "ns")
    for word in asked.words:
        yield ENTRY
        path = place(context, word)
        size = len(context.fs.read(path))
        context.fs.write(path, bytes(size))
        if "u" in asked:
            context.fs.remove(path)
    return 0
