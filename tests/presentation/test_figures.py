from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as st

from core.cluster.history import History, Mark
from core.presentation import figures
from core.presentation.figures import MAX_MOMENTS
from core.presentation.marks import describe
from tests.cluster import raw
from tests.cluster.test_history import snapshot


def same(text: str) -> str:
    return text


def replicas_per_node(*given: Any) -> go.Figure:
    """As Plotly reads it, which refuses what it does not know."""
    return go.Figure(figures.replicas_per_node(*given))


def replicas_over_time(*given: Any) -> go.Figure:
    return go.Figure(figures.replicas_over_time(*given))


def bars(**parts: object) -> dict[str, dict[str, int]]:
    """Counts above zero, by phase and column."""
    figure = replicas_per_node(snapshot(**parts), same)
    counts = {
        trace.name: {x: y for x, y in zip(trace.x, trace.y, strict=True) if y}
        for trace in figure.data
    }
    return {name: found for name, found in counts.items() if found}


def test_bars_count_each_node_by_phase() -> None:
    tasks = [raw.task(n, slot=n, node="node1") for n in range(1, 6)]
    tasks += [raw.task(9, slot=9, node="node2", state="starting")]
    assert bars(tasks=tasks) == {"running": {"node1": 5}, "starting": {"node2": 1}}


def test_an_empty_node_keeps_its_column() -> None:
    figure = replicas_per_node(snapshot(tasks=[]), same)
    assert list(figure.data[0].x) == ["node1", "node2"]


def test_what_has_no_node_stands_apart() -> None:
    assert bars(tasks=[raw.task(1, node="", state="pending")]) == {"pending": {"no node": 1}}


def test_one_service_can_be_looked_at() -> None:
    tasks = [raw.task(1), raw.task(2, service="api", slot=1)]
    shown = snapshot(tasks=tasks, services=[raw.service(), raw.service("api")])
    figure = replicas_per_node(shown, same, "id-api")
    assert sum(sum(trace.y) for trace in figure.data) == 1


def test_every_phase_keeps_its_trace() -> None:
    """Plotly remembers what a viewer hid by the trace: none may come or go."""
    few = replicas_per_node(snapshot(tasks=[]), same)
    many = replicas_per_node(snapshot(tasks=[raw.task(1, state="failed")]), same)
    assert [trace.name for trace in few.data] == [trace.name for trace in many.data]


def test_the_past_is_a_line_a_node_up_to_now() -> None:
    history = History()
    history.add(snapshot(time=10.0, tasks=[]))
    history.add(snapshot(time=12.0))
    figure = replicas_over_time(
        history.samples, history.marks, ["node1", "node2"], 20.0, same, None
    )
    assert [trace.name for trace in figure.data] == ["node1", "node2"]
    assert list(figure.data[0].x) == [10_000, 12_000, 20_000]
    assert list(figure.data[0].y) == [0, 1, 1]


def test_marks_close_in_time_share_a_line() -> None:
    marks = [
        Mark(10.0, "replicas", "web", "3", "15"),
        Mark(12.0, "availability", "node2", "", "drain"),
    ]
    marks += [Mark(20.0 + 15 * n, "created", f"s{n}") for n in range(18)]
    history = History()
    history.add(snapshot(time=1.0))
    figure = replicas_over_time(history.samples, marks, ["node1"], 290.0, same, None)
    assert len(figure.layout.shapes) == len(figure.layout.annotations) == MAX_MOMENTS
    few = replicas_over_time(history.samples, marks[:2], ["node1"], 290.0, same, None)
    assert [note.text for note in few.layout.annotations] == ["web 3 → 15<br>node2 drain"]


@given(
    st.lists(st.floats(0.0, 400.0), max_size=30).map(sorted),
    st.lists(st.sampled_from(["web", "api", "a-service-with-a-long-name"]), min_size=30),
)
def test_no_text_of_a_mark_covers_another(times: list[float], names: list[str]) -> None:
    """Nor does one leave the chart, at any time and whatever was done."""
    marks = [Mark(t, "created", f"{name}{t}") for t, name in zip(times, names, strict=False)]
    layout = figures.mark_lines(marks, 100.0, 400.0, same)
    line, end = 300.0 * figures.LINE_SHARE, 100.0
    for note in layout["annotations"]:
        texts = note["text"].split("<br>")
        assert len(texts) <= figures.MAX_LINES
        assert max(map(len, texts)) <= figures.MAX_LETTERS
        time, width = note["x"] / 1000, len(texts) * line
        left = time - width if note["xanchor"] == "right" else time
        assert left >= end - 0.01  # times are whole milliseconds
        end = left + width


def test_a_slider_that_passed_other_values_made_one_change() -> None:
    steps = [Mark(1.0, "replicas", "web", "3", "8"), Mark(2.0, "replicas", "web", "8", "15")]
    assert describe(steps, same) == "web 3 → 15"
