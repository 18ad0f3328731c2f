"""A thread's failure is seen, logged and told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.threads.supervised import SupervisedThread

CORE = Path(__file__).parents[2] / "core"


def _ended(thread: SupervisedThread) -> SupervisedThread:
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return thread


def _leave() -> None:
    raise SystemExit("enough")


def _fail() -> None:
    raise KeyError("no such node")


def test_it_is_new_then_runs_and_has_stopped() -> None:
    states = list[str]()
    thread = SupervisedThread("test", lambda: states.append(thread.state))
    assert thread.state == "new"
    _ended(thread)
    assert (states, thread.state, thread.error) == (["running"], "stopped", None)


@pytest.mark.parametrize("work", [_fail, _leave])
def test_a_failure_that_nobody_takes_is_logged(
    work: object, caplog: pytest.LogCaptureFixture
) -> None:
    thread = _ended(SupervisedThread("test", work))  # type: ignore[arg-type]
    assert thread.state == "failed"
    assert isinstance(thread.error, KeyError | SystemExit)
    assert "the thread essaim_test failed" in caplog.text
    assert str(thread.error) in caplog.text


def test_its_owner_is_told_how_it_ended() -> None:
    told = list[BaseException | None]()
    _ended(SupervisedThread("test", lambda: None, told.append))
    failed = _ended(SupervisedThread("test", _fail, told.append))
    assert told == [None, failed.error]


def test_an_owner_that_fails_as_well_hides_neither_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def ended(_error: BaseException | None) -> None:
        raise ValueError("nor this")

    thread = _ended(SupervisedThread("test", _fail, ended))
    assert isinstance(thread.error, KeyError)
    assert "nor this" in caplog.text
    assert _ended(SupervisedThread("test", lambda: None, ended)).state == "failed"


def test_stop_cuts_a_pause_short() -> None:
    paused = list[bool]()
    thread = SupervisedThread("test", lambda: paused.extend((thread.wait(0), thread.wait(60))))
    thread.start()
    thread.stop()
    thread.join(30)
    assert paused[-1]


def test_no_other_module_makes_a_thread() -> None:
    made = re.compile(r"\bthreading\.Thread\b|import .*\bThread\b")
    found = [path for path in CORE.rglob("*.py") if made.search(path.read_text(encoding="utf-8"))]
    assert [path.name for path in found] == ["supervised.py"]
