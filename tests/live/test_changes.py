"""What is sent of a message that has changed, and that nothing is lost by it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.cluster.history import History
from core.live import messages
from core.live.changes import changes
from tests.cluster import raw
from tests.cluster.test_history import snapshot
from tests.live.reader import applied

_scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
_contents = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.lists(
            st.fixed_dictionaries({"id": st.sampled_from("pqrs"), "x": inner}),
            max_size=4,
            unique_by=lambda item: item["id"],
        )
    ),
    max_leaves=12,
)


@given(_contents, _contents)
def test_a_patch_makes_the_old_into_the_new(old: Any, new: Any) -> None:
    patch = changes(old, new)
    if patch is None:
        assert old == new
    else:
        assert applied(copy.deepcopy(old), json.loads(json.dumps(patch))) == new


def test_a_series_tells_only_what_came_and_how_much_went() -> None:
    old = [*range(1000, 2000), 5]
    assert changes(old, [*old[3:-1], 2000, 6]) == {"keep": [3, 1000], "add": [2000, 6]}
    assert changes([1, 2], [3]) == [[3]]


def test_of_a_tile_only_what_has_changed_is_told() -> None:
    before = messages.cluster(snapshot(), str)
    tasks = [raw.task(1), raw.task(2, slot=2, node="node2", state="failed", error="exit (1)")]
    after = messages.cluster(snapshot(time=101.0, tasks=tasks), str)
    patch = changes(before, after)
    assert patch is not None
    assert applied(before, patch) == after
    assert isinstance(patch, dict)
    assert patch["nodes"]["of"].get("id-node1", {}).keys() <= {"drain_warning"}
    tile = patch["nodes"]["of"]["id-node2"]["tiles"]["of"]["task-2"]
    assert tile["state"] == ["failed"]
    assert "name" not in tile


def test_a_crash_among_many_replicas_is_told_in_a_fraction_of_the_whole() -> None:
    def at(crashed: int) -> dict[str, Any]:
        tasks = [
            raw.task(
                number, slot=number, node=f"node{number % 2 + 1}", service=f"s{number % 5}",
                state="failed" if number == crashed else "running",
            )
            for number in range(1, 101)
        ]  # fmt: skip
        services = [raw.service(f"s{number}", 20) for number in range(5)]
        return messages.cluster(snapshot(tasks=tasks, services=services), str)

    before, after = at(50), at(51)
    assert len(json.dumps(changes(before, after))) < len(json.dumps(after)) / 10


def test_the_past_grows_by_what_came() -> None:
    past = History()
    shown = snapshot(time=100.0)
    for second in range(200):
        tasks = [raw.task(1), raw.task(2, slot=2, state=("running", "failed")[second % 2])]
        shown = replace(snapshot(time=100.0 + second, tasks=tasks), revision=second)
        past.add(shown)
        if second == 198:
            before = messages.history(past, shown, str)
    after = messages.history(past, shown, str)
    patch = changes(before, after)
    assert applied(before, patch) == after
    assert len(json.dumps(patch)) < len(json.dumps(after)) / 10


def test_a_job_is_told_as_docker_counts_it() -> None:
    job = raw.service("job", Mode={"ReplicatedJob": {"TotalCompletions": 3, "MaxConcurrent": 2}})
    told = messages.cluster(snapshot(services=[job, raw.service()], tasks=[]), str)
    counted = {each["name"]: each["job"] for each in told["services"]}
    assert counted == {"job": "0/2 (0/3 completed)", "web": ""}
