"""How many columns of a screen characters take, and how those are shown that print nothing."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

TAB = "    "  # a tab has one width wherever it stands, so that nothing moves but what was typed


def plain(text: str) -> bool:
    """Whether each character of a text takes one column."""
    return text.isascii() and text.isprintable()


def shown(sign: str) -> str:
    """A character as it is drawn: ``^A`` for a control character."""
    if sign == "\t":
        return TAB
    if sign < " " or sign == "\x7f":
        return "^" + chr(ord(sign) ^ 0x40)
    return "\N{REPLACEMENT CHARACTER}" if "\x80" <= sign < "\xa0" or _alone(sign) else sign


def _alone(sign: str) -> bool:
    """Whether it stands for a byte that is no UTF-8."""
    return "\ud800" <= sign <= "\udfff"


def drawn(text: str) -> str:
    """A text as it is drawn."""
    return text if plain(text) else "".join(map(shown, text))


@lru_cache(maxsize=4096)
def width(sign: str) -> int:
    """Columns of one character: none for one that is put over the one before it."""
    if " " <= sign < "\x7f":
        return 1
    if sign < " " or sign == "\x7f":
        return len(shown(sign))
    if category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1


def columns(text: str) -> int:
    """Columns of a text that is not broken."""
    return len(text) if plain(text) else sum(map(width, text))


def same_start(one: str, other: str) -> int:
    """How many characters both texts begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[:middle]):
            low = middle
        else:
            high = middle - 1
    return low
