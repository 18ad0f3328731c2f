"""awk, for printing columns; it reports everything else as unsupported."""

from __future__ import annotations

import re

from essaim_practice.programs.base import Context
from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.steps import Steps, Work
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import Misuse, inputs, options, out, tool
from essaim_practice.utilities.regex import COMPILED, Pattern

_UNSUPPORTED = "unsupported by the practice engine"
_LONGEST = 128 * 1024  # characters of a line that is taken apart


_PROGRAM = re.compile(
    r"\s*(?:/((?:[^/\\]|\\.)*)/|NR\s*(==|>|<|>=|<=|!=)\s*([0-9]{1,9}))?\s*"
    r"(?:\{\s*print\s*([^{}]*?)\s*;?\s*\})?\s*",
    re.DOTALL,
)
_TERM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\$(NF|[0-9]{1,3})|(NR|NF))\s*(,?)')


@tool("awk", usage="[-F SEP] [-v VAR=VAL] [-f FILE] PROGRAM [FILE]...")
def awk(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "", "Fvf", permute=False)
    if not asked.words:
        raise Misuse("")
    match = _PROGRAM.fullmatch(asked.words[0])
    if match is None or "v" in asked or "f" in asked or not match[0].strip():
        raise Complaint(f"this program is {_UNSUPPORTED}", 2)
    pattern = None
    if match[1] is not None:
        pattern = Pattern(match[1].replace("\\/", "/"), extended=True, groups=False)
    terms = _terms(match[4] or "$0")
    separator = asked.get("F", " ").replace("\\t", "\t")
    count = any(value == "NF" for _, value in terms)
    needed = max([int(value) for kind, value in terms if kind == "field" and value != "NF"] or [0])
    yield Work(COMPILED)
    found, code = yield from inputs("awk", context, asked.words[1:])
    number, tally = 0, Tally()
    for _, source in found:
        while (one := (yield from source.next())) is not None:
            number += 1
            if pattern is not None and pattern.search(one.rstrip(b"\n")) is None:
                continue
            text = decoded(one).rstrip("\n")
            if match[2] and not _compared(number, match[2], int(match[3])):
                continue
            if len(text) > _LONGEST:
                raise Complaint("out of memory", 2)
            most = -1 if count else needed + 1
            fields = text.split(None if separator == " " else separator, most)
            fields = fields if text else []
            if tally.add(len(text) // 50):
                yield tally.told()
            yield out("".join(_value(term, text, fields, number) for term in terms) + "\n")
    return code


def _terms(text: str) -> list[tuple[str, str]]:
    """The parts of a print, each a kind and a value; a comma is a space."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise Complaint(f"this program is {_UNSUPPORTED}", 2)
        quoted, column, name, comma = match.groups()
        if quoted is not None:
            found.append(
                ("text", quoted.replace("\\t", "\t").replace("\\n", "\n").replace('\\"', '"'))
            )
        else:
            found.append(("field", column) if column else ("name", name))
        if comma:
            found.append(("text", " "))
        at = match.end()
    return found


def _value(term: tuple[str, str], text: str, fields: list[str], number: int) -> str:
    kind, value = term
    if kind == "text":
        return value
    if kind == "name":
        return str(number if value == "NR" else len(fields))
    column = len(fields) if value == "NF" else int(value)
    if column == 0:
        return text
    return fields[column - 1] if column <= len(fields) else ""


def _compared(number: int, sign: str, other: int) -> bool:
    outcomes = {"==": number == other, ">": number > other, "<": number < other}
    return (outcomes | {">=": number >= other, "<=": number <= other, "!=": number != other})[sign]
