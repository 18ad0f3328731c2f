"""Takes pictures of every page, into build/screenshots with an index: `make screenshots`.

In both languages, light and dark, at three sizes. An argument is a part of the names of the views
to take, all without it. It needs Chromium, as the tests do.
"""

from __future__ import annotations

import sys
from html import escape
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.conftest import PHONE, WIDE
from tests.browser.views import (
    CHARTED,
    ENGINES,
    SCHEMES,
    VIEWS,
    View,
    served,
    settle,
    switch,
    visitor,
)
from tests.conftest import CHROMIUM_ARGS, chromium

FOLDER = Path(__file__).parents[1] / "build" / "screenshots"
LANGUAGES = ("en", "fr")
SIZES: dict[str, ViewportSize] = {
    "phone": PHONE,
    "laptop": WIDE,
    "projector": {"width": 1920, "height": 1080},
}

STYLE = """
body { font: 16px system-ui, sans-serif; margin: 2rem } h2 { margin: 2rem 0 .5rem }
div { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end } figure { margin: 0 }
img { height: 16rem; border: 1px solid #8888 } figcaption { font-size: .8rem }
"""


def main(part: str) -> None:
    """part: of the names of the views."""
    path = chromium()
    if path is None:
        sys.exit("No Chromium: put it on the PATH, or its path in ESSAIM_CHROMIUM.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGS))
        for engine in ENGINES:
            views = [view for view in VIEWS if view.engine == engine]
            wanted = [view for view in views if part in view.name]
            if wanted:
                _take(browser, engine, [v for v in views if v in wanted or v.changes], wanted)
        browser.close()
    (FOLDER / "index.html").write_text(_index(), encoding="utf-8")
    print(f"Look at {FOLDER / 'index.html'}")


def _take(browser: Browser, engine: str, views: list[View], wanted: list[View]) -> None:
    """Open these views in turn, and take pictures of those that are wanted."""
    for language in LANGUAGES:
        with served(engine) as address, visitor(browser, address, language) as context:
            for view in views:
                page = context.new_page()
                view.open(page, address)
                for (size, pixels), scheme in product(SIZES.items(), SCHEMES):
                    if view not in wanted:
                        break
                    page.set_viewport_size(pixels)
                    switch(page, scheme)
                    settle(page)
                    page.wait_for_function(CHARTED)
                    view.before(page)
                    page.screenshot(path=FOLDER / _name(view, language, scheme, size))
                page.close()
                print(view.name, language, flush=True)


def _name(view: View, *variant: str) -> str:
    return "_".join([view.name, *variant]) + ".png"


def _index() -> str:
    """A page with all pictures that lie there, by view."""
    parts = [f"<!doctype html><meta charset=utf-8><title>Essaim</title><style>{STYLE}</style>"]
    for view in VIEWS:
        parts.append(f"<h2>{escape(view.name)}</h2><div>")
        for variant in product(LANGUAGES, SCHEMES, SIZES):
            name = _name(view, *variant)
            if (FOLDER / name).exists():
                told = " ".join(variant)
                parts.append(
                    f"<figure><a href={name}><img loading=lazy src={name} alt='{view.name} {told}'>"
                    f"</a><figcaption>{told}</figcaption></figure>"
                )
        parts.append("</div>")
    return "\n".join(parts)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
