from __future__ import annotations

import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands.journal import Record
from core.errors import InvalidFile
from core.timeline import files
from core.timeline.recorder import Recorder
from core.timeline.recording import Recording
from tests.cluster import raw
from tests.timeline.pictures import patient, picture


def recording(replicas: int = 2) -> Recording:
    recorder = Recorder()
    recorder.add(picture(1.0, 1, [raw.task(n, slot=n) for n in range(1, replicas + 1)]))
    action = Record(1.5, "10.0.0.7", "docker service scale web=2", "", "ok", None, 0.1)
    recorder.add(picture(2.0, 2, [raw.task(1)], node2="drain"), [action])
    return recorder.recording()


def written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files.save(recording()))
    return found


def test_a_large_one_is_compressed_and_opens_the_same() -> None:
    huge = recording(800)
    assert files.large(huge)
    packed = files.save(huge, packed=True)
    assert len(packed) * 10 < len(files.save(huge))
    assert files.load(packed) == files.load(files.save(huge)) == huge
    assert not files.large(recording())


def test_no_secret_and_nobody_is_in_it() -> None:
    text = files.save(recording()).decode()
    assert "docker service scale web=2" in text
    for private in ("10.0.0.7", "COLOR", "10.77.0.11", "disk"):
        assert private not in text  # who acted, environments, addresses, labels


def spoiled(**changed: Any) -> bytes:
    return json.dumps({**written(), **changed}).encode()


def with_replica(**changed: Any) -> bytes:
    whole = written()
    change = next(change for change in whole["changes"] if change["kind"] == "replica")
    change["value"].update(changed)
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no JSON"),
        (b"hello", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "Essaim has saved"),
        (b'{"format": "gif"}', "Essaim has saved"),
        (gzip.compress(b"{}", mtime=0)[:-6], "damaged or cut"),
        (b"\x1f\x8b\x00", "damaged or cut"),
        (spoiled(version=2), "version 2; this Essaim reads version 1"),
        (spoiled(start="x"), "damaged"),
        (spoiled(end=0), "damaged"),
        (spoiled(end=1e300), "damaged"),
        (spoiled(changes={}), "damaged"),
        (spoiled(changes=[1]), "damaged"),
        (spoiled(changes=[{"time": 1, "kind": "rocket", "id": "", "value": None}]), "kind rocket"),
        (spoiled(changes=[{"time": 1, "kind": "mark", "id": "", "value": None}]), "mark.value"),
        (spoiled(changes=list(reversed(written()["changes"]))), "damaged: time"),
        (with_replica(phase="<b>"), "phase <b>"),
        (with_replica(slot=True), "slot"),
        (with_replica(slot="1"), "slot"),
        (with_replica(extra=1), "damaged: replica"),
        (spoiled(changes=[{"time": 1, "kind": "node", "id": "", "value": 5}]), "damaged: node"),
    ],
)
def test_a_bad_file_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidFile, match=sentence):
        files.load(data)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(InvalidFile, match="too large"):
        files.load(gzip.compress(b" " * 2000))


@patient
@given(st.integers(0, 400), st.binary(max_size=3))
def test_whatever_is_in_it_nothing_else_is_raised(place: int, noise: bytes) -> None:
    data = files.save(recording())
    with suppress(InvalidFile):
        files.load(data[:place] + noise + data[place + 2 :])
