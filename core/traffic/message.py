"""What of a run is pushed to browsers, as JSON text: topics ``traffic`` and ``traffic_charts``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.cluster.history import Mark
from core.cluster.snapshot import ClusterSnapshot
from core.i18n import Translate, number
from core.traffic import sentences
from core.traffic.charts import answered_per_replica, color, latency_and_failures, natural
from core.traffic.ledger import Request
from core.traffic.status import Standing

#: Seconds that a chart goes on after the run, so that what was done at its end is seen.
AFTER = 5.0


def traffic(
    standing: Standing | None,
    snapshot: ClusterSnapshot,
    _: Translate,
    past: Sequence[Standing] = (),
) -> str:
    """The counts, sentences and newest requests of the run that is on, or of the last one.

    past: the runs before, to be compared with it.
    """
    if standing is None:
        return _text("traffic", run=None)
    names = [node.name for node in snapshot.nodes]
    totals, shares = standing.totals, standing.shares
    return _text(
        "traffic",
        run=standing.id,
        time=standing.now,
        service=standing.plan.service,
        state=standing.state,
        said=sentences.state(standing, _),
        active=standing.active,
        length=standing.plan.seconds,
        planned=standing.plan.requests,
        totals={
            "sent": totals.sent,
            "answered": totals.answered,
            "failed": totals.failed,
            "waiting": totals.waiting,
            "unknown": totals.unknown,
        },
        failures=sentences.failures(standing.errors, standing.culprits, _),
        percentiles=[None if t is None else t * 1000 for t in standing.percentiles],
        entries=[
            {"node": entry.name, "count": standing.by_entry.get(entry.name, 0)}
            for entry in standing.entries
        ],
        tasks=standing.by_task,
        colors={name: color(names, name) for name in names},
        fairness=shares.index,
        fair=sentences.fairness(shares, standing.plan.keep_alive, _),
        latest=sentences.latest(standing.latest, _),
        runs=[_compared(each, _) for each in (*past, standing)],
        dots=[_dot(number, request) for number, request in standing.dots],
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
            for report, ended, failed in reversed(standing.reports)
        ],
    )


def charts(
    standing: Standing | None, snapshot: ClusterSnapshot, marks: Sequence[Mark], _: Translate
) -> str:
    """The two figures of the run."""
    if standing is None:
        return _text("traffic_charts", run=None)
    names = [node.name for node in snapshot.nodes]
    idle = [name for name, _count in standing.shares.counts]
    last = standing.seconds[-1].start if standing.seconds else standing.begun
    end = standing.now if standing.state != "ended" else min(standing.now, last + AFTER)
    during = [mark for mark in marks if standing.begun <= mark.time <= end + AFTER]
    figures = {
        "answered": answered_per_replica(standing.by_place, idle, names),
        "latency": latency_and_failures(standing.seconds, during, end, _),
    }
    return _text("traffic_charts", run=standing.id, figures=figures)


def _compared(standing: Standing, _: Translate) -> list[str]:
    """A run as a line of the table that compares them."""
    totals = standing.totals
    answered = Counter({name: 0 for name, _count in standing.shares.counts})
    for (name, _node), count in standing.by_place.items():
        answered[name] += count
    counts = [answered[name] for name in sorted(answered, key=natural)]
    p50, p95, _p99 = ("–" if t is None else number(t * 1000, _, 1) for t in standing.percentiles)
    return [
        sentences.plan(standing, _),
        number(totals.sent, _),
        number(totals.failed, _),
        " · ".join(number(count, _) for count in counts),
        _fairness(standing, _),
        f"{p50} / {p95} ms",
    ]


def _fairness(standing: Standing, _: Translate) -> str:
    """Beside the totals of the whole run: with a word where it is not about the whole run."""
    shares = standing.shares
    if shares.index is None:
        return "–"
    index = number(shares.index, _, 2)
    return _("{index} since the last change").format(index=index) if shares.anew else index


def _dot(number: int, request: Request) -> list[Any]:
    replica = request.replica
    return [number, request.entry, replica.task if replica else "", request.outcome]


def _text(topic: str, **content: Any) -> str:
    return json.dumps({"topic": topic, **content}, separators=(",", ":"))
