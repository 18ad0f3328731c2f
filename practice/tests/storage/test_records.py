"""Whatever a record or an inode holds, it is the same after it was written and read."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim_practice.storage import entries, records
from essaim_practice.store.file_tree import EMPTY, Device, File, Folder, Inode, Link, Tree
from essaim_practice.store.objects import Image, Volume

#: Any text that a client may have posted: JSON has surrogates that stand alone.
TEXT = st.text(st.characters(codec=None, categories=("L", "N", "P", "S", "Z", "C")), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXT, inside, max_size=3),
    max_leaves=8,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return JSON
    if hint is Tree:
        return st.sampled_from((EMPTY, Tree({})))
    if hint is float:
        return NUMBERS
    simple = {
        str: TEXT,
        int: st.integers(),
        bool: st.booleans(),
        bytes: st.binary(max_size=20),
        type(None): st.none(),
    }
    if hint in simple:
        return simple[hint]
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values_of(each) for each in inside])
    if origin is tuple and inside[-1] is Ellipsis:
        return st.lists(values_of(inside[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, inside))
    if origin is Mapping:
        return st.dictionaries(values_of(inside[0]), values_of(inside[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert is_dataclass(hint), hint
    hints = typing.get_type_hints(hint)
    given_ = {each.name: values_of(hints[each.name]) for each in fields(hint)}
    made: Callable[..., Any] = hint  # type: ignore[assignment]
    return st.fixed_dictionaries(given_).map(lambda values: made(**values))


@pytest.mark.parametrize("name", records.KINDS)
@settings(max_examples=25)
@given(data=st.data())
def test_any_record_is_the_same_after_it_was_read(name: str, data: st.DataObject) -> None:
    record = data.draw(values_of(records.KINDS[name]))
    trees: list[Tree] = []

    def number(tree: Tree) -> int:
        trees.append(tree)
        return len(trees) - 1

    text = records.encode(record, number)
    assert records.decode(name, text, trees.__getitem__) == record


def no_tree(number: int) -> Tree:
    raise LookupError(number)


def test_a_later_versions_fields_are_passed_over_and_missing_ones_take_their_default() -> None:
    written = b'{"id": "node1/data", "engine": "node1", "name": "data", "driver": "local", '
    written += b'"labels": null, "options": null, "created": 5, "colour": "blue"}'
    read = records.decode("Volume", written, no_tree)
    assert read == Volume("node1/data", "node1", "data", "local", None, None, 5.0)
    lacking = b'{"id": "node1", "address": "192.168.0.11"}'
    assert records.decode("Engine", lacking, no_tree) == records.KINDS["Engine"](
        id="node1",
        address="192.168.0.11",  # type: ignore[call-arg]
    )


COMMON = (
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False),
    st.integers(0, 2**32),
    st.integers(0, 2**32),
)
INODES: st.SearchStrategy[Inode] = st.one_of(
    st.builds(File, *COMMON, st.binary(max_size=3 * entries.INLINE)),
    st.builds(Folder, *COMMON, st.integers(0, 100), st.integers(0, 8192)),
    st.builds(Link, *COMMON, TEXT),
    st.builds(Device, *COMMON, st.integers(0, 255), st.integers(0, 255)),
)


@given(INODES)
def test_any_inode_is_the_same_after_it_was_read(entry: Inode) -> None:
    pieces = list(entries.cut(entry.data)) if isinstance(entry, File) else []
    digests = tuple(map(entries.digest, pieces))
    kept = entries.unpack(entries.pack(entry, digests))
    held = dict(zip(digests, pieces, strict=True))
    assert entries.inode(kept, lambda asked: b"".join(map(held.__getitem__, asked))) == entry


def test_a_number_that_is_too_large_for_its_place_is_made_smaller() -> None:
    kept = entries.unpack(entries.pack(File(0o644, 0.0, 10**40, -(10**40)), ()))
    assert (kept.uid, kept.gid) == (2**63 - 1, -(2**63) + 1)


@given(TEXT)
def test_any_path_is_the_same_after_it_was_read(path: str) -> None:
    assert entries.to_text(entries.to_bytes(path)) == path


@pytest.mark.parametrize(
    ("behaviour", "base"), [("nginx", "debian"), ("faulty", "busybox"), ("whoami", "")]
)
def test_an_image_that_was_kept_without_its_base_gets_it(behaviour: str, base: str) -> None:
    image = Image("i", "node1", "sha256:0", (), (), 0, 0.0, (), (), {}, behaviour, EMPTY)
    kept = json.loads(records.encode(image, lambda tree: 1))
    del kept["base"]
    read = records.decode("Image", json.dumps(kept).encode(), lambda number: EMPTY)
    assert read == replace(image, base=base)
