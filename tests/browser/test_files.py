"""The files of a machine in a true browser: made, typed, saved, dropped, taken, and never lost."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE, PHONE, Look, dashboard, free_port
from tests.browser.test_machines import open_machine, screen, type_line

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def page(look: Look) -> Iterator[Page]:
    """The Build page, with the course's files on the machine."""
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/build")
        expect(row(page, "app.py")).to_be_visible()
        yield page


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)}(, |$)"))


def text(page: Page) -> Locator:
    return page.locator(".cm-content")


def said(page: Page) -> Locator:
    return page.locator(".essaim-said")


def make(page: Page, what: str, name: str) -> None:
    page.get_by_role("button", name=what, exact=True).click()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(row(page, name)).to_be_visible()


FILE = """
  const listed = performance.getEntriesByType("resource").map(({ name }) => name)
    .findLast((name) => name.includes("/machines/node1/files?"));
  const address = new URL(listed.replace("/files?", "/file?"));
  address.searchParams.set("path", path);"""


def held(page: Page, path: str) -> str:
    """What the machine has, asked as the page asks."""
    asking = f"async (path) => {{ {FILE} return (await fetch(address)).text(); }}"
    return str(page.evaluate(asking, path))


def write(page: Page, path: str, content: str) -> None:
    """Change a file on the machine, as if in a terminal."""
    writing = (
        f"async ([path, body]) => {{ {FILE} await fetch(address, {{ method: 'PUT', body }}); }}"
    )
    page.evaluate(writing, [path, content])


def test_a_dockerfile_is_made_by_typing_saved_and_not_lost(page: Page) -> None:
    make(page, "New folder", "web")
    make(page, "New file", "Dockerfile")
    expect(page.locator(".essaim-path")).to_have_text("/root/demo/web/Dockerfile")
    page.keyboard.type("FROM nginx\nCOPY . /usr/share/nginx/html\n")
    expect(page.locator(".essaim-code-keyword").first).to_have_text("FROM")
    page.keyboard.press("Control+s")
    expect(said(page)).to_have_text("Dockerfile is saved.")
    assert held(page, "/root/demo/web/Dockerfile") == "FROM nginx\nCOPY . /usr/share/nginx/html\n"

    page.keyboard.type("# not yet")
    expect(row(page, "web")).to_have_accessible_name("web, not saved")
    expect(page.get_by_text("Not saved yet: web/Dockerfile")).to_be_visible()
    page.reload()
    expect(text(page)).to_contain_text("# not yet")
    page.get_by_role("link", name="Images").click()
    expect(text(page)).to_have_count(0)
    page.get_by_role("link", name="Build").click()
    expect(text(page)).to_contain_text("# not yet")
    assert "# not yet" not in held(page, "/root/demo/web/Dockerfile")
    page.get_by_role("button", name="Undo all edits").click()
    expect(text(page)).not_to_contain_text("# not yet")
    expect(row(page, "web")).to_have_accessible_name("web")
    text(page).click()
    page.keyboard.press("Control+z")  # and back
    expect(text(page)).to_contain_text("# not yet")


def test_what_nobody_chose_is_neither_removed_nor_filled(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/console")
        type_line(page, "mkdir aaa; touch zzz")
        expect(row(page, "zzz")).to_be_visible()
        for name in ("Rename", "Delete", "Download"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
        make(page, "New file", "top")
        assert held(page, "/root/top") == ""
        expect(row(page, "top")).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("button", name="Delete", exact=True)).to_be_enabled()


def test_what_changed_on_the_machine_is_not_written_over(page: Page) -> None:
    row(page, "app.py").click()
    expect(text(page)).to_contain_text("import streamlit")
    write(page, "/root/demo/app.py", "print('from the terminal')\n")
    page.evaluate("dispatchEvent(new Event('focus'))")  # as when one comes back to the window
    expect(text(page)).to_have_text("print('from the terminal')")
    expect(said(page)).to_contain_text("was changed on the machine")

    text(page).click()
    page.keyboard.type("# mine ")
    write(page, "/root/demo/app.py", "print('again')\n")
    page.keyboard.press("Control+s")
    expect(page.locator(".essaim-news")).to_contain_text("Nothing is written over")
    assert held(page, "/root/demo/app.py") == "print('again')\n"
    page.get_by_role("button", name="Take the machine's text").click()
    expect(text(page)).to_have_text("print('again')")
    text(page).click()
    page.keyboard.press("Control+z")
    expect(text(page)).to_contain_text("# mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(said(page)).to_have_text("app.py is saved.")
    assert "# mine" in held(page, "/root/demo/app.py")


DROP = """async ([files, place]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  const target = document.querySelector(place);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    target.dispatchEvent(new DragEvent(kind, options));
  }
}"""


def test_files_are_dropped_and_taken(page: Page) -> None:
    make(page, "New folder", "data")
    page.evaluate(DROP, [[["a.csv", "1,2\n"], ["b.bin", "\0\1"]], '[data-path="/root/demo/data"]'])
    expect(said(page)).to_have_text("2 files sent.")
    assert held(page, "/root/demo/data/a.csv") == "1,2\n"
    row(page, "b.bin").click()
    expect(page.locator(".essaim-blank")).to_contain_text("b.bin is no text")
    with page.expect_download() as coming:
        page.locator(".essaim-blank").get_by_role("button", name="Download").click()
    assert Path(coming.value.path()).read_bytes() == b"\0\1"

    page.evaluate(DROP, [[["a.csv", "3"]], '[data-path="/root/demo/data"]'])
    page.get_by_role("button", name="Leave it").click()
    expect(said(page)).to_have_text("0 files sent.")
    assert held(page, "/root/demo/data/a.csv") == "1,2\n"
    page.evaluate(DROP, [[["a.csv", "3"]], '[data-path="/root/demo/data"]'])
    page.get_by_role("button", name="Replace it").click()
    expect(said(page)).to_have_text("1 file sent.")
    assert held(page, "/root/demo/data/a.csv") == "3"

    row(page, "data").click()
    with page.expect_download() as coming:
        page.locator(".essaim-side").get_by_role("button", name="Download").click()
    assert coming.value.suggested_filename == "data.tar"
    with tarfile.open(fileobj=io.BytesIO(Path(coming.value.path()).read_bytes())) as tar:
        assert sorted(tar.getnames()) == ["data", "data/a.csv", "data/b.bin"]


def test_the_keyboard_is_enough(page: Page) -> None:
    row(page, "app.py").click()
    expect(text(page)).to_be_visible()
    row(page, "app.py").focus()
    page.keyboard.press("F2")
    field = page.get_by_label("New name of app.py")
    expect(field).to_have_value("app.py")
    page.keyboard.type("a/b")  # the name is chosen, without its end
    page.keyboard.press("Enter")
    expect(page.locator(".essaim-wrong")).to_contain_text("That is no name")
    field.fill("main.py")
    page.keyboard.press("Enter")
    expect(row(page, "main.py")).to_be_focused()
    expect(page.locator(".essaim-path")).to_have_text("/root/demo/main.py")
    page.keyboard.press("Home")
    expect(row(page, "Dockerfile")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row(page, "main.py")).to_be_visible()
    page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(row(page, "main.py")).to_have_count(0)
    expect(text(page)).not_to_be_visible()
    row(page, "Dockerfile").press("Enter")
    text(page).click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # leaves the text, instead of going into it
    expect(text(page)).not_to_be_focused()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


def test_a_lost_network_and_a_restarted_server_lose_nothing(look: Look, tmp_path: Path) -> None:
    port = free_port()
    kept = {"ESSAIM_ENGINE": "practice", "ESSAIM_DATA": str(tmp_path)}
    with dashboard(port, **kept) as essaim:
        page = look(f"{essaim}/build")
        row(page, "app.py").click()
        expect(text(page)).to_contain_text("import streamlit")
        text(page).click()
        page.keyboard.press("Control+Home")
        page.context.set_offline(True)
        page.keyboard.type("# offline ")
        page.keyboard.press("Control+s")
        expect(said(page)).to_contain_text("app.py is not saved. Essaim's server does not answer.")
        page.context.set_offline(False)
        expect(said(page)).to_have_text("")  # it is asked again, by itself
        page.keyboard.press("Control+s")
        expect(said(page)).to_have_text("app.py is saved.")
        assert held(page, "/root/demo/app.py").startswith("# offline ")
        page.keyboard.type("# meanwhile ")
    page.keyboard.type("# without a server ")
    with dashboard(port, **kept):
        expect(page.locator(".essaim-status")).to_contain_text("live")
        expect(text(page)).to_contain_text("# without a server")
        page.reload()
        expect(text(page)).to_contain_text("# without a server")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(said(page)).to_have_text("app.py is saved.")
        assert "# meanwhile # without a server" in held(page, "/root/demo/app.py")


def test_the_files_below_the_terminals_are_those_of_the_machine_in_front(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/console")
        expect(page.get_by_role("tree", name="Files of node1")).to_be_visible()
        type_line(page, "mkdir app && echo one > app/notes.txt")
        row(page, "app").click()  # it is read again after what is typed
        row(page, "notes.txt").click()
        expect(text(page)).to_have_text("one")
        page.locator(".essaim-terminal:not([hidden])").click()
        type_line(page, "echo two >> app/notes.txt")
        expect(text(page)).to_have_text("onetwo")
        text(page).click()
        page.keyboard.press("Control+Home")
        page.keyboard.type("zero\n")
        page.keyboard.press("Control+s")
        expect(said(page)).to_have_text("notes.txt is saved.")
        page.locator(".essaim-terminal:not([hidden])").click()
        type_line(page, "head -n 1 app/notes.txt | tr z Z")
        expect(screen(page)).to_contain_text("Zero")
        open_machine(page, "node2")
        expect(page.get_by_role("tree", name="Files of node2")).to_be_visible()
        expect(row(page, ".profile")).to_be_visible()
        expect(row(page, "app")).to_have_count(0)


def test_a_phone_has_room_for_it(look: Look) -> None:
    with dashboard(ESSAIM_ENGINE="practice") as essaim:
        page = look(f"{essaim}/build?lang=fr", size=PHONE)
        row(page, "Dockerfile").click()
        expect(text(page)).to_contain_text("FROM")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
        expect(page.get_by_role("button", name="Enregistrer")).to_be_visible()
