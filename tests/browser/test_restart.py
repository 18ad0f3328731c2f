"""A page that is open while Essaim is started again."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.labs.kept import KeptLabs
from core.labs.texts import texts
from core.storage.records import decode
from core.storage.storage import FILE
from tests.browser.conftest import PATIENCE, Look, dashboard, free_port, practice_engine
from tests.browser.test_console import answer, run
from tests.browser.test_labs import GREEN
from tests.browser.test_machines import type_line
from tests.browser.test_share import code_to, create
from tests.cluster.test_collector import until

pytestmark = pytest.mark.browser

SERVICE = b"outlives-all"

expect.set_options(timeout=PATIENCE)


def test_a_page_says_so_and_its_buttons_work_at_the_first_press(look: Look) -> None:
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        expect(page.get_by_role("button", name="Create the service")).to_be_enabled()
    expect(page.locator(".essaim-status")).to_contain_text("does not answer")
    with dashboard(at=port, ESSAIM_ENGINE="practice"):
        expect(page.locator(".essaim-status")).to_contain_text("Essaim was started again")
        page.get_by_role("button", name="Create the service").click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)


def test_a_press_that_comes_too_early_waits(look: Look) -> None:
    """Streamlit enables its buttons before the new server has drawn the page."""
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        create = page.get_by_role("button", name="Create the service")
        expect(create).to_be_enabled()
        connected = page.locator("[data-test-connection-state=CONNECTED]")
    expect(connected).to_have_count(0)
    page.evaluate(
        """() => new MutationObserver((_, watch) => {
             if (!document.querySelector("[data-test-connection-state=CONNECTED]")) return;
             watch.disconnect();
             const button = [...document.querySelectorAll("[data-testid=stMain] button")].find(
               (each) => each.textContent.includes("Create the service"));
             requestAnimationFrame(() => button.click());
           }).observe(document.querySelector("[data-testid=stApp]"), { attributes: true })"""
    )
    with dashboard(at=port, ESSAIM_ENGINE="practice"):
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)


def test_the_console_keeps_what_was_typed_and_answered(look: Look) -> None:
    port, engine = free_port(), free_port()
    host = f"tcp://127.0.0.1:{engine}"
    with practice_engine(engine), dashboard(at=port, DOCKER_HOST=host) as essaim:
        page = look(f"{essaim}/console")
        run(page, "docker node ls")
        expect(answer(page)).to_contain_text("HOSTNAME")
        prompt = page.get_by_label("Docker line")
        prompt.fill("docker service create --name web nginx")
    expect(page.locator(".essaim-status")).to_contain_text("does not answer")
    with practice_engine(engine), dashboard(at=port, DOCKER_HOST=host):
        expect(page.locator(".essaim-past")).to_contain_text("Essaim was started again")
        expect(page.locator(".essaim-line")).to_have_text(["docker node ls"])
        expect(prompt).to_have_value("docker service create --name web nginx")
        prompt.press("Enter")
        expect(page.locator(".essaim-line")).to_have_count(2)
        expect(answer(page)).to_have_text(re.compile(r"\w{25}"))
        prompt.press("ArrowUp")
        prompt.press("ArrowUp")
        expect(prompt).to_have_value("docker node ls")
        prompt.fill("docker ps, not sent yet")
        page.reload()
        expect(prompt).to_have_value("docker ps, not sent yet")


def kept(folder: Path) -> bool:
    """Whether a folder has the first step of a lab, the line that did it, and the service."""
    with closing(sqlite3.connect(folder / FILE)) as file:
        labs = file.execute("SELECT value FROM record WHERE name = 'labs'").fetchall()
        lines = file.execute("SELECT value FROM entry WHERE name = 'timeline'").fetchall()
    done = [progress.done for (value,) in labs for progress in decode(value, KeptLabs).begun()]
    clusters = b"".join(path.read_bytes() for path in (folder / "clusters").glob("*.cluster*"))
    return any(done) and any(b"hello-world" in value for (value,) in lines) and SERVICE in clusters


def test_a_learner_goes_on_where_they_were(look: Look, tmp_path: Path) -> None:
    """The dashboard is killed, and nobody reloads a page."""
    port, known = free_port(), texts("lab1", "en").steps
    with dashboard(at=port, ESSAIM_ENGINE="practice", ESSAIM_DATA=str(tmp_path)) as essaim:
        page = look(f"{essaim}/labs?lab=lab1")
        expect(page.get_by_role("heading", name=known["first"].title)).to_be_visible()
        desk = page.context.new_page()
        desk.goto(f"{essaim}/console")
        type_line(desk, "docker container run hello-world")
        expect(page.locator(f"{GREEN}[data-step='0']")).to_be_visible()
        desk.goto(essaim)
        create(desk, SERVICE.decode())
        before, key = code_to(desk, "To look on"), own_key(page)
        desk.close()
        until(lambda: kept(tmp_path))
    expect(page.locator(".essaim-status")).to_contain_text("does not answer")
    with dashboard(at=port, ESSAIM_ENGINE="practice", ESSAIM_DATA=str(tmp_path)):
        expect(page.locator(".essaim-status")).to_contain_text("Essaim was started again")
        expect(page.get_by_role("heading", name=known["pull"].title)).to_be_visible()
        page.get_by_role("button", name="Previous step").click()
        expect(page.locator(f"{GREEN}[data-step='0']")).to_be_visible()
        assert code_to(page, "To look on") == before
        assert own_key(page) == key
        page.goto(essaim)
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        expect(page.get_by_role("button", name=f"Remove {SERVICE.decode()}")).to_be_visible()
        assert (
            "docker container run hello-world" in page.request.get(f"{essaim}/live/timeline").text()
        )


def test_in_memory_alone_it_goes_on_with_a_cluster_of_its_own(look: Look) -> None:
    """What its browser's key was signed with is gone: it gets another, and sees nothing of it."""
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        before = own_key(page)
    with dashboard(at=port, ESSAIM_ENGINE="practice"):
        page.wait_for_function(
            "() => fetch('/live/timeline').then(answer => answer.ok).catch(() => false)",
            polling=500,
        )
        page.get_by_role("button", name="Share").click()
        shown = page.get_by_test_id("stPopoverBody").get_by_role("heading")
        page.get_by_role("radio", name="To work together").click()
        expect(shown).to_have_count(1)
        expect(shown).not_to_have_text("everybody")
        assert own_key(page) != before


def own_key(page: Page) -> str:
    """The cookie with the browser's own key."""
    return next(each["value"] for each in page.context.cookies() if each["name"] == "essaim_own")
