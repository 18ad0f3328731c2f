"""The prompts of a shell, and the profiles that a login shell reads before its first."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from posixpath import basename, join

from essaim_practice.programs.signals import INT
from essaim_practice.programs.steps import Interrupted
from essaim_practice.shell import expansion
from essaim_practice.shell.dialect import SyntaxProblem
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.parser import Parser
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.scripts import run_text
from essaim_practice.shell.state import Shell
from essaim_practice.text.encoding import decoded

_LONGEST = 4096  # characters of a prompt
_LONGEST_PROFILE = 128 * 1024
_ESCAPE = re.compile(r"\\(?:[0-7]{3}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_CLOCK = {"t": "%H:%M:%S", "T": "%I:%M:%S", "@": "%I:%M %p", "A": "%H:%M", "d": "%a %b %d"}


def prompt(shell: Shell, name: str) -> Doing[str]:
    r"""The prompt of this name: $ is expanded, then \u, \h, \w, \n and the like are put in.

    What they put in is not expanded: a folder called ``$(reboot)`` is only a name.
    """
    text = shell.variables.get(name, "")[:_LONGEST]
    if "$" in text or "`" in text:
        text = yield from _expanded(shell, text)
    if shell.dialect.name == "dash":
        return text
    return _ESCAPE.sub(lambda match: _put_in(shell, match[0][1:]), text)


def _expanded(shell: Shell, text: str) -> Doing[str]:
    code = shell.code
    try:
        word = Parser(text.replace("\\", "\\\\"), True, {}).here_text()
        return (yield from expansion.single(shell, word))
    except (Failure, SyntaxProblem):
        return text
    finally:
        shell.code = code


def _put_in(shell: Shell, sign: str) -> str:
    user = shell.context.user.partition(":")[0]
    root = user in ("", "root", "0")
    if sign[:1] == "x" and len(sign) == 3:
        return chr(int(sign[1:], 16))
    if sign[:1].isdigit() and len(sign) == 3:
        return chr(int(sign, 8) & 0xFF)
    if sign in _CLOCK:
        return time.strftime(_CLOCK[sign], time.gmtime(shell.context.now()))
    values: dict[str, Callable[[], str]] = {
        "u": lambda: user or "root",
        "h": lambda: shell.context.hostname.partition(".")[0],
        "H": lambda: shell.context.hostname,
        "w": lambda: _place(shell),
        "W": lambda: basename(_place(shell)) or "/",
        "$": lambda: "#" if root else "$",
        "s": lambda: basename(shell.own.lstrip("-")),
        "n": lambda: "\n",
        "r": lambda: "\r",
        "e": lambda: "\x1b",
        "a": lambda: "\a",
        "[": str,
        "]": str,
        "\\": lambda: "\\",
        "!": lambda: str(len(shell.history.lines) + 1),
        "#": lambda: str(len(shell.history.lines) + 1),
        "j": lambda: str(len(shell.jobs.listed)),
    }
    return values[sign]() if sign in values else f"\\{sign}"


def _place(shell: Shell) -> str:
    """The folder that the shell is in, from ~ on where it is in the user's own."""
    home = shell.variables.get("HOME", "")
    if home not in ("", "/") and (shell.cwd == home or shell.cwd.startswith(home + "/")):
        return "~" + shell.cwd[len(home) :]
    return shell.cwd


def log_in(shell: Shell) -> Doing[None]:
    """Read /etc/profile and ~/.profile, as a login shell does. Raises Exit."""
    for path in ("/etc/profile", join(shell.variables.get("HOME", "") or "/", ".profile")):
        try:
            yield from _read(shell, path)
        except Interrupted as signal:  # Ctrl-C leads out of a profile that has no end
            if signal.signal != INT:
                raise
            shell.tested = shell.loops = shell.depth = 0
    shell.code = 0


def _read(shell: Shell, path: str) -> Doing[None]:
    try:
        text = decoded(shell.context.fs.read(path))
    except OSError:
        return
    try:
        yield from run_text(shell, text[:_LONGEST_PROFILE])
    except Failure as failure:
        yield from shell.complain(failure.text, failure.command)
