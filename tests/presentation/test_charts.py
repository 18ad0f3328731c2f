from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as st

from core.cluster.history import History, Mark
from core.i18n import translation
from core.presentation import charts
from core.presentation.charts import MAX_MOMENTS
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


def test_names_of_many_nodes_find_their_room() -> None:
    nodes = [raw.node(f"node{n}") for n in range(1, 11)]
    assert replicas_per_node(snapshot(nodes=nodes, tasks=[]), same).layout.xaxis.automargin


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
    assert all(shape.x0 == shape.x1 for shape in figure.layout.shapes)
    return [shape.x0 / 1000 for shape in figure.layout.shapes]


def notes(figure: go.Figure) -> list[tuple[float, str]]:
    return [(note.x / 1000, note.text) for note in figure.layout.annotations]


def test_each_mark_has_a_line_at_its_own_time_and_words_beside_it() -> None:
    marks = [
        Mark(10.0, "replicas", "web", "3", "15"),
        Mark(12.0, "availability", "node2", "active", "drain"),
        Mark(90.0, "removed", "web"),
    ]
    figure = over_time(marks)
    assert lines(figure) == [10.0, 12.0, 90.0]
    assert notes(figure) == [(12.0, "web 3 → 15<br>node2 drain"), (90.0, "web removed")]


def test_what_is_taken_back_is_told_as_well() -> None:
    """Not the last state at the time of the first: there the curve does something else."""
    marks = [
        Mark(50.0, "availability", "node2", "active", "drain"),
        Mark(54.0, "availability", "node2", "drain", "active"),
        Mark(100.0, "replicas", "web", "1", "15"),
        Mark(101.0, "replicas", "web", "15", "10"),
    ]
    figure = over_time(marks)
    assert lines(figure) == [50.0, 54.0, 100.0, 101.0]
    assert notes(figure) == [
        (54.0, "node2 drain<br>node2 active"),
        (101.0, "web 1 → 15<br>web 15 → 10"),
    ]


def test_many_marks_in_a_row_do_not_make_one() -> None:
    """Each is as close to the next as texts may not be; the last was 90 s after the first."""
    marks = [Mark(100.0 + 9 * n, "availability", "node2", "", f"s{n}") for n in range(10)]
    marks += [Mark(190.0, "removed", "web")]
    figure = over_time(marks)
    assert lines(figure) == [mark.time for mark in marks]
    told = {text: time for time, texts in notes(figure) for text in texts.split("<br>")}
    assert told["web removed"] == 190.0
    assert all(abs(told.get(f"node2 s{n}", m.time) - m.time) < 14 for n, m in enumerate(marks))


def test_of_many_marks_the_newest_have_words() -> None:
    marks = [Mark(20.0 + 15 * n, "created", f"s{n}") for n in range(18)]
    figure = over_time(marks, 290.0)
    assert len(lines(figure)) == 18
    assert [text for _time, text in notes(figure)] == [f"s{n} created" for n in range(8, 18)]
    assert len(notes(figure)) == MAX_MOMENTS


@given(
    st.lists(st.floats(0.0, 400.0), max_size=30).map(sorted),
    st.lists(st.sampled_from(["web", "api", "a-service-with-a-long-name"]), min_size=30),
)
def test_no_text_of_a_mark_covers_another(times: list[float], names: list[str]) -> None:
    """Nor does one leave the chart, at any time and whatever was done."""
    marks = [Mark(t, "created", f"{name}{t}") for t, name in zip(times, names, strict=False)]
    layout = charts.mark_lines(marks, 100.0, 400.0, same)
    line, end = 300.0 * charts.LINE_SHARE, 100.0
    for note in layout["annotations"]:
        texts = note["text"].split("<br>")
        assert len(texts) <= charts.MAX_LINES
        assert max(map(len, texts)) <= charts.MAX_LETTERS
        time, width = note["x"] / 1000, len(texts) * line
        left = time - width if note["xanchor"] == "right" else time
        assert left >= end - 0.01  # times are whole milliseconds
        end = left + width
        # Every word stands within a line's width of what it tells.
        near = [mark for mark in marks if abs(mark.time - time) < line + 0.01]
        assert {text.rstrip("…")[:8] for text in texts if text != "…"} <= {
            mark.subject[:8] for mark in near
        }
    assert [shape["x0"] for shape in layout["shapes"]] == [
        round(mark.time * 1000) for mark in marks if mark.time >= 100.0
    ]


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
