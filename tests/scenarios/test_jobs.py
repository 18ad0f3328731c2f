"""Jobs, through the docker command: they run, end well, are listed, and run again."""

from __future__ import annotations

import re

import pytest

from core.cluster import parse
from core.cluster.snapshot import ClusterSnapshot
from core.errors import InvalidCommand
from core.presentation import tables

from .engines import Swarm

JOB = "essaim-job"
pytestmark = pytest.mark.cli


def rows(swarm: Swarm, *line: str) -> list[str]:
    """What the docker command prints, without ids, nodes and ages."""
    text = swarm.cli(*line)
    text = re.sub(r"(?m)^[0-9a-z]{12}\b", "<id>", text)
    text = re.sub(rf"{JOB}\.[0-9a-z]{{25}}", f"{JOB}.<node>", text)
    text = re.sub(r"node[1-3]", "<node>", text)
    text = re.sub(r"(?i)(less than a second|about an? \w+|\d+ \w+) ago", "<age>", text)
    return sorted(re.sub(r"\s{2,}", "  ", row.strip()) for row in text.splitlines())


def done(swarm: Swarm) -> int:
    return sum(task["Status"]["State"] == "complete" for task in swarm.tasks(JOB))


def test_a_replicated_job_from_the_first_run_to_the_second(swarm: Swarm) -> None:
    create = ["service", "create", "--detach", "--name", JOB, "--mode", "replicated-job"]
    swarm.cli(*create, "--replicas", "3", "--max-concurrent", "2", "alpine", "true")
    swarm.wait(lambda: done(swarm) == 3)
    listed = "<id>  essaim-job  replicated job  0/2 (3/3 completed)  alpine:latest"
    assert listed in rows(swarm, "service", "ls")
    assert listed in rows(swarm, "service", "ls", "--filter", "mode=replicated-job")
    complete = "alpine:latest  <node>  Complete  Complete <age>"
    names = [f"{JOB}.{which}" for which in ("1", "2", "<node>")]
    assert rows(swarm, "service", "ps", JOB)[:3] == [f"<id>  {name}  {complete}" for name in names]

    swarm.cli("service", "update", "--detach", "--force", JOB)
    swarm.wait(lambda: done(swarm) == 6)
    again = swarm.client.api.inspect_service(JOB)["JobStatus"]
    assert again["JobIteration"] == {"Index": 1}
    assert listed in rows(swarm, "service", "ls")


def test_a_global_job_is_done_on_every_node(swarm: Swarm) -> None:
    create = ["service", "create", "--detach", "--name", JOB, "--mode", "global-job"]
    swarm.cli(*create, "alpine", "true")
    swarm.wait(lambda: done(swarm) == 3)
    listed = "<id>  essaim-job  global job  0/0 (3/3 completed)  alpine:latest"
    assert listed in rows(swarm, "service", "ls")


#: Its tasks do not end: a real Swarm begins a task that has ended well once more, now and then.
LONG = ("service", "create", "--detach", "--name", JOB, "--mode")


def ours(swarm: Swarm) -> list[str]:
    """Our own service ls, as rows() has docker's."""
    text = re.sub(r"(?m)^[0-9a-z]{12}\b", "<id>", swarm.run("docker service ls"))
    return sorted(re.sub(r"\s{2,}", "  ", row.strip()) for row in text.splitlines())


def tally(swarm: Swarm) -> str:
    """The column of the Services page."""
    tasks = parse.tasks(swarm.client.api.tasks())
    services = parse.services(swarm.client.api.services(), tasks)
    snapshot = ClusterSnapshot(0.0, 1, None, services=services, tasks=tasks)
    shown = tables.services(snapshot, str).set_index("Name")
    return str(shown["Replicas"][JOB])


def counted(swarm: Swarm, mode: str, end: str) -> None:
    """Wait until docker, our command and our page say the same; how many run, only docker knows."""

    def agreed() -> bool:
        listed = f"<id>  {JOB}  {mode}  {tally(swarm)}  alpine:latest"
        said = (rows(swarm, "service", "ls"), ours(swarm))
        return f"{end}  " in listed and all(listed in each for each in said)

    swarm.wait(agreed)


def test_our_scale_of_a_replicated_job_asks_for_completions(swarm: Swarm) -> None:
    sizes = ("--replicas", "3", "--max-concurrent", "2")
    swarm.cli(*LONG, "replicated-job", *sizes, "alpine", "sleep", "600")
    counted(swarm, "replicated job", "/2 (0/3 completed)")

    assert swarm.run(f"docker service scale {JOB}=5") == f"{JOB} scaled to 5"
    mode = swarm.spec(JOB)["Mode"]["ReplicatedJob"]
    assert mode == {"MaxConcurrent": 2, "TotalCompletions": 5}
    assert swarm.client.api.inspect_service(JOB)["JobStatus"]["JobIteration"] == {"Index": 1}
    counted(swarm, "replicated job", "/2 (0/5 completed)")
    assert swarm.cli("service", "scale", "--detach", f"{JOB}=4").strip() == f"{JOB} scaled to 4"
    counted(swarm, "replicated job", "/2 (0/4 completed)")
    said = "replicas can only be used with replicated mode"
    assert swarm.cli("service", "update", "--detach", "--replicas", "2", JOB).strip() == said
    with pytest.raises(InvalidCommand, match=said):
        swarm.run(f"docker service update --replicas 2 {JOB}")


def test_a_global_job_is_not_scaled(swarm: Swarm) -> None:
    swarm.cli(*LONG, "global-job", "alpine", "sleep", "600")
    counted(swarm, "global job", " completed)")
    said = f"{JOB}: scale can only be used with replicated or replicated-job mode"
    assert said in swarm.cli("service", "scale", "--detach", f"{JOB}=2")
    with pytest.raises(InvalidCommand, match=said):
        swarm.run(f"docker service scale {JOB}=2")


def test_the_command_waits_for_a_job(swarm: Swarm) -> None:
    create = ["service", "create", "--name", JOB, "--mode", "replicated-job", "--replicas", "2"]
    assert swarm.cli(*create, "alpine", "true").rstrip().endswith("job complete")
    assert "update and rollback configuration is not supported for jobs" in swarm.cli(
        *create[:3], f"{JOB}-2", *create[4:6], "--update-delay", "1s", "alpine", "true"
    )
