"""Reads a service's log for the requests of one run, on a thread of its own.

It asks for no times, for the engine's clock is not ours. It may tell of a request more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import docker

from core.cluster.failures import daemon_errors
from core.errors import EssaimError
from core.threads.supervised import SupervisedThread
from core.traffic.attribution import logged

#: Lines of each replica that are read again when the log is opened anew.
_TAIL = 2000
SILENCE = 5.0  # seconds: a log that is silent for longer is opened anew
LAST_SILENCE = 20.0  # the same when it is read for the last time: engine 20.10 may not end it
_PAUSE = 0.5  # seconds, after the log broke off


class LogReader:
    """Tells ``heard(number, task id)`` for each request of the run that a replica logged.

    open: a client of the engine.
    """

    def __init__(
        self,
        open: Callable[[], docker.APIClient],
        service: str,
        run: str,
        heard: Callable[[int, str], None],
    ) -> None:
        self._open = open
        self._service = service
        self._run = run
        self._heard = heard
        self._thread = SupervisedThread("traffic_log", self._follow)

    def start(self) -> None:
        """Follow the log from now on; a second call changes nothing."""
        if self._thread.state == "new":
            self._thread.start()

    def stop(self) -> None:
        self._thread.stop()

    def catch_up(self, requests: int) -> None:
        """Read the log as it is, ``requests`` lines of each replica at most."""
        self._read(follow=False, tail=requests)

    def _follow(self) -> None:
        while not self._thread.wait(0):
            self._read(follow=True, tail=_TAIL)
            self._thread.wait(_PAUSE)

    def _read(self, follow: bool, tail: int) -> None:
        try:
            with daemon_errors():
                client = self._open()
                url = f"{client.base_url}/v{client.api_version}/services/{self._service}/logs"
                wanted = {"details": 1, "stdout": 1, "follow": int(follow), "tail": tail}
                # Asked for as docker-py would, whose own answer cannot be closed half-way.
                try:
                    with client.get(
                        url, params=wanted, stream=True, timeout=SILENCE if follow else LAST_SILENCE
                    ) as answer:
                        answer.raise_for_status()
                        self._listen(answer.iter_content(None))
                finally:
                    client.close()
        except EssaimError:
            pass  # the log is silent or cannot be read: the replica stays unknown

    def _listen(self, chunks: Iterable[bytes]) -> None:
        """Lines may have the eight bytes of their frame before them: ``logged`` looks past."""
        rest = b""
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                told = logged(line.decode(errors="replace"))
                if told and told[0] == self._run:
                    self._heard(told[1], told[2])
            if self._thread.wait(0):
                return
