"""The machines of a learner's cluster are lost under an open page, which says so and goes on."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Look, answers, free_port, program

pytestmark = pytest.mark.browser


expect.set_options(timeout=PATIENCE)


def workers(of: int) -> list[int]:
    """The process ids of a dashboard's workers, and of the one that is ready to be another."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == of and b"essaim_practice.worker" in (each / "cmdline").read_bytes():
                found.append(int(each.name))
    return found


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "this cluster was begun anew"), ("fr", "ce cluster a donc recommencé à neuf")],
)
def test_a_page_says_that_its_machines_were_lost_and_goes_on(
    look: Look, language: str, told: str
) -> None:
    port = free_port()
    start = ("streamlit", "run", "app.py", "--server.port", f"{port}")
    with program(*start, ESSAIM_ENGINE="practice", ESSAIM_DATA="", ESSAIM_WORKERS="1") as process:
        essaim = f"http://127.0.0.1:{port}"
        answers(f"{essaim}/_stcore/health", process)
        page = look(f"{essaim}/?lang={language}")
        status = page.locator(".essaim-status[data-stale=false][data-waiting=false]")
        expect(status).to_be_visible()
        for worker in workers(process.pid):
            os.kill(worker, signal.SIGKILL)
        expect(page.get_by_text(told)).to_be_visible()
        expect(status).to_be_visible()
