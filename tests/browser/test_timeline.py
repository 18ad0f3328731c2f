"""The timeline in a true browser: back in time, played again, and opened without a cluster."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest
from playwright.sync_api import Page, expect

from core.commands.services import CreateService, ScaleServices
from core.timeline import files
from tests.browser.conftest import PATIENCE, Look, dashboard, free_port, practice_engine

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


def until(page: Page, running: int) -> None:
    """Wait until the tiles and the counts agree on this number of running replicas."""
    expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(running)
    expect(page.locator("[data-part=counts]")).to_contain_text(f"● {running} running")


def test_back_in_time_and_opened_without_a_cluster(look: Look, tmp_path: Path) -> None:
    port, saved = free_port(), tmp_path / "lesson.json"
    with practice_engine(port), dashboard(DOCKER_HOST=f"tcp://127.0.0.1:{port}") as essaim:
        client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}", timeout=30)
        page = look(f"{essaim}/timeline")
        CreateService(name="web", replicas=3, image="nginx:latest").run(client)
        until(page, 3)
        ScaleServices(replicas=(("web", 7),)).run(client)
        until(page, 7)
        live = page.get_by_role("button", name="● Live")
        expect(live).to_have_attribute("aria-pressed", "true")

        # To the moment of the scale: three ran then. The live cluster goes on, unseen.
        page.get_by_role("button", name="web 3 → 7").click()
        expect(live).to_have_attribute("aria-pressed", "false")
        until(page, 3)
        slider = page.get_by_role("slider", name="Time")
        slider.press("Home")
        until(page, 0)
        page.get_by_text("16×").click()
        page.get_by_role("button", name="▶ Play again").click()
        until(page, 7)
        live.click()
        until(page, 7)

        with page.expect_download() as download:
            page.get_by_role("button", name="Save").click()
        download.value.save_as(saved)
        client.close()

    recording = files.load(saved.read_bytes(), str)
    assert (
        sum(
            n
            for (_, phase), n in recording.at(recording.end).counts().items()
            if phase == "running"
        )
        == 7
    )
    with dashboard(DOCKER_HOST="tcp://127.0.0.1:9") as essaim:
        page = look(f"{essaim}/timeline")
        expect(page.get_by_text("The engine does not answer yet")).to_be_visible()
        page.get_by_role("button", name="Open a file").click()
        page.locator("input[type=file]").set_input_files(saved)
        page.get_by_role("slider", name="Time").press("End")
        until(page, 7)
        page.get_by_role("button", name="web 3 → 7").click()
        until(page, 3)
