"""What Streamlit's own look lacks for a class: room on a projector and on a phone, and contrast."""

from __future__ import annotations

from functools import cache

import streamlit as st

from core.i18n import DEFAULT
from core.ui.session import _, language
from core.ui.timeline import MAX_MEGABYTES

# Streamlit's own margins leave a projector half empty; its titles stand lower than what is beside.
_ROOM = """
.stMainBlockContainer { padding: 3.9rem 2.5rem 1rem; }
.st-key-title h3 { padding: 0; }
.st-key-title [data-testid="stMarkdownContainer"] { margin: 0; }
[class*="st-key-file_"] textarea { font-family: monospace; font-size: 0.9rem; }
.st-key-traffic_choices [data-testid="stButtonGroup"] button { min-height: 2.5rem; }
/* A sign is enough beside the engine's line; what it means is for who hears the page. */
.st-key-how_found button p { font-size: 0; }
.st-key-disturbances { row-gap: 0.4rem; }
.st-key-disturbances button { padding: 0.15rem 0.55rem; min-height: 2.2rem; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 4rem 1rem 2rem; }
  [class*="st-key-machine_"] > :first-child,
  [class*="st-key-typed_"] > :first-child { flex-basis: 100% !important; }
  [class*="st-key-typed_"] { row-gap: 0; }
  :has(> .st-key-status_line) { flex: 1 0 100% !important; order: 1; }
  /* It lies over what stands above a table, and no finger can move it away. */
  [data-testid="stElementToolbar"] { display: none; }
}
"""


@cache
def sheet() -> str:
    """The style sheet of every page, as an element."""
    gray, blue, green, orange = (_tone(f"{name}TextColor") for name in _TONES)
    # Streamlit mixes these from brighter colours, which are hard to read from the last row.
    return f"""<style>{_ROOM}
a:focus-visible {{ outline: 3px solid {_tone("linkColor")}; outline-offset: 1px; }}
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
    """Streamlit's own English words in the viewer's language, as an element; '' in English.

    Streamlit has no setting for them, so each is drawn in the place of the other.
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
