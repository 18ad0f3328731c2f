"""What is not French on a French page: words of ours that nobody translated, numbers, plurals."""

from __future__ import annotations

import re
import time
from functools import cache

import polib
from playwright.sync_api import Page

from core.i18n import CATALOGUES
from tests.browser.conftest import PATIENCE

#: Every text that is seen or read aloud, but for code, what programs print, and names of files.
TEXTS = """() => {
  const spared = 'code, pre, kbd, script, style, svg, canvas, textarea, .xterm, .cm-editor, '
    + '.essaim-tile, .essaim-tree, .essaim-icon, [data-testid=stIconMaterial], [translate=no]';
  const found = new Set();
  const add = (text) => text?.trim() && found.add(text.trim().replace(/\\s+/g, ' '));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const shown = parent.checkVisibility() && getComputedStyle(parent).fontSize !== '0px';
    if (shown && !parent.closest(spared)) add(walker.currentNode.data);
  }
  for (const each of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (!each.checkVisibility() || each.closest(spared)) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) add(each.getAttribute(name));
  }
  return [...found];
}"""

#: Words that no French sentence has. Docker's own nouns and states are in both languages.
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|was|were|be|been|has|have|will|can|with|without|to|from|by|at|for|not|"
    r"this|that|these|it|its|you|your|what|where|when|which|who|how|none|all|no|yes|here|there|"
    r"show|hide|close|choose|browse|upload|download|drag|drop|remove|delete|save|send|ask|learn|"
    r"loading|warning|search|settings|theme|press|enter|apply|clear|select|skip|main|more|less)\b",
    re.IGNORECASE,
)
#: Units and points that are English, and a plural after none or one.
MISCOUNTED = re.compile(
    r"\d\s?(MB|GB|kB|KB|TB)\b|\d\.\d+\s?(Mo|Go|ko|%|s|ms)\b|(?<![\d.,:/-])\b[01] (?!fois|ms)\w+s\b"
)
#: What is said in English on purpose: names of people and things.
NAMES = re.compile(r"docker \w+.*|Essaim.*|\S+/\S+|\S+:\S+|[\w.-]+\.(py|js|svg|json|toml)")


@cache
def _translated() -> dict[str, str]:
    """The English texts that have another in French."""
    entries = polib.pofile(str(CATALOGUES / "fr.po"))
    french = {entry.msgstr for entry in entries}
    return {
        entry.msgid: entry.msgstr
        for entry in entries
        if entry.msgstr and entry.msgid != entry.msgstr and entry.msgid not in french
    }


def faults(texts: list[str]) -> list[str]:
    """Those of these texts that no French page should have."""
    found = []
    for text in texts:
        read = re.sub(r"`[^`]*`|«[^»]*»", "x", text)
        if NAMES.fullmatch(read):
            continue
        if read in _translated() or ENGLISH.search(read) or MISCOUNTED.search(read):
            found.append(text)
    return found


def not_french(page: Page) -> list[str]:
    """The texts of this page that are English, or counted as in English."""
    return faults(page.evaluate(TEXTS))


def until_french(page: Page) -> None:
    """Wait until the page has no such text: Streamlit's are mended once they are drawn."""
    end = time.monotonic() + PATIENCE / 1000
    while found := not_french(page):
        assert time.monotonic() < end, found
        page.wait_for_timeout(250)
