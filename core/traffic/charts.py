"""From a run's status to Plotly figures: pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.cluster.history import Mark
from core.i18n import Translate, number_marks
from core.presentation.charts import (
    LEGEND,
    LEGEND_BELOW,
    NODE_COLORS,
    Figure,
    stacked_bars,
    told_marks,
)
from core.presentation.phases import FAILED
from core.traffic.ledger import Second

#: Colours and dashes of median, 95th and 99th percentile.
_LINES = (("p50", "#0072B2", "solid"), ("p95", "#E69F00", "dash"), ("p99", "#CC79A7", "dot"))
#: The most replicas whose whole names fit below their bars.
ROOM = 6
_DARK = ("#0072B2", "#D55E00")  # with white text
_MARGIN = {"l": 44, "r": 34, "t": 8, "b": 28}


def color(nodes: Sequence[str], node: str) -> str:
    """The colour of a node in every picture of a run."""
    index = nodes.index(node) if node in nodes else len(nodes)
    return NODE_COLORS[index % len(NODE_COLORS)]


def answered_per_replica(
    by_place: Mapping[tuple[str, str], int], idle: Sequence[str], nodes: Sequence[str]
) -> Figure:
    """Stacked bars: the answers of each replica, by its node.

    idle: names of replicas that run, which may have answered nothing.
    """
    names = sorted({name for name, _node in by_place} | set(idle), key=natural)
    places = [*nodes, *sorted({node for _name, node in by_place} - set(nodes))]
    traces = []
    for node in places:
        values = [by_place.get((name, node), 0) for name in names]
        fill = color(places, node)
        text_color = "#FFFFFF" if fill in _DARK else "#111111"
        hover = "%{x} · " + node + ": %{y}"
        traces.append(stacked_bars(node, names, values, fill, text_color, 15, hover))
    layout = {
        "barmode": "stack",
        "bargap": 0.25,
        "margin": _MARGIN,
        "legend": {**LEGEND, "traceorder": "normal"},
        "xaxis": {
            "type": "category",
            "fixedrange": True,
            "showgrid": False,
            "tickvals": names,
            "ticktext": [_label(name, len(names)) for name in names],
            "tickangle": 0,
        },
        "yaxis": {"rangemode": "tozero", "fixedrange": True, "tickformat": "d", "nticks": 5},
        "uirevision": "answered",
    }
    return {"data": traces, "layout": layout}


def latency_and_failures(
    seconds: Sequence[Second], marks: Sequence[Mark], end: float, _: Translate
) -> Figure:
    """Lines: the percentiles of each second, in milliseconds; bars: its failures."""
    times = [round(second.start * 1000) for second in seconds]
    failed = {
        "type": "bar",
        "name": _("failed"),
        "x": times,
        "y": [second.failed for second in seconds],
        "width": 900,
        "marker": {"color": FAILED.color},
        "yaxis": "y2",
        "hovertemplate": "%{y} " + _("failed") + "<extra></extra>",
    }
    lines = [
        {
            "type": "scatter",
            "name": name,
            "x": times,
            "y": [_milliseconds(getattr(second, name)) for second in seconds],
            "mode": "lines",
            "line": {"width": 2.5, "color": line, "dash": dash},
            "hovertemplate": "%{y:.3~r} ms " + name + "<extra></extra>",
        }
        for name, line, dash in _LINES
    ]
    start = seconds[0].start if seconds else end
    end = max(end, start + 20)
    most = max((second.failed for second in seconds), default=0)
    layout = {
        "meta": told_marks(marks, start, _),
        "margin": _MARGIN,
        "legend": LEGEND_BELOW,
        "bargap": 0,
        "hovermode": "x unified",
        "separators": number_marks(_),
        "xaxis": {
            "type": "date",
            "range": [round(start * 1000), round(end * 1000)],
            "fixedrange": True,
            "showgrid": False,
            "nticks": 5,
            "tickformat": "%H:%M:%S",
        },
        "yaxis": {"rangemode": "tozero", "fixedrange": True, "nticks": 5, "ticksuffix": " ms"},
        "yaxis2": {
            "overlaying": "y",
            "side": "right",
            "range": [0, max(5, most * 1.1)],
            "showgrid": False,
            "fixedrange": True,
            "tickformat": "d",
            "nticks": 4,
            "tickfont": {"color": FAILED.color},
        },
        "uirevision": "latency",
    }
    return {"data": [failed, *lines], "layout": layout}


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def _label(name: str, among: int) -> str:
    """The whole name where there is room; else the slot alone, or a node's id cut short."""
    return name if among <= ROOM else name.rpartition(".")[2][:5]


def natural(name: str) -> tuple[object, ...]:
    """The order of replicas: web.2 before web.10, and names without a number last."""
    front, _dot, last = name.rpartition(".")
    number = re.fullmatch(r"\d+", last)
    return (front, 0, int(last), "") if number else (front, 1, 0, last)
