"""The course's labs as learners do them: by typing, by clicking, by keyboard, on a phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from core.i18n import Translate, translation
from core.labs.texts import texts
from tests.browser.conftest import PATIENCE, PHONE, WIDE, Look, dashboard
from tests.browser.test_machines import open_machine, screen, type_inside, type_line

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)

GREEN = ".essaim-check[data-green=true]"
FRENCH = "fr-FR"


@pytest.fixture(scope="module")
def empty() -> Iterator[str]:
    """One server for these tests: each browser has a cluster of its own, of three bare engines."""
    with dashboard(ESSAIM_ENGINE="practice", ESSAIM_SWARM="empty") as address:
        yield address


class Course:
    """A lab open in one tab, and its learner's other tab, where things are done."""

    def __init__(
        self,
        page: Page,
        address: str,
        lab: str,
        language: str,
        press: Callable[[Locator], None] = Locator.click,
    ) -> None:
        """press: how the learner presses a button."""
        self.lab, self.address, self.press = page, address, press
        self.texts = texts(lab, language)
        self.say: Translate = translation(language).gettext
        self.desk = page.context.new_page()
        self.desk.set_default_timeout(PATIENCE)

    def go(self, place: str) -> None:
        self.desk.goto(f"{self.address}/{place}")

    def click(self, name: str, **fields: str) -> None:
        label = self.say(name).format(**fields)
        self.press(self.desk.get_by_role("button", name=label, exact=True).last)

    def hurry(self) -> None:
        """Let the cluster live faster: a rolling update waits five seconds for each replica."""
        choice = self.desk.get_by_role("combobox", name=self.say("Simulated time"))
        wish = self.desk.get_by_role("option", name="× 20")
        end = time.monotonic() + PATIENCE / 1000
        while choice.input_value() != "× 20":
            assert time.monotonic() < end, "the pace of time cannot be chosen"
            with suppress(TimeoutError):  # the page was drawn again meanwhile, and the list closed
                choice.click(timeout=2_000)
                wish.click(timeout=2_000)

    def open(self, port: int) -> Page:
        """The page behind the port's link."""
        label = self.say("Open port {port}").format(port=port)
        with self.desk.context.expect_page(timeout=PATIENCE) as opened:
            self.press(self.desk.get_by_role("link", name=label).first)
        return opened.value

    def done(self, *steps: str) -> None:
        """Each of these turns green by itself; then on to the next."""
        for step in steps:
            title = self.lab.get_by_role("heading", name=self.texts.steps[step].title)
            expect(title).to_be_visible()
            at = list(self.texts.steps).index(step)
            expect(self.lab.locator(f"{GREEN}[data-step='{at}']")).to_be_visible()
            following = self.lab.get_by_role("button", name=self.say("Next step"))
            if step != list(self.texts.steps)[-1]:
                self.press(following)
        expect(self.lab.locator(".essaim-check")).to_have_count(1)


@pytest.mark.parametrize("locale", ["en-US", FRENCH])
def test_lab_one_in_the_terminal(empty: str, look: Look, locale: str) -> None:
    course = Course(
        look(f"{empty}/labs?lab=lab1", locale=locale), empty, "lab1", locale.partition("-")[0]
    )
    course.go("console")
    desk = course.desk
    for line in (
        "docker container run hello-world",
        "docker image pull alpine",
        "docker container run alpine ls -l",
        'docker container run alpine echo "hello from alpine"',
    ):
        type_line(desk, line)
    course.done("first", "pull", "ls", "echo")
    for name in ("one", "two", "third"):
        type_line(desk, f"docker container run -it --name {name} alpine /bin/sh")
        if name == "third":
            type_inside(desk, 'echo "hello world" > hello.txt')
        type_inside(desk, "ls")
        type_inside(desk, "exit")
    course.done("shell", "three", "hello")
    type_line(desk, "clear")
    type_line(desk, "docker container run alpine ls")
    expect(screen(desk)).to_contain_text("home")
    expect(screen(desk)).not_to_contain_text("hello.txt")
    course.done("isolation")
    type_line(desk, "docker container start -i third")
    type_inside(desk, "cat hello.txt")
    expect(screen(desk)).to_contain_text("hello world")
    type_inside(desk, "exit")
    course.done("again")


@pytest.mark.parametrize(("locale", "size"), [("en-US", WIDE), (FRENCH, PHONE)])
def test_lab_two_from_the_build_to_the_opened_app(
    empty: str, look: Look, locale: str, size: dict[str, int]
) -> None:
    page = look(f"{empty}/labs?lab=lab2", size, locale=locale)
    course = Course(page, empty, "lab2", locale.partition("-")[0])
    desk = course.desk
    course.go("build")
    course.click("Build the image")
    course.done("build")
    course.click("Run it")
    app = course.open(8080)
    expect(app.get_by_text("Hello Docker!")).to_be_visible()
    expect(app.get_by_test_id("stVegaLiteChart")).to_be_visible()
    course.done("run")
    course.click("Run it")
    expect(desk.get_by_role("link", name=re.compile("8081"))).to_be_visible()
    course.done("second")
    desk.get_by_role("textbox", name=re.compile("app.py")).click()
    desk.keyboard.press("Control+End")
    desk.keyboard.type('\nst.write("Version 2")\n')
    desk.keyboard.press("Control+s")
    expect(desk.locator(".essaim-said")).to_have_text(
        re.compile("^app.py (is saved|est enregistré)")
    )
    course.click("Build the image")
    course.done("change")
    course.click("Run it")
    new = course.open(8082)
    expect(new.get_by_text("Version 2")).to_be_visible()
    course.done("renew")
    app.reload()  # its container was made of the old image
    expect(app.get_by_test_id("stVegaLiteChart")).to_be_visible()
    expect(app.get_by_text("Version 2")).to_have_count(0)
    for each in (page, app, new):
        assert each.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_lab_three_by_clicking_from_nothing_to_the_removed_service(empty: str, look: Look) -> None:
    """Without leaving its page: what the step asks for stands beside it."""
    page = look(f"{empty}/labs?lab=lab3", locale="en-US")
    course = Course(page, empty, "lab3", "en")
    other, course.desk = course.desk, page

    def front(tab: str) -> None:
        page.get_by_role("tab", name=tab, exact=True).click()

    front("Cluster")
    course.click("Make a Swarm")
    course.done("init")
    course.desk = other
    course.go("nodes")
    course.hurry()
    other.close()
    course.desk = page
    for name in ("node2", "node3"):
        course.click("Join {machine}", machine=name)
        expect(page.get_by_role("button", name=f"Join {name}", exact=True)).to_have_count(0)
    course.done("join")
    page.get_by_role("spinbutton", name="Replicas").fill("1")
    course.click("Create the service")
    course.done("create")
    expect(course.open(80).get_by_text("Welcome to nginx!").first).to_be_visible()
    course.done("reach")
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(14):
        page.keyboard.press("ArrowRight")
    course.done("scale")
    course.click("Send 10 requests per second")
    course.done("balance")
    course.click("Drain node2")
    course.done("drain")
    course.click("Active node2")
    course.done("activate")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    course.done("fewer")
    course.click("Rebalance")
    course.done("rebalance")
    course.click("Remove {service}", service="web")
    course.click("Remove {service}", service="web")
    course.done("remove")
    expect(page.get_by_text("You have made a Swarm")).to_be_visible()


def reach(widget: Locator, key: str = "") -> None:
    """Go to a widget with the Tab key, and press another there."""
    expect(widget).to_be_enabled()
    end = time.monotonic() + PATIENCE / 1000
    while not widget.evaluate("element => element === document.activeElement"):
        assert time.monotonic() < end, f"{widget} is never reached with the Tab key"
        # A terminal takes the Tab key for itself; F6 leads out of it.
        inside = "document.activeElement.closest('.essaim-terminal')"
        widget.page.keyboard.press("F6" if widget.page.evaluate(f"!!{inside}") else "Tab")
    if key:
        widget.page.keyboard.press(key)


def press(page: Page, name: str) -> None:
    reach(page.get_by_role("button", name=name, exact=True), "Enter")


def test_lab_three_done_for_one_on_a_phone(empty: str, look: Look) -> None:
    page = look(f"{empty}/labs?lab=lab3", PHONE, locale=FRENCH)
    course = Course(page, empty, "lab3", "fr")
    steps = list(course.texts.steps)
    for step in steps:
        title = page.get_by_role("heading", name=course.texts.steps[step].title)
        expect(title).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        press(page, course.say("Do it for me"))
        expect(page.locator(GREEN)).to_be_visible()
        if step == "join":
            course.go("nodes")
            course.hurry()
        if step != steps[-1]:
            press(page, course.say("Next step"))
    expect(page.get_by_text("Vous avez formé un Swarm")).to_be_visible()


def test_a_remark_is_told_in_the_language_that_the_page_has_now(essaim: str, look: Look) -> None:
    page = look(f"{essaim}/labs?lab=lab3&step=create", locale="en-US")
    course = Course(page, essaim, "lab3", "en")
    course.go("console")
    type_line(course.desk, "docker service create --name shop nginx")
    check = page.locator(".essaim-check")
    expect(check.locator("code").first).to_have_text("shop")
    expect(check).to_contain_text("published nowhere")
    page.get_by_text("FR", exact=True).click()
    expect(check).to_contain_text("publié nulle part")


def test_the_join_line_is_typed_on_each_machine(empty: str, look: Look) -> None:
    course = Course(look(f"{empty}/labs?lab=lab3", locale="fr-FR"), empty, "lab3", "fr")
    course.go("console")
    desk = course.desk
    type_line(desk, "docker swarm init --advertise-addr $(hostname -i)")
    expect(screen(desk)).to_contain_text("To add a manager to this swarm")
    shown = "".join(screen(desk).locator("> div").all_inner_texts())  # the line may be wrapped
    found = re.search(r"docker swarm join --token [\w-]+ [\d.]+:2377", shown)
    assert found
    for name in ("node2", "node3"):
        open_machine(desk, name)
        type_line(desk, found[0])
        expect(screen(desk)).to_contain_text("This node joined a swarm as a worker.")
    course.done("init", "join")
