"""POSIX's regular expressions as Python's; those that could take for ever are refused."""

from __future__ import annotations

import re
from math import factorial

from core.practice.utilities.words import Complaint

_MOST_TRIES = 60_000_000  # ways that a pattern may lie in a line
#: POSIX's classes of characters, as what stands between Python's brackets.
CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9a-fA-F",
}
_BRACKET = re.compile(r"\[(\^?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]")
_BRACES = re.compile(r"\{([0-9]{0,3})(,?)([0-9]{0,3})\}")
_REFUSED = "unsupported by the practice engine: this pattern could take for ever"


class Pattern:
    """A compiled pattern that knows how long a line it may be tried on."""

    def __init__(self, source: str, extended: bool, ignore_case: bool = False) -> None:
        self._repeats = 0
        try:
            self._compiled = re.compile(
                self._translated(source, extended), re.IGNORECASE if ignore_case else 0
            )
        except (re.error, OverflowError, RecursionError):
            raise Complaint(f"bad regex '{source}'", 2) from None
        self.groups = self._compiled.groups

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Where the pattern first lies in a line. Raises Complaint where that could take long."""
        repeats = self._repeats
        if repeats and len(text) ** max(repeats, 1) > _MOST_TRIES * factorial(repeats):
            raise Complaint(_REFUSED, 2)
        return self._compiled.search(text, start)

    def fullmatch(self, text: str) -> bool:
        match = self.search(text)
        return match is not None and self._compiled.fullmatch(text) is not None

    def _translated(self, source: str, extended: bool) -> str:
        if len(source) > 1000:
            raise Complaint(_REFUSED, 2)
        parts: list[str] = []
        groups: list[bool] = []  # for each open one: whether something in it may repeat
        closed = False  # whether the last atom is a group in which something may repeat
        at = 0
        while at < len(source):
            sign = source[at]
            at += 1
            if sign == "\\" and at < len(source):
                following = source[at]
                at += 1
                special = following in "(){}|+?"
                sign = following if special != extended and special else "\\" + following
                if special and extended:
                    parts.append("\\" + following)
                    closed = False
                    continue
            elif not extended and sign in "(){}|+?":
                parts.append("\\" + sign)
                closed = False
                continue
            if sign == "[":
                match = _BRACKET.match(source, at - 1)
                if match is None:
                    raise Complaint(f"bad regex '{source}'", 2)
                parts.append(_bracket(match))
                at = match.end()
                closed = False
            elif sign == "(":
                groups.append(False)
                parts.append("(")
            elif sign == ")":
                if not groups:
                    if extended:
                        parts.append("\\)")
                        continue
                    raise Complaint(f"bad regex '{source}'", 2)
                closed = groups.pop()
                if groups and closed:
                    groups[-1] = True
                parts.append(")")
            elif sign == "|":
                if groups:
                    groups[-1] = True
                parts.append("|")
            elif sign in ("*", "+", "?", "{"):
                at, repeats = self._repeat(source, sign, at, parts)
                if repeats and closed:
                    raise Complaint(_REFUSED, 2)
                if groups and (repeats or sign == "?"):
                    groups[-1] = True
                self._repeats += repeats
                closed = False
            elif len(sign) == 2:
                parts.append(
                    {"\\<": r"\b(?=\w)", "\\>": r"\b(?<=\w)", "\\`": r"\A"}.get(sign, _escape(sign))
                )
                closed = False
            elif sign in "^$":
                literal = not extended and (
                    (sign == "^" and bool(parts) and parts[-1] not in ("(", "|"))
                    or (
                        sign == "$"
                        and at < len(source)
                        and source[at : at + 2] not in ("\\)", "\\|")
                    )
                )
                parts.append("\\" + sign if literal else "$" if sign == "$" else "^")
                closed = False
            else:
                parts.append(sign if sign == "." else re.escape(sign))
                closed = False
        return "".join(parts)

    def _repeat(self, source: str, sign: str, at: int, parts: list[str]) -> tuple[int, bool]:
        """Add a repetition; returns where to go on, and whether it may repeat without bounds."""
        if not parts or parts[-1] in ("(", "|", "^"):
            parts.append("\\" + sign)
            return at, False
        if sign != "{":
            if parts[-1] not in ("*", "+", "?"):
                parts.append(sign)
            return at, sign != "?"
        match = _BRACES.match(source.replace("\\}", "}"), at - 1)
        if match is None or not (match[1] or match[3]):
            parts.append("\\{")
            return at, False
        text = match[0] if match[1] else f"{{0,{match[3]}}}"
        parts.append(text)
        end = at - 1 + len(match[0]) + source[at - 1 :].startswith("{") * 0
        end += source.startswith("\\}", end - 1) * 1
        most = int(match[3]) if match[3] else 1000 if match[2] else int(match[1])
        return end, most > 8


def _escape(sign: str) -> str:
    return sign if sign[1] in "wWsSbB123456789" else re.escape(sign[1])


def _bracket(match: re.Match[str]) -> str:
    inner = re.sub(r"\\", r"\\\\", match[2])
    inner = re.sub(
        r"\[:([a-z]+):\]|[\[&~|\]]",
        lambda m: CLASSES.get(m[1], "") if m[1] else "\\" + m[0],
        inner,
    )
    return f"[{match[1]}{inner}]"
