"""From snapshots to Plotly figures: pure functions.

Figures carry no colours of text, grid or background: the browser adds those of its theme. They are
what Plotly's own Figure would become as JSON, written down at once: Plotly checks each property of
a Figure, which takes ten milliseconds, and many are made each second. Its tests check them instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.cluster.history import Mark, Sample
from core.cluster.snapshot import ClusterSnapshot
from core.i18n import Translate
from core.presentation.marks import joined, tell
from core.presentation.phases import PHASES, Tile, tiles

#: ``data``, a list of traces, and ``layout``; see https://plotly.com/javascript/reference.
Figure = dict[str, Any]

#: Lines of the nodes in the history: Okabe and Ito's, then dashes.
NODE_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
NODE_DASHES = ("solid", "dash", "dot", "dashdot")
#: How far back the chart over time looks, and how many marks it names: more would not be readable.
WINDOW_SECONDS = 300.0
MAX_MOMENTS = 10
#: What one line of a mark's text takes of the chart's width, on a phone; how many lines a mark may
#: have, and how many letters each: the charts are low.
LINE_SHARE = 0.045
MAX_LINES = 3
MAX_LETTERS = 20


def replicas_per_node(
    snapshot: ClusterSnapshot, _: Translate, service_id: str | None = None
) -> Figure:
    """Stacked bars: on each node, its tasks by phase; of one service, or of all.

    Tasks that have no node yet stand in a column of their own, at the right.
    """
    shown = [t for t in tiles(snapshot) if service_id in (None, t.task.service_id)]
    names = [node.name for node in snapshot.nodes]
    nowhere = _("no node")
    counts = Counter((_place(snapshot, tile, nowhere), tile.phase.key) for tile in shown)
    if any(place == nowhere for place, _phase in counts):
        names.append(nowhere)
    traces = []
    for phase in PHASES:
        values = [counts[name, phase.key] for name in names]
        # Every phase keeps its trace, so that one that a viewer hid stays hidden.
        traces.append(
            {
                "type": "bar",
                "name": phase.name(_),
                "x": names,
                "y": values,
                "marker": {"color": phase.color},
                "text": [str(value) if value else "" for value in values],
                "textposition": "inside",
                "textangle": 0,
                "insidetextanchor": "middle",
                "textfont": {"color": "#111111", "size": 18},
                "showlegend": any(values) or phase is PHASES[0],
                "hovertemplate": "%{x}: %{y} " + phase.name(_) + "<extra></extra>",
            }
        )
    tallest = max((sum(counts[name, phase.key] for phase in PHASES) for name in names), default=0)
    layout = {
        "barmode": "stack",
        "uniformtext": {"mode": "hide", "minsize": 11},  # else a low bar's figure becomes a dot
        "bargap": 0.35,
        "margin": {"l": 36, "r": 8, "t": 8, "b": 28},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        # Names that find no room side by side are turned, and want more room below.
        "xaxis": {"type": "category", "fixedrange": True, "showgrid": False, "automargin": True},
        "yaxis": {
            "range": [0, max(5, tallest * 1.1)],
            "fixedrange": True,
            "tickformat": "d",
            "nticks": 6,
        },
        "uirevision": "replicas",
    }
    return {"data": traces, "layout": layout}


def replicas_over_time(
    samples: Sequence[Sample],
    marks: Sequence[Mark],
    nodes: Sequence[str],
    now: float,
    _: Translate,
    service_id: str | None = None,
) -> Figure:
    """A step line a node: its running replicas, with a mark wherever something was done.

    Times are milliseconds since the epoch, which Plotly reads as UTC; the browser component shifts
    them to its own clock.
    """
    traces, tallest = [], 0
    times = [_milliseconds(sample.time) for sample in samples] + [_milliseconds(now)]
    for index, node in enumerate(nodes):
        values = [
            sum(
                count
                for service, name, count in sample.running
                if name == node and service_id in (None, service)
            )
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
        **mark_lines(marks, start, end, _),
        "margin": {"l": 36, "r": 8, "t": 8, "b": 28},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {
            "type": "date",
            "range": [_milliseconds(start), _milliseconds(end)],
            "fixedrange": True,
            "showgrid": False,
            "nticks": 5,
            "tickformat": "%H:%M:%S",
        },
        "yaxis": {
            "range": [0, max(5, tallest * 1.1)],
            "fixedrange": True,
            "tickformat": "d",
            "nticks": 5,
        },
        "hovermode": "x unified",
        "uirevision": "history",
    }
    return {"data": traces, "layout": layout}


def mark_lines(
    marks: Sequence[Mark], start: float, end: float, _: Translate
) -> dict[str, list[dict[str, Any]]]:
    """The part of a layout that draws a line, with a few words, wherever something was done."""
    shown = joined([mark for mark in marks if mark.time >= start])
    return {
        "shapes": [
            {
                "type": "line",
                "x0": _milliseconds(mark.time),
                "x1": _milliseconds(mark.time),
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"width": 1, "dash": "dot", "color": "#8C8C8C"},
            }
            for mark in shown
        ],
        "annotations": [
            {
                "x": _milliseconds(time),
                "y": 1,
                "yref": "paper",
                "xanchor": side,
                "yanchor": "top",
                "text": "<br>".join(texts),
                "textangle": -90,
                "align": "right",
                "showarrow": False,
                "font": {"size": 12},
            }
            for time, side, texts in _texts(shown, start, end, _)
        ],
    }


def _texts(
    marks: Sequence[Mark], start: float, end: float, _: Translate
) -> list[tuple[float, str, list[str]]]:
    """Texts that cover no other: at which time, the side of them that stands there, their lines.

    What was done within the width of a line is told together, in its order, at the last of it.
    Where there is no room for all, the newest has it; the others keep their lines in the chart.
    """
    line = LINE_SHARE * (end - start)
    placed: list[tuple[float, str, list[str]]] = []
    edge = end  # of what is free
    rest = list(marks)
    while rest and len(placed) < MAX_MOMENTS:
        time = rest[-1].time
        moment = [mark for mark in rest if mark.time > time - line]
        del rest[-len(moment) :]
        texts = [_short(tell(mark, _)) for mark in moment]
        for count in range(min(len(texts), MAX_LINES), 0, -1):
            left, right = time - count * line, time + count * line
            kept = texts[-count:]
            if 1 < count < len(texts):
                kept[0] = "…"
            if left >= start and time <= edge:  # beside its line, on the side where there is room
                placed.append((time, "right", kept))
                edge = left
            elif left < start and right <= edge:
                placed.append((time, "left", kept))
                edge = time
            else:
                continue
            break
    return placed[::-1]


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"


def _place(snapshot: ClusterSnapshot, tile: Tile, nowhere: str) -> str:
    return snapshot.hostname(tile.task.node_id) if tile.task.node_id else nowhere


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
