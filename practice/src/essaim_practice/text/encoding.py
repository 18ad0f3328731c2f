"""Text and its bytes: UTF-8, in which bytes that are no UTF-8 stay what they were."""

from __future__ import annotations


def decoded(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def encoded(text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")
