"""A long action ends as failed, whatever it raises."""

from __future__ import annotations

import pytest

from core.commands.command import Report
from core.commands.transfers import PullImage
from core.control.jobs import Job
from tests.cluster.test_collector import until


@pytest.mark.parametrize("error", [KeyError("layers"), SystemExit("a library has enough")])
def test_a_fault_ends_a_job_as_failed(error: BaseException) -> None:
    def run(_report: Report) -> str:
        raise error

    job = Job(PullImage(image="nginx"), run)
    until(lambda: not job.running, 30)
    assert "Essaim itself failed here" in str(job.error)
