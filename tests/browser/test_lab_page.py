"""A lab and its machines on one page: from the first page to the first line, and a whole lab."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.labs.texts import texts
from tests.browser.conftest import PATIENCE, PHONE, WIDE, Look, dashboard
from tests.browser.test_labs import FRENCH, GREEN, Course, reach
from tests.browser.test_machines import PROMPT, screen

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def formed() -> Iterator[str]:
    """As a class meets it: each browser has a Swarm of three nodes, in which nothing was done."""
    with dashboard(ESSAIM_ENGINE="practice") as address:
        yield address


def line(page: Page, text: str, machine: str = "node1") -> Locator:
    """A line of the step that begins so, and belongs on that machine."""
    shown = page.locator(".essaim-todo").filter(has=page.locator("code", has_text=text))
    return shown.filter(has=page.locator(".essaim-todo-where", has_text=machine)).first


def run(page: Page, text: str, machine: str = "node1") -> None:
    line(page, text, machine).locator(".essaim-todo-run").click()
    selected = page.locator(".essaim-tabs [role=tab][aria-selected=true]")
    expect(selected).to_have_text(machine)
    expect(screen(page)).to_be_visible()


@pytest.mark.xfail(
    strict=False,
    reason="a docker line that is clicked while a replica's shell is in front is typed into that",
)
def test_lab_three_by_clicking_its_lines(formed: str, look: Look) -> None:
    page = look(f"{formed}/labs?lab=3", locale="en-US")
    steps = texts("lab3", "en").steps

    def done(step: str) -> None:
        at = list(steps).index(step)
        expect(page.locator(f"{GREEN}[data-step='{at}']")).to_be_visible()
        if step != "remove":
            page.get_by_role("button", name="Next step").click()
            following = steps[list(steps)[at + 1]].title
            expect(page.get_by_role("heading", name=following)).to_be_visible()

    # Nobody has done anything in this cluster, so the lab begins with machines that are no Swarm.
    expect(screen(page)).to_have_text(PROMPT)
    page.keyboard.type("half a line")  # is no part of the line that is clicked
    run(page, "docker swarm init --advertise-addr 192.168.0.11")
    done("init")
    course = Course(page, formed, "lab3", "en")
    course.go("nodes")
    course.hurry()
    course.desk.close()
    for name in ("node2", "node3"):  # at once: neither has a terminal yet
        line(page, "docker swarm join --token SWMTKN", name).locator(".essaim-todo-run").click()
    expect(screen(page)).to_contain_text("This node joined a swarm as a worker.")
    done("join")
    # Another tab in front, another step: the screens stay, and a click on a line brings them back.
    page.get_by_role("tab", name="Files").click()
    expect(page.locator(".essaim-terminal:visible")).to_have_count(0)
    run(page, "docker service create")
    expect(screen(page)).to_contain_text("Swarm initialized")
    # A tile's menu opens its terminal on this page, too.
    page.get_by_role("tab", name="Cluster", exact=True).click()
    page.locator(".essaim-tile[data-phase=running]").first.click()
    page.get_by_role("menuitem", name="Terminal").click()
    expect(screen(page)).to_have_text(re.compile(r"# ?\s*$"))
    expect(page).to_have_url(re.compile("/labs"))
    # Docker lines are the machine's own, and two at once keep their order.
    for text in ("docker service ls", "docker service ps web"):
        line(page, text).locator(".essaim-todo-run").click()
    expect(screen(page)).to_contain_text(
        re.compile(r"service ls.*REPLICAS.*service ps web.*DESIRED STATE")
    )
    done("create")
    run(page, "curl http://localhost:80")
    done("reach")
    run(page, "docker service scale web=15")
    done("scale")
    run(page, "for i in")
    done("balance")
    run(page, "docker node update --availability drain node2")
    done("drain")
    run(page, "docker node update --availability active node2")
    done("activate")
    run(page, "docker service scale web=10")
    done("fewer")
    run(page, "docker service update --force web")
    done("rebalance")
    run(page, "docker service rm web")
    done("remove")
    expect(page.get_by_text("You have made a Swarm")).to_be_visible()
    expect(page).to_have_url(re.compile("/labs"))


def touch(button: Locator) -> None:
    """Tap a button that stands still.

    Where the page moves between the finger's coming and its going, as it does for a moment while it
    is drawn, the button moves away below it. A person's finger comes later than that.
    """
    place, before = button.bounding_box(), None
    while place != before:
        button.page.wait_for_timeout(300)
        place, before = button.bounding_box(), place
    button.tap()


#: By step of lab 3: how its line begins, and the machines where it belongs, if not on node1 alone.
DONE_BY = {
    "init": ("docker swarm init",),
    "join": ("docker swarm join --token", "node2", "node3"),
    "create": ("docker service create",),
    "reach": ("curl",),
    "scale": ("docker service scale web=15",),
    "balance": ("for i in",),
    "drain": ("docker node update --availability drain",),
    "activate": ("docker node update --availability active",),
    "fewer": ("docker service scale web=10",),
    "rebalance": ("docker service update --force",),
    "remove": ("docker service rm",),
}


def key(button: Locator) -> None:
    """Go to a button with the Tab key, and press Enter."""
    reach(button, "Enter")


@pytest.mark.parametrize(
    ("press", "options"),
    [
        pytest.param(key, {"size": WIDE, "locale": FRENCH}, id="keyboard"),
        pytest.param(touch, {"size": PHONE, "has_touch": True, "is_mobile": True}, id="touch"),
    ],
)
def test_lab_three_without_a_mouse(
    formed: str, look: Look, press: Callable[[Locator], None], options: dict[str, Any]
) -> None:
    page = look(f"{formed}/labs?lab=3", **options)
    course = Course(page, formed, "lab3", "fr" if "locale" in options else "en", press)
    for step, (begins, *others) in DONE_BY.items():
        for machine in others or ["node1"]:
            press(line(page, begins, machine).locator(".essaim-todo-run"))
            if others:
                expect(screen(page)).to_contain_text("This node joined a swarm as a worker.")
        if others:  # with the mouse, on another page: real time would do as well
            course.go("nodes")
            course.hurry()
            course.desk.close()
        course.done(step)
        assert page.evaluate("document.documentElement.scrollWidth") <= options["size"]["width"]
    end = re.compile("You have made a Swarm|Vous avez formé un Swarm")
    expect(page.get_by_text(end)).to_be_visible()
