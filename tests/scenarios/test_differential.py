"""Random sequences of commands end in the same state on the practice Swarm and on a real one.

Where the scheduler finds several nodes equally good, it takes any: both engines do. So a state is
compared as a multiset of nodes, steps name a node by its rank in that state, and when the practice
Swarm took another turn at such a tie, the sequence is played again with another seed: one of them
must pass through exactly the states of the real Swarm. A long row of ties may take a turn that no
seed takes; the real Swarm hardly takes such a one again, so a difference is one that comes back.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import docker
import pytest
import requests
from docker.types import RestartPolicy, RollbackConfig, ServiceMode, UpdateConfig
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from .engines import PREFIX, Swarm, opened, practice

#: How many sequences are drawn, always the same ones; their length is at most LONGEST.
SEQUENCES = int(os.environ.get("ESSAIM_SEQUENCES", "50"))
LONGEST = 7
CALM = 1.2  # seconds without a change, at the Swarm's own pace, after which none comes
#: Starts and kills the machines of the real Swarm: without it, none crashes.
LAUNCHER = os.environ.get("ESSAIM_SWARM_LAUNCHER", "")
CRASHES = ["crash", "revive"] if LAUNCHER else []
SEEDS = 60  # turns at ties that the practice Swarm tries
TURNS = 3  # of the real Swarm, before a difference is called one
ONE, TWO = f"{PREFIX}one", f"{PREFIX}two"
SECOND = 10**9  # in the API's nanoseconds
#: Quick updates and restarts, and no network, whose tasks would stop slowly.
SPEED = {
    "update_config": UpdateConfig(parallelism=2, monitor=SECOND // 3),
    "rollback_config": RollbackConfig(parallelism=2, monitor=SECOND // 3),
    "restart_policy": RestartPolicy(condition="any", delay=SECOND),
    "stop_grace_period": SECOND // 2,  # sleep does not listen to the stop signal
}

NodeState = tuple[str, str, str, tuple[tuple[tuple[str, str, str], int], ...]]


@dataclass(frozen=True)
class State:
    """What the managers list, without what tells one engine from another."""

    nodes: tuple[NodeState, ...]  # role, availability, state, tasks by service, desired, observed
    pending: tuple[tuple[str, str], ...]  # of tasks without a node: service and reason
    services: tuple[tuple[str, str, int, str], ...]  # name, running/wanted, slots, update


@dataclass(frozen=True)
class Step:
    """One command: what is done, to which service, with which number or node's rank."""

    verb: str
    service: str = ONE
    number: int = 0


class Play:
    """A Swarm on which steps are taken, each until all is at rest again."""

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm
        self.pace = 1.0 if swarm.engine == "real" else 0.03  # wall seconds a second of the Swarm
        self.api = swarm.client.api
        self.crashed: set[str] = set()  # hostnames

    # Looking

    def nodes(self) -> dict[str, dict[str, Any]]:
        return {node["ID"]: node for node in self.api.nodes()}

    def tasks(self) -> list[dict[str, Any]]:
        names = {s["ID"]: s["Spec"]["Name"] for s in self.api.services()}
        found = [{**t, "Service": names.get(t["ServiceID"], "")} for t in self.api.tasks()]
        return [task for task in found if task["Service"].startswith(PREFIX)]

    def state(self) -> State:
        tasks, ranked = self.tasks(), self.ranked()
        services = []
        for service in self.api.services():
            name = service["Spec"]["Name"]
            if not name.startswith(PREFIX):
                continue
            own = [task for task in tasks if task["Service"] == name]
            wanted = service["Spec"]["Mode"].get("Replicated", {}).get("Replicas", "all")
            running = sum(t["Status"]["State"] == "running" for t in own)
            slots = len({t.get("Slot") for t in own if t["DesiredState"] == "running"})
            update = service.get("UpdateStatus", {}).get("State", "")
            services.append((name, f"{running}/{wanted}", slots, update))
        pending = [(t["Service"], t["Status"].get("Err", "")) for t in tasks if not t.get("NodeID")]
        return State(
            tuple(shape for shape, _ in ranked), tuple(sorted(pending)), tuple(sorted(services))
        )

    def ranked(self) -> list[tuple[NodeState, str]]:
        """The nodes by what is on them, with their ids: equal ones may stand in any order."""
        counts: dict[str, Counter[tuple[str, str, str]]] = {}
        for task in self.tasks():
            key = (task["Service"], task["DesiredState"], task["Status"]["State"])
            counts.setdefault(task.get("NodeID", ""), Counter())[key] += 1
        rows = []
        for id, node in self.nodes().items():
            spec, held = node["Spec"], counts.get(id, Counter())
            shape = (
                spec["Role"],
                spec["Availability"],
                node["Status"]["State"],
                tuple(sorted(held.items())),
            )
            rows.append((shape, id))
        return sorted(rows)

    def at_rest(self) -> bool:
        """Whether every service has what it can have, and nothing is on its way."""
        up = {id for id, node in self.nodes().items() if node["Status"]["State"] == "ready"}
        for task in self.tasks():
            observed, desired = task["Status"]["State"], task["DesiredState"]
            if task.get("NodeID") and task["NodeID"] not in up:
                if desired == "running":
                    return False
                continue
            if observed == "pending" and task["Status"].get("Err"):
                continue
            over = observed in ("shutdown", "failed", "rejected", "complete", "orphaned")
            if not (desired == "shutdown" and over) and not (desired == observed == "running"):
                return False
        for _name, count, slots, update in self.state().services:
            if update in ("updating", "rollback_started"):
                return False
            wanted = count.partition("/")[2]
            if wanted != "all" and slots != int(wanted):
                return False
        return True

    def settle(self) -> State:
        """Wait until all is at rest, and stays so for a while."""
        deadline = time.monotonic() + 90.0
        calm, last = 0.0, None
        while calm < CALM * self.pace:
            assert time.monotonic() < deadline, f"{self.swarm.engine} never came to rest: {last}"
            time.sleep(0.1 * self.pace)
            seen = self.state()
            calm = calm + 0.1 * self.pace if seen == last and self.at_rest() else 0.0
            last = seen
        assert last is not None
        return last

    # Doing

    def take(self, step: Step) -> State:
        getattr(self, step.verb)(step)
        return self.settle()

    def _exists(self, name: str) -> bool:
        return any(s["Spec"]["Name"] == name for s in self.api.services())

    def create(self, step: Step) -> None:
        if not self._exists(step.service):
            self.swarm.client.services.create(
                "alpine",
                ["sleep", "100000"],
                name=step.service,
                mode=ServiceMode("replicated", step.number),
                **SPEED,
            )

    def scale(self, step: Step) -> None:
        if self._exists(step.service):
            self.swarm.run(f"docker service scale {step.service}={step.number}")

    def update(self, step: Step) -> None:
        if self._exists(step.service):
            self.swarm.run(f"docker service update --env-add N={step.number} {step.service}")

    def force(self, step: Step) -> None:
        if self._exists(step.service):
            self.swarm.run(f"docker service update --force {step.service}")

    def rollback(self, step: Step) -> None:
        stored = [s for s in self.api.services() if s["Spec"]["Name"] == step.service]
        if stored and stored[0].get("PreviousSpec"):
            self.swarm.run(f"docker service rollback {step.service}")

    def remove(self, step: Step) -> None:
        if self._exists(step.service):
            self.swarm.run(f"docker service rm {step.service}")

    def drain(self, step: Step) -> None:
        self._available(step, "drain")

    def pause(self, step: Step) -> None:
        self._available(step, "pause")

    def activate(self, step: Step) -> None:
        self._available(step, "active")

    def _available(self, step: Step, availability: str) -> None:
        ranked = [id for shape, id in self.ranked() if shape[1] != availability]
        if ranked:
            id = ranked[step.number % len(ranked)]
            self.swarm.run(f"docker node update --availability {availability} {id}")

    def kill(self, step: Step) -> None:
        """Kill the container of a running replica on the node of that rank."""
        for _, id in self._from(step.number, self.ranked()):
            for task in self.tasks():
                runs = task["DesiredState"] == task["Status"]["State"] == "running"
                if task.get("NodeID") == id and task["Service"] == step.service and runs:
                    self._kill(task)
                    return

    def _kill(self, task: dict[str, Any]) -> None:
        with self._engine_of(task["NodeID"]) as engine:
            engine.kill(task["Status"]["ContainerStatus"]["ContainerID"])
        self.swarm.wait(lambda: self.api.inspect_task(task["ID"])["Status"]["State"] == "failed")

    @staticmethod
    def _from(number: int, rows: Sequence[Any]) -> list[Any]:
        at = number % len(rows)
        return [*rows[at:], *rows[:at]]

    @contextlib.contextmanager
    def _engine_of(self, node: str) -> Iterator[docker.APIClient]:
        """The engine that is this node."""
        for engine in self._engines():
            if engine.info()["Swarm"]["NodeID"] == node:
                yield engine
                return
        raise AssertionError(f"no engine is node {node}")

    def _engines(self) -> Iterator[docker.APIClient]:
        """The engines that answer, one after the other."""
        for host in self.swarm.hosts:
            client = docker.APIClient(base_url=host)
            try:
                with contextlib.suppress(OSError):  # a machine that crashed
                    client.ping()
                    yield client
            finally:
                client.close()

    def _worker(self, rank: int) -> str | None:
        """A worker that is ready, if another one is, too."""
        workers = [id for shape, id in self.ranked() if shape[::2] == ("worker", "ready")]
        return workers[rank % len(workers)] if len(workers) > 1 else None

    def _wait_for(self, node: str, state: str) -> None:
        self.swarm.wait(lambda: self.nodes()[node]["Status"]["State"] == state)

    def leave(self, step: Step) -> None:
        """A worker leaves, and the managers notice."""
        if node := self._worker(step.number):
            with self._engine_of(node) as engine:
                engine.leave_swarm()
            self._wait_for(node, "down")

    def join(self, step: Step) -> None:
        """Nodes that left are removed, and machines outside the Swarm join it."""
        for id, node in self.nodes().items():
            gone = node["Description"]["Hostname"] not in self.crashed
            if node["Status"]["State"] == "down" and gone:
                self.api.remove_node(id)
        token = self.api.inspect_swarm()["JoinTokens"]["Worker"]
        manager = self.api.info()["Swarm"]["RemoteManagers"][0]["Addr"]
        for engine in self._engines():
            if engine.info()["Swarm"]["LocalNodeState"] == "inactive":
                engine.join_swarm([manager], token)
                self._wait_for(engine.info()["Swarm"]["NodeID"], "ready")

    def crash(self, step: Step) -> None:
        """A worker's machine dies, and the managers notice."""
        if node := self._worker(step.number):
            name = self.nodes()[node]["Description"]["Hostname"]
            self.crashed.add(name)
            self._power("kill", name)
            self._wait_for(node, "down")

    def revive(self, step: Step) -> None:
        """The machines that crashed start again."""
        for name in sorted(self.crashed):
            self._power("start", name)
            self.crashed.discard(name)
            for id, node in self.nodes().items():
                left = node["Status"]["State"] == "down" and not self._reports(id)
                if node["Description"]["Hostname"] == name and not left:
                    self._wait_for(id, "ready")

    def _reports(self, node: str) -> bool:
        return any(engine.info()["Swarm"]["NodeID"] == node for engine in self._engines())

    def _power(self, verb: str, name: str) -> None:
        if self.swarm.engine == "real":
            subprocess.run([LAUNCHER, verb, name], check=True, timeout=60)
        else:
            base = self.swarm.host.replace("tcp", "http", 1)
            requests.post(f"{base}/_practice/engines/{name}/{verb}", timeout=5).raise_for_status()


services = st.sampled_from([ONE, ONE, TWO])
ranks = st.integers(0, 2)
steps = st.one_of(
    st.builds(Step, st.just("scale"), services, st.integers(0, 9)),
    st.builds(Step, st.sampled_from(["update", "force", "rollback"]), services, st.integers(1, 9)),
    st.builds(Step, st.sampled_from(["drain", "activate", "pause"]), st.just(ONE), ranks),
    st.builds(Step, st.sampled_from(["drain", "activate"]), st.just(ONE), ranks),
    st.builds(Step, st.just("kill"), services, ranks),
    st.builds(Step, st.sampled_from(["create", "remove"]), st.just(TWO), st.integers(0, 5)),
    st.builds(Step, st.sampled_from(["leave", "join", *CRASHES]), st.just(ONE), ranks),
)
sequences = st.builds(
    lambda first, second, rest: [Step("create", ONE, first), Step("create", TWO, second), *rest],
    st.integers(1, 7),
    st.integers(0, 4),
    st.lists(steps, min_size=2, max_size=LONGEST - 2),
)


def played(play: Play, sequence: Sequence[Step], states: Sequence[State] = ()) -> list[State]:
    """The states after each step; stops where they depart from those expected, if there are any."""
    seen: list[State] = []
    for number, step in enumerate(sequence):
        seen.append(play.take(step))
        if states and seen[number] != states[number]:
            break
    return seen


def restore(play: Play) -> None:
    """As the Swarm was: all machines in it, active, and nothing of ours on it."""
    play.revive(Step("revive"))
    play.join(Step("join"))
    play.swarm.clean()
    play.swarm.wait(lambda: not play.tasks())


@pytest.fixture(scope="module")
def real() -> Iterator[Play]:
    with opened("real") as swarm:
        yield Play(swarm)


def drawn(count: int) -> list[list[Step]]:
    """So many sequences, always the same ones: each is a test of its own, with its own time."""
    found: list[list[Step]] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate])
    @given(sequence=sequences)
    def draw(sequence: list[Step]) -> None:
        found.append(sequence)

    draw()
    return found


@pytest.mark.realswarm
@pytest.mark.crashes
@pytest.mark.parametrize("sequence", drawn(SEQUENCES), ids=itertools.count(1))
def test_the_practice_swarm_does_what_the_real_one_does(real: Play, sequence: list[Step]) -> None:
    for _ in range(TURNS):
        try:
            expected = played(real, sequence)
        finally:
            restore(real)
        nearest = nearest_play(sequence, expected)
        if nearest == expected:
            return
    at = len(nearest) - 1
    done = "\n".join(str(step) for step in sequence[: at + 1])
    assert nearest[at] == expected[at], f"after\n{done}"


def nearest_play(sequence: Sequence[Step], expected: Sequence[State]) -> list[State]:
    """The practice Swarm's states with the seed that follows the real ones for longest."""
    nearest: list[State] = []
    for seed in range(SEEDS):
        with practice(seed) as swarm:
            seen = played(Play(swarm), sequence, expected)
        if seen == expected:
            return seen
        nearest = max(nearest, seen, key=len)
    return nearest
