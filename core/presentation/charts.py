"""Plotly figures of snapshots: pure functions.

Figures have no colours of text, grid or background: the browser adds those of its theme. They are
plain dicts, as Plotly's own Figure becomes JSON: its checks of each property take ten milliseconds,
and many figures are made each second. The tests run those checks instead. The ``meta`` of a layout
is ours: ``name``, which is read aloud, and the marks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from core.cluster.history import Mark, Sample
from core.cluster.snapshot import ClusterSnapshot
from core.i18n import Translate
from core.presentation.marks import joined, tell
from core.presentation.phases import PHASES, Phase, tiles

#: ``data``, a list of traces, and ``layout``; see https://plotly.com/javascript/reference.
Figure = dict[str, Any]

#: Lines of the nodes over time: the colours of Okabe and Ito, then dashes.
NODE_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
NODE_DASHES = ("solid", "dash", "dot", "dashdot")
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
#: Below the axis: above the curves are the texts of marks.
LEGEND_BELOW = {"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0}
#: Seconds that the chart over time shows, and the most letters of a mark.
WINDOW_SECONDS = 300.0
MAX_LETTERS = 28


def replicas_per_node(
    snapshot: ClusterSnapshot, _: Translate, service_id: str | None = None
) -> Figure:
    """Stacked bars: the tasks of each node by phase; those of one service, or of all.

    Tasks without a node are in a column of their own, at the right.
    """
    names, nowhere = [node.name for node in snapshot.nodes], _("no node")
    counts = Counter(
        (snapshot.hostname(tile.task.node_id) if tile.task.node_id else nowhere, tile.phase)
        for tile in tiles(snapshot)
        if service_id in (None, tile.task.service_id)
    )
    if any(name == nowhere for name, _phase in counts):
        names.append(nowhere)
    traces = []
    for phase in PHASES:
        values = [counts[name, phase] for name in names]
        # Every phase keeps its trace, so that one that a viewer hid stays hidden.
        hover = "%{x}: %{y} " + phase.name(_)
        trace = stacked_bars(phase.name(_), names, values, phase.color, "#111111", 18, hover)
        traces.append({**trace, "showlegend": any(values) or phase is PHASES[0]})
    tallest = max((sum(counts[name, phase] for phase in PHASES) for name in names), default=0)
    layout = {
        **_layout("replicas", tallest, 6),
        "meta": {"name": " · ".join(_told(name, counts, _) for name in names)},
        "barmode": "stack",
        "uniformtext": {"mode": "hide", "minsize": 11},  # else a low bar's number becomes a dot
        "bargap": 0.35,
        "xaxis": {"type": "category", "fixedrange": True, "showgrid": False},
    }
    return {"data": traces, "layout": layout}


def _told(node: str, counts: Mapping[tuple[str, Phase], int], _: Translate) -> str:
    """For who hears the page: ``node1: 3 running, 1 starting``."""
    told = [f"{counts[node, phase]} {phase.name(_)}" for phase in PHASES if counts[node, phase]]
    return f"{node}: {', '.join(told) or 0}"


def stacked_bars(
    name: str,
    x: Sequence[str],
    values: Sequence[int],
    color: str,
    text_color: str,
    text_size: int,
    hover: str,
) -> dict[str, Any]:
    """One trace of bars, with the number of each inside."""
    return {
        "type": "bar",
        "name": name,
        "x": x,
        "y": values,
        "marker": {"color": color},
        "text": [str(value) if value else "" for value in values],
        "textposition": "inside",
        "textangle": 0,
        "insidetextanchor": "middle",
        "textfont": {"color": text_color, "size": text_size},
        "hovertemplate": f"{hover}<extra></extra>",
    }


def replicas_over_time(
    samples: Sequence[Sample],
    marks: Sequence[Mark],
    nodes: Sequence[str],
    now: float,
    _: Translate,
    service_id: str | None = None,
) -> Figure:
    """A step line per node: its running replicas, with marks of what was changed.

    Times are milliseconds since the epoch, which Plotly reads as UTC; the browser component shifts
    them to its own clock.
    """
    traces: list[dict[str, Any]] = []
    tallest = 0
    times = [milliseconds(time) for time in (*(sample.time for sample in samples), now)]
    for index, node in enumerate(nodes):
        values = [
            sum(n for id, at, n in sample.running if at == node and service_id in (None, id))
            for sample in samples
        ]
        tallest = max([tallest, *values])
        traces.append(
            {
                "type": "scatter",
                "name": node,
                "x": times,
                "y": [*values, values[-1] if values else 0],
                "mode": "lines",
                "line": {
                    "shape": "hv",
                    "width": 3,
                    "color": NODE_COLORS[index % len(NODE_COLORS)],
                    "dash": NODE_DASHES[index // len(NODE_COLORS) % len(NODE_DASHES)],
                },
                "hovertemplate": "%{y} " + node + "<extra></extra>",
            }
        )
    start = max(samples[0].time if samples else now, now - WINDOW_SECONDS)
    end = max(now, start + 20)
    layout = {
        **_layout("history", tallest, 5),
        "legend": LEGEND_BELOW,
        "meta": {
            "name": " · ".join(f"{trace['name']}: {trace['y'][-1]}" for trace in traces),
            **told_marks(marks, start, _),
        },
        "xaxis": {
            "type": "date",
            "range": [milliseconds(start), milliseconds(end)],
            "fixedrange": True,
            "showgrid": False,
            "nticks": 5,
            "tickformat": "%H:%M:%S",
        },
        "hovermode": "x unified",
    }
    return {"data": traces, "layout": layout}


def _layout(revision: str, tallest: int, ticks: int) -> dict[str, Any]:
    """The part that both charts of replicas share; their range is 5 replicas or more."""
    return {
        "margin": {"l": 36, "r": 8, "t": 8, "b": 28},
        "legend": LEGEND,
        "yaxis": {
            "range": [0, max(5, tallest * 1.1)],
            "fixedrange": True,
            "tickformat": "d",
            "nticks": ticks,
        },
        "uirevision": revision,
    }


def told_marks(marks: Sequence[Mark], start: float, _: Translate) -> dict[str, Any]:
    """What a layout's ``meta`` says of marks: where lines are, and what is told of them.

    The browser knows how wide a text is: it draws the lines, and finds the texts their places.
    """
    shown = [mark for mark in marks if mark.time >= start]
    return {
        "lines": sorted({milliseconds(mark.time) for mark in shown}),
        "marks": [
            {"time": milliseconds(mark.time), "text": _short(tell(mark, _))}
            for mark in joined(shown)
        ],
    }


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
