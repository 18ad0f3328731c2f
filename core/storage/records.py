"""Frozen records as bytes, and back: msgspec's MessagePack, with our errors in it.

A field that has a default may be added to a record at any time, and any field may go: older and
newer bytes are read all the same. Whatever else changes wants a migration (``database``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from core import errors
from core.errors import EngineRejected, Worded

T = TypeVar("T")

_LARGEST = 2**63 - 1


class Unreadable(Exception):
    """Bytes that are not the record that they should be."""


def encode(record: object) -> bytes:
    """The bytes of a dataclass, or of what it may be made of.

    A text or number that no bytes can hold, such as half a character, becomes the nearest that they
    can: what somebody types stops nothing from being kept.
    """
    try:
        return _ENCODER.encode(record)
    except (UnicodeEncodeError, OverflowError):
        return _ENCODER.encode(_mended(msgspec.to_builtins(record, enc_hook=_written)))


def decode(data: bytes, kind: type[T]) -> T:
    """Raises Unreadable."""
    try:
        return msgspec.msgpack.decode(data, type=kind, dec_hook=_read)
    except (msgspec.DecodeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise Unreadable(f"{kind}: {error}") from error


def _written(value: object) -> object:
    """What msgspec does not know, as what it knows: an error, and what stands in its sentence."""
    if isinstance(value, Worded):
        return {
            "error": type(value).__name__,
            "text": value.text,
            "fields": value.fields,
            "status": getattr(value, "status", 0),
        }
    return str(value)


def _read(kind: type[Any], raw: Any) -> object:
    if not issubclass(kind, Worded):
        raise TypeError(kind)
    return _error(raw, kind)


def _error(raw: Mapping[str, Any], kind: type[Worded] = Worded) -> Worded:
    named = getattr(errors, raw["error"], kind)
    made = kind if not (isinstance(named, type) and issubclass(named, kind)) else named
    error = made.__new__(made)
    fields = {
        str(name): _error(value) if isinstance(value, Mapping) else value
        for name, value in raw["fields"].items()
    }
    Worded.__init__(error, str(raw["text"]), **fields)
    if isinstance(error, EngineRejected):
        error.status = int(raw["status"])
    return error


def _mended(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case bool():
            return value
        case int():
            return max(-_LARGEST, min(value, _LARGEST))
        case dict():
            return {_mended(key): _mended(each) for key, each in value.items()}
        case list() | tuple():
            return [_mended(each) for each in value]
    return value


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_written)
