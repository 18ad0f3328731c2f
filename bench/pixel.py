"""From a change of a learner's cluster to the pixel that shows it, of one source tree or of two.

`python -m bench pixel` measures this tree; `python -m bench.pixel /path/to/another` measures that
one and this one in turns, change by change, so that whatever else the machine does slows both. A
change is made by a docker client, and counts from its request on. It is on the screen when the
browser has painted the frame after its tile came into the page, or after its node's state changed.
"""

from __future__ import annotations

import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import docker
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from bench.servers import PATIENCE, server
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService, ScaleServices
from core.engine import keys
from core.ui.choices import COOKIE
from tests.browser.conftest import ROOT, WIDE
from tests.conftest import CHROMIUM_ARGS, chromium

CHANGES = int(os.environ.get("ESSAIM_BENCH_CHANGES", "100"))  # of each kind, on each tree
PAUSE = 0.4  # seconds between two changes: the page is at rest again

#: For a page on which nothing moves.
AT_REST = """() => look().tiles === 3
  && document.querySelectorAll(".essaim-tile[data-phase=running]").length === 3"""

#: Notes each message on the cluster as it comes, and each new state of the page once it is painted.
RECORD = """() => {
  window.heard = [];
  window.painted = [];
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && data.includes('"topic":"cluster"')) heard.push(Date.now());
      });
    }
  };
  window.look = () => ({
    tiles: document.querySelectorAll(".essaim-tile").length,
    node2: document.querySelector(".essaim-node[aria-label=node2]")?.dataset.state,
  });
  let last = "";
  new MutationObserver(() => {
    const seen = look(), text = JSON.stringify(seen);
    if (text === last) return;
    last = text;
    const told = heard.at(-1);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => painted.push({ ...seen, told, at: Date.now() });
      port2.postMessage(0);
    });
  }).observe(document, { subtree: true, childList: true, attributes: true });
}"""


@dataclass(slots=True)
class Screen:
    """A learner's page, and a client of the cluster that it shows."""

    page: Page
    client: docker.DockerClient
    #: Milliseconds by kind of change: until the message came, until it was painted.
    heard: dict[str, list[float]] = field(default_factory=dict)
    painted: dict[str, list[float]] = field(default_factory=dict)

    def change(self, kind: str, make: Callable[[], object], shows: str) -> None:
        """Time a change. shows: an expression on ``seen``, true once the page shows it."""
        self.page.evaluate("() => { painted.length = 0 }")
        began = 1000 * time.time()
        make()
        try:
            there = self.page.wait_for_function(f"() => painted.find((seen) => {shows})")
        except TimeoutError as error:
            status = self.page.inner_text(".essaim-status")
            shown = self.page.evaluate("() => [look(), painted, document.visibilityState]")
            raise TimeoutError(f"{kind}: {shows} never, but {shown}, {status}") from error
        found = there.json_value()
        self.heard.setdefault(kind, []).append(found["told"] - began)
        self.painted.setdefault(kind, []).append(found["at"] - began)


@contextmanager
def screen(tree: Path, browser: Browser) -> Iterator[Screen]:
    """A page of a dashboard of this tree, with three replicas on it."""
    with server(tree, ESSAIM_ENGINE="practice") as essaim:
        context = browser.new_context(viewport=WIDE)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.add_init_script(f"({RECORD})()")
        context.add_cookies([{"name": COOKIE, "value": "role=operate", "url": essaim.address}])
        page.goto(essaim.address)
        page.wait_for_selector(".essaim-node")
        [cookie] = [each for each in context.cookies() if each["name"] == keys.OWN]
        host = essaim.host(cookie["value"].partition(".")[0])
        client = docker.DockerClient(base_url=host, version="auto", timeout=PATIENCE)
        CreateService(name="web", replicas=3, image="nginx:latest").run(client)
        page.wait_for_function(AT_REST)
        yield Screen(page, client)
        client.close()
        context.close()


def measure(trees: list[Path]) -> list[Screen]:
    """The same changes on a page of each tree, in turns."""
    with sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_ARGS))
        screens = [stack.enter_context(screen(tree, browser)) for tree in trees]
        time.sleep(3)  # until the charts of the pages stand still
        for number in range(CHANGES):
            order = screens if number % 2 else screens[::-1]
            for wished, state in (("pause", "pause"), ("active", "active")):
                for each in order:
                    update = UpdateNode(node="node2", availability=wished)
                    each.change(
                        "a node's availability",
                        lambda update=update, each=each: update.run(each.client),  # type: ignore[misc]
                        f"seen.node2 === '{state}'",
                    )
                    time.sleep(PAUSE)
            for each in order:
                each.page.wait_for_function(AT_REST)
                scale = ScaleServices(replicas=(("web", 4),))
                each.change(
                    "a replica's tile, which comes",
                    lambda scale=scale, each=each: scale.run(each.client),  # type: ignore[misc]
                    "seen.tiles === 4",
                )
                ScaleServices(replicas=(("web", 3),)).run(each.client)
                time.sleep(PAUSE)
        browser.close()
        return screens


def figures(taken: list[float]) -> tuple[float, float]:
    """The median and the 95th of 100."""
    ordered = sorted(taken)
    return statistics.median(ordered), ordered[math.ceil(0.95 * len(ordered)) - 1]


def main(*others: str) -> None:
    """others: source trees to be measured in turns with this one."""
    if chromium() is None:
        print("skipped: the way to the pixel, for there is no Chromium")
        return
    trees = [*(Path(other).resolve() for other in others), ROOT]
    screens = measure(trees)
    for way in ("heard", "painted"):
        for kind in getattr(screens[0], way):
            all_of_them = [figures(getattr(each, way)[kind]) for each in screens]
            for tree, (middle, p95) in zip(trees, all_of_them, strict=True):
                name = f", {tree.name}" if others else ""
                print(f"{middle:8.1f} ms, p95 {p95:.1f}: until it is {way}: {kind}{name}")
            if others:
                first, last = all_of_them[0], all_of_them[-1]
                ratios = [after / before for before, after in zip(first, last, strict=True)]
                print(f"{ratios[0]:8.2f} times, p95 {ratios[1]:.2f}: this tree to {trees[0].name}")
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{CHANGES:8d} changes of each kind; the machine's load now, 1, 5 and 15 minutes: {load}")


if __name__ == "__main__":
    main(*sys.argv[1:])
