"""The thread that clusters run on: nobody waits for ever for one that has stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from essaim_practice.hosting.thread import LoopThread


@pytest.mark.parametrize("form", ["function", "coroutine"])
def test_a_call_that_meets_the_stop_is_refused(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = LoopThread()
    decided = threading.Event()  # the call was handed to the loop, or refused
    outcome: list[object] = []

    async def answer() -> int:
        return 1

    def call() -> None:
        try:
            outcome.append(thread.call(lambda: 1) if form == "function" else thread.run(answer()))
        except RuntimeError as error:
            outcome.append(str(error))
        finally:
            decided.set()

    racer = threading.Thread(target=call, daemon=True)
    stop, hand_over = thread.loop.stop, thread.loop.call_soon_threadsafe

    def handed_over(callback: Callable[..., object], *args: Any, **kwargs: Any) -> object:
        handle = hand_over(callback, *args, **kwargs)
        if threading.current_thread() is racer:
            decided.set()
        return handle

    def stop_and_race() -> None:
        stop()  # what is handed over from here on never runs
        racer.start()
        decided.wait()

    monkeypatch.setattr(thread.loop, "call_soon_threadsafe", handed_over)
    monkeypatch.setattr(thread.loop, "stop", stop_and_race)
    thread.stop()
    racer.join(10)
    assert not racer.is_alive()
    assert outcome == ["the practice engine has been stopped"]


def test_two_threads_may_stop_it_at_once() -> None:
    thread = LoopThread()
    stoppers = [threading.Thread(target=thread.stop) for _ in range(5)]
    for stopper in stoppers:
        stopper.start()
    for stopper in stoppers:
        stopper.join(10)
    assert not any(stopper.is_alive() for stopper in stoppers)
    assert not thread.alive
    assert thread.loop.is_closed()
