"""What a docker line prints, without what two engines cannot share.

Ids, digests, tokens, ages, times, sizes, addresses, ports that the engine chose, names that it
made up and its version are replaced by a word in angle brackets; all else stays, and is compared.
"""

from __future__ import annotations

import re

_UNIT = "second|minute|hour|day|week|month|year"
_AGE = rf"(?:[Ll]ess than a second|[Aa]bout an? \w+|\d+ (?:{_UNIT})s?)"
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"

#: In this order: what stands within something longer comes after it.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), word)
    for pattern, word in (
        (r"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}", "<token>"),
        (r"SWMKEY-1-\S{43}", "<key>"),
        (rf"\b\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:\d\d| [+-]\d{{4}} \w+)?", "<time>"),
        (rf"\b(?:\w{{3}} )?(?:{_MONTHS}) +\d+ \d\d:\d\d:\d\d (?:UTC )?\d{{4}}", "<time>"),
        (rf"\b(?:{_MONTHS}) +\d+ +(?:\d\d:\d\d|\d{{4}})(?= )", "<time>"),
        (r"\bsha256:[0-9a-f]{12,64}", "sha256:<digest>"),
        (r"\b[0-9a-f]{64}\b", "<64 digits>"),
        (r"\b(?=[a-f]*[0-9])[0-9a-f]{12}\b", "<id>"),
        (r"\b[0-9a-z]{25}\b", "<swarm id>"),
        (r'(?<="ID":")[0-9a-z]{12}\b', "<id>"),
        (r"^[0-9a-z]{12}(?=  |$)|\b(?=[a-z]*[0-9])[0-9a-z]{12}\b", "<id>"),
        (r'(vxlanid_list": ?")\d+', r"\1<number>"),
        (r"\x1b\[\d*m", ""),  # colours begin anew with each piece of a message
        (r"Bind for (?:0\.0\.0\.0|::):(?=\d)", "Bind for <any>:"),  # either family comes first
        (r"(?<=execDuration=)\d+", "<seconds>"),
        (r'(?<="Index": )\d+', "<version>"),
        (rf"\b(Up) {_AGE}", r"\1 <age>"),
        (rf"\b{_AGE} ago", "<age> ago"),
        (r"\b\d+\.\d+\.\d+\+dfsg\d+\b|\b28\.\d+\.\d+\b", "<version>"),
        (r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b", "<mac>"),
        (r"\b(?:10|172|192)(?:\.\d{1,3}){3}\b", "<address>"),
        (r"(?<=:)(?:3[0-9]|4[0-9]|5[0-9])\d{3}\b", "<port>"),
        (r"\b\d+(?:\.\d+)?(?:e[+]\d+)? ?[kMGT]?i?B\b", "<size>"),
        (r"(?m)^(<id>.*  |/)[a-z]+_[a-z]+\d*$", r"\1<made-up name>"),
    )
)
_GAP = re.compile(r" {2,}")


def normal(text: str) -> list[str]:
    """The lines of a text without what differs by nature.

    Columns are two spaces apart: how wide they are depends on what was replaced.
    """
    text = text.replace("\r", "")
    for pattern, word in _RULES:
        text = pattern.sub(word, text)
    return [_narrow(line) for line in text.splitlines()]


def _narrow(line: str) -> str:
    """A table's row with its columns two spaces apart; what a line is indented by is kept."""
    rest = line.lstrip(" ")
    return line[: len(line) - len(rest)] + _GAP.sub("  ", rest).rstrip()
