"""The messages about a run, as JSON text: topics ``traffic`` and ``traffic_charts``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.cluster.history import Mark
from core.cluster.snapshot import ClusterSnapshot
from core.i18n import Translate, number
from core.traffic import sentences
from core.traffic.charts import answered_per_replica, color, latency_and_failures, natural
from core.traffic.ledger import Request
from core.traffic.status import Status

#: Seconds that a chart goes on after the run, to show the effects of its last moments.
AFTER = 5.0


def traffic(
    status: Status | None,
    snapshot: ClusterSnapshot,
    _: Translate,
    past: Sequence[Status] = (),
) -> str:
    """The counts, sentences and newest requests of the run that is on, or of the last one.

    past: the runs before, to be compared with it.
    """
    if status is None:
        return _text("traffic", run=None)
    names = [node.name for node in snapshot.nodes]
    shares = status.shares
    return _text(
        "traffic",
        run=status.id,
        time=status.now,
        service=status.plan.service,
        state=status.state,
        said=sentences.state(status, _),
        active=status.active,
        length=status.plan.seconds,
        planned=status.plan.requests,
        totals=asdict(status.totals),
        failures=sentences.failures(status.errors, status.culprits, _),
        percentiles=[None if t is None else t * 1000 for t in status.percentiles],
        entries=[
            {"node": endpoint.name, "count": status.by_entry.get(endpoint.name, 0)}
            for endpoint in status.endpoints
        ],
        tasks=status.by_task,
        colors={name: color(names, name) for name in names},
        fairness=shares.index,
        fair=sentences.fairness(shares, status.plan.keep_alive, _),
        latest=sentences.latest(status.latest, _),
        runs=[_compared(each, _) for each in (*past, status)],
        dots=[_dot(number, request) for number, request in status.dots],
        reports=[
            {
                "began": report.began,
                "well": report.well,
                "title": sentences.title(report, _),
                "outcome": sentences.outcome(report, ended, failed, _),
                "steps": [
                    [round(step.time - report.began, 1), sentences.step(step, _)]
                    for step in report.steps
                ],
            }
            for report, ended, failed in reversed(status.reports)
        ],
    )


def charts(
    status: Status | None, snapshot: ClusterSnapshot, marks: Sequence[Mark], _: Translate
) -> str:
    """The two figures of the run."""
    if status is None:
        return _text("traffic_charts", run=None)
    names = [node.name for node in snapshot.nodes]
    idle = [name for name, _count in status.shares.counts]
    last = status.seconds[-1].start if status.seconds else status.begun
    end = status.now if status.state != "ended" else min(status.now, last + AFTER)
    during = [mark for mark in marks if status.begun <= mark.time <= end + AFTER]
    figures = {
        "answered": answered_per_replica(status.by_place, idle, names),
        "latency": latency_and_failures(status.seconds, during, end, _),
    }
    return _text("traffic_charts", run=status.id, figures=figures)


def _compared(status: Status, _: Translate) -> list[str]:
    """A run as a line of the table that compares them."""
    totals = status.totals
    answered = Counter({name: 0 for name, _count in status.shares.counts})
    for (name, _node), count in status.by_place.items():
        answered[name] += count
    counts = [answered[name] for name in sorted(answered, key=natural)]
    p50, p95, _p99 = ("–" if t is None else number(t * 1000, _, 1) for t in status.percentiles)
    return [
        sentences.plan(status, _),
        number(totals.sent, _),
        number(totals.failed, _),
        " · ".join(number(count, _) for count in counts),
        _fairness(status, _),
        f"{p50} / {p95} ms",
    ]


def _fairness(status: Status, _: Translate) -> str:
    """Jain's index, with a word where it does not count from the run's beginning."""
    shares = status.shares
    if shares.index is None:
        return "–"
    index = number(shares.index, _, 2)
    return _("{index} since the last change").format(index=index) if shares.anew else index


def _dot(number: int, request: Request) -> list[Any]:
    replica = request.replica
    return [number, request.entry, replica.task if replica else "", request.outcome]


def _text(topic: str, **content: Any) -> str:
    return json.dumps({"topic": topic, **content}, separators=(",", ":"))
