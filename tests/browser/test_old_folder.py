"""Essaim takes up a folder of an earlier time, and says what in it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, Look, answers, free_port, program

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


@contextmanager
def kept(folder: Path, port: int) -> Iterator[str]:
    """A dashboard that ends as a system does that shuts down, and leaves its files whole."""
    address, where = f"http://127.0.0.1:{port}", {"ESSAIM_DATA": str(folder)}
    options = ("app.py", "--server.port", str(port))
    with program("streamlit", "run", *options, ESSAIM_ENGINE="practice", **where) as process:
        answers(f"{address}/_stcore/health", process)
        yield address
        process.terminate()
        process.wait(PATIENCE / 1000)


def cut(folder: Path, name: str) -> None:
    """Leave the first half of a file."""
    [file] = folder.glob(name)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def test_a_file_that_is_cut_in_half_is_put_aside_and_said(look: Look, tmp_path: Path) -> None:
    port = free_port()
    with kept(tmp_path, port) as essaim:
        page = look(f"{essaim}/?lang=en")
        create = page.get_by_role("button", name="Create the service")
        create.click()
        expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
    for name, told in (
        ("clusters/*.cluster", "What was kept of this cluster is damaged: it was put aside"),
        ("essaim.db", "What was kept is damaged: it was put aside as essaim-"),
    ):
        cut(tmp_path, name)
        with kept(tmp_path, port):
            expect(page.get_by_text(told)).to_be_visible()
            expect(page.locator(".essaim-node")).to_have_count(3)
            expect(create).to_be_enabled()
            assert not page.get_by_test_id("stException").count()
        place = tmp_path / name
        assert len(list((place.parent / "aside").glob(f"{place.stem}-*{place.suffix}"))) == 1
