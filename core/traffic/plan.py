"""The plan of a run of traffic, within bounds that spare the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.engine.way import SECRET, Way
from core.errors import InvalidCommand
from core.i18n import later as _

MAX_RATE = 200.0  # requests per second
MAX_SECONDS = 300.0

#: The query of each request has ``essaim=<run>-<number>``: the access log is searched for it.
TAG = "essaim"


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests at a steady rate to one published port of one service.

    The addresses come from the cluster itself, see ``core.traffic.endpoints``. Raises
    InvalidCommand where the rate or the duration is out of bounds.
    """

    changes: ClassVar[bool] = True  # a real service has to answer it all: it wants the password
    reveals: ClassVar[bool] = True  # it may read the service's access log

    service: str  # its id
    port: int  # published
    rate: float = 10.0  # requests per second
    seconds: float = 30.0
    keep_alive: bool = False  # one connection for each entry, instead of one for each request
    entry: str = ""  # id of the node that takes the requests in; '' for all in turn

    def __post_init__(self) -> None:
        if not 1 <= self.rate <= MAX_RATE:
            raise InvalidCommand(
                _("The rate is 1 to {most} requests per second."), most=round(MAX_RATE)
            )
        if not 0 < self.seconds <= MAX_SECONDS:
            raise InvalidCommand(_("A run takes {most} seconds at most."), most=round(MAX_SECONDS))

    @property
    def requests(self) -> int:
        """The number of all requests."""
        return max(1, round(self.rate * self.seconds))

    def line(self, ways: Sequence[Way]) -> str:
        """The curl line that does the same. ways: to each endpoint; one socket leads to all."""
        addresses = [way.address for way in ways]
        where = addresses[0] if len(addresses) == 1 else "{" + ",".join(addresses) + "}"
        options = ways[0].curl if ways else ""
        kept = "" if self.keep_alive else "-H 'Connection: close' "
        each = max(1, self.requests // max(1, len(addresses)))
        return f"curl --rate {self.rate:g}/s {kept}{options}'http://{where}/?n=[1-{each}]'"

    def python(self, ways: Sequence[Way]) -> str:
        """A Python script that does much the same."""
        first, addresses = ways[0], [way.address for way in ways]
        more, session = "", "session = requests.Session()"
        get = "session.get" if self.keep_alive else "requests.get"
        if first.socket:
            more, get = "from docker.transport import UnixHTTPAdapter\n", "session.get"
            adapter = f'UnixHTTPAdapter("http+unix://{first.socket}")'
            session += f'\nsession.mount("http://localhost/", {adapter})'
        elif not first.secret:
            session += "  # keeps its connections; requests.get opens a new one each time"
        if first.secret:
            get, bearer = "session.get", f"f\"Bearer {{os.environ['{SECRET}']}}\""
            session += f'\nsession.headers["Authorization"] = {bearer}'
        return f"""\
import itertools
{"import os" + chr(10) if first.secret else ""}import time

import requests
{more}
{session}
addresses = itertools.cycle({addresses!r})
for number in range({self.requests}):
    answer = {get}(f"http://{{next(addresses)}}/?n={{number}}")
    print(answer.status_code, answer.elapsed)
    time.sleep({1 / self.rate:.4g})
"""
