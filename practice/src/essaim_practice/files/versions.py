"""Which image a tag means: those of August 2026, and older numbers of the same shape.

Docker Hub keeps what was ever tagged, so an older number is taken where tags of its shape exist:
``redis:3.0.6`` where there is ``redis:8.2.9``. What is newer than all that is known is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from essaim_practice.files.recipe import Recipe, numbers

DEBIAN = ("wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky")
UBUNTU = ("trusty", "xenial", "bionic", "focal", "jammy", "noble", "resolute")
_DATE = 100_000  # a number above is a day: 20260805
_MOST = 60  # the greatest number of a version whose line nothing is known of


@dataclass(frozen=True, slots=True)
class Version:
    """The image that a tag means."""

    number: str  # 8.2.9; "" where the repository counts no versions
    words: tuple[str, ...]  # what else its tag says: alpine3.22, slim, bookworm
    listed: bool  # it is one of August 2026
    age: int  # how many known versions are newer

    @property
    def name(self) -> str:
        """The one name of an image that may have many tags."""
        return "-".join((self.number, *self.words)) if self.number else "-".join(self.words)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the tags of a repository say."""

    tags: frozenset[str]
    shapes: frozenset[str]
    listed: frozenset[tuple[int, ...]]  # versions
    every: tuple[tuple[int, ...], ...]  # those and older ones, the newest first
    greatest: dict[str, tuple[int, ...]]  # of the numbers of each kind of further word


def version(recipe: Recipe, tag: str) -> Version | None:
    """The image of a tag; None where no registry has it."""
    known = _known(recipe)
    if tag not in known.tags and not _is_older(known, tag):
        return None
    words = tag.split("-")
    at = next((i for i, word in enumerate(words) if numbers(word)), None)
    if at == 0:
        number, rest = words[0], words[1:]
    else:
        first = words[0] if words[0] in ("latest", *recipe.aliases) else ""
        rest = words[1:] if first else words
        number = recipe.aliases.get(first) or recipe.latest or _newest(known)
    number = _full(known, number)
    usual = recipe.base.partition(" ")[2].removesuffix("-slim")
    newest = [word for word in rest if word and word != usual]
    for i, word in enumerate(newest):
        if word == "alpine" and (release := known.greatest.get("alpine#.#")):
            newest[i] = "alpine" + ".".join(map(str, release))
    value = numbers(number)
    age = sum(1 for each in known.every if each > value and len(each) == len(value))
    return Version(number, tuple(newest), tag in known.tags, age)


@lru_cache(maxsize=64)
def _known_tags(tags: str, older: str) -> _Known:
    every = tags.split()
    listed: set[tuple[int, ...]] = set()
    greatest: dict[str, tuple[int, ...]] = {}
    for tag in every:
        first, *rest = tag.split("-")
        if (value := numbers(first)) and max(value) < _DATE:
            listed.add(value)
        for word in rest if value else (first, *rest):
            shape, inside = _shape(word), tuple(map(int, re.findall(r"\d+", word)))
            greatest[shape] = max(greatest.get(shape, ()), inside)
    versions = listed | {numbers(each) for each in older.split()}
    return _Known(
        frozenset({*every, *older.split()}),
        frozenset(map(_shape, every)),
        frozenset(listed),
        tuple(sorted(versions, reverse=True)),
        greatest,
    )


def _known(recipe: Recipe) -> _Known:
    return _known_tags(recipe.tags or "latest", recipe.older)


def _shape(text: str) -> str:
    words = ["debian" if w in DEBIAN else "ubuntu" if w in UBUNTU else w for w in text.split("-")]
    return re.sub(r"\d+", "#", re.sub(r"\d{6,}", "date", "-".join(words)))


def _is_older(known: _Known, tag: str) -> bool:
    if _shape(tag) not in known.shapes or len(tag) > 60:
        return False
    first, *rest = tag.split("-")
    value = numbers(first)
    for word in rest if value else (first, *rest):
        inside = tuple(map(int, re.findall(r"\d+", word)))
        if inside and inside > known.greatest.get(_shape(word), ()):
            return False
    return _was_there(known, value) if value else True


def _was_there(known: _Known, value: tuple[int, ...]) -> bool:
    """Whether a version fits into the lines that are known."""
    if max(value) > _DATE:
        return True
    for place, number in enumerate(value):
        line = value[:place]
        same = [each[place] for each in known.every if each[:place] == line and len(each) > place]
        if not same:
            return all(left <= _MOST for left in value[place:])
        if number > max(same) or (not place and number < min(same)):
            return False
    return True


def _full(known: _Known, number: str) -> str:
    """The newest version that begins with these numbers; itself without one."""
    value = numbers(number)
    if not value:
        return number
    depth = max((len(each) for each in known.every), default=0)
    if len(value) >= depth:
        return number
    fuller = [e for e in known.every if e[: len(value)] == value]
    best = max(fuller, key=lambda each: (each, len(each)), default=value)
    start = "v" if number.startswith("v") else ""
    return start + ".".join(_spelled(part, i, value, number) for i, part in enumerate(best))


def _spelled(part: int, place: int, value: tuple[int, ...], number: str) -> str:
    """As it was written, where it was: ``22.04`` has a zero."""
    return number.removeprefix("v").split(".")[place] if place < len(value) else str(part)


def _newest(known: _Known) -> str:
    return ".".join(map(str, max(known.listed, default=())))
