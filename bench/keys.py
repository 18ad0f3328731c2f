"""How soon a key shows in a terminal of a machine, while thirty learners work.

One of them is a browser, whose keys are measured: from the key to the character in the page. The
others have a page of a lab open, and type docker lines into a terminal of their own at the pace of
hands. Their keys reach the worker without the dashboard in between.
"""

from __future__ import annotations

import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import docker
from playwright.sync_api import Page, sync_playwright

from bench.classroom import LEARNERS, THINKING
from bench.pages import Learner
from bench.servers import PATIENCE, Server, memory, processor, server
from tests.browser.conftest import WIDE
from tests.commands.machine_terminal import Terminal
from tests.conftest import CHROMIUM_ARGS, chromium

KEYS = 300
BETWEEN = (0.08, 0.25)  # seconds from key to key
_LINES = (
    "docker ps", "docker service ls", "docker service ps web", "docker node ls", "docker images",
    "docker service scale -d web={}", "curl -s http://localhost:80 | head -4", "ls -l /",
    "for i in 1 2 3; do docker ps -q; done",
)  # fmt: skip

_WATCH = """() => {
  window.taken = [];
  let pressed = 0;
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  const rows = document.querySelector(".essaim-terminal:not([hidden]) .xterm-rows");
  new MutationObserver(() => {
    if (pressed) window.taken.push(performance.now() - pressed);
    pressed = 0;
  }).observe(rows, { subtree: true, childList: true, characterData: true });
}"""


def main() -> None:
    with server(ESSAIM_ENGINE="practice") as essaim, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_ARGS))
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{essaim.address}/console")
        page.wait_for_selector(".essaim-terminal:not([hidden]) .xterm-rows:has-text('$')")
        page.evaluate(_WATCH)
        report("alone", typed(page))
        over = threading.Event()
        with ThreadPoolExecutor(LEARNERS) as class_:
            working = threading.Semaphore(0)
            lines = [
                class_.submit(work, essaim, number, working, over) for number in range(LEARNERS - 1)
            ]
            for _ in lines:
                working.acquire(timeout=PATIENCE)
            began, spent = time.monotonic(), processor(essaim.pid)
            beside = typed(page)
            share = (processor(essaim.pid) - spent) / (time.monotonic() - began)
            full = memory(essaim.pid)
            over.set()
            took = [seconds for each in lines for seconds in each.result()]
        report(f"while {LEARNERS - 1} others work", beside)
        browser.close()
    took.sort()
    print(
        f"{1000 * statistics.median(took):8.1f} ms, p95 {1000 * took[len(took) * 95 // 100]:.1f}: "
        f"from Enter to the next prompt, of {len(took)} lines of theirs"
    )
    print(f"{100 * share:8.1f} %: of a core, for all processes of the server; {full / 1e6:.0f} MB")


def typed(page: Page) -> list[float]:
    """Type, and clear the line now and then; the milliseconds that each key took to show."""
    page.evaluate("() => { window.taken = []; }")
    chance = random.Random(1)
    for number in range(KEYS):
        page.keyboard.press("Control+u" if number % 40 == 39 else chance.choice("abcdefgh"))
        time.sleep(chance.uniform(*BETWEEN))
    found: list[float] = page.evaluate("() => window.taken")
    return found


def report(when: str, taken: list[float]) -> None:
    taken = sorted(taken)
    p95 = taken[len(taken) * 95 // 100]
    print(
        f"{statistics.median(taken):8.1f} ms, p95 {p95:.1f}, at worst {taken[-1]:.1f}: from a key "
        f"to what is shown, {when}; {len(taken)} of {KEYS} keys",
        flush=True,
    )


def work(
    essaim: Server, number: int, working: threading.Semaphore, over: threading.Event
) -> list[float]:
    """What one learner does until it is over; the seconds that each line took."""
    chance, took = random.Random(number), list[float]()
    with (
        closing(Learner(essaim.address)) as learner,
        closing(docker.APIClient(base_url=essaim.host(learner.key), timeout=60)) as api,
        Terminal(api) as terminal,
    ):
        learner.draw()
        terminal.run("docker service create -d --name web -p 80:80 nginx")
        working.release()
        while not over.wait(chance.uniform(*THINKING)):
            for key in chance.choice(_LINES).format(chance.randint(1, 5)):
                terminal.type(key)
                time.sleep(chance.uniform(*BETWEEN))
            began = time.monotonic()
            terminal.run("")
            took.append(time.monotonic() - began)
    return took


if __name__ == "__main__":
    main()
