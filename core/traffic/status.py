"""The status of a run of traffic at one instant: all that is shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import EssaimError
from core.traffic.endpoints import Endpoint
from core.traffic.fairness import Shares
from core.traffic.ledger import Request, Second, Totals
from core.traffic.plan import Plan
from core.traffic.story import Report

State = Literal["running", "paused", "ending", "ended"]


@dataclass(frozen=True, slots=True)
class Status:
    """All that is shown of a run at one instant."""

    id: str
    plan: Plan
    service: str  # its name
    endpoints: tuple[Endpoint, ...]
    state: State
    why: str  # it ended: done, stopped, unwatched, gone, failed
    now: float  # seconds since the epoch
    begun: float
    active: float  # seconds, without pauses
    totals: Totals
    by_task: dict[str, int]
    by_place: dict[tuple[str, str], int]
    by_entry: dict[str, int]
    errors: dict[str, int]
    culprits: dict[tuple[str, str], int]  # of the errors, those that a replica gave
    percentiles: tuple[float | None, float | None, float | None]
    shares: Shares
    seconds: tuple[Second, ...]
    #: The newest that came to their end, with a running number.
    dots: tuple[tuple[int, Request], ...]
    latest: Request | None  # the newest whose entry and replica are known
    reports: tuple[tuple[Report, int, int], ...]  # with requests that ended meanwhile, and failed
    error: EssaimError | None = None  # why it failed
