"""Go's patterns of paths, as the daemon takes them: * ? […] within a folder, ** across folders."""

from __future__ import annotations

from essaim_practice.text.encoding import encoded
from essaim_practice.text.expressions import Malformed, TooLarge, compiled, literal

_SIGNS = {"**/": b"(?:.*/)?", "**": b".*", "*": b"[^/]*", "?": b"[^/]"}


def matches(pattern: str, path: str, below: bool = False) -> bool:
    """Whether a pattern matches a path, or with ``below`` a folder above it; False if malformed."""
    try:
        source = expression(pattern) + (b"(?:/.*)?" if below else b"")
        return compiled(source).is_whole(encoded(path))
    except (Malformed, TooLarge):
        return False


def expression(pattern: str) -> bytes:
    """The pattern in RE2's syntax."""
    parts: list[bytes] = []
    at = 0
    while at < len(pattern):
        sign = next((sign for sign in _SIGNS if pattern.startswith(sign, at)), "")
        end = pattern.find("]", at + 2) if pattern[at] == "[" else -1
        if sign:
            parts.append(_SIGNS[sign])
            at += len(sign)
        elif end > 0:
            inner = pattern[at + 1 : end]
            inverted = inner[:1] in ("^", "!")
            parts.append(_bracket(inner[inverted:], inverted))
            at = end + 1
        else:
            at += pattern[at] == "\\" and at + 1 < len(pattern)
            parts.append(literal(pattern[at]))
            at += 1
    return b"".join(parts)


def _bracket(inner: str, inverted: bool) -> bytes:
    """All characters are literal except the dash of a range."""
    signs = b"".join(b"-" if 0 < at < len(inner) - 1 and sign == "-" else literal(sign)
                     for at, sign in enumerate(inner))  # fmt: skip
    return b"[%b%b]" % (b"^" if inverted else b"", signs)
