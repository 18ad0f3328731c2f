"""What axe-core finds wrong with a page for those who hear it, type it, or see it badly."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.conftest import AXE

#: WCAG 2.2 to level AA, and what axe-core holds for good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """async (tags) => (await axe.run(document, { runOnly: tags, resultTypes: ["violations"] }))
  .violations.flatMap(({ id, nodes }) => nodes.map(({ target, any, all, none }) =>
    `${id}: ${target.flat().join(" ")}: ${[...any, ...all, ...none].map((c) => c.message)}`))"""


@cache
def _script() -> str:
    return AXE.read_text(encoding="utf-8")


def faults(page: Page) -> list[str]:
    """A line for each element that breaks a rule: the rule, the element, why."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(f"() => {{ {_script()} }}")
    found: Any = page.evaluate(RUN, TAGS)
    return list(map(str, found))
