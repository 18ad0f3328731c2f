"""Keys from the bytes that a terminal sends for them."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder

UP, DOWN, RIGHT, LEFT = "\0up", "\0down", "\0right", "\0left"
HOME, END, INSERT, DELETE = "\0home", "\0end", "\0insert", "\0delete"
PAGE_UP, PAGE_DOWN = "\0page up", "\0page down"
WORD_RIGHT, WORD_LEFT = "\0word right", "\0word left"
PASTE, PASTED = "\0paste", "\0pasted"  # what is between them was pasted
ESCAPE, ENTER, TAB, ERASE = "\x1b", "\r", "\t", "\x7f"

_SEQUENCE = re.compile(r"\x1b(?:\[\[?[0-9;?<=>]*[ -/]*[@-Z\\-~]|O[A-DFHM-S])")
_BEGUN = re.compile(r"\x1b\[\[?[0-9;?<=>]*[ -/]*\Z")
_LONGEST = 64  # characters of a sequence that has no end yet
_TEXT = re.compile(r"[^\x00-\x1f\x7f]+")

_NAMES = {
    "A": UP, "B": DOWN, "C": RIGHT, "D": LEFT, "H": HOME, "F": END,
    "1~": HOME, "2~": INSERT, "3~": DELETE, "4~": END, "5~": PAGE_UP, "6~": PAGE_DOWN,
    "7~": HOME, "8~": END, "200~": PASTE, "201~": PASTED,
}  # fmt: skip
_NAMES |= {f"1;{held}{sign}": name for held in (3, 5) for sign, name in (
    ("C", WORD_RIGHT), ("D", WORD_LEFT),
)}  # fmt: skip


class Keys:
    """Reads keys: text as it is typed, several characters at once where they came so.

    A key that is no text is a control character, a name of this module, or with ``alt`` what Alt
    sends: an escape and the character. Without ``alt`` an escape is the key Escape at once, unless
    a key's sequence follows it in the same bytes.
    """

    def __init__(self, alt: bool) -> None:
        self._alt = alt
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._held = ""

    def read(self, data: bytes) -> list[str]:
        """The keys of these bytes; what is half a key waits for the rest of it."""
        text, self._held = self._held + self._decoder.decode(data), ""
        found: list[str] = []
        at = 0
        while at < len(text):
            if plain := _TEXT.match(text, at):
                found.append(plain[0])
                at = plain.end()
            elif text[at] != ESCAPE:
                if text[at] != "\0":
                    found.append(text[at])
                at += 1
            elif sequence := _SEQUENCE.match(text, at):
                at = sequence.end()
                if name := _NAMES.get(sequence[0].lstrip("\x1b[O")):
                    found.append(name)
            elif self._waits(text[at:]):
                self._held = text[at:]
                break
            else:
                length = 2 if self._alt else 1
                found.append(text[at : at + length])
                at += length
        return found

    def _waits(self, text: str) -> bool:
        if self._alt and text in ("\x1b", "\x1bO"):
            return True
        return len(text) < _LONGEST and bool(_BEGUN.match(text))
