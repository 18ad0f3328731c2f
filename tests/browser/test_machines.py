"""The terminals on the machines of a practice cluster, in a true browser."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard, free_port

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)

PROMPT = re.compile(r"\$\s*$")


def screen(page: Page) -> Locator:
    """What the terminal in front shows."""
    return page.locator(".essaim-terminal:not([hidden]) .xterm-rows")


def open_machine(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(screen(page)).to_contain_text(f"[{name}]")


def type_line(page: Page, line: str) -> None:
    """Type a line into the terminal in front, once it waits for one."""
    expect(screen(page)).to_have_text(PROMPT)
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def type_inside(page: Page, line: str) -> None:
    """The same for a shell in a container."""
    expect(screen(page)).to_have_text(re.compile(r"/ #\s*$"))
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def paste(page: Page, text: str) -> None:
    """Paste as the browser's menu does."""
    page.locator(".essaim-terminal:not([hidden]) textarea").evaluate(
        """(field, text) => {
             const data = new DataTransfer();
             data.setData("text/plain", text);
             field.dispatchEvent(new ClipboardEvent("paste",
               { clipboardData: data, bubbles: true, cancelable: true }));
           }""",
        text,
    )


def test_each_machine_has_terminals_that_a_reload_finds_again(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console")
    expect(page.get_by_role("tab", name=re.compile("node"))).to_have_count(3)
    type_line(page, "echo first > kept")
    open_machine(page, "node2")
    type_line(page, "cat kept; hostname")
    expect(screen(page)).to_contain_text("No such file")
    page.get_by_role("button", name="Open another terminal").click()
    expect(page.get_by_role("tab", name="2", exact=True)).to_have_attribute("aria-selected", "true")
    type_line(page, "x=kept; echo a second one")
    expect(screen(page)).to_contain_text(re.compile("one.*a second one"))
    shown = screen(page).inner_text()
    page.reload()
    expect(screen(page)).to_have_text(re.compile("a second one.*a second one"))
    assert screen(page).inner_text() == shown
    type_line(page, "echo $x")  # the same shell
    expect(screen(page)).to_contain_text("kept")
    open_machine(page, "node1")
    page.goto(f"{essaim}/containers")
    page.get_by_role("link", name="Cluster").click()
    page.goto(f"{essaim}/console")
    expect(screen(page)).to_contain_text("echo first > kept")
    type_line(page, "cat kept")
    expect(screen(page)).to_contain_text("first")


def test_a_terminal_turns_dark_with_the_page(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console", color_scheme="light")
    expect(screen(page)).to_have_text(PROMPT)
    ground = page.locator(".essaim-terminal:not([hidden]) .xterm-scrollable-element")
    expect(ground).to_have_css("background-color", "rgb(237, 242, 246)")
    page.emulate_media(color_scheme="dark")
    expect(ground).to_have_css("background-color", "rgb(28, 40, 50)")


def test_two_lines_that_are_pasted_both_run(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console")
    expect(screen(page)).to_have_text(PROMPT)
    paste(page, "echo $((6 * 7))\necho $((7 * 8))\n")
    expect(screen(page)).to_contain_text(re.compile(r"\b42\b.*\b56\b"))
    paste(page, "printf 'end\x1b[201~ed'")  # no control code comes along
    expect(screen(page)).to_contain_text("printf 'end[201~ed'")
    page.keyboard.press("Enter")


def test_the_usual_keys_copy_and_paste(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console", permissions=["clipboard-read", "clipboard-write"])
    type_line(page, "echo copied-$((1 + 1))-text")
    told = page.locator(".xterm-rows > div", has_text=re.compile("^copied-2-text"))
    read = "() => navigator.clipboard.readText()"
    for keys in (None, "Control+Shift+C", "Control+Insert", "Control+C"):
        page.evaluate("() => navigator.clipboard.writeText('nothing')")
        place = told.bounding_box()
        assert place
        page.mouse.dblclick(place["x"] + 20, place["y"] + 8)
        if keys:  # what is selected is copied anyway
            page.wait_for_function(
                "() => navigator.clipboard.readText().then((t) => t != 'nothing')"
            )
            page.evaluate("() => navigator.clipboard.writeText('nothing')")
            page.keyboard.press(keys)
        page.wait_for_function("() => navigator.clipboard.readText().then((t) => t != 'nothing')")
        assert page.evaluate(read) == "copied-2-text"
    page.evaluate("() => navigator.clipboard.writeText('pasted')")
    for number, keys in enumerate(("Control+V", "Control+Shift+V", "Shift+Insert"), 1):
        page.keyboard.type(f"echo {number}-")
        page.keyboard.press(keys)
        expect(screen(page)).to_contain_text(f"echo {number}-pasted")
        page.keyboard.press("Enter")


def test_what_a_program_prints_can_do_no_harm(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console", permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("() => navigator.clipboard.writeText('mine')")
    title = page.title()
    type_line(
        page,
        r"printf '\033]0;spoofed\007\033]2;spoofed\007\033]52;c;c3Bvb2ZlZA==\007"
        r"\033]8;;javascript:alert(1)\007link\033]8;;\007\033[21t\033[6n\n'; echo do''ne",
    )
    expect(screen(page)).to_contain_text("done")
    assert page.title() == title
    assert page.evaluate("() => navigator.clipboard.readText()") == "mine"
    assert page.locator(".xterm-rows .xterm-underline-5").count() == 0  # xterm marks links so
    type_line(page, "head -c 300 /dev/urandom; echo; printf '\\033c'; echo aft''er")
    expect(screen(page)).to_contain_text("after")


def test_much_output_does_not_freeze_the_page(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console")
    expect(screen(page)).to_have_text(PROMPT)
    page.keyboard.type("seq 150000; echo the e''nd")  # about 1 MB
    expect(screen(page)).to_contain_text("e''nd")
    page.evaluate(
        """() => {
             window.drawn = 0;
             const drawn = () => {
               window.drawn += 1;
               requestAnimationFrame(drawn);
             };
             requestAnimationFrame(drawn);
           }"""
    )
    page.keyboard.press("Enter")
    drawn = page.wait_for_function(
        """() => {
             const rows = document.querySelector(".essaim-terminal:not([hidden]) .xterm-rows");
             return rows.textContent.includes("the end") && window.drawn;
           }"""
    )
    assert drawn.json_value() > 10  # it was drawn meanwhile, not at the end alone
    type_line(page, "echo and on")
    expect(screen(page)).to_contain_text(re.compile("and on.*and on"))


@contextmanager
def relay(to: int) -> Iterator[tuple[int, Callable[[], None], Callable[[], None]]]:
    """A port that leads to another one, and two calls: one cuts all off, the other mends it."""
    server = socket.create_server(("127.0.0.1", 0))
    open_now: set[socket.socket] = set()
    whole = threading.Event()
    whole.set()

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                if not whole.is_set():
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", to))
                open_now.update((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut() -> None:
        whole.clear()
        for each in list(open_now):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        open_now.clear()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1], cut, whole.set
    finally:
        server.close()
        cut()


def test_a_lost_network_comes_back_with_the_screen_and_types_nothing_twice(look: Look) -> None:
    port = free_port()
    with dashboard(at=port, ESSAIM_ENGINE="practice"), relay(port) as (way, cut, mend):
        page = look(f"http://127.0.0.1:{way}/console")
        type_line(page, "echo before >> lines")
        expect(screen(page)).to_have_text(PROMPT)
        page.keyboard.type("echo half")
        expect(screen(page)).to_contain_text("echo half")
        cut()
        expect(screen(page)).to_contain_text("The connection is lost")
        expect(page.locator(".essaim-status")).to_contain_text("does not answer")
        mend()
        expect(screen(page)).not_to_contain_text("The connection is lost")
        expect(screen(page)).to_have_text(re.compile(r"\$ echo half\s*$"))
        page.keyboard.type(" >> lines")
        page.keyboard.press("Enter")
        type_line(page, "wc -l lines")
        expect(screen(page)).to_contain_text("2 lines")


def hold_back(page: Page, part: str) -> threading.Event:
    """While the event is set, what the terminals ask the server for with this part is not sent."""
    held = threading.Event()

    def open_socket(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def send(message: str | bytes) -> None:
            if not (held.is_set() and part in str(message)):
                server.send(message)

        route.on_message(send)

    page.route_web_socket(re.compile("/machines/socket"), open_socket)
    return held


def test_a_server_that_was_started_again_gives_fresh_shells_below_the_old_screens(
    look: Look, tmp_path: Path
) -> None:
    port, kept = free_port(), {"ESSAIM_ENGINE": "practice", "ESSAIM_DATA": str(tmp_path)}
    tabs = ".essaim-shell-tabs .essaim-tab:visible"
    with dashboard(at=port, **kept) as essaim:
        page = look(essaim)
        wait = hold_back(page, '"do":"open"')
        page.goto(f"{essaim}/console")
        type_line(page, "echo kept on the screen > file; cat file")
        expect(screen(page)).to_contain_text(re.compile("cat file.*kept on the screen"))
        page.get_by_role("button", name="Open another terminal").click()
        expect(page.locator(tabs)).to_have_count(2)
        type_line(page, "echo a second one")
        expect(screen(page)).to_contain_text(re.compile("one.*a second one"))
    expect(page.locator(".essaim-status")).to_contain_text("does not answer")
    wait.set()
    with dashboard(at=port, **kept):
        expect(page.get_by_text("started again").first).to_be_visible()  # what the page says
        expect(page.locator(tabs)).to_have_count(2)
        # No fresh shell is there yet: one of the old screens is shown, the one that is chosen.
        for tab, told in (
            (page.locator(tabs).first, "kept on"),
            (page.locator(tabs).last, "second"),
        ):
            tab.get_by_role("tab").click()
            expect(screen(page)).to_contain_text(told)
        wait.clear()
        page.locator(tabs).first.get_by_role("tab").click()
        expect(screen(page)).to_contain_text("Essaim was started again: this is a fresh shell.")
        expect(screen(page)).to_contain_text("kept on the screen")
        type_line(page, "wc -w file; echo it $((1 + 1)) works")
        expect(screen(page)).to_contain_text("4 file")
        expect(screen(page)).to_contain_text("it 2 works")


def test_a_machine_without_power_says_so_and_its_terminal_comes_back(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/console")
        open_machine(page, "node2")
        type_line(page, "echo before the cut")
        faults = page.context.new_page()
        faults.set_default_timeout(PATIENCE)
        faults.goto(f"{essaim}/nodes")
        switch = faults.locator(".st-key-power_node2 label")
        switch.click()
        expect(page.get_by_role("tab", name="node2 · no power")).to_be_visible()
        expect(screen(page)).to_contain_text("node2 does not answer")
        switch.click()
        expect(page.get_by_role("tab", name="node2", exact=True)).to_be_visible()
        expect(screen(page)).to_contain_text("before the cut")
        expect(screen(page)).to_contain_text("this is a fresh shell.")
        type_line(page, "echo back with $(hostname)")
        expect(screen(page)).to_contain_text("back with node2")


def test_without_a_mouse_one_key_leads_out_of_the_terminal(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console")
    expect(screen(page)).to_have_text(PROMPT)
    page.keyboard.press("F6")
    expect(page.get_by_role("tab", name="1", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Open another terminal")).to_be_focused()


def test_a_click_elsewhere_is_in_the_journal_and_its_line_is_typed_but_not_run(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(essaim)
        page.get_by_role("button", name="Create the service").click()
        page.get_by_role("link", name="Show in the console").click()
        expect(screen(page)).to_contain_text("$ docker service create")
        journal = page.locator(".essaim-record")
        expect(journal).to_have_count(1)
        expect(journal).to_contain_text("click")
        page.keyboard.press("Control+u")
        type_line(page, "docker service scale web=4")
        expect(journal).to_have_count(2)
        expect(journal.last).to_contain_text(re.compile("node1.*docker service scale web=4"))
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(4)
        page.reload()
        expect(journal).to_have_count(2)
        expect(screen(page)).to_contain_text("docker service scale web=4")
        page.goto(f"{essaim}/containers")
        page.get_by_role("button", name="Open a terminal").click()
        expect(screen(page)).to_have_text(re.compile("# *$"))
        page.keyboard.type("ls -d /etc/nginx\n")
        expect(screen(page)).to_contain_text(re.compile("/etc/nginx.*/etc/nginx"))


def test_on_a_phone_there_is_a_row_of_keys(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/console", PHONE, has_touch=True, is_mobile=True)
    expect(screen(page)).to_have_text(PROMPT)
    page.locator(".essaim-terminal:not([hidden]) .xterm-screen").tap()
    page.keyboard.type("echo first")
    page.keyboard.press("Enter")
    expect(screen(page)).to_contain_text(re.compile("first.*first"))
    page.get_by_role("button", name="↑").tap()
    expect(screen(page)).to_have_text(re.compile(r"\$ echo first\s*$"))
    page.get_by_role("button", name="Ctrl", exact=True).tap()
    page.keyboard.type("c")
    expect(screen(page)).to_have_text(PROMPT)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
