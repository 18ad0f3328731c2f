"""Every page as somebody meets it, in an order in which one browser can show them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from core.ui.choices import COOKIE
from tests.browser.conftest import PATIENCE, WIDE, dashboard, free_port, practice_engine

expect.set_options(timeout=PATIENCE)

Scheme = Literal["light", "dark"]

#: The states of an engine: a practice cluster, practice machines apart, one that is held for a real
#: Swarm, one for a real engine without a Swarm, and nobody.
ENGINES = ("practice", "apart", "real", "alone", "gone")

PASSWORD = "seen by nobody"

SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@contextmanager
def served(engine: str) -> Iterator[str]:
    """The address of a dashboard on an engine in this state, one of ENGINES."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        if engine in ("practice", "apart"):
            swarm = "empty" if engine == "apart" else "formed"
            choice = {"ESSAIM_ENGINE": "practice", "ESSAIM_SWARM": swarm}
            choice |= {"ESSAIM_PASSWORD": PASSWORD}  # of the board
        else:
            port = free_port()
            choice = {"DOCKER_HOST": f"tcp://127.0.0.1:{port}", "ESSAIM_PASSWORD": PASSWORD}
            if engine != "gone":
                swarm = "formed" if engine == "real" else "empty"
                stack.enter_context(practice_engine(port, swarm, "tests.browser.real"))
        yield stack.enter_context(dashboard(0, **choice, ESSAIM_DATA=folder))


def visitor(
    browser: Browser, address: str, language: str = "en", size: ViewportSize = WIDE
) -> BrowserContext:
    """A browser whose viewer was here before, and chose what to be."""
    context = browser.new_context(viewport=size, locale="fr-FR" if language == "fr" else "en-US")
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": COOKIE, "value": "role=operate", "url": address}])
    return context


def nothing(page: Page) -> None:
    """As it opens."""


def settle(page: Page) -> None:
    """Until the script has run and nothing is drawn any more."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def switch(page: Page, scheme: Scheme) -> None:
    """Until the page is drawn light, or dark."""
    page.emulate_media(color_scheme=scheme)
    dark = "!" if scheme == "light" else ""
    page.wait_for_function(
        f"""() => {dark}(getComputedStyle(document.querySelector('[data-testid=stApp]'))
              .backgroundColor.match(/\\d+/)[0] < 128)
              && !document.getAnimations().some((each) =>
                   each instanceof CSSTransition && each.playState === 'running')"""
    )


def press(key: str) -> Callable[[Page], None]:
    """Press the button of this key, whatever the language."""

    def act(page: Page) -> None:
        page.locator(f".st-key-{key} button").first.click()
        settle(page)

    return act


def unfold(key: str) -> Callable[[Page], None]:
    """Open the expander of this key."""

    def act(page: Page) -> None:
        page.locator(f".st-key-{key} summary").click()
        settle(page)

    return act


def _service(page: Page) -> None:
    press("create")(page)
    expect(page.locator(".essaim-tile[data-phase=running]")).to_have_count(3)
    settle(page)


def _traffic(page: Page) -> None:
    page.locator(".essaim-traffic [data-part=start]").click()
    settle(page)


def _tile(page: Page) -> None:
    page.locator(".essaim-tile").first.click()
    settle(page)


def _menu(page: Page) -> None:
    """The pages that the head's last section leads to; a window of another size closes them."""
    menu = page.get_by_role("navigation").get_by_role("menu")
    section = page.get_by_test_id("stTopNavSection").last
    if section.is_visible() and not menu.is_visible():
        section.click()
        expect(menu).to_be_visible()


def look(key: str) -> Callable[[Page], None]:
    """Bring the element of this key to where one sees it."""

    def act(page: Page) -> None:
        page.locator(f".st-key-{key}").scroll_into_view_if_needed()

    return act


def _class(page: Page) -> None:
    """The class, after the password: it is asked for once."""
    asked, learner = page.locator("input[type=password]"), page.locator(".essaim-grid tbody button")
    expect(asked.or_(learner).first).to_be_visible()
    if asked.is_visible():
        asked.fill(PASSWORD)
        page.keyboard.press("Enter")
    expect(learner.first).to_be_visible()
    settle(page)


def _shoulder(page: Page) -> None:
    """The look over a learner's shoulder."""
    _class(page)
    page.locator(".essaim-grid tbody button").first.click()
    expect(page.get_by_role("dialog").locator(".essaim-node").first).to_be_visible()
    settle(page)


def _unlock(page: Page) -> None:
    page.get_by_test_id("stPopoverButton").filter(has_text="lock").first.click()
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-lock")).to_be_visible()
    page.mouse.move(0, 0)  # a hint hangs where it rests
    settle(page)


#: Whether every chart is drawn, as wide as its place.
CHARTED = """() => [...document.querySelectorAll('[data-part][role=img]')].every((each) => {
  const drawn = each.querySelector('.main-svg');
  return !each.offsetParent || drawn && Math.abs(drawn.clientWidth - each.clientWidth) < 2;
})"""


@dataclass(frozen=True, slots=True)
class View:
    """What there is to see.

    name: of its picture. engine: one of ENGINES. act: what is done once it is open. changes:
    whether that makes something which later views show. before: what is done before each look, as
    windows of other sizes undo it.
    """

    name: str
    path: str = ""
    engine: str = "practice"
    act: Callable[[Page], None] = nothing
    changes: bool = False
    before: Callable[[Page], None] = nothing

    def open(self, page: Page, address: str) -> None:
        """Show it. address: of a dashboard on this view's engine."""
        page.goto(f"{address}/{self.path}")
        page.wait_for_selector(".essaim-status:not(:empty)")
        settle(page)
        self.act(page)
        page.wait_for_function(CHARTED)


VIEWS = (
    View("welcome", "welcome"),
    View("welcome-learn", "welcome?role=learn"),
    View("welcome-teach", "welcome?role=teach"),
    View("welcome-operate", "welcome?role=operate"),
    View("cluster-empty"),
    View("services-empty", "services"),
    View("traffic-empty", "traffic"),
    View("lessons-empty", "lessons"),
    View("vote-empty", "vote"),
    View("projector-empty", "projector"),
    View("cluster", act=_service, changes=True),
    View("cluster-tile", act=_tile),
    View("cluster-journal", act=unfold("journal"), before=look("journal")),
    View("cluster-share", act=press("share")),
    View("cluster-remove", act=press("remove_ask")),
    View("cluster-menu", act=_menu, before=_menu),
    View("services", "services"),
    View(
        "services-create",
        "services",
        act=unfold("create_expander"),
        before=look("create_expander"),
    ),
    View("nodes", "nodes"),
    View("nodes-join", "nodes", act=unfold("join"), before=look("join")),
    View("images", "images"),
    View("containers", "containers"),
    View("build", "build"),
    View("traffic", "traffic", act=_traffic),
    View("lessons", "lessons"),
    View("lesson", "lessons", act=press("lesson_start")),
    View("timeline", "timeline"),
    View("vote", "vote", act=press("vote_ask")),
    View("ballot", "vote?as=voter"),
    View("projector", "projector"),
    View("labs", "labs"),
    View("lab-1", "labs?lab=lab1"),
    View("lab-2", "labs?lab=lab2"),
    View("lab-3", "labs?lab=lab3"),
    View("board-locked", "board"),
    View("board", "board", act=_class),
    View("board-look", "board", act=_shoulder),
    View("console", "console"),
    View("apart-cluster", engine="apart"),
    View("apart-nodes", "nodes", engine="apart"),
    View("apart-lab-3", "labs?lab=lab3", engine="apart"),
    View("real-cluster", engine="real"),
    View("real-nodes", "nodes", engine="real"),
    View("real-console-locked", "console", engine="real"),
    View("real-board-locked", "board", engine="real"),
    View("real-lab-1", "labs?lab=lab1", engine="real"),
    View("real-unlocked", engine="real", act=_unlock),
    View("alone-cluster", engine="alone"),
    View("alone-containers", "containers", engine="alone"),
    View("gone-cluster", engine="gone"),
    View("gone-labs", "labs", engine="gone"),
    View("gone-console", "console", engine="gone"),
)
