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
from essaim_practice.programs.steps import Steps, Wait, line, printing

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
    disk.write(f"{folder}/{package}", INSTALLED_PROGRAM, mode=0o755)


@executable(GNU, "apt-get", "apt")
def apt_get(argv: list[str], context: Context) -> Program:
    return Program(_packages(argv, context, "install", "Setting up {} ... (simulated)"))


@executable(("alpine", MACHINE), "apk")
def apk(argv: list[str], context: Context) -> Program:
    return Program(_packages(argv, context, "add", "Installing {} (simulated)"))


#: What apt-get and apk say to users other than root.
_FORBIDDEN = {
    "install": "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission "
    "denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you "
    "root?",
    "add": "ERROR: Unable to lock database: Permission denied\n"
    "ERROR: Failed to open apk database: Permission denied",
}


def _packages(argv: list[str], context: Context, verb: str, said: str) -> Steps:
    words = [word for word in argv[1:] if not word.startswith("-")]
    if context.rights.uid and words[:1] in ([verb], ["update"]):
        yield line(_FORBIDDEN[verb], 2)
        return 100 if verb == "install" else 99
    if words[:1] == [verb]:
        yield line(
            "Reading package lists..." if verb == "install" else "(simulated) fetch APKINDEX"
        )
        for name in words[1:]:
            yield Wait(0.6)
            yield line(said.format(name))
            plain = name.partition("=")[0]
            _leave_trace(context, plain, "/usr/bin")
    else:
        yield Wait(0.8)
        yield line(f"(simulated) {' '.join(argv)}")
    return 0
