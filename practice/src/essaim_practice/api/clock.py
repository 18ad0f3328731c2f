"""Simulated time, under ``/_practice/clock``: how fast it goes, and going on by hand."""

from __future__ import annotations

from essaim_practice.api.routing import Request, route
from essaim_practice.api.settings import number, settings, switch
from essaim_practice.protocol.answers import Response
from essaim_practice.store.clock import LoopClock
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import rfc3339

FACTORS = (0.1, 100.0)
LONGEST_STEP = 86_400.0  # simulated seconds


@route("GET", "/_practice/clock")
def clock(request: Request) -> Response:
    """What time it is in the cluster, how many times as fast as real it goes, and if it stands."""
    return _shown(_clock(request))


@route("POST", "/_practice/clock")
async def wind(request: Request) -> Response:
    """Set {"factor": 0.1 to 100}, {"paused": true or false}, or go on by {"step": seconds}.

    What is pending keeps its simulated instant. The answer is what GET says afterwards; that of a
    step comes when everything that falls due in it is done.
    """
    clock = _clock(request)
    body = settings(request, "factor", "paused", "step")
    factor, paused = number(body, "factor", *FACTORS), switch(body, "paused")
    seconds = number(body, "step", 0, LONGEST_STEP)
    if factor is not None:
        clock.factor = factor
    if paused is not None:
        (clock.pause if paused else clock.resume)()
    if seconds is not None:
        await clock.step(seconds)
    return _shown(clock)


def _clock(request: Request) -> LoopClock:
    clock = request.cluster.clock
    if not isinstance(clock, LoopClock):
        raise ApiError(501, "this cluster's clock is in the hands of the program that made it")
    return clock


def _shown(clock: LoopClock) -> Response:
    return Response({"now": rfc3339(clock.now()), "factor": clock.factor, "paused": clock.paused})
