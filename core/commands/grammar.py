"""The declaration of a docker line: each field of a command says which part of the line it is.

From one declaration come the words of the line, the parser that reads them back, and the usage.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from core.cluster.public import MASK
from core.commands.values import TEXT, Value
from core.errors import InvalidCommand, InvalidValue
from core.i18n import later as _


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the line that a field stands for."""

    kind: Literal["argument", "option", "switch", "rest"]
    names: tuple[str, ...]  # the flags, the one to print first; or the argument's placeholder
    value: Value = TEXT
    many: bool = False
    optional: bool = True


def argument(placeholder: str, value: Value = TEXT, *, optional: bool = False) -> Any:
    """One word that stands by its place: ``IMAGE``."""
    part = Part("argument", (placeholder,), value, optional=optional)
    default = "" if optional else dataclasses.MISSING
    return dataclasses.field(default=default, metadata={"part": part})


def arguments(placeholder: str, value: Value = TEXT, *, optional: bool = False) -> Any:
    """One or more words, or any number: ``SERVICE...``, a tuple."""
    part = Part("argument", (placeholder,), value, many=True, optional=optional)
    default = () if optional else dataclasses.MISSING
    return dataclasses.field(default=default, metadata={"part": part})


def option(*flags: str, value: Value = TEXT, default: Any = "") -> Any:
    """A flag with a value: ``--name web``. Equal to its default, it is left out of the line."""
    return dataclasses.field(default=default, metadata={"part": Part("option", flags, value)})


def options(*flags: str, value: Value = TEXT) -> Any:
    """A flag that may be repeated: ``--env A=1 --env B=2``, a tuple."""
    part = Part("option", flags, value, many=True)
    return dataclasses.field(default=(), metadata={"part": part})


def switch(*flags: str) -> Any:
    """A flag without a value: ``--force``."""
    return dataclasses.field(default=False, metadata={"part": Part("switch", flags)})


def rest(placeholder: str) -> Any:
    """Every word after the arguments, flags of another program included: ``COMMAND``, a tuple."""
    part = Part("rest", (placeholder,), many=True)
    return dataclasses.field(default=(), metadata={"part": part})


def parts(command: Any) -> dict[str, Part]:
    """The declared fields of a command or of its class, in order."""
    return {f.name: f.metadata["part"] for f in dataclasses.fields(command) if "part" in f.metadata}


def words(command: Any) -> tuple[str, ...]:
    """The words after the verb: flags first, as declared, then the arguments."""
    flags: list[str] = []
    places: list[str] = []
    for name, part in parts(command).items():
        held = getattr(command, name)
        values = held if part.many else (held,)
        if part.kind == "switch":
            flags += part.names[:1] * held
        elif part.kind == "option":
            if part.many or held != _default(command, name):
                flags += [w for v in values for w in (part.names[0], part.value.write(v))]
        elif part.many or not part.optional or held:
            places += [part.value.write(v) for v in values]
    # Two dashes end the flags, so that an argument may begin with one;
    # one dash alone is no flag: it stands for the standard input.
    guarded = [place for place in _guarded(command, places) if place != "-"]
    end = ["--"] if any(place.startswith("-") for place in guarded) else []
    return (*flags, *end, *places)


def read(command: type[Any], line: Iterable[str], called: str) -> dict[str, Any]:
    """The fields that the words after the verb give to ``command``.

    Raises:
        InvalidCommand: with one sentence that says what to write instead. ``called`` is how the
            line began, for that sentence.
    """
    declared = parts(command)
    flags = {flag: name for name, part in declared.items() for flag in _flags(part)}
    stops_at_argument = any(part.kind == "rest" for part in declared.values())
    values: dict[str, Any] = {}
    places: list[str] = []
    queue = deque(line)

    def take(flag: str, given: str | None) -> None:
        name = flags.get(flag)
        if name is None:
            raise _no_flag(called, flag, flags)
        part = declared[name]
        if part.kind == "switch":
            if given not in (None, "true", "false"):
                raise InvalidCommand(_("{flag} takes no value."), flag=flag)
            values[name] = given != "false"
            return
        if given is None:
            if not queue:
                raise InvalidCommand(
                    _("{flag} wants a value: {flag} {value}."), flag=flag, value=part.value.name
                )
            given = queue.popleft()
        value = _value(part, flag, given)
        values[name] = (*values.get(name, ()), value) if part.many else value

    while queue:
        word = queue.popleft()
        if word == "--":
            places += queue
            break
        if word.startswith("--"):
            flag, equals, given = word.partition("=")
            take(flag, given if equals else None)
        elif word.startswith("-") and word != "-":
            _take_cluster(word, flags, declared, take)
        else:
            places.append(word)
            if stops_at_argument:
                places += queue
                break
    return values | _placed(declared, places, called)


def check(command: Any, called: str) -> None:
    """Look at values that no line was read for: a page makes commands from what was typed there.

    Raises:
        InvalidCommand: with the sentence that a line with these values would have got.
    """
    for name, part in parts(command).items():
        held = getattr(command, name)
        if part.kind == "argument" and not part.optional and held in ("", ()):
            raise missing(called, part.names[0])
        if part.kind != "switch" and held != _default(command, name):
            for value in held if part.many else (held,):
                _value(part, part.names[0], part.value.write(value))


def usage(command: type[Any], called: str) -> str:
    """How to write it: one line, then one line per flag."""
    line = [called]
    flags = []
    for part in parts(command).values():
        if part.kind in ("option", "switch"):
            value = "" if part.kind == "switch" else f" {part.value.name}"
            flags.append("  " + ", ".join(sorted(part.names, key=len)) + value)
        else:
            name = part.names[0] + ("..." if part.many else "")
            line.append(f"[{name}]" if part.optional else name)
    if flags:
        line.insert(1, "[OPTIONS]")
    return "\n".join([" ".join(line), *flags])


def masked(command: Any, private: bool = False) -> Any:
    """The same command with its secrets masked. private: with arguments and labels masked, too."""
    hidden: dict[str, Any] = {}
    for name, part in parts(command).items():
        held, hide = getattr(command, name), part.value.hidden(private)
        if private and part.kind == "rest" and held:
            hidden[name] = (MASK,)
        elif hide is not None and held:
            many = tuple(w.removesuffix(hide(w)) + MASK for w in _words_of(part, held))
            hidden[name] = many if part.many else many[0]
    return dataclasses.replace(command, **hidden) if hidden else command


def secrets(command: Any, private: bool = False) -> list[str]:
    """What ``masked`` hides."""
    found: list[str] = []
    for name, part in parts(command).items():
        hide = str if private and part.kind == "rest" else part.value.hidden(private)
        if hide is not None:
            found += [hide(word) for word in _words_of(part, getattr(command, name))]
    return found


def _words_of(part: Part, held: Any) -> tuple[str, ...]:
    return held if part.many else (held,)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, or nothing."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), "")


def missing(called: str, placeholder: str) -> InvalidCommand:
    sentence = _("{called} wants {placeholder}: it is missing.")
    return InvalidCommand(sentence, called=called, placeholder=placeholder)


def _no_flag(called: str, flag: str, flags: Iterable[str]) -> InvalidCommand:
    near = nearest(flag, flags) if flag.startswith("--") else ""
    if near:
        sentence = _("{called} has no {flag} here. Did you mean {near}?")
        return InvalidCommand(sentence, called=called, flag=flag, near=near)
    return InvalidCommand(_("{called} has no {flag} here."), called=called, flag=flag)


def _flags(part: Part) -> tuple[str, ...]:
    return part.names if part.kind in ("option", "switch") else ()


def _default(command: Any, name: str) -> Any:
    return next(f.default for f in dataclasses.fields(command) if f.name == name)


def _guarded(command: Any, places: list[str]) -> list[str]:
    """The places where a dash would be taken for a flag: after the first, `rest` is safe."""
    has_rest = any(part.kind == "rest" for part in parts(command).values())
    return places[:1] if has_rest else places


def _take_cluster(
    word: str,
    flags: dict[str, str],
    declared: dict[str, Part],
    take: Callable[[str, str | None], None],
) -> None:
    """Short flags in one word: ``-it``, ``-p80:80``, ``-dp 80:80``."""
    letters = word[1:]
    while letters:
        flag, letters = "-" + letters[0], letters[1:]
        name = flags.get(flag)
        if name is not None and declared[name].kind == "option" and letters:
            take(flag, letters.removeprefix("="))
            return
        if name is not None and letters.startswith("="):
            take(flag, letters[1:])
            return
        take(flag, None)


def _value(part: Part, where: str, word: str) -> Any:
    try:
        return part.value.read(word)
    except InvalidValue as error:
        raise InvalidCommand(_("{where}: {why}."), where=where, why=error) from error


def _placed(declared: dict[str, Part], places: list[str], called: str) -> dict[str, Any]:
    """Hand out the words that are no flags to the arguments, in order."""
    left = deque(places)
    values: dict[str, Any] = {}
    for name, part in declared.items():
        placeholder = part.names[0]
        if part.kind not in ("argument", "rest"):
            continue
        if not left and not part.optional:
            raise missing(called, placeholder)
        if part.many:
            values[name] = tuple(_value(part, called, word) for word in left)
            left.clear()
        elif left:
            values[name] = _value(part, called, left.popleft())
    if left:
        sentence = _("{called} has no place for {word!r}.")
        raise InvalidCommand(sentence, called=called, word=left[0])
    return values
