"""POSIX regular expressions, basic and extended, translated for RE2, which is linear in time."""

from __future__ import annotations

import re

from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.brackets import bracket_end, bracket_items
from essaim_practice.text.expressions import (
    Expression,
    Malformed,
    Match,
    TooLarge,
    bracket,
    literal,
)

_BRACES = re.compile(r"\{([0-9]{0,4})(,?)([0-9]{0,4})(\\?)\}")
_REFERS = "unsupported by the practice engine: a pattern that refers back to a group"
_BIG = "Regular expression too big"  # glibc's words
_SHOWN = 80  # characters of a pattern that a complaint repeats
_DEEPEST = 200  # groups inside groups
_LONGEST = 8 * 1024  # characters of all sources: RE2 takes no more anyway
_MOST_EDGES = 1000  # words' ends that are looked at for one match
_NO_WORD = b"[^0-9A-Za-z_]"
_CLASSES = {"w": b"[0-9A-Za-z_]", "W": _NO_WORD, "s": b"[[:space:]]"}
_CLASSES |= {"S": b"[^[:space:]]", "b": rb"\b", "B": rb"\B", "`": rb"\A", "'": rb"\z"}
_CLASSES |= {"<": rb"\b", ">": rb"\b"}

COMPILED = 1000  # microseconds that a pattern costs before it is used


class Pattern:
    """A compiled pattern; several sources are one pattern that matches where any of them does.

    whole: it must match a whole line. words: what it matches must stand between words' ends.
    plain: the sources stand for themselves. groups: whether it is asked for them.
    Raises Complaint.
    """

    def __init__(
        self,
        *sources: str,
        extended: bool = False,
        ignore_case: bool = False,
        whole: bool = False,
        words: bool = False,
        plain: bool = False,
        groups: bool = True,
    ) -> None:
        self._source = sources[0] if sources else ""
        self._words = words
        # RE2 knows no ends of words, only that there is one: which of the two is looked at here.
        self._begins = not plain and all(source.startswith("\\<") for source in sources)
        self._ends = not plain and all(source.endswith("\\>") for source in sources)
        try:
            if sum(map(len, sources)) > _LONGEST:
                raise TooLarge
            plain = plain or all(s.isalnum() and s.isascii() for s in sources)
            each = [literal(s) if plain else _Translated(s, extended).made for s in sources]
            made = each[0] if len(each) == 1 else b"|".join(b"(?:%b)" % one for one in each)
            made = b"^(?:%b)$" % made if whole else made
            made = b"(?:^|%b)(%b)(?:%b|$)" % (_NO_WORD, made, _NO_WORD) if words else made
            self._compiled = Expression(made, ignore_case, groups=groups or words)
        except Malformed:
            raise Complaint(f"bad regex '{self._source[:_SHOWN]}'", 2) from None
        except TooLarge:
            raise self._too_big() from None
        self.groups = self._compiled.groups

    def search(self, text: bytes, start: int = 0) -> Match | None:
        """Where the pattern first lies in a line. Raises Complaint where that takes too much."""
        try:
            if not self._begins and not self._ends:
                match = self._compiled.search(text, start)
                return Match(text, match.spans[1:]) if match and self._words else match
            for _ in range(_MOST_EDGES):
                if start > len(text):
                    return None
                match = self._compiled.search(text, start)
                if match is None or self._is_at_edges(text, match):
                    return match
                start = match.start + 1
            raise TooLarge
        except TooLarge:
            raise self._too_big() from None

    def effort(self, size: int) -> int:
        """Microseconds that a search in so many bytes takes at worst."""
        return self._compiled.effort(size)

    def beginning(self, text: bytes) -> Match | None:
        """How much of a text's beginning the pattern matches. Raises Complaint."""
        try:
            return self._compiled.beginning(text)
        except TooLarge:
            raise self._too_big() from None

    def _is_at_edges(self, text: bytes, match: Match) -> bool:
        if self._begins and not _is_word(text, match.start):
            return False
        return not self._ends or (match.end > 0 and _is_word(text, match.end - 1))

    def _too_big(self) -> Complaint:
        return Complaint(f"bad regex '{self._source[:_SHOWN]}': {_BIG}", 2)


def _is_word(text: bytes, at: int) -> bool:
    sign = text[at : at + 1]
    return sign.isalnum() or sign == b"_"


class _Translated:
    """One source, read sign by sign; ``made`` is what RE2 is given."""

    def __init__(self, source: str, extended: bool) -> None:
        self._source = source
        self._extended = extended
        self._at = 0
        # Of each open group what stands before it, and its own atoms: the last may be repeated.
        self._open: list[list[bytes]] = [[]]
        while self._at < len(source):
            self._next()
        if len(self._open) > 1:
            raise Malformed
        self.made = b"".join(self._open[0])

    @property
    def _atoms(self) -> list[bytes]:
        return self._open[-1]

    def _next(self) -> None:
        sign = self._source[self._at]
        self._at += 1
        if sign == "\\":
            if self._at >= len(self._source):
                raise Malformed
            following = self._source[self._at]
            self._at += 1
            if following in "(){}|+?":
                self._special(following) if not self._extended else self._plain(following)
            elif following in "123456789":
                raise Complaint(_REFERS, 2)
            elif following == "n":
                self._plain("\n")
            elif following in _CLASSES:
                self._atoms.append(_CLASSES[following])
            else:
                self._plain(following)
        elif sign == "[":
            self._bracket()
        elif sign == ".":
            self._atoms.append(b".")
        elif sign == "*" or (self._extended and sign in "(){}|+?"):
            self._special(sign)
        elif sign in "^$" and self._is_anchor(sign):
            self._atoms.append(sign.encode())
        else:
            self._plain(sign)

    def _plain(self, sign: str) -> None:
        self._atoms.append(literal(sign))

    def _is_anchor(self, sign: str) -> bool:
        if self._extended:
            return True
        if sign == "^":
            return not self._atoms or self._atoms[-1] == b"|"
        return self._source[self._at : self._at + 2] in ("", "\\)", "\\|")

    def _special(self, sign: str) -> None:
        atoms = self._atoms
        if sign == "(":
            if len(self._open) > _DEEPEST:
                raise TooLarge
            self._open.append([])
        elif sign == ")":
            if len(self._open) > 1:
                inside = self._open.pop()
                self._atoms.append(b"(" + b"".join(inside) + b")")
            elif self._extended:
                self._plain(sign)
            else:
                raise Malformed
        elif sign == "|":
            atoms.append(b"|")
        elif sign == "}" or not atoms or atoms[-1] in (b"|", b"^"):  # nothing to repeat
            self._plain(sign)
        elif sign == "{":
            self._interval()
        else:
            atoms[-1] = b"(?:%b)%b" % (atoms[-1], sign.encode())

    def _interval(self) -> None:
        match = _BRACES.match(self._source, self._at - 1)
        if match is None or not (match[1] or match[3]) or bool(match[4]) == self._extended:
            if not self._extended:
                raise Malformed
            self._plain("{")
            return
        self._at = match.end()
        least = int(match[1] or 0)
        most = "" if match[2] and not match[3] else str(int(match[3] or least))
        if most and int(most) < least:
            raise Malformed
        self._atoms[-1] = b"(?:%b){%d,%b}" % (self._atoms[-1], least, most.encode())

    def _bracket(self) -> None:
        source, at = self._source, self._at
        inverted = source.startswith("^", at)
        at += inverted
        end = bracket_end(source, at)
        if end < 0:
            raise Malformed
        self._at = end + 1
        self._atoms.append(bracket(bracket_items(source[at:end]), inverted))
