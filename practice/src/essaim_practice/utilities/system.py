"""uname, hostname, id, date, uptime, free, which, mount and others about machine and user."""

from __future__ import annotations

import time
from dataclasses import replace
from posixpath import basename, dirname, join

from essaim_practice.files import books
from essaim_practice.programs.base import MACHINE, Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store import kernel
from essaim_practice.store.file_tree import File
from essaim_practice.utilities.base import Misuse, gnu, options, out, tool, users
from essaim_practice.utilities.files import moment_of
from essaim_practice.utilities.listing import human


@tool("uname", usage="[-amnrspvio]")
def uname(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "amnrspvio", "", {"all": "a", "kernel-release": "r", "machine": "m"})
    if asked.words:
        raise Misuse(f"extra operand '{asked.words[0]}'" if gnu(context) else "")
    values = {"s": "Linux", "n": context.hostname, "r": kernel.RELEASE, "v": kernel.VERSION}
    values |= {"m": kernel.MACHINE, "p": "unknown", "i": "unknown", "o": "GNU/Linux"}
    if context.image.base == MACHINE:
        values["o"] = "Linux"
    shown = (
        "snrvmo" if "a" in asked else [letter for letter in "snrvmpio" if letter in asked] or "s"
    )
    yield line(" ".join(values[letter] for letter in shown))
    return 0


@tool("arch")
def arch(argv: list[str], context: Context) -> Steps:
    yield line(kernel.MACHINE)
    return 0


# Users


def group_of(context: Context) -> str:
    """Number of the group that the program runs as: asked for, the user's, or root's."""
    asked, number = context.user.partition(":")[2], user_of(context)[1]
    if asked.isdecimal():
        return asked
    if asked:
        known = users(context.fs, "/etc/group").items()
        return next((group for group, name in known if name == asked), "0")
    entries = (row.split(":") for row in books.lines(context.fs, "/etc/passwd"))
    return next((e[3] for e in entries if len(e) > 3 and e[2] == number), "0")


def user_of(context: Context) -> tuple[str, str]:
    """Name and number of the user that the program runs as."""
    name = context.user.partition(":")[0] or "root"
    known = users(context.fs)
    if name.isdecimal():
        return known.get(name, ""), name
    return name, next((number for number, known_as in known.items() if known_as == name), "0")


@tool("whoami")
def whoami(argv: list[str], context: Context) -> Steps:
    name, number = user_of(context)
    if not name:
        said = f"cannot find name for user ID {number}" if gnu(context) else f"unknown uid {number}"
        raise Complaint(said, 1)
    yield line(name)
    return 0


@tool("id", usage="[-ugGnr] [USER]")
def id_(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "ugGnr")
    name, number = user_of(context)
    if asked.words:
        name = asked.words[0]
        numbers = [n for n, known in users(context.fs).items() if known == name]
        if not numbers:
            raise Complaint(
                f"'{name}': no such user" if gnu(context) else f"unknown user {name}", 1
            )
        number = numbers[0]
    own = group_of(replace(context, user=number) if asked.words else context)
    known = users(context.fs, "/etc/group")
    numbers_of = {title: n for n, title in known.items()}
    more = () if asked.words else context.groups
    every = list(dict.fromkeys([own, *(numbers_of.get(title, title) for title in more)]))
    group = known.get(own, own)
    every_named = " ".join(known.get(n, n) for n in every)
    named = {"u": name, "g": group, "G": every_named}
    numbered = {"u": number, "g": own, "G": " ".join(every)}
    for letter in "ugG":
        if letter in asked:
            yield line((named if "n" in asked else numbered)[letter] or number)
            if not name and "n" in asked and letter == "u":
                raise Complaint(f"unknown ID {number}", 1)
            return 0
    user = f"{number}({name})" if name else number
    shown = [f"{n}({known[n]})" if known.get(n) else n for n in every]
    yield line(f"uid={user} gid={shown[0]} groups={','.join(shown)}")
    return 0


@tool("groups")
def groups(argv: list[str], context: Context) -> Steps:
    yield line(user_of(context)[0] or "root")
    return 0


@tool("tty")
def tty(argv: list[str], context: Context) -> Steps:
    yield line("/dev/pts/0" if context.tty else "not a tty")
    return int(not context.tty)


@tool("logname")
def logname(argv: list[str], context: Context) -> Steps:
    said = "no login name" if gnu(context) else "getlogin: No such device or address"
    raise Complaint(said, 1)
    yield


# Time


@tool("date", usage="[OPTIONS] [+FMT] [[-s] TIME]")
def date(argv: list[str], context: Context) -> Steps:
    asked = options(
        [w if not w.startswith("-I") else "-I" for w in argv],
        "uRI",
        "dsrD",
        {"date": "d", "utc": "u"},
    )
    moment = moment_of(asked.get("d"), context.now()) if "d" in asked else context.now()
    if "r" in asked:
        moment = context.fs.entry(join(context.cwd, asked.get("r"))).mtime
    if "s" in asked or (asked.words and not asked.words[0].startswith("+")):
        wanted = asked.get("s") or asked.words[0]
        moment = moment_of(wanted, context.now())
        yield line(_dated("%a %b %e %H:%M:%S UTC %Y", time.gmtime(moment), moment))
        said = "cannot set date" if gnu(context) else "can't set date"
        yield line(f"date: {said}: Operation not permitted", 2)
        return int(gnu(context))
    then = time.gmtime(moment)
    form = "%a %b %e %H:%M:%S UTC %Y"
    form = "%a, %d %b %Y %H:%M:%S +0000" if "R" in asked else "%Y-%m-%d" if "I" in asked else form
    if asked.words:
        form = asked.words[0][1:]
    yield line(_dated(form, then, moment))
    return 0


def _dated(form: str, then: time.struct_time, moment: float) -> str:
    values = {"s": str(int(moment)), "N": f"{int(moment % 1 * 1e9):09}", "Z": "UTC", "z": "+0000"}
    text, at = "", 0
    while at < len(form) and len(text) < 65536:
        if form[at] != "%" or at + 1 == len(form):
            text += form[at]
            at += 1
            continue
        letter = form[at + 1]
        at += 2
        if letter in "aAbBcCdDeFgGhHIjklmMnpPrRStTuUVwWxXyY%":
            text += time.strftime("%" + letter, then)
        else:
            text += values.get(letter, "%" + letter)
    return text


@tool("uptime")
def uptime(argv: list[str], context: Context) -> Steps:
    started = min(
        (process.started for process in context.inside.processes()), default=context.now()
    )
    minutes = int(max(0.0, context.now() - started) // 60)
    up = f"{minutes} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}"
    stamp = time.strftime("%H:%M:%S", time.gmtime(context.now()))
    yield line(f" {stamp} up {up},  0 users,  load average: 0.02, 0.05, 0.01")
    return 0


@tool("free", usage="[-bkmgh]")
def free(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "bkmgh")
    scale = {"b": 1 / 1024, "m": 1024, "g": 2**20}
    by = next((scale[letter] for letter in scale if letter in asked), 1)

    def shown(size: int) -> str:
        return human(size * 1024) if "h" in asked else str(int(size / by))

    known = kernel.MEMORY
    total, free, cache = known["MemTotal"], known["MemFree"], known["Buffers"] + known["Cached"]
    numbers = (total, total - free - cache, free, known["Shmem"], cache, known["MemAvailable"])
    heads = ("total", "used", "free", "shared", "buff/cache", "available")
    yield line("       " + "".join(f"{head:>12}" for head in heads).replace("", "", 1))
    yield line("Mem:   " + "".join(f"{shown(number):>12}" for number in numbers))
    yield line("Swap:  " + "".join(f"{shown(0):>12}" for _ in range(3)))
    return 0


# Names


@tool("basename", usage="FILE [SUFFIX]")
def basename_(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "a", "s")
    if not asked.words:
        raise Misuse("missing operand" if gnu(context) else "")
    every = bool({"a", "s"} & asked.given.keys())
    suffix = asked.get("s") if every else (asked.words[1] if len(asked.words) > 1 else "")
    for word in asked.words if every else asked.words[:1]:
        name = basename(word.rstrip("/")) or ("/" if word else "")
        yield line(name.removesuffix(suffix) if suffix and name != suffix else name)
    return 0


@tool("dirname", usage="FILENAME")
def dirname_(argv: list[str], context: Context) -> Steps:
    if len(argv) < 2:
        raise Misuse("missing operand" if gnu(context) else "")
    word = argv[1].rstrip("/") or ("/" if argv[1].startswith("/") else argv[1])
    yield line(dirname(word).rstrip("/") or ("/" if word.startswith("/") else "."))
    return 0


@tool("which", usage="[-a] COMMAND...")
def which(argv: list[str], context: Context) -> Steps:
    code = 0
    for name in options(argv, "a").words:
        folders = [""] if "/" in name else context.env.get("PATH", "").split(":")
        for folder in folders:
            path = join(context.cwd, folder, name) if folder or "/" in name else ""
            if path and _executable(context, path):
                yield line(join(folder, name))
                break
        else:
            code = 1
    return code


def _executable(context: Context, path: str) -> bool:
    try:
        entry = context.fs.entry(path)
    except OSError:
        return False
    return isinstance(entry, File) and bool(entry.mode & 0o111)


@tool("clear", "reset")
def clear(argv: list[str], context: Context) -> Steps:
    yield out("\x1b[H\x1b[J")
    return 0


@tool("stty")
def stty(argv: list[str], context: Context) -> Steps:
    """Changes only what nobody reads here; but tells the size of the terminal."""
    if not context.keyboard:
        raise Complaint("standard input: Inappropriate ioctl for device", 1)
    if argv[1:] == ["size"]:
        rows, columns = context.size
        if not rows and not gnu(context):
            yield out("stty: standard input\n")
            return 0
        yield out(f"{rows} {columns}\n")
    return 0
