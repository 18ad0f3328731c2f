"""Workers and dashboards are killed while learners work: nothing is lost, no other is touched."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Browser

from bench import crashes, ledger

pytestmark = pytest.mark.browser


def test_what_learners_did_outlives_its_processes(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What they began with is there, and nothing torn or without what came before it. That the rest
    # is kept within a second holds where there is a processor for it: ``bench.crashes`` sees to it.
    monkeypatch.setattr(ledger, "LATE", 60.0)
    monkeypatch.setattr(crashes, "WORKING", (1.5, 3.0))
    monkeypatch.setattr(crashes, "AFTERWARDS", 0.5)
    report, chance = crashes.Report(), random.Random(1)
    with crashes.at_work(2, 1, report, browser) as room:
        room.crash(1, "worker", chance)
        room.crash(2, "dashboard", chance)
    assert report.faults == []
    assert report.acts
