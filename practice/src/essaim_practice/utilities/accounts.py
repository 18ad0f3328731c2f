"""adduser, addgroup, deluser, delgroup, useradd, groupadd, usermod and su: users and groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from posixpath import basename

from essaim_practice.files import books
from essaim_practice.programs.base import UNIX, Context, Program, StartError, executable, program
from essaim_practice.programs.steps import Steps, printing
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Misuse, gnu, options, tool

_LAST_SYSTEM, _FIRST = 999, 1000  # numbers of the system's accounts end before those of people
_NOGROUP = "65533"  # of BusyBox's system users without a group of their own
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(slots=True)
class Book:
    """/etc/passwd or /etc/group, as rows of fields."""

    context: Context
    path: str

    def rows(self) -> list[list[str]]:
        return [row.split(":") for row in books.lines(self.context.fs, self.path)]

    def row(self, name: str) -> list[str] | None:
        return next((row for row in self.rows() if name in (row[0], *row[2:3])), None)

    def add(self, *fields: object) -> None:
        row = ":".join(map(str, fields)) + "\n"
        self.context.fs.append(self.path, row.encode())

    def put(self, rows: list[list[str]]) -> None:
        self.context.fs.write(self.path, "".join(":".join(row) + "\n" for row in rows).encode())

    def free(self, system: bool, first: int) -> int:
        """A number that nobody has."""
        taken = {int(row[2]) for row in self.rows() if len(row) > 2 and row[2].isdecimal()}
        if gnu(self.context) and system:
            return next(n for n in range(_LAST_SYSTEM, 0, -1) if n not in taken)
        start = first if system else _FIRST
        return next(n for n in range(start, 65534) if n not in taken)


def _passwd(context: Context) -> Book:
    return Book(context, "/etc/passwd")


def _group(context: Context) -> Book:
    return Book(context, "/etc/group")


def _join(context: Context, user: str, group: str) -> None:
    """Make a user one of a group's members."""
    book = _group(context)
    rows = book.rows()
    for row in rows:
        if row[0] == group and len(row) > 3 and user not in row[3].split(","):
            row[3] = ",".join(filter(None, [*row[3].split(","), user]))
    book.put(rows)


def _home(context: Context, path: str, uid: int, gid: int) -> None:
    if not context.fs.exists(path):
        context.fs.make_folder(path, parents=True)
        context.fs.change_owner(path, uid, gid)


# BusyBox's


_LONG = {"home": "h", "gecos": "g", "shell": "s", "ingroup": "G", "system": "S", "uid": "u"}
_LONG |= {"disabled-password": "D", "no-create-home": "H", "gid": "g", "group": "N"}


@tool("adduser", usage="[OPTIONS] USER [GROUP]")
def adduser(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "SDHqN", "hgsGuk", _LONG | {"quiet": "q"})
    if not 1 <= len(asked.words) <= 2:
        raise Misuse("")
    users, groups = _passwd(context), _group(context)
    name = asked.words[0]
    if len(asked.words) == 2 and not {"D", "S"} & asked.given.keys():
        if groups.row(asked.words[1]) is None:
            raise Complaint(f"unknown group {asked.words[1]}", 1)
        _join(context, name, asked.words[1])
        return 0
    if users.row(name) is not None:
        raise Complaint(f"user '{name}' in use", 1)
    system = "S" in asked
    uid = asked.number("u", 0) if "u" in asked else users.free(system, 100)
    if asked.get("G"):
        row = groups.row(asked.get("G"))
        if row is None:
            raise Complaint(f"unknown group {asked.get('G')}", 1)
        gid = row[2]
    elif system:
        gid = _NOGROUP
    else:
        gid = str(uid if groups.row(str(uid)) is None else groups.free(False, 100))
        groups.add(name, "x", gid, "")
    home = asked.get("h", f"/home/{name}")
    shell = asked.get("s", "/sbin/nologin" if system else "/bin/sh")
    users.add(name, "x", uid, gid, asked.get("g", "Linux User,,,"), home, shell)
    if "H" not in asked:
        _home(context, home, uid, int(gid))
    if asked.get("G"):
        _join(context, name, groups.row(asked.get("G"))[0])  # type: ignore[index]
    return 0
    yield


@tool("addgroup", usage="[-g GID] [-S] [USER] GROUP")
def addgroup(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "Sq", "g", {"gid": "g", "system": "S"})
    groups = _group(context)
    if len(asked.words) == 2:
        user, group = asked.words
        if _passwd(context).row(user) is None:
            raise Complaint(f"unknown user {user}", 1)
        if groups.row(group) is None:
            raise Complaint(f"unknown group {group}", 1)
        _join(context, user, group)
        return 0
    if len(asked.words) != 1:
        raise Misuse("")
    name = asked.words[0]
    if groups.row(name) is not None:
        raise Complaint(f"group '{name}' in use", 1)
    gid = asked.number("g", 0) if "g" in asked else groups.free("S" in asked, 101)
    if "g" in asked and groups.row(str(gid)) is not None:
        raise Complaint(f"gid '{gid}' in use", 1)
    groups.add(name, "x", gid, "")
    return 0
    yield


@tool("deluser", "userdel", usage="[--remove-home] USER")
def deluser(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "rf", "", {"remove-home": "r"})
    if not asked.words:
        raise Misuse("")
    book, name = _passwd(context), asked.words[0]
    row = book.row(name)
    if row is None:
        known = argv[0].endswith("userdel")
        raise Complaint(f"user '{name}' does not exist" if known else f"unknown user {name}", 1)
    book.put([each for each in book.rows() if each[0] != name])
    groups = _group(context)
    groups.put([each for each in groups.rows() if each[0] != name])
    if "r" in asked and context.fs.exists(row[5]):
        context.fs.remove_tree(row[5])
    return 0
    yield


@tool("delgroup", "groupdel", usage="[USER] GROUP")
def delgroup(argv: list[str], context: Context) -> Steps:
    asked = options(argv)
    if not asked.words:
        raise Misuse("")
    groups, name = _group(context), asked.words[-1]
    if groups.row(name) is None:
        raise Complaint(f"unknown group {name}", 1)
    groups.put([each for each in groups.rows() if each[0] != name])
    return 0
    yield


# Debian's


@tool("useradd")
def useradd(argv: list[str], context: Context) -> Steps:
    long = {"create-home": "m", "system": "r", "uid": "u", "gid": "g", "groups": "G"}
    long |= {"shell": "s", "home-dir": "d", "comment": "c", "no-create-home": "M", "home": "d"}
    long |= {"user-group": "U", "no-log-init": "l", "no-user-group": "N"}
    asked = options(argv, "mrMUlNo", "ugGsdcpk", long)
    if len(asked.words) != 1:
        raise Misuse("")
    users, groups, name = _passwd(context), _group(context), asked.words[0]
    if users.row(name) is not None:
        raise Complaint(f"user '{name}' already exists", 9)
    uid = asked.number("u", 0) if "u" in asked else users.free("r" in asked, 100)
    if "u" in asked and users.row(str(uid)) is not None and "o" not in asked:
        raise Complaint(f"UID {uid} is not unique", 4)
    wanted = asked.get("g")
    if wanted:
        row = groups.row(wanted)
        if row is None:
            raise Complaint(f"group '{wanted}' does not exist", 6)
        gid = row[2]
    elif groups.row(name) is not None:
        raise Complaint(
            f"group {name} exists - if you want to add this user to that group, use -g.", 9
        )
    else:
        gid = str(uid if groups.row(str(uid)) is None else groups.free("r" in asked, 100))
        groups.add(name, "x", gid, "")
    home = asked.get("d", f"/home/{name}")
    users.add(name, "x", uid, gid, asked.get("c"), home, asked.get("s", "/bin/sh"))
    if "m" in asked:
        _home(context, home, uid, int(gid))
    for group in filter(None, asked.get("G").split(",")):
        _join(context, name, group)
    return 0
    yield


@tool("groupadd")
def groupadd(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "rfo", "gK", {"gid": "g", "system": "r", "force": "f"})
    if len(asked.words) != 1:
        raise Misuse("")
    groups, name = _group(context), asked.words[0]
    if groups.row(name) is not None:
        if "f" in asked:
            return 0
        raise Complaint(f"group '{name}' already exists", 9)
    if "g" in asked and groups.row(asked.get("g")) is not None and "o" not in asked:
        raise Complaint(f"GID '{asked.get('g')}' already exists", 4)
    gid = asked.number("g", 0) if "g" in asked else groups.free("r" in asked, 100)
    groups.add(name, "x", gid, "")
    return 0
    yield


@tool("usermod")
def usermod(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "aLU", "Gsdcug", {"append": "a", "groups": "G", "shell": "s"})
    if len(asked.words) != 1:
        raise Misuse("")
    users, name = _passwd(context), asked.words[0]
    rows = users.rows()
    row = next((each for each in rows if each[0] == name), None)
    if row is None:
        raise Complaint(f"user '{name}' does not exist", 6)
    for letter, field in (("u", 2), ("g", 3), ("c", 4), ("d", 5), ("s", 6)):
        if letter in asked:
            row[field] = asked.get(letter)
    users.put(rows)
    for group in filter(None, asked.get("G").split(",")):
        if _group(context).row(group) is None:
            raise Complaint(f"group '{group}' does not exist", 6)
        _join(context, name, group)
    return 0
    yield


# Being another


@executable(UNIX, "su")
def su(argv: list[str], context: Context) -> Program:
    """Run a shell, or what stands after -c, as another user."""
    words, command, shell, login = list(argv[1:]), list[str](), "", False
    names = list[str]()
    while words:
        word = words.pop(0)
        if word in ("-c", "--command") and words:
            command = ["-c", words.pop(0), *words]
            break
        if word in ("-s", "--shell") and words:
            shell = words.pop(0)
        elif word in ("-", "-l", "--login"):
            login = True
        elif not word.startswith("-") and not names:
            names.append(word)
        elif names:
            command.append(word)
    name = names[0] if names else "root"
    row = _passwd(context).row(name)
    if row is None or len(row) < 7:
        said = f"su: unknown user {name}"
        if gnu(context):
            why = "does not exist or the user entry does not contain all the required fields"
            said = f"su: user {name} {why}"
        return Program(printing(said, 1, 2))
    if context.rights.uid != 0:
        said = "su: Authentication failure" if gnu(context) else "su: must be suid to work properly"
        return Program(printing(said, 1, 2))
    shell = shell or row[6]
    env = {**context.env, "HOME": row[5], "SHELL": shell}
    if name != "root":
        env |= {"USER": row[0], "LOGNAME": row[0]}
    cwd = context.cwd
    if login:
        kept = {"TERM": context.env["TERM"]} if "TERM" in context.env else {}
        env = {**kept, "HOME": row[5], "SHELL": shell, "USER": row[0], "LOGNAME": row[0]}
        env["PATH"] = _SYSTEM_PATH
        cwd = row[5] if context.fs.is_folder(row[5]) else "/"
    if basename(shell) in ("nologin", "false"):
        said = "This account is not available" if basename(shell) == "nologin" else ""
        return Program(printing(said, 1))
    try:
        return program(
            [shell, *command], replace(context, user=row[0], groups=(), env=env, cwd=cwd)
        )
    except StartError:
        return Program(printing(f"su: can't execute '{shell}': No such file or directory", 1, 2))
