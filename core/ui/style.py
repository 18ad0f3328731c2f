"""Changes to Streamlit's look for a class: margins for projectors and phones, and contrast."""

from __future__ import annotations

from functools import cache

import streamlit as st

from core.i18n import DEFAULT
from core.live.routes import FILES
from core.ui.session import _, language
from core.ui.timeline import MAX_MEGABYTES


@cache
def sheet() -> str:
    """The style sheet of every page, as an element."""
    gray, blue, green, orange = (_tone(f"{name}TextColor") for name in _TONES)
    # Streamlit mixes brighter colours, which are hard to read from the last row.
    pages = FILES["pages.css"].read_text(encoding="utf-8")
    return f"""<style>{pages}
:is(a, button, summary):focus-visible {{
  outline: 3px solid {_tone("linkColor")}; outline-offset: 1px; }}
[data-testid="stCaptionContainer"] {{ color: {gray}; opacity: 1; }}
[data-variant="segmented_control"][data-selected] p, [data-variant="pills"][data-selected] p,
[data-testid="stSliderThumbValue"] {{ color: {_tone("linkColor")}; }}
[data-testid="stCode"] .token.comment {{ color: {gray}; }}
[data-testid="stCode"] .token:is(.function, .keyword, .builtin) {{ color: {blue}; }}
[data-testid="stCode"] .token:is(.string, .number, .parameter, .boolean) {{ color: {green}; }}
[data-testid="stCode"] .token:is(.operator, .assign-left) {{ color: {orange}; }}
</style>"""


_TONES = ("gray", "blue", "green", "orange")


def _tone(setting: str) -> str:
    light, dark = (st.get_option(f"theme.{theme}.{setting}") for theme in ("light", "dark"))
    return f"light-dark({light}, {dark})"


def own_words() -> str:
    """A style sheet that replaces Streamlit's own English words; '' in English.

    Streamlit has no setting for them.
    """
    if language() == DEFAULT:
        return ""
    words = {
        "stSkipToContent": _("Skip to main content"),
        "stFileUploaderDropzone button p": _("Choose a file"),
        "stFileUploaderDropzoneInstructions span": _("JSON or GZ, {most} MB at most").format(
            most=MAX_MEGABYTES
        ),
        "InputInstructions": _("Enter sends it"),
    }
    rules = []
    for place, text in words.items():
        name, _space, inside = place.partition(" ")
        at = f'[data-testid="{name}"] {inside}'.strip()
        rules.append(f"{at} {{ font-size: 0 !important; }}")
        rules.append(f'{at}::after {{ content: "{text}"; font-size: 0.875rem; }}')
    return f"<style>{chr(10).join(rules)}</style>"
