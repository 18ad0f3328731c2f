"""The store of a cluster: who hears of a change, also when a watcher fails."""

from __future__ import annotations

import pytest

from essaim_practice.store.clock import ManualClock
from essaim_practice.store.objects import Engine
from essaim_practice.store.store import Change, Store

NODE1, NODE2 = Engine("node1", "192.168.0.11"), Engine("node2", "192.168.0.12")


def test_a_watcher_that_fails_keeps_no_change_from_the_others() -> None:
    store = Store(ManualClock())
    heard: list[str] = []

    def fail(change: Change) -> None:
        raise KeyError(change.subject.id)

    store.watch(fail, Engine)
    store.watch(lambda change: heard.append(change.subject.id), Engine)
    with pytest.raises(KeyError, match="node1"):
        store.put(NODE1)
    assert heard == ["node1"]
    assert store.get(Engine, "node1") == NODE1


def test_what_was_written_together_is_heard_whole_and_every_failure_is_told() -> None:
    store = Store(ManualClock())
    heard: list[str] = []

    def fail(change: Change) -> None:
        raise KeyError(change.subject.id)

    store.watch(fail, Engine)
    store.watch(lambda change: heard.append(change.subject.id), Engine)

    def write_both() -> None:
        with store.batch():
            store.put(NODE1)
            store.put(NODE2)

    with pytest.raises(ExceptionGroup) as failed:
        write_both()
    assert heard == ["node1", "node2"]
    assert [str(error) for error in failed.value.exceptions] == ["'node1'", "'node2'"]


def test_after_a_failure_the_store_delivers_as_before() -> None:
    store = Store(ManualClock())
    heard: list[str] = []

    def fail_once(change: Change) -> None:
        stop()
        raise KeyError

    stop = store.watch(fail_once, Engine)
    store.watch(lambda change: heard.append(change.subject.id), Engine)
    with pytest.raises(KeyError):
        store.put(NODE1)
    store.put(NODE2)
    assert heard == ["node1", "node2"]
