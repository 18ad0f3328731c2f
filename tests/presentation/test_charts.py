from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.cluster.history import History, Mark
from core.i18n import translation
from core.presentation import charts
from core.presentation.marks import describe
from tests.cluster import raw
from tests.cluster.test_history import snapshot


def same(text: str) -> str:
    return text


def replicas_per_node(*given: Any) -> go.Figure:
    """As Plotly reads it, which refuses what it does not know."""
    return go.Figure(charts.replicas_per_node(*given))


def replicas_over_time(*given: Any) -> go.Figure:
    return go.Figure(charts.replicas_over_time(*given))


def bars(**parts: Any) -> dict[str, dict[str, int]]:
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


def test_a_french_legend_says_what_dockers_words_mean() -> None:
    figure = replicas_per_node(snapshot(tasks=[]), translation("fr").gettext)
    assert [trace.name for trace in figure.data][:2] == [
        "running (en marche)",
        "starting (démarrage)",
    ]
    assert all("(" in trace.name for trace in figure.data)


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


def over_time(marks: list[Mark], now: float = 300.0) -> go.Figure:
    history = History()
    history.add(snapshot(time=0.0))
    return replicas_over_time(history.samples, marks, ["node1"], now, same, None)


def lines(figure: go.Figure) -> list[float]:
    """When the chart has a line, in seconds."""
    return [time / 1000 for time in figure.layout.meta["lines"]]


def notes(figure: go.Figure) -> list[tuple[float, str]]:
    return [(note["time"] / 1000, note["text"]) for note in figure.layout.meta["marks"]]


def test_each_mark_has_a_line_and_its_words_at_its_own_time() -> None:
    """However close to the next: the words of one beside the line of another tell a wrong time."""
    marks = [
        Mark(10.0, "replicas", "web", "3", "15"),
        Mark(10.2, "availability", "node2", "active", "drain"),
        Mark(90.0, "removed", "web"),
    ]
    figure = over_time(marks)
    assert lines(figure) == [10.0, 10.2, 90.0]
    assert notes(figure) == [(10.0, "web 3 → 15"), (10.2, "node2 drain"), (90.0, "web removed")]


def test_what_is_taken_back_is_told_as_well() -> None:
    """Not the last state at the time of the first: there the curve does something else."""
    marks = [
        Mark(50.0, "availability", "node2", "active", "drain"),
        Mark(54.0, "availability", "node2", "drain", "active"),
        Mark(100.0, "replicas", "web", "1", "15"),
        Mark(101.0, "replicas", "web", "15", "10"),
    ]
    told = ["node2 drain", "node2 active", "web 1 → 15", "web 15 → 10"]
    figure = over_time(marks)
    assert lines(figure) == [50.0, 54.0, 100.0, 101.0]
    assert notes(figure) == list(zip([50.0, 54.0, 100.0, 101.0], told, strict=True))


def test_one_move_of_a_slider_is_told_once_and_each_of_its_steps_has_a_line() -> None:
    steps = [(10.0, "3", "8"), (11.0, "8", "11"), (11.9, "11", "15")]
    figure = over_time([Mark(time, "replicas", "web", old, new) for time, old, new in steps])
    assert notes(figure) == [(10.0, "web 3 → 15")]
    assert lines(figure) == [10.0, 11.0, 11.9]


def test_marks_from_before_the_chart_are_left_out_and_long_names_cut() -> None:
    marks = [Mark(5.0, "created", "old"), Mark(350.0, "created", "a-service-with-a-very-long-name")]
    figure = over_time(marks, 400.0)
    assert notes(figure) == [(350.0, "a-service-with-a-very-long-…")]
    assert lines(figure) == [350.0]


def test_charts_have_a_name_that_tells_their_numbers() -> None:
    tasks = [raw.task(1), raw.task(2, slot=2, state="starting")]
    now = replicas_per_node(snapshot(tasks=tasks), translation("fr").gettext)
    assert now.layout.meta["name"].startswith("node1: 1 running (en marche), 1 starting")
    assert now.layout.meta["name"].endswith("node2: 0")
    assert over_time([]).layout.meta["name"] == "node1: 1"


def scaled(*steps: tuple[float, str, str]) -> str:
    return describe([Mark(time, "replicas", "web", old, new) for time, old, new in steps], same)


def test_a_slider_that_passed_other_values_made_one_change() -> None:
    assert scaled((1.0, "3", "8"), (2.0, "8", "11"), (2.5, "11", "15")) == "web 3 → 15"


def test_what_is_no_one_move_stays_apart() -> None:
    assert scaled((1.0, "1", "15"), (1.5, "15", "10")) == "web 1 → 15 · web 15 → 10"
    assert scaled((1.0, "1", "5"), (4.0, "5", "9")) == "web 1 → 5 · web 5 → 9"
    drained = [
        Mark(1.0, "availability", "node2", "active", "drain"),
        Mark(1.5, "availability", "node2", "drain", "active"),
    ]
    assert describe(drained, same) == "node2 drain · node2 active"
    between = [
        Mark(1.0, "replicas", "web", "1", "5"),
        Mark(1.1, "image", "web", "nginx:1", "nginx:2"),
        Mark(1.2, "replicas", "web", "5", "9"),
    ]
    assert describe(between, same) == "web 1 → 5 · web nginx:2 · web 5 → 9"
