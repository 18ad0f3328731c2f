"""Files of recordings: JSON with a version, compressed if large, and checked when read.

A file holds no more than the picture shows: no environment, no token, no address.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints

from core.errors import InvalidFile
from core.i18n import later as _
from core.presentation.phases import PHASES
from core.timeline.recording import KINDS, MOMENTARY, Change, Recording, ReplicaState, Value

FORMAT = "essaim-timeline"
VERSION = 1
#: Changes, some 100 kB; a file with more is compressed, to about a twentieth.
PLAIN_CHANGES = 400
#: The limits of a file that is read: it may come from anywhere.
MAX_BYTES = 64_000_000  # when unpacked
MAX_CHANGES = 100_000

_MAGIC = b"\x1f\x8b"
#: The fields that a file keeps of each kind, with their types.
_FIELDS = {
    word: {field.name: get_type_hints(kind)[field.name] for field in fields(kind) if field.compare}
    for word, kind in KINDS.items()
}
_PHASES = frozenset(phase.key for phase in PHASES)


def large(recording: Recording) -> bool:
    """True if its file should be compressed."""
    return len(recording.changes) > PLAIN_CHANGES


def save(recording: Recording, packed: bool = False) -> bytes:
    """The content of its file. packed: compressed, for a name that ends in .gz."""
    raw = {
        "format": FORMAT,
        "version": VERSION,
        "start": recording.start,
        "end": recording.end,
        "changes": [plain(change) for change in recording.changes],
    }
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode()
    # No time in the header: the same recording makes the same file.
    return gzip.compress(text, mtime=0) if packed else text


def plain(change: Change) -> dict[str, Any]:
    """A change as JSON holds it."""
    # Not dataclasses.asdict: it copies each value deeply, and takes five times as long.
    value = change.value and {name: getattr(change.value, name) for name in _FIELDS[change.kind]}
    return {"time": change.time, "kind": change.kind, "id": change.id, "value": value}


def load(data: bytes) -> Recording:
    """The recording in a file.

    Raises:
        InvalidFile: its sentence names the wrong part, in the file's words.
    """
    try:
        raw = json.loads(_unpacked(data))
    except (ValueError, RecursionError):
        raise InvalidFile(_("This file is not a timeline: it holds no JSON text.")) from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise InvalidFile(_("This file is not a timeline that Essaim has saved."))
    version = raw.get("version")
    if version != VERSION:
        raise InvalidFile(
            _("This timeline is of version {version}; this Essaim reads version {ours}."),
            version=str(version)[:20],
            ours=VERSION,
        )
    try:
        return _recording(raw)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        sentence = _("This timeline is damaged: {what}.")
        raise InvalidFile(sentence, what=str(error)[:100]) from None


def _unpacked(data: bytes) -> bytes:
    if data.startswith(_MAGIC):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise InvalidFile(_("This file cannot be unpacked: it is damaged or cut.")) from None
    if len(data) > MAX_BYTES:
        raise InvalidFile(_("This file is too large for a timeline."))
    return data


def _recording(raw: Mapping[str, Any]) -> Recording:
    start, end = _time(raw["start"]), _time(raw["end"])
    if not isinstance(raw["changes"], list) or len(raw["changes"]) > MAX_CHANGES:
        raise ValueError("changes")
    changes = tuple(map(_change, raw["changes"]))
    # The browser relies on this order; events are where they were noticed.
    times = [change.time for change in changes if change.kind not in MOMENTARY]
    if times != sorted(times) or not start <= end or (times and not times[-1] <= end):
        raise ValueError("time")
    return Recording(start, end, changes)


def _change(raw: object) -> Change:
    if not isinstance(raw, dict):
        raise ValueError("changes")
    kind, id = raw["kind"], raw["id"]
    if kind not in KINDS or not isinstance(id, str):
        raise ValueError(f"kind {str(kind)[:20]}")
    value = None if raw["value"] is None else _value(kind, raw["value"])
    if value is None and kind in MOMENTARY:
        raise ValueError(f"{kind}.value")
    return Change(_time(raw["time"]), kind, id, value)


def _value(word: str, raw: object) -> Value:
    """The record of this kind, which has exactly its fields, each of its type."""
    kind, types = KINDS[word], _FIELDS[word]
    if not isinstance(raw, dict) or raw.keys() != types.keys():
        raise ValueError(word)
    for name, wanted in types.items():
        given = raw[name]
        # A bool is an int to Python, and 1.0 is no number of replicas.
        fits = _time(given) == given if wanted is float else isinstance(given, wanted)
        if not fits or (isinstance(given, bool) and wanted is not bool):
            raise TypeError(f"{word}.{name}")
    made = kind(**raw)
    if isinstance(made, ReplicaState) and made.phase not in _PHASES:
        raise ValueError(f"phase {made.phase[:20]}")
    return made


def _time(raw: object) -> float:
    # Past this a browser's clock ends.
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise TypeError("time")
    if not 0 <= raw < 8e12:
        raise ValueError("time")
    return float(raw)
