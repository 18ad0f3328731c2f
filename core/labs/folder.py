"""Reads the folder of a lab, and says in one sentence each what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from core.commands.registry import parse
from core.errors import InvalidCommand
from core.labs import placeholders, words
from core.labs.lab import Lab, Start, Step
from core.labs.markdown import text_of
from core.labs.moves import Curl, InstanceFault, Join, Written
from core.labs.statements import near, statement_of

LAB = "lab.toml"

#: Requests of one move: each is made before the next move.
MOST = 1000

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_CURL = re.compile(r"curl (?:-\S+ )*http://localhost(?::(\d+))?/?")
_KEYS = {"start", "minutes", "stand_ins", "steps"}
_STEP_KEYS = {"name", "checks", "solution", "lines", "look"}

Fault = Callable[[str], None]
_Move = Written | Join | Curl | InstanceFault


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a folder. lab: None where something is wrong. faults: a sentence each."""

    folder: Path
    lab: Lab | None
    faults: tuple[str, ...] = ()


def read(folder: Path) -> Reading:
    """The lab of this folder, whose name is the folder's."""
    faults: list[str] = []
    if not _NAME.fullmatch(folder.name):
        faults.append(
            f"the folder’s name {folder.name!r} is the lab’s: small letters, digits, - and _ alone."
        )
    elif folder.name.isdecimal() or folder.name == "all":
        faults.append(f"no lab is called {folder.name}: addresses and the board mean others by it.")
    try:
        raw = tomllib.loads(text_of(folder / LAB))
    except FileNotFoundError:
        return Reading(folder, None, (*faults, f"there is no file {LAB}."))
    except RecursionError:
        return Reading(folder, None, (*faults, f"{LAB} cannot be read: it is nested too deep."))
    except (OSError, ValueError) as error:  # it cannot be read, or is no TOML
        return Reading(folder, None, (*faults, f"{LAB} cannot be read: {error}."))
    lab = _lab(raw, folder, lambda sentence: faults.append(f"{LAB}: {sentence}"))
    faults += words.faults(folder, lab)
    return Reading(folder, None if faults else lab, tuple(faults))


def _lab(raw: Mapping[str, Any], folder: Path, fault: Fault) -> Lab:
    for key in raw.keys() - _KEYS:
        fault(f"{key!r} is unknown{near(key, _KEYS)}.")
    start: Any = raw.get("start")
    minutes = raw.get("minutes")
    if start not in get_args(Start):
        fault(f"start is {start!r}: it must be one of {', '.join(get_args(Start))}.")
    if type(minutes) is not int or minutes < 1:
        fault("minutes must say how long the lab takes: minutes = 30.")
        minutes = 0
    stand_ins = raw.get("stand_ins", {})
    if not isinstance(stand_ins, dict) or not all(isinstance(it, str) for it in stand_ins.values()):
        fault('stand_ins must give an image for the name of a service: { web = "nginx" }.')
        stand_ins = {}
    tables = raw.get("steps")
    if not isinstance(tables, list) or not tables:
        fault("there are no steps: each begins with [[steps]].")
        tables = []
    steps: list[Step] = []
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict):
            fault(f"step {number} is no table: it begins with [[steps]].")
            continue
        name = table.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            fault(f"step {number} needs a name of small letters, digits, - and _.")
            name = f"{number}"
        elif name in [step.name for step in steps]:
            fault(f"two steps are called {name}.")

        def wrong(sentence: str, name: str = name) -> None:
            fault(f"step {name}: {sentence}")

        steps.append(_step(table, name, tuple(step.name for step in steps), wrong))
    return Lab(folder.name, start, minutes, tuple(steps), folder, stand_ins)


def _step(raw: Mapping[str, Any], name: str, earlier: tuple[str, ...], fault: Fault) -> Step:
    for key in raw.keys() - _STEP_KEYS:
        fault(f"{key!r} is unknown{near(key, _STEP_KEYS)}.")
    checks = raw.get("checks")
    if not isinstance(checks, list) or not checks:
        fault('it has no check: checks = [{ is = "nodes", count = 3 }].')
        checks = []
    statements = [statement_of(each, fault, earlier) for each in checks]
    solution = raw.get("solution")
    if not isinstance(solution, list) or not solution:
        fault('it has no solution: solution = ["docker service rm web"].')
        solution = []
    moves = tuple(move for each in solution if (move := _move(each, fault)))
    return Step(
        name,
        tuple(filter(None, statements)),
        moves,
        _lines(raw, "lines", fault),
        _lines(raw, "look", fault),
    )


def _lines(raw: Mapping[str, Any], key: str, fault: Fault) -> tuple[str, ...]:
    lines = raw.get(key, [])
    if not isinstance(lines, list) or not all(isinstance(line, str) and line for line in lines):
        fault(f'{key} must be a list of lines to type: {key} = ["docker node ls"].')
        return ()
    for line in lines:
        _line(line, fault)
    return tuple(lines)


def _line(line: str, fault: Fault) -> bool:
    """Whether a line can be typed: one line, known placeholders, and docker's own grammar."""
    if "\n" in line or not line.isprintable():
        fault(f"{line[:40]!r} must be one line.")
    elif wrong := placeholders.unknown(line):
        known = ", ".join(f"<{name}>" for name in placeholders.PLACEHOLDERS)
        fault(f"{wrong} is no placeholder: there are {known}.")
    elif line.startswith("docker "):
        try:
            parse(placeholders.sample(line))
        except InvalidCommand as error:
            fault(f"{line!r} is not understood: {error}")
        else:
            return True
    else:
        return True
    return False


def _move(raw: object, fault: Fault) -> _Move | None:
    """A move of a solution: a docker line, a curl line, or a table for what no line does."""
    if isinstance(raw, str) and (curl := _CURL.fullmatch(raw)):
        return Curl(int(curl[1] or 80))
    if isinstance(raw, str) and raw.startswith("docker "):
        return Written(raw) if _line(raw, fault) else None
    table = raw if isinstance(raw, dict) else {}
    match table:
        case {"join": str(node), **others} if not others:
            return Join(node)
        case {"off": str(node), **others} if not others:
            if not placeholders.unknown(node):
                return InstanceFault("off", node)
        case {"mend": True, **others} if not others:
            return InstanceFault("mend")
        case {"curl": int(port), **others} if not others.keys() - {"times"}:
            times = others.get("times", 1)
            if type(port) is int and type(times) is int and 0 < times <= MOST:
                return Curl(port, times)
        case {"line": str(line), "append": dict(more), **others} if not others:
            texts = all(isinstance(text, str) for text in more.values())
            if more.keys() <= {"app.py", "Dockerfile"} and texts and _line(line, fault):
                return replace(Written(line), append=tuple(more.items()))
    fault(
        f"{raw!r} is no move: a docker line, a curl line, "
        '{ join = "node2" }, { off = "node2" }, { mend = true }, { curl = 80, times = 15 } or '
        '{ line = "docker build …", append = { "app.py" = "…" } }.'
    )
    return None
