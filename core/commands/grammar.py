"""The declaration of a docker line: each field of a command is a part of the line.

From one declaration come the words of the line, the parser that reads them back, and the usage.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, dataclass
from typing import Any, Literal

from core.cluster.public import MASK
from core.commands.values import FALSE, TEXT, TRUE, Value
from core.errors import InvalidLine, InvalidValue
from core.i18n import later as _


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the line that a field stands for."""

    kind: Literal["argument", "option", "switch", "rest"]
    names: tuple[str, ...]  # the flags, the one to print first; or the argument's placeholder
    default: Any  # the field's value where the line does not say one; MISSING if it must
    value: Value = TEXT
    many: bool = False  # the field holds a tuple of values
    optional: bool = True
    rank: int = 0  # of a flag in a written line: people write the lowest first

    @property
    def is_flag(self) -> bool:
        return self.kind in ("option", "switch")

    def values(self, held: Any) -> tuple[Any, ...]:
        """The values in a field's content."""
        return held if self.many else (held,)

    def hidden(self, private: bool) -> Callable[[str], str] | None:
        """The function from a word to its end that must not be written down, if there is one."""
        return str if private and self.kind == "rest" else self.value.hidden(private)


def _field(*declared: Any, **named: Any) -> Any:
    part = Part(*declared, **named)
    return dataclasses.field(default=part.default, metadata={"part": part})


def argument(placeholder: str, value: Value = TEXT, *, optional: bool = False) -> Any:
    """One word that stands by its place: ``IMAGE``."""
    default = "" if optional else MISSING
    return _field("argument", (placeholder,), default, value, optional=optional)


def arguments(placeholder: str, value: Value = TEXT, *, optional: bool = False) -> Any:
    """A tuple of one or more words, or of any number if optional: ``SERVICE...``."""
    default = () if optional else MISSING
    return _field("argument", (placeholder,), default, value, many=True, optional=optional)


def option(*flags: str, value: Value = TEXT, default: Any = "", rank: int = 0) -> Any:
    """A flag with a value: ``--name web``. Equal to its default, it is left out of the line."""
    return _field("option", flags, default, value, rank=rank)


def options(*flags: str, value: Value = TEXT) -> Any:
    """A flag that may be repeated, as a tuple: ``--env A=1 --env B=2``."""
    return _field("option", flags, (), value, many=True)


def switch(*flags: str, default: bool | None = False, rank: int = 0) -> Any:
    """A flag without a value: ``--force``.

    default: None where it matters whether the line says it, as ``--init=false`` of an update.
    """
    return _field("switch", flags, default, rank=rank)


def rest(placeholder: str) -> Any:
    """A tuple of all words after the arguments, a program's own flags included: ``COMMAND``."""
    return _field("rest", (placeholder,), (), many=True)


def parts(command: Any) -> dict[str, Part]:
    """The declared fields of a command or of its class, by name, in order."""
    return {f.name: f.metadata["part"] for f in dataclasses.fields(command) if "part" in f.metadata}


def words(command: Any) -> tuple[str, ...]:
    """The words after the verb: flags first, by rank and as declared, then the arguments."""
    flags: list[str] = []
    places: list[str] = []
    has_rest = False
    for name, part in sorted(parts(command).items(), key=lambda item: item[1].rank):
        held = getattr(command, name)
        has_rest |= part.kind == "rest"
        if part.kind == "switch":
            if held != part.default:
                flags.append(part.names[0] if held else f"{part.names[0]}=false")
        elif part.kind == "option":
            if part.many or held != part.default:
                values = map(part.value.write, part.values(held))
                flags += [word for value in values for word in (part.names[0], value)]
        elif part.many or not part.optional or held:
            places += map(part.value.write, part.values(held))
    # Two dashes end the flags, so that an argument may begin with one. One dash alone is no flag:
    # it stands for the standard input. Before a `rest`, the first argument ends the flags.
    guarded = places[:1] if has_rest else places
    end = ["--"] if any(place.startswith("-") and place != "-" for place in guarded) else []
    return (*flags, *end, *places)


def read(command: type[Any], line: Iterable[str], called: str) -> dict[str, Any]:
    """The fields of ``command`` that the words after the verb give, by name.

    called: the beginning of the line, for the sentence of a refusal.

    Raises:
        InvalidCommand: with one sentence that says what to write instead.
    """
    declared = parts(command)
    flags = {flag: name for name, part in declared.items() if part.is_flag for flag in part.names}
    stops_at_argument = any(part.kind == "rest" for part in declared.values())
    values: dict[str, Any] = {}
    places: list[str] = []
    queue = deque(line)

    def take(flag: str, given: str | None) -> None:
        name = flags.get(flag)
        if name is None:
            raise _unknown(called, flag, word, flags)
        part = declared[name]
        if part.kind == "switch":
            if given is not None and given not in TRUE | FALSE:
                sentence = _("{flag} takes no value.")
                why = f'strconv.ParseBool: parsing "{given}": invalid syntax'
                raise InvalidLine(sentence, _invalid(part, flag, given, why), flag=flag)
            values[name] = given is None or given in TRUE
            return
        if given is None:
            if not queue:
                sentence = _("{flag} wants a value: {flag} {value}.")
                short = f"{flag[1:]!r} in {word}" if flag[1] != "-" else flag
                spoken = f"flag needs an argument: {short}"
                raise InvalidLine(sentence, spoken, flag=flag, value=part.value.name)
            given = queue.popleft()
        value = _value(part, flag, given, called)
        values[name] = (*values.get(name, ()), value) if part.many else value

    with_value = flags_with_value(declared)
    while queue:
        word = queue.popleft()
        if word == "--":
            places += queue
            break
        if word.startswith("-") and word != "-":
            for flag, given in flags_in(word, with_value):
                take(flag, given)
        else:
            places.append(word)
            if stops_at_argument:
                places += queue
                break
    return values | _placed(declared, places, called)


def flags_with_value(declared: dict[str, Part]) -> set[str]:
    """The flags that take a value."""
    return {flag for part in declared.values() if part.kind == "option" for flag in part.names}


def _unknown(called: str, flag: str, word: str, flags: Iterable[str]) -> InvalidLine:
    """The refusal of a flag that the command does not have. word: the one that it stands in."""
    spoken = f"unknown flag: {flag}"
    if not flag.startswith("--"):
        spoken = f"unknown shorthand flag: {flag[1:]!r} in {word}"
    near = nearest(flag, flags) if flag.startswith("--") else ""
    if near:
        sentence = _("{called} has no {flag} here. Did you mean {near}?")
        return InvalidLine(sentence, spoken, called=called, flag=flag, near=near)
    return InvalidLine(_("{called} has no {flag} here."), spoken, called=called, flag=flag)


def _invalid(part: Part, flag: str, given: str, why: object) -> str:
    """pflag's words for a flag whose value makes no sense. flag: as it was typed."""
    long = [name for name in part.names if name.startswith("--")] or list(part.names)
    named = flag if flag in long else long[0]
    short = [name for name in part.names if name[1] != "-" and named == long[0]][:1]
    shown = json.dumps(given, ensure_ascii=False)
    return f'invalid argument {shown} for "{", ".join([*short, named])}" flag: {why}'


def flags_in(word: str, with_value: set[str]) -> Iterator[tuple[str, str | None]]:
    """The flags in ``--name=web``, ``-it``, ``-p80:80`` or ``-dp=80``, each with its value."""
    if word.startswith("--"):
        flag, equals, given = word.partition("=")
        yield flag, given if equals else None
        return
    letters = word[1:]
    while letters:
        flag, letters = f"-{letters[0]}", letters[1:]
        if letters.startswith("=") or (letters and flag in with_value):
            yield flag, letters.removeprefix("=")
            return
        yield flag, None


def _placed(declared: dict[str, Part], places: list[str], called: str) -> dict[str, Any]:
    """The words that are no flags, handed out to the arguments in order."""
    left = deque(places)
    values: dict[str, Any] = {}
    wanted = _wanted(declared)
    for name, part in declared.items():
        if part.is_flag:
            continue
        if not left and not part.optional:
            raise missing(called, part.names[0], wanted)
        if part.many:
            values[name] = tuple(_value(part, called, word, called) for word in left)
            left.clear()
        elif left:
            values[name] = _value(part, called, left.popleft(), called)
    if left:
        sentence = _("{called} has no place for {word!r}.")
        raise InvalidLine(sentence, f"'{called}' {wanted}", "count", called=called, word=left[0])
    return values


def _wanted(declared: dict[str, Part]) -> str:
    """How many arguments the line wants, in docker's words (docker/cli, cli/required.go)."""
    places = [part for part in declared.values() if not part.is_flag]
    least = sum(not part.optional for part in places)
    many = any(part.many for part in places)
    most = len(places)
    if not places:
        return "accepts no arguments"
    if many:
        return f"requires at least {_counted(least)}"
    if least == most:
        return f"requires {_counted(least)}"
    if not least:
        return f"requires at most {_counted(most)}"
    return f"requires at least {least} and at most {_counted(most)}"


def _counted(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _value(part: Part, where: str, word: str, called: str) -> Any:
    try:
        return part.value.read(word)
    except InvalidValue as error:
        why = error.spoken or str(error)
        spoken = _invalid(part, where, word, why) if part.is_flag and not error.late else why
        kind: Literal["late", "flag"] = "late" if error.late or not part.is_flag else "flag"
        raise InvalidLine(_("{where}: {why}."), spoken, kind, where=where, why=error) from error


def check(command: Any, called: str) -> None:
    """Check values that no line was read for: a page makes commands from its own fields.

    Raises:
        InvalidCommand: with the sentence that a line with these values would have got.
    """
    for name, part in parts(command).items():
        held = getattr(command, name)
        if part.kind == "argument" and not part.optional and held in ("", ()):
            raise missing(called, part.names[0], _wanted(parts(command)))
        if part.kind != "switch" and held != part.default:
            for value in part.values(held):
                _value(part, part.names[0], part.value.write(value), called)


def usage(command: type[Any], called: str) -> str:
    """The form of the line: the words on one line, then one line for each flag."""
    line = [called]
    flags = []
    for part in parts(command).values():
        if part.is_flag:
            value = "" if part.kind == "switch" else f" {part.value.name}"
            flags.append("  " + ", ".join(sorted(part.names, key=len)) + value)
        else:
            name = part.names[0] + ("..." if part.many else "")
            line.append(f"[{name}]" if part.optional else name)
    if flags:
        line.insert(1, "[OPTIONS]")
    return "\n".join([" ".join(line), *flags])


def masked(command: Any, private: bool = False) -> Any:
    """The same command with its secrets masked; private: arguments and labels, too."""
    changed: dict[str, Any] = {}
    for name, part in parts(command).items():
        held, hide = getattr(command, name), part.hidden(private)
        if hide is None or not held:
            continue
        if part.kind == "rest":
            changed[name] = (MASK,)
        else:
            many = tuple(word.removesuffix(hide(word)) + MASK for word in part.values(held))
            many = tuple(word for word in many if _is_one(part.value, word))
            changed[name] = many if part.many else many[0] if many else part.default
    return dataclasses.replace(command, **changed) if changed else command


def _is_one(value: Value, word: str) -> bool:
    """Whether it is still one without its end; else it is not shown at all."""
    try:
        value.read(word)
    except InvalidValue:
        return False
    return True


def secrets(command: Any, private: bool = False) -> list[str]:
    """The texts that ``masked`` replaces."""
    found: list[str] = []
    for name, part in parts(command).items():
        if hide := part.hidden(private):
            found += map(hide, part.values(getattr(command, name)))
    return found


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, or ''."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), "")


def missing(called: str, placeholder: str, wanted: str) -> InvalidLine:
    """The refusal of a line that lacks an argument.

    wanted: how many it wants, in docker's words.
    """
    sentence = _("{called} wants {placeholder}: it is missing.")
    spoken = f"'{called}' {wanted}"
    return InvalidLine(sentence, spoken, "count", called=called, placeholder=placeholder)
