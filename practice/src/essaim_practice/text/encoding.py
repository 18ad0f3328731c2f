"""Text from bytes and back: UTF-8; other bytes survive the round trip as surrogates."""

from __future__ import annotations


def decoded(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def encoded(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")
