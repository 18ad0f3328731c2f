"""The console of docker lines in a true browser: of an engine that is not on our workers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard, free_port, practice_engine

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


@contextmanager
def elsewhere() -> Iterator[str]:
    """A dashboard of a practice engine that runs by itself."""
    port = free_port()
    with practice_engine(port), dashboard(DOCKER_HOST=f"tcp://127.0.0.1:{port}") as essaim:
        yield essaim


@pytest.fixture(scope="module")
def essaim() -> Iterator[str]:
    with elsewhere() as address:
        yield address


def run(page: Page, line: str, label: str = "Docker line") -> None:
    prompt = page.get_by_label(label)
    prompt.fill(line)
    prompt.press("Enter")


def answer(page: Page) -> Locator:
    return page.locator(".essaim-answer").last


def screen(page: Page) -> Locator:
    """What the terminal in front shows."""
    return page.locator(".essaim-terminal:not([hidden]) .xterm-rows")


def type_in(page: Page, line: str) -> None:
    """Type a line into the terminal in front, once it waits for one."""
    expect(screen(page)).to_contain_text(re.compile(r"/ #\s*$"))
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def leave(page: Page) -> None:
    type_in(page, "exit")
    expect(screen(page)).to_contain_text(re.compile("exit code|code de sortie"))
    page.keyboard.press("Enter")
    expect(page.locator(".essaim-terminal")).to_have_count(0)


def test_a_reload_finds_the_console_and_its_terminals_again(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console")
        run(page, "docker run -it --name box alpine")
        type_in(page, "echo still here > kept")
        page.reload()
        expect(page.locator(".essaim-line").first).to_have_text("docker run -it --name box alpine")
        page.get_by_role("tab", name="box").click()
        type_in(page, "cat kept")
        expect(screen(page)).to_contain_text("still here")
        page.get_by_role("button", name="Close box").click()
        prompt = page.get_by_label("Docker line")
        prompt.press("ArrowUp")
        expect(prompt).to_have_value("docker run -it --name box alpine")


def test_tab_completes_and_the_picture_lights_up(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console")
        run(page, "docker service create --name web nginx\n\n# more\ndocker service scale web=3")
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
        prompt = page.get_by_label("Docker line")
        prompt.press_sequentially("serv")
        prompt.press("Tab")
        expect(prompt).to_have_value("service ")
        prompt.press_sequentially("sc")
        prompt.press("Tab")
        expect(prompt).to_have_value("service scale ")
        prompt.press("Tab")
        expect(prompt).to_have_value("service scale web=")
        prompt.press_sequentially("5")
        prompt.press("Enter")
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(5)


def test_what_a_button_did_is_shown_in_the_console(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(essaim)
        page.get_by_role("button", name="Create the service").click()
        page.get_by_role("link", name="Show in the console").click()
        expect(page.get_by_label("Docker line")).to_have_value(re.compile("^docker service create"))
        expect(page.locator(".essaim-entry")).to_have_count(0)  # typed in, and not run


def test_a_terminal_opens_from_the_containers_page(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console")
        run(page, "docker run -d --name box nginx")
        expect(page.locator(".essaim-entry[data-kind=done]")).to_be_visible()
        page.get_by_role("link", name="Containers").click()
        page.get_by_role("button", name="Open a terminal").click()
        expect(screen(page)).to_contain_text("#")
        page.keyboard.type("echo $((6 * 7))\n")
        expect(screen(page)).to_contain_text("42")
        page.keyboard.type("sleep 1000\n")
        page.keyboard.press("Control+c")
        page.keyboard.type("echo and on\n")
        expect(screen(page)).to_contain_text(re.compile("and on.*and on"))


def answered(page: Page, *messages: dict[str, object]) -> None:
    """Let the console hear these from its server, in this order."""

    def server(socket: WebSocketRoute) -> None:
        def answer(_: object) -> None:
            for message in messages:
                socket.send(json.dumps(message))

        socket.on_message(answer)

    page.route_web_socket("**/console/socket", server)
    page.reload()


def entry(number: int, kind: str, terminal: str = "") -> dict[str, object]:
    line = f"line {number}"
    told = {"number": number, "line": line, "kind": kind, "text": "", "terminal": terminal}
    return {"topic": "entry", **told}


def test_lines_stand_in_the_order_in_which_they_were_typed(essaim: str, look: Look) -> None:
    """A feed sends what has changed last, so news of the first line may come after the others'."""
    page = look(f"{essaim}/console")
    answered(
        page,
        {"topic": "session", "key": "k", "history": [], "settled": 0},
        *(entry(number, "waiting") for number in (10, 2, 9)),
        entry(1, "running"),
        entry(2, "done"),
        {"topic": "cleared", "upto": 1},
        entry(3, "done"),
    )
    lines = page.locator(".essaim-line")
    expect(lines).to_have_text(["line 2", "line 3", "line 9", "line 10"])


def test_a_terminal_that_opens_at_once_comes_to_the_front(essaim: str, look: Look) -> None:
    """And one that had opened before does not, whatever else is told meanwhile."""
    page = look(f"{essaim}/console")
    answered(
        page,
        {"topic": "session", "key": "k", "history": [], "settled": 1},
        entry(2, "terminal", "new"),
        entry(1, "terminal", "old"),
        {"topic": "terminals", "terminals": [{"key": k, "title": k} for k in ("old", "new")]},
    )
    expect(page.get_by_role("tab", name="new")).to_have_attribute("aria-selected", "true")


def test_a_phone_needs_no_tab_key(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console", size=PHONE)
        prompt = page.get_by_label("Docker line")
        expect(prompt).to_be_visible()
        # What does not fit wraps, and is cut; the page's font may come after the prompt.
        page.wait_for_function(
            "(field) => field.scrollHeight <= field.clientHeight", arg=prompt.element_handle()
        )
        prompt.fill("docker image p")
        page.get_by_role("button", name="Complete (Tab)").click()
        expect(prompt).to_have_value("docker image p")  # pull, or prune
        page.get_by_role("button", name=re.compile("^pull")).click()
        prompt.press_sequentially("alpine")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(answer(page)).to_contain_text("docker.io/library/alpine:latest")


def test_help_keeps_its_columns_where_there_is_little_room(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console", size=PHONE)
        run(page, "help")
        second = page.locator(".essaim-help :nth-child(2)")
        expect(second.first).to_contain_text("Show the versions")
        begin, wide = second.evaluate_all(
            """(cells) => [new Set(cells.map((cell) => cell.getBoundingClientRect().left)).size,
                           Math.min(...cells.map((cell) => cell.clientWidth))]"""
        )
        assert begin == 1
        assert wide > 120
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_goes_on_is_heard_and_stops_at_ctrl_c(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console")
        run(page, "docker run --name web nginx")
        expect(answer(page)).to_contain_text("start worker processes")
        page.get_by_label("Docker line").press("Control+c")
        expect(answer(page)).to_contain_text("SIGINT")
        run(page, "docker start web && docker logs -f web")
        expect(answer(page)).to_contain_text(re.compile("SIGINT.*start worker processes", re.S))
        page.get_by_role("button", name="Stop (Ctrl-C)").click()
        expect(page.locator(".essaim-entry[data-kind=done]")).to_have_count(3)


def test_what_a_program_colours_and_writes_over_looks_as_in_a_terminal(look: Look) -> None:
    with elsewhere() as essaim:
        page = look(f"{essaim}/console")
        run(page, r"docker run --rm alpine printf '1%%\r100%%\n\033[31mred\033[0m plain\n'")
        expect(answer(page)).to_contain_text(re.compile(r"\n100%\s+red plain$"))
        red = answer(page).locator("span")
        expect(red).to_have_text("red")
        assert red.evaluate("(e) => getComputedStyle(e).color") != answer(page).evaluate(
            "(e) => getComputedStyle(e).color"
        )
        run(page, r"docker run --name odd alpine printf '\033[32mgreen\033[0m\n'")
        expect(answer(page).locator("span")).to_have_text("green")
        page.goto(f"{essaim}/containers")
        page.locator(".st-key-container_logs summary").click()
        expect(page.locator(".st-key-container_logs").get_by_test_id("stCode")).to_have_text(
            "green"
        )
