"""What a machine may lack, and how a test that needs it is skipped: always with the reason."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples each time, however slow the machine: a run judges the change, not the luck.
settings.register_profile(
    "essaim",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("essaim")

#: No test reads or writes what whoever runs it keeps: one that keeps something names a folder.
os.environ["ESSAIM_DATA"] = ""

#: Chromium as our tests want it: no sandbox, which root has not, and no talk with anybody else.
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


#: Finds what is wrong with a page for those who hear it, type it, or see it badly.
AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"


def chromium() -> str | None:
    """The path of the browser to test with: ESSAIM_CHROMIUM, or one of the usual names."""
    names = ("chromium", "chromium-browser", "google-chrome")
    wish = os.environ.get("ESSAIM_CHROMIUM")
    return shutil.which(wish) if wish else next(filter(None, map(shutil.which, names)), None)


#: By marker: whether this machine has what the test needs, and what to do where it has not.
NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "browser": (chromium, "no Chromium: put it on the PATH, or its path in ESSAIM_CHROMIUM"),
    "realswarm": (
        lambda: os.environ.get("ESSAIM_REAL_SWARM"),
        "no real Swarm: put a manager's DOCKER_HOST in ESSAIM_REAL_SWARM",
    ),
    "realmesh": (
        lambda: os.environ.get("ESSAIM_REAL_MESH"),
        "no real routing mesh: put a manager's DOCKER_HOST in ESSAIM_REAL_MESH",
    ),
    "large": (
        lambda: os.environ.get("ESSAIM_LARGE"),
        "takes a quarter of an hour: put anything in ESSAIM_LARGE, and -o faulthandler_timeout=0",
    ),
    "cli": (lambda: shutil.which("docker"), "no docker command on the PATH"),
    "node": (lambda: shutil.which("node"), "no node on the PATH"),
    "axe": (AXE.exists, "no axe-core: make lint fetches it"),
}


def pytest_xdist_auto_num_workers() -> int | None:
    """Leave a real Swarm to one process: each test wants it for itself. None: one for each core."""
    shared = os.environ.get("ESSAIM_REAL_SWARM") or os.environ.get("ESSAIM_REAL_MESH")
    return 0 if shared else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (present, reason) in NEEDS.items():
        if item.get_closest_marker(marker) and not present():
            pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that kill nodes last, and ignore the sockets that docker-py leaves open.

    A real engine that was killed may find its old overlay interfaces in its way when it is back,
    and refuse a network to later tests.
    """
    for item in items:
        if leaves_sockets(item):
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
    items.sort(key=lambda item: item.get_closest_marker("crashes") is not None)


#: The folders whose tests put a cluster under control, or meet a real engine. Where the engine ends
#: under the collector's stream, docker-py leaves the socket to the garbage collector.
CONTROLLED = frozenset(
    [
        "browser",
        "console",
        "control",
        "labs",
        "lessons",
        "live",
        "pages",
        "scenarios",
        "terminal",
        "timeline",
        "traffic",
        "web",
    ]
)


def leaves_sockets(item: pytest.Item) -> bool:
    """Whether an engine may be away, or end, under docker-py, which then leaves a socket open."""
    return bool(item.get_closest_marker("leaves_sockets") or item.path.parent.name in CONTROLLED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Collect the sockets that were left open before a test that may leave none."""
    done = yield
    if leaves_sockets(item) and not (nextitem and leaves_sockets(nextitem)):
        gc.collect()
    return done


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's path; for tests with the marker ``browser``."""
    path = chromium()
    return path if path else pytest.skip(NEEDS["browser"][1])
