"""Pages of some learners in true browsers, which must come back by themselves after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, expect

from bench.pupils import Pupil
from bench.servers import PATIENCE
from core.ui.choices import COOKIE
from tests.browser.conftest import WIDE

#: The pages that are open, each of another learner, and whether each task has a tile there.
ADDRESSES = {
    "": True,
    "labs?lab=lab3": True,
    "console": False,
    "projector": True,
    "services": False,
}


@dataclass(slots=True)
class Screen:
    """A learner's page. errors: of its scripts."""

    pupil: Pupil
    page: Page
    tiles: bool
    name: str
    errors: list[str] = field(default_factory=list)

    def check(self, wrong: Callable[[str], None]) -> None:
        """Find what it shows and should not, and what it should and does not."""
        page, where = self.page, f"the browser at /{self.name}"
        try:
            expect(page.locator("[data-test-connection-state=CONNECTED]")).to_have_count(1)
            expect(page.locator(".essaim-status")).not_to_contain_text("does not answer")
            if self.tiles:
                replicas = sum(map(int, self.pupil.replicas()))
                running = page.locator(".essaim-tile[data-phase=running]")
                expect(running).to_have_count(replicas)
        except AssertionError as error:
            wrong(f"{where}: {' '.join(str(error).split())[:300]}")
        if page.get_by_test_id("stException").count() or "Traceback" in page.inner_text("body"):
            wrong(f"{where} shows an exception: {page.inner_text('body')[:500]}")
        for each in self.errors:
            wrong(f"{where}: its script fails: {each}")
        self.errors.clear()

    def says(self) -> list[str]:
        """The sentences on top of it now."""
        found = self.page.locator(".essaim-status, [data-testid=stAlert]").all_inner_texts()
        return [" ".join(text.split()) for text in found if text.strip()]


@contextmanager
def screens(browser: Browser, pupils: list[Pupil]) -> Iterator[list[Screen]]:
    """A page of each of the first learners."""
    expect.set_options(timeout=1000 * PATIENCE)
    places = zip(pupils, ADDRESSES.items(), strict=False)
    made = [_opened(browser, pupil, name, tiles) for pupil, (name, tiles) in places]
    yield made
    for screen in made:
        screen.page.context.close()


def _opened(browser: Browser, pupil: Pupil, name: str, tiles: bool) -> Screen:
    context = browser.new_context(viewport=WIDE, locale="en")
    cookie, value = pupil.page.cookie.split("=", 1)
    sent = {cookie: value, COOKIE: "role=learn"}  # they have been welcomed before
    context.add_cookies(
        [{"name": key, "value": text, "url": pupil.page.essaim} for key, text in sent.items()]
    )
    screen = Screen(pupil, context.new_page(), tiles, name)
    screen.page.set_default_timeout(1000 * PATIENCE)
    screen.page.on("pageerror", lambda error: screen.errors.append(str(error)))
    screen.page.goto(f"{pupil.page.essaim}/{name}")
    screen.page.wait_for_selector(".essaim-status:not(:empty)")
    return screen
