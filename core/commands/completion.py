"""Which words may follow in a docker line: verbs, flags, values, and the names of what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.commands import grammar, reference
from core.commands.command import Command
from core.commands.registry import following, lookup
from core.i18n import Translate


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that may come next, and a hint at its meaning."""

    word: str
    hint: str = ""


#: The names of what there is, by what docker calls an argument: CONTAINER, IMAGE, SERVICE.
Names = Callable[[str], Iterable[Choice]]

_NAMED = {
    "SOURCE_IMAGE": "IMAGE", "REPOSITORY": "IMAGE", "REPOSITORY[:TAG]": "IMAGE", "--image": "IMAGE",
    "--network": "NETWORK", "--network-add": "NETWORK", "--network-rm": "NETWORK",
    "--secret-add": "SECRET", "--secret-rm": "SECRET", "--config-add": "CONFIG",
    "--config-rm": "CONFIG", "--volumes-from": "CONTAINER", "--link": "CONTAINER",
    "SRC_PATH": "CONTAINER:", "DEST_PATH": "CONTAINER:",
}  # fmt: skip
_VALUED = {"secret": "SECRET", "config": "CONFIG", "SERVICE=REPLICAS": "SERVICE=REPLICAS"}


def choices(words: list[str], word: str, names: Names, translate: Translate) -> Iterable[Choice]:
    """What may come after these words; ``docker`` may be left out. word: what is typed of it."""
    named = words[:1] == ["docker"]
    given = words[1:] if named else words
    if given[:1] in (["-H"], ["--host"]):
        given = given[2:]
        words = ["docker", *given]
    found = lookup(given)
    if found is None:
        first = [] if words else [Choice("docker"), Choice("help"), Choice("clear")]
        if words[:1] == ["help"]:
            given, first = words[1:], []
        verbs = following(tuple(given)).items()
        return [*first, *(Choice(verb, hint and translate(hint)) for verb, hint in verbs)]
    command, _verb, after = found
    return _within(command, after, word, names)


def _within(
    command: type[Command], after: Sequence[str], word: str, names: Names
) -> Iterable[Choice]:
    """Choices after a whole verb."""
    parts = grammar.parts(command).values()
    options = {flag: p for p in parts if p.is_flag for flag in p.names}
    places: list[str] = []
    waiting = None  # the option whose value comes next
    for each in after:
        if waiting is not None:
            waiting = None
        elif each.startswith("-"):
            part = options.get(each)
            waiting = part if part is not None and part.kind == "option" else None
        else:
            places.append(each)
    if waiting is not None:
        return _values(waiting, names)
    ended = places and any(part.kind == "rest" for part in parts)
    if word.startswith("-") and not ended:
        fresh = [p for p in parts if p.is_flag]
        fresh = [p for p in fresh if p.many or not set(p.names) & set(after)]
        shown = reference.shown(command.verb)
        return [
            Choice(flag, "" if part.kind == "switch" else part.value.name)
            for part in fresh
            for flag in part.names
            if flag in shown and (flag.startswith("--") or word == "-")
        ]
    holders = [part for part in parts if not part.is_flag]
    part = next((p for i, p in enumerate(holders) if p.many or i == len(places)), None)
    if part is None or (part.kind == "rest" and places):
        return []
    return [choice for choice in _values(part, names) if choice.word not in places]


def _values(part: grammar.Part, names: Names) -> Iterable[Choice]:
    """What an argument or an option's value may be."""
    kind = _VALUED.get(part.value.name) or _NAMED.get(part.names[0], part.names[0])
    found = list(names(kind))
    if not found and "|" in part.value.name:
        return [Choice(word) for word in part.value.name.split("|") if word != "number"]
    return found
