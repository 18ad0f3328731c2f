"""Essaim as a learner meets it: its own server, a practice cluster, and Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from core.ui.choices import COOKIE
from practice.tests.ports import free_ports
from tests.conftest import CHROMIUM_ARGS

ROOT = Path(__file__).parents[2]
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

#: Milliseconds that a slow machine may take over what a fast one does at once.
PATIENCE = 60_000


def free_port() -> int:
    """A free port; the two after it, which an engine of three nodes takes, are free as well."""
    return free_ports(3)


@contextmanager
def program(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program of ours, ended with the block."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "ESSAIM_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=inherited | {"ESSAIM_DATA": ""} | environment,  # what is kept is the user's own
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def dashboard(at: int = 0, **environment: str) -> Iterator[str]:
    """Essaim's server; the address of its home page. at: its port, else any."""
    port = str(at or free_port())
    with program("streamlit", "run", "app.py", "--server.port", port, **environment) as process:
        address = f"http://127.0.0.1:{port}"
        answers(f"{address}/_stcore/health", process)
        yield address


@contextmanager
def practice_engine(
    port: int, swarm: str = "formed", module: str = "essaim_practice"
) -> Iterator[subprocess.Popen[bytes]]:
    """A practice engine of its own, which can be killed and started again."""
    with program(module, "--port", str(port), "--swarm", swarm) as process:
        answers(f"http://127.0.0.1:{port}/_ping", process)
        yield process


def answers(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the program answers at its address."""
    end = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, f"the program of {address} has ended"
            assert time.monotonic() < end, f"{address} does not answer"
            time.sleep(0.1)


# For this folder only: while it lives, Playwright's event loop counts as the thread's running one,
# and no other test could call asyncio.run.
@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_ARGS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def essaim() -> Iterator[str]:
    """One server on a practice cluster for all tests that leave it as they found it."""
    with dashboard(ESSAIM_ENGINE="practice") as address:
        yield address


Look = Callable[..., Page]


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """Open an address; a script error on any page fails the test.

    role: what the viewer chose at an earlier visit; '' for a first one.
    """
    contexts, errors = [], []

    def look(
        address: str, size: ViewportSize = WIDE, role: str = "operate", **options: object
    ) -> Page:
        context = browser.new_context(viewport=size, **options)  # type: ignore[arg-type]
        if role:
            context.add_cookies([{"name": COOKIE, "value": f"role={role}", "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector(".essaim-status:not(:empty)")
        return page

    yield look
    for context in contexts:
        context.close()
    assert errors == []
