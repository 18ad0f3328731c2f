"""Jobs, through the docker command: they run, end well, are listed, and run again."""

from __future__ import annotations

import re

import pytest

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


def test_the_command_waits_for_a_job(swarm: Swarm) -> None:
    create = ["service", "create", "--name", JOB, "--mode", "replicated-job", "--replicas", "2"]
    assert swarm.cli(*create, "alpine", "true").rstrip().endswith("job complete")
    assert "update and rollback configuration is not supported for jobs" in swarm.cli(
        *create[:3], f"{JOB}-2", *create[4:6], "--update-delay", "1s", "alpine", "true"
    )
