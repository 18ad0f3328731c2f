"""The thread that practice clusters run on: one event loop, however many clusters."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_STOPPED = "the practice engine has been stopped"


class LoopThread:
    """A thread with an event loop, from now until ``stop``."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._handing_over = threading.Lock()  # held so that nothing reaches a loop that has ended
        self._stopping = False
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="practice-engine", daemon=True
        )
        self._thread.start()

    @property
    def alive(self) -> bool:
        """False once ``stop`` was called."""
        return not self._stopping

    def call(self, function: Callable[[], T]) -> T:
        """Call a function on the thread, from another one, and wait for its result.

        Raises what the function raises; RuntimeError after ``stop``.
        """
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(function())
            except BaseException as error:
                done.set_exception(error)

        with self._handing_over:
            if self._stopping:
                raise RuntimeError(_STOPPED)
            self.loop.call_soon_threadsafe(run)
        return done.result()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the thread, from another one, to its end.

        Raises what the coroutine raises; RuntimeError after ``stop``; CancelledError when ``stop``
        ends it.
        """
        with self._handing_over:
            if self._stopping:
                coroutine.close()
                raise RuntimeError(_STOPPED)
            running = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return running.result()

    def stop(self) -> None:
        """End everything that still runs on it. Stopping twice does no harm."""
        with self._handing_over:
            first, self._stopping = not self._stopping, True
        if first:
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self.loop).result()
            self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        if first:
            self.loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
