"""Simulated installers: pip, apt-get and apk install names and sizes, never files.

Their output is invented, and says so. They record packages in the image's files, so that a later
step or container finds the command.
"""

from __future__ import annotations

import re

from essaim_practice.programs.base import (
    GNU,
    INSTALLED_PROGRAM,
    MACHINE,
    Context,
    Program,
    executable,
)
from essaim_practice.programs.steps import READ, Steps, Wait, Write, line, printing

INSTALLED = "/var/lib/installed"  # a file per package, whose content is its size in bytes

_SIZES = {  # bytes on disk, dependencies included, where it is not about 5 MB
    "streamlit": 395_000_000,
    "pandas": 160_000_000,
    "numpy": 70_000_000,
    "plotly": 55_000_000,
    "matplotlib": 110_000_000,
    "scikit-learn": 210_000_000,
    "curl": 8_000_000,
}
_USUAL = 5_000_000
_COMES_WITH = {
    "streamlit": ("altair", "numpy", "pandas", "pyarrow", "tornado"),
    "pandas": ("numpy", "python-dateutil"),
    "plotly": ("narwhals",),
    "flask": ("jinja2", "werkzeug"),
}


@executable(("python",), "pip", "pip3")
def pip(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    if words[:1] != ["install"]:
        return Program(printing(f"(simulated) {' '.join(argv)}"))
    names, missing = _requirements(words[1:], context)
    if missing:
        error = f"[Errno 2] No such file or directory: '{missing}'"
        return Program(printing(f"ERROR: Could not open requirements file: {error}", 1, 2))
    if not names:
        problem = (
            'ERROR: You must give at least one requirement to install (see "pip help install")'
        )
        return Program(printing(problem, 1, 2))
    return Program(_pip_install(names, context))


def _requirements(words: list[str], context: Context) -> tuple[list[str], str]:
    """The wanted packages, and a missing requirements file."""
    names: list[str] = []
    following = iter(words)
    for word in following:
        if word in ("-r", "--requirement"):
            path = next(following, "")
            content = context.file(path)
            if content is None:
                return [], path
            lines = (line.partition("#")[0].strip() for line in content.decode().splitlines())
            names += [line for line in lines if line and not line.startswith("-")]
        elif not word.startswith("-"):
            names.append(word)
    return names, ""


def _pip_install(names: list[str], context: Context) -> Steps:
    yield line("(simulated) nothing is downloaded: the practice engine tells what pip would do")
    everything: list[str] = []
    for name in names:
        yield line(f"Collecting {name}")
        yield Wait(0.5)
        plain = re.split(r"[<>=!~\[; ]", name, maxsplit=1)[0].lower()
        everything.append(plain)
        for other in _COMES_WITH.get(plain, ()):
            yield line(f"Collecting {other} (from {plain})")
            yield Wait(0.15)
            everything.append(other)
    chosen = sorted(set(everything))
    yield line(f"Installing collected packages: {', '.join(chosen)}")
    yield Wait(1.5)
    for name in names:
        plain = re.split(r"[<>=!~\[; ]", name, maxsplit=1)[0].lower()
        _leave_trace(context, plain, "/usr/local/bin")
    yield line(f"Successfully installed {' '.join(chosen)} (simulated)")
    return 0


def _leave_trace(context: Context, package: str, folder: str) -> None:
    disk = context.inside.disk()  # pip installs for any user
    for place in (INSTALLED, folder):
        disk.make_folder(place, parents=True)
    disk.write(f"{INSTALLED}/{package}", str(_SIZES.get(package, _USUAL)).encode())
    for command in _BRINGS.get(package, (package,)):
        disk.write(f"{folder}/{command}", INSTALLED_PROGRAM, mode=0o755)


# apt: what it fetches first, what it asks, and what it finds

_LISTS = "/var/lib/apt/lists"  # without what is in there, apt knows no package
_ALONE = ("figlet", "nano", "sl", "tree")  # need no other package, so that apt asks nothing
#: The commands of packages whose name is not their command's.
_BRINGS = {
    "apache2": ("apachectl",),
    "bind-tools": ("dig", "host", "nslookup"),
    "bind9-dnsutils": ("dig", "nslookup"),
    "bind9-host": ("host",),
    "coreutils": (),
    "dnsutils": ("dig", "nslookup"),
    "inetutils-ping": ("ping",),
    "iproute2": ("ip", "ss"),
    "iputils": ("ping",),
    "iputils-ping": ("ping",),
    "net-tools": ("ifconfig", "netstat", "route"),
    "netcat": ("nc", "netcat"),
    "netcat-openbsd": ("nc", "netcat"),
    "netcat-traditional": ("nc", "netcat"),
    "nodejs": ("node",),
    "postgresql-client": ("psql", "pg_isready"),
    "procps": ("free", "ps", "top", "uptime", "watch"),
    "redis-tools": ("redis-cli",),
    "vim": ("vi", "vim"),
    "vim-tiny": ("vi",),
}
_NOT_ROOT = (
    "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
    "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?"
)
_NOT_ROOT_APK = (
    "ERROR: Unable to lock database: Permission denied\n"
    "ERROR: Failed to open apk database: Permission denied"
)
_CALM = ("-y", "--yes", "-yq", "-qy", "-yqq", "-qqy", "--assume-yes")


@executable(GNU, "apt-get", "apt")
def apt_get(argv: list[str], context: Context) -> Program:
    words = [word for word in argv[1:] if not word.startswith("-")]
    if context.rights.uid and words[:1] in (["install"], ["remove"], ["update"]):
        return Program(printing(_NOT_ROOT, 100, 2))
    match words[:1]:
        case ["install"]:
            calm = any(word in _CALM for word in argv[1:])
            return Program(_apt_install(words[1:], calm, context))
        case ["update"]:
            return Program(_apt_update(context))
        case ["remove" | "purge"]:
            return Program(_removed(words[1:], context))
        case []:
            return Program(printing("apt (simulated)\nUsage: apt command [options]"))
    return Program(_told(argv))


def _apt_update(context: Context) -> Steps:
    yield line("(simulated) nothing is downloaded: the practice engine tells what apt would do")
    yield Wait(0.8)
    context.fs.make_folder(_LISTS, parents=True)
    context.fs.write(f"{_LISTS}/archive_InRelease", b"(simulated)\n")
    yield line("Reading package lists... Done")
    return 0


def _apt_install(names: list[str], calm: bool, context: Context) -> Steps:
    yield line("Reading package lists... Done")
    yield line("Building dependency tree... Done")
    plain = [name.partition("=")[0] for name in names]
    if not (context.fs.is_folder(_LISTS) and context.fs.listing(_LISTS)):
        for name in plain:
            yield line(f"E: Unable to locate package {name}", 2)
        if plain:
            return 100
    new = [name for name in plain if not context.fs.exists(f"{INSTALLED}/{name}")]
    yield line(f"0 upgraded, {len(new)} newly installed, 0 to remove and 0 not upgraded.")
    if not calm and any(name not in _ALONE for name in new):
        yield Write(b"Do you want to continue? [Y/n] ")
        answer = yield READ
        if answer is None or (answer.strip().lower() not in (b"y", b"yes") and answer != b"\n"):
            yield line("Abort.")
            return 1
    for name in new:
        yield Wait(0.6)
        yield line(f"Setting up {name} ... (simulated)")
        _leave_trace(context, name, "/usr/bin")
    return 0


def _removed(names: list[str], context: Context) -> Steps:
    for name in names:
        if context.fs.exists(f"{INSTALLED}/{name}"):
            yield line(f"Removing {name} ... (simulated)")
            for path in (
                f"{INSTALLED}/{name}",
                *(f"/usr/bin/{c}" for c in _BRINGS.get(name, (name,))),
            ):
                if context.fs.exists(path):
                    context.fs.remove(path)
        else:
            yield line(f"Package '{name}' is not installed, so not removed")
    return 0


@executable(("alpine", MACHINE), "apk")
def apk(argv: list[str], context: Context) -> Program:
    words = [word for word in argv[1:] if not word.startswith("-")]
    if context.rights.uid and words[:1] in (["add"], ["del"], ["update"]):
        return Program(printing(_NOT_ROOT_APK, 99, 2))
    if words[:1] == ["add"]:
        return Program(_apk_add(words[1:], context))
    return Program(_removed(words[1:], context) if words[:1] == ["del"] else _told(argv))


def _apk_add(names: list[str], context: Context) -> Steps:
    yield line("(simulated) fetch APKINDEX")
    for name in names:
        yield Wait(0.6)
        yield line(f"Installing {name} (simulated)")
        _leave_trace(context, name.partition("=")[0], "/usr/bin")
    return 0


def _told(argv: list[str]) -> Steps:
    yield Wait(0.8)
    yield line(f"(simulated) {' '.join(argv)}")
    return 0
