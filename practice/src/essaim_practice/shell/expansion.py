"""Expands words: parameters, substitutions, arithmetic, fields, patterns and quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from essaim_practice.programs.steps import Work
from essaim_practice.shell import patterns
from essaim_practice.shell.arithmetic import BadArithmetic, evaluated
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import Arithmetic, Parameter, Part, Substitution, Text, Word
from essaim_practice.shell.variables import LONGEST, ReadOnly, TooMuch
from essaim_practice.text.expressions import TooLarge

_MOST_WORDS = 30_000
_MOST = 2 * 2**20  # characters of a command's words
_PART = Work(3)  # what a part of a word costs
_AT_ONCE = 200  # fields in one step
_FIELDS = Work(_AT_ONCE)  # what they cost
_BLANK = " \t\n"

Field = list[tuple[str, bool]]  # fragments: text, and whether quotes protect it


def words(shell: Shell, given: tuple[Word, ...]) -> Doing[list[str]]:
    """The fields of a command's words, with the files that match patterns. Raises Failure."""
    found: list[str] = []
    size = 0
    for word in given:
        for number, field in enumerate((yield from _fields(shell, word))):
            if number % _AT_ONCE == _AT_ONCE - 1:
                yield _FIELDS
            text = "".join(fragment for fragment, _ in field)
            meant: list[str] = []
            if patterns.has_pattern(field) and "f" not in shell.options:
                meant = yield from _files(shell, field)
            found += meant or [text]
            size += sum(map(len, meant)) if meant else len(text)
            if size > _MOST or len(found) > _MOST_WORDS:
                raise Failure("out of memory")
    return found


def _files(shell: Shell, field: Field) -> Doing[list[str]]:
    try:
        return (yield from patterns.files(field, shell.context.fs, shell.cwd))
    except TooLarge:
        raise Failure("out of memory") from None


def single(shell: Shell, word: Word) -> Doing[str]:
    """A word as one text, without splitting and patterns, as in an assignment."""
    fragments = yield from _whole(shell, word)
    return "".join(text for text, _ in fragments)


def pattern(shell: Shell, word: Word) -> Doing[Field]:
    return (yield from _whole(shell, word))


def _whole(shell: Shell, word: Word) -> Doing[Field]:
    fragments: Field = []
    size = 0
    for number, part in enumerate(word):
        yield _PART
        known = len(fragments)
        if isinstance(part, Text):
            fragments += _text(shell, part, first=number == 0)
        else:
            value = yield from _value(shell, part)
            fragments.append((" ".join(value), part.quoted))
        size += sum(len(text) for text, _ in fragments[known:])
        if size > LONGEST:
            raise Failure("out of memory")
    return fragments


def _fields(shell: Shell, word: Word, inner: bool = False) -> Doing[list[Field]]:
    """The fields of a word; ``inner``: one inside ``${x:-…}``, whose own blanks separate too."""
    fields: list[Field] = [[]]
    size = 0
    only_nothing = False  # "$@" without parameters is no word at all
    for number, part in enumerate(word):
        yield _PART
        if isinstance(part, Text) and (part.quoted or not inner):
            fields[-1] += _text(shell, part, first=number == 0)
            continue
        if isinstance(part, Parameter) and part.word and part.operator in (":-", "-", ":+", "+"):
            chosen = yield from _alternative(shell, part)
            if chosen is not None:
                found = yield from _fields(shell, chosen, inner=True)
                if found:
                    fields[-1] += found[0]
                    fields += found[1:]
                continue
        value = yield from _value(shell, part)
        size += sum(map(len, value))
        if size > _MOST or len(fields) + len(value) > _MOST_WORDS:
            raise Failure("out of memory")
        if part.quoted:
            separate = isinstance(part, Parameter) and part.name == "@"
            only_nothing = separate and not value and len(word) == 1
            for place, text in enumerate(value if separate else [" ".join(value)]):
                if place:
                    fields.append([])
                    if place % _AT_ONCE == 0:
                        yield _FIELDS
                fields[-1].append((text, True))
            continue
        for place, text in enumerate(value):
            if place:
                fields.append([])
            pieces = _split(text, shell.variables.get("IFS", _BLANK))
            for again, (piece, counts) in enumerate(pieces):
                if again:
                    yield _PART
                    fields.append([])
                    if len(fields) > _MOST_WORDS:
                        raise Failure("out of memory")
                if piece or counts:
                    fields[-1].append((piece, False))
    if only_nothing:
        return []
    return [f for f in fields if f]


def _alternative(shell: Shell, part: Parameter) -> Doing[Word | None]:
    """The word that replaces a parameter; None if the parameter's own value counts."""
    value = shell.parameter(part.name)
    there = value is not None and (bool("".join(value)) or not part.operator.startswith(":"))
    if there == part.operator.endswith("+"):
        return part.word
    return None
    yield


def _text(shell: Shell, part: Text, first: bool) -> Field:
    text = part.text
    if not first or part.quoted or not text.startswith("~"):
        return [(text, part.quoted)]
    name, slash, rest = text[1:].partition("/")
    home = shell.variables.get("HOME", "") if not name else shell.home_of(name)
    if not home:
        return [(text, False)]
    return [(home, True), (slash + rest, False)] if slash else [(home, True)]


def _split(text: str, ifs: str) -> Iterator[tuple[str, bool]]:
    """Pieces of a text, and whether each is a field even when it is empty."""
    if not any(sign in text for sign in ifs):
        yield text, False
        return
    start = 0
    for found in _separators(ifs).finditer(text):
        yield text[start : found.start()], found["mark"] is not None
        start = found.end()
    yield text[start:], False


@lru_cache(maxsize=16)
def _separators(ifs: str) -> re.Pattern[str]:
    """What separates fields: blanks, with one mark among them at most, which is named."""
    blanks = "".join(sign for sign in ifs if sign in _BLANK)
    marks = "".join(sign for sign in ifs if sign not in _BLANK)
    blank = f"[{blanks}]*" if blanks else ""
    if not marks:
        return re.compile(f"[{blanks}]+(?P<mark>(?!))?")
    mark = f"(?P<mark>[{re.escape(marks)}])"
    only = f"|[{blanks}]+" if blanks else ""
    return re.compile(f"{blank}{mark}{blank}{only}")


def _value(shell: Shell, part: Part) -> Doing[list[str]]:
    """The values of a part: one, but for ``$@`` and ``$*``."""
    match part:
        case Text(text):
            return [text]
        case Substitution(body):
            return [(yield from shell.output_of(body))]
        case Arithmetic(expression):
            text = yield from single(shell, expression)
            return [str(arithmetic(shell, text))]
        case Parameter():
            return (yield from _parameter(shell, part))
    return []


def arithmetic(shell: Shell, text: str) -> int:
    try:
        return evaluated(text, shell.variables)
    except BadArithmetic as problem:
        raise Failure(shell.dialect.arithmetic(str(problem), text)) from None
    except ReadOnly as name:
        raise Failure(f"{name}: is read only") from None


def _parameter(shell: Shell, part: Parameter) -> Doing[list[str]]:
    value = shell.parameter(part.name)
    if part.name == "*" and value is not None:
        joint = shell.variables.get("IFS", " ")[:1]
        value = [joint.join(value)] if part.quoted else value
    operator = part.operator
    if operator in (":-", "-", ":+", "+", ":=", "=", ":?", "?"):
        there = value is not None and (bool("".join(value)) or not operator.startswith(":"))
        sign = operator[-1]
        if sign == "+":
            return [(yield from single(shell, part.word))] if there else [""]
        if there:
            return value or []
        word = yield from single(shell, part.word)
        if sign == "?":
            unset = "parameter not set" + (" or null" if operator.startswith(":") else "")
            raise Failure(f"{part.name}: {word or unset}")
        if sign == "=":
            assign(shell, part.name, word)
        return [word]
    if value is None:
        if "u" in shell.options and part.name not in ("@", "*"):
            raise Failure(shell.dialect.unset(part.name))
        value = []
        if part.name not in ("@", "*"):
            value = [""]
    if operator == "length":
        return [str(len(value) if part.name in ("@", "*") else len(value[0]))]
    if not operator:
        return value
    return (yield from _changed(shell, part, value))


def _changed(shell: Shell, part: Parameter, value: list[str]) -> Doing[list[str]]:
    """``${x#…} ${x%…} ${x/…/…} ${x:…}``."""
    try:
        if part.operator[0] in "#%":
            fragments = yield from pattern(shell, part.word)
            return [patterns.without(text, fragments, part.operator) for text in value]
        if part.operator[0] == "/":
            if shell.dialect.name == "dash":
                raise Failure("Bad substitution")
            old, new = _halves(part.word)
            fragments = yield from pattern(shell, old)
            by = yield from single(shell, new)
            everywhere = part.operator == "//"
            changed: list[str] = []
            for text in value:
                most = LONGEST - sum(map(len, changed))
                found = yield from patterns.replaced(text, fragments, by, everywhere, most)
                changed.append(found)
            return changed
    except TooLarge:
        raise Failure("out of memory") from None
    if shell.dialect.name == "dash":
        raise Failure("Bad substitution")
    start, colon, length = (yield from single(shell, part.word)).partition(":")
    begin = arithmetic(shell, start)
    text = "".join(value)
    begin = max(len(text) + begin, 0) if begin < 0 else begin
    if not colon:
        return [text[begin:]]
    count = arithmetic(shell, length)
    return [text[begin : begin + count] if count >= 0 else text[begin:count]]


def _halves(word: Word) -> tuple[Word, Word]:
    """``old/new`` at the first slash that no quote protects."""
    for number, part in enumerate(word):
        if isinstance(part, Text) and "/" in part.text and not (part.quoted and part.text == "/"):
            old, _, new = part.text.partition("/")
            return (
                (*word[:number], Text(old, part.quoted)),
                (Text(new, part.quoted), *word[number + 1 :]),
            )
    return word, ()


def assign(shell: Shell, name: str, value: str) -> None:
    """Set a variable. Raises Failure in the shell's words."""
    try:
        shell.variables[name] = value
    except ReadOnly:
        raise Failure(shell.dialect.read_only(name)) from None
    except TooMuch:
        raise Failure("out of memory") from None
    if "a" in shell.options:
        shell.variables.exported.add(name)
