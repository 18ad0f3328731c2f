"""The timeline in a true browser: back in time, played again, and opened without a cluster."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from playwright.sync_api import Page, expect

from core.cluster.snapshot import TASK_STATES
from core.commands.services import CreateService, ScaleServices
from core.live.routes import edition
from core.timeline import files
from core.timeline.recorder import Recorder
from core.timeline.view import picture as told
from tests.browser.conftest import PATIENCE, Look, dashboard, free_port, practice_engine
from tests.cluster import raw
from tests.cluster.test_history import snapshot
from tests.timeline.moments import moment_at
from tests.timeline.pictures import NODES, picture

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

    recording = files.load(saved.read_bytes())
    assert (
        sum(
            n
            for (_, phase), n in moment_at(recording, recording.end).counts().items()
            if phase == "running"
        )
        == 7
    )
    with dashboard(DOCKER_HOST="tcp://127.0.0.1:9") as essaim:
        page = look(f"{essaim}/timeline")
        expect(page.get_by_text("No engine answers at tcp://127.0.0.1:9 yet")).to_be_visible()
        page.get_by_role("button", name="Open a file").click()
        page.locator("input[type=file]").set_input_files(saved)
        page.get_by_role("slider", name="Time").press("End")
        until(page, 7)
        page.get_by_role("button", name="web 3 → 7").click()
        until(page, 3)


def test_the_browser_reads_a_recording_as_python_does(essaim: str, look: Look) -> None:
    dice = random.Random(7)
    recorder, life = Recorder(), []
    for number in range(60):
        tasks = [
            raw.task(
                n,
                slot=n % 7 + 1,
                node=dice.choice(("", *NODES)),
                state=dice.choice(TASK_STATES),
                desired=dice.choice(("running", "running", "shutdown")),
                service=dice.choice(("web", "api")),
            )
            for n in dice.sample(range(40), 25)
        ]
        words = {name: dice.choice(("active", "drain", "down")) for name in NODES}
        life.append(picture(100.0 + number, number + 1, tasks, **words))
        recorder.add(life[-1])
    recording = recorder.recording()
    times = [100.0 + dice.uniform(-1, 61) for _ in range(100)]
    found = look(f"{essaim}/timeline").evaluate(
        """async ([script, news, times]) => {
             const { Recording } = await import(script);
             const recording = new Recording();
             recording.add({ whole: true, ...news });
             return times.map((time) => {
               const { nodes, unplaced } = recording.at(time);
               return [...nodes, { id: "", tiles: unplaced }].map(({ id, tiles }) => (
                 [id, tiles.map((tile) => [tile.id, tile.phase])]));
             });
           }""",
        [f"{essaim}/live/{edition()}/recording.js", told(recording, str), times],
    )
    for time, columns in zip(times, found, strict=True):
        moment = moment_at(recording, time)
        assert columns == [
            [node, [[id, moment.replicas[id].phase] for id in moment.tiles(node)]]
            for node in (*moment.nodes, "")
        ]


def test_a_bar_has_its_services_name_though_its_task_is_seen_before_and_after_it(
    essaim: str, look: Look
) -> None:
    recorder = Recorder()
    for at, services in enumerate(([], [raw.service()], [])):
        seen = snapshot(100.0 + at, services=services, tasks=[raw.task(1)])
        recorder.add(replace(seen, revision=at))
    names = look(f"{essaim}/timeline").evaluate(
        """async ([script, news]) => {
             const { Recording } = await import(script);
             const recording = new Recording();
             recording.add({ whole: true, ...news });
             return [...recording.bars.values()].map((bar) => bar.name);
           }""",
        [f"{essaim}/live/{edition()}/recording.js", told(recorder.recording(), str)],
    )
    assert names == ["web.1"]


def test_a_bar_ends_where_the_record_does(essaim: str, look: Look) -> None:
    recorder = Recorder()
    recorder.add(picture(100.0, 1, [raw.task(1)]))
    recorder.add(picture(105.0, 2, [raw.task(1)], node2="drain"))
    ends = look(f"{essaim}/timeline").evaluate(
        """async ([files, news]) => {
             const { Recording } = await import(`${files}/recording.js`);
             const { Bars } = await import(`${files}/bars.js`);
             const recording = new Recording();
             recording.add({ whole: true, ...news });
             const frame = document.body.appendChild(document.createElement("div"));
             frame.style.width = "800px";
             const canvas = frame.appendChild(document.createElement("canvas"));
             const bars = new Bars(canvas, () => {}, () => {});
             bars.draw(recording, 100, 120, 105, "");
             return bars.hits.map((hit) => bars.time(hit.x1));
           }""",
        [f"{essaim}/live/{edition()}", told(recorder.recording(), str)],
    )
    assert ends == [pytest.approx(105.0)]
