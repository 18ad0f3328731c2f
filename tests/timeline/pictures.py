"""Random but plausible lives of a small cluster, as snapshots; shared by the timeline's tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from core.cluster import parse
from core.cluster.snapshot import TASK_STATES, ClusterSnapshot, Outage
from core.errors import EngineUnreachable
from tests.cluster import raw

NODES = ("node1", "node2", "node3")

#: For property tests: a slow machine is no failure.
patient = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def picture(time: float, revision: int, tasks: list[raw.Json], **nodes: str) -> ClusterSnapshot:
    """A snapshot with these tasks; nodes: those that are not ready and active, by name."""
    parsed = parse.tasks(tasks)
    known = []
    for name in NODES:
        state = nodes.get(name, "active")
        down = state == "down"
        known.append(
            raw.node(
                name, availability="active" if down else state, state="down" if down else "ready"
            )
        )
    return ClusterSnapshot(
        time=time,
        revision=revision,
        engine=parse.engine(raw.INFO, raw.VERSION),
        nodes=parse.nodes(known),
        services=parse.services([raw.service(), raw.service("api")], parsed),
        tasks=parsed,
    )


@st.composite
def _task(draw: st.DrawFn) -> raw.Json:
    return raw.task(
        draw(st.integers(1, 9)),
        slot=draw(st.integers(1, 3)),
        node=draw(st.sampled_from(("", *NODES))),
        state=draw(st.sampled_from(TASK_STATES)),
        desired=draw(st.sampled_from(("running", "ready", "shutdown", "remove"))),
        service=draw(st.sampled_from(("web", "api"))),
        error=draw(st.sampled_from(("", "no such image"))),
    )


@st.composite
def lives(draw: st.DrawFn, longest: int = 12) -> list[ClusterSnapshot]:
    """Snapshots one after another; in some the engine is not heard."""
    life: list[ClusterSnapshot] = []
    for number in range(draw(st.integers(1, longest))):
        tasks = draw(st.lists(_task(), max_size=6, unique_by=lambda task: task["ID"]))
        words = {name: draw(st.sampled_from(("active", "drain", "down"))) for name in NODES}
        shot = picture(100.0 + number, number + 1, tasks, **words)
        if life and draw(st.integers(0, 5)) == 0:
            shot = replace(
                life[-1], outage=Outage(EngineUnreachable("gone"), 1.0), revision=number + 1
            )
        life.append(shot)
    return life


def running(snapshot: ClusterSnapshot) -> Counter[str]:
    """Replicas that run, by hostname: counted straight from what the engine said."""
    up = {node.id: node.hostname for node in snapshot.nodes if node.state != "down"}
    return Counter(
        up[task.node_id] if task.node_id else ""
        for task in snapshot.tasks
        if task.state == "running"
        and task.desired_state in ("running", "ready")
        and (not task.node_id or task.node_id in up)
    )
