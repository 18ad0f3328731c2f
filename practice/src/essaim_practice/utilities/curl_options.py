"""The options of curl: what each takes, and what a line of them asks for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from essaim_practice.store.memory import Reservation, allocated

_FLAGS = {
    "0": "http1.0", "4": "ipv4", "6": "ipv6", "#": "progress-bar", "G": "get", "I": "head",
    "J": "remote-header-name", "L": "location", "N": "no-buffer", "O": "remote-name",
    "S": "show-error", "V": "version", "Z": "parallel", "f": "fail", "g": "globoff", "h": "help",
    "i": "include", "k": "insecure", "q": "disable", "s": "silent", "v": "verbose",
}  # fmt: skip
_VALUES = {
    "A": "user-agent", "D": "dump-header", "F": "form", "H": "header", "T": "upload-file",
    "X": "request", "b": "cookie", "c": "cookie-jar", "d": "data", "e": "referer", "m": "max-time",
    "o": "output", "r": "range", "u": "user", "w": "write-out", "x": "proxy",
}  # fmt: skip
_LONG_FLAGS = frozenset((
    *_FLAGS.values(), "basic", "compressed", "create-dirs", "fail-early", "fail-with-body",
    "http1.1", "http2", "location-trusted", "no-keepalive", "no-progress-meter", "path-as-is",
    "remote-name-all", "retry-all-errors", "retry-connrefused", "tcp-nodelay",
))  # fmt: skip
_LONG_VALUES = frozenset((
    *_VALUES.values(), "connect-timeout", "data-ascii", "data-binary", "data-raw",
    "data-urlencode", "json", "keepalive-time", "limit-rate", "max-redirs", "noproxy",
    "output-dir", "resolve", "retry", "retry-delay", "retry-max-time", "url",
))  # fmt: skip
_NUMBERS = frozenset((
    "connect-timeout", "max-redirs", "max-time", "retry", "retry-delay", "retry-max-time",
))  # fmt: skip
_DATA = frozenset(("data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json"))
_MOST_URLS = 10_000  # that a pattern may stand for


class Wrong(Exception):
    """A line that curl does not take: curl's exit code, and what it says before its hint."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True)
class Asked:
    """A line of curl."""

    urls: list[str] = field(default_factory=list)
    given: dict[str, list[str]] = field(default_factory=dict)  # values by option, in order
    data: list[tuple[str, str]] = field(default_factory=list)  # option and value, in order
    room: Reservation = field(default_factory=allocated)  # of what is sent

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def get(self, name: str, otherwise: str = "") -> str:
        return self.given[name][-1] if name in self.given else otherwise

    def all(self, name: str) -> list[str]:
        return self.given.get(name, [])

    def number(self, name: str, otherwise: float) -> float:
        return float(self.get(name, str(otherwise)))

    def enter(self, name: str, value: str, spelled: str) -> None:
        """Raises Wrong for a value that is no number where one is wanted."""
        if name == "url":
            self.urls.append(value)
            return
        if name in _NUMBERS and not (value.replace(".", "", 1).isdecimal() and len(value) < 12):
            raise Wrong(f"option {spelled}: expected a proper numerical parameter")
        if name in _DATA:
            self.data.append((name, value))
        self.given.setdefault(name, []).append(value)


def read(words: list[str]) -> Asked:
    """Read a line. Raises Wrong."""
    asked, left = Asked(), deque(words)
    while left:
        word = left.popleft()
        if word.startswith("--") and len(word) > 2:
            _long(word, left, asked)
        elif word.startswith("-") and len(word) > 1 and word != "--":
            _short(word, left, asked)
        elif word != "--":
            asked.urls.append(word)
    return asked


def _long(word: str, left: deque[str], asked: Asked) -> None:
    name = word[2:]
    known = [each for each in _LONG_FLAGS | _LONG_VALUES if each.startswith(name)]
    if name not in known and len(known) == 1:
        [name] = known
    if name in _LONG_FLAGS:
        asked.enter(name, "", word)
    elif name in _LONG_VALUES:
        asked.enter(name, _value(word, left), word)
    elif name.removeprefix("no-") in _LONG_FLAGS:
        asked.given.pop(name.removeprefix("no-"), None)
    elif len(known) > 1:
        raise Wrong(f"option {word}: is ambiguous")
    else:
        raise Wrong(f"option {word}: is unknown")


def _short(word: str, left: deque[str], asked: Asked) -> None:
    for at, letter in enumerate(word[1:], 1):
        if letter in _FLAGS:
            asked.enter(_FLAGS[letter], "", word)
        elif letter in _VALUES:
            asked.enter(_VALUES[letter], word[at + 1 :] or _value(word, left), f"-{letter}")
            return
        else:
            raise Wrong(f"option {word}: is unknown")


def _value(word: str, left: deque[str]) -> str:
    if not left:
        raise Wrong(f"option {word}: requires parameter")
    return left.popleft()


# Patterns in URLs


def urls(pattern: str) -> Iterator[str]:
    """The URLs that ``{a,b}`` and ``[1-5]`` stand for. Raises Wrong for a pattern that is none."""
    parts, number = list[list[str]](), 1
    rest = pattern
    while rest:
        at = min((rest.find(sign) for sign in "{[" if sign in rest), default=len(rest))
        parts.append([rest[:at]])
        rest = rest[at:]
        if not rest:
            break
        end = rest.find("]" if rest[0] == "[" else "}")
        if end < 0:
            raise Wrong(f"unmatched {'bracket' if rest[0] == '[' else 'brace'} in URL", 3)
        inside, rest = rest[: end + 1], rest[end + 1 :]
        parts.append(inside[1:-1].split(",") if inside[0] == "{" else _range(inside))
        number *= len(parts[-1])
        if number > _MOST_URLS:
            raise Wrong("range overflow in URL", 3)
    return map("".join, _product(parts))


def _product(parts: list[list[str]]) -> Iterator[list[str]]:
    if not parts:
        yield []
        return
    for first in parts[0]:
        for others in _product(parts[1:]):
            yield [first, *others]


def _range(text: str) -> list[str]:
    """``[1-9]``, ``[001-100:10]``, ``[a-e]``; an address of IPv6 stays as it is."""
    inside, _, step = text[1:-1].partition(":")
    first, dash, last = inside.partition("-")
    if not dash:
        return [text]
    by = int(step) if step.isdecimal() and 0 < len(step) < 6 else 1
    by = by or 1
    if first.isdecimal() and last.isdecimal() and len(last) < 10 and int(first) <= int(last):
        numbers = range(int(first), int(last) + 1, by)
        if len(numbers) > _MOST_URLS:
            raise Wrong("range overflow in URL", 3)
        return [str(number).zfill(len(first)) for number in numbers]
    if len(first) == len(last) == 1 and first.isalpha() and last.isalpha() and first <= last:
        return [chr(code) for code in range(ord(first), ord(last) + 1, by)]
    raise Wrong("bad range in URL", 3)
