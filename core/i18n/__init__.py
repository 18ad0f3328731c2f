"""French and English: the source text is the English one, `fr.po` holds the French.

Python's own gettext does the work; polib reads the catalogue, so that there is no compiled file to
keep. Docker's own words (node, service, task, replica, drain, running) stay as they are in both.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polib

#: Code to the language's own name.
LANGUAGES = {"en": "English", "fr": "Français"}
DEFAULT = "en"

#: From a source text to the text to show.
Translate = Callable[[str], str]

CATALOGUES = Path(__file__).parent


@cache
def translation(language: str) -> gettext.NullTranslations:
    """The translations into a language; for English, and for one we lack, the source texts."""
    path = CATALOGUES / f"{language}.po"
    if language not in LANGUAGES or not path.exists():
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(path)).to_binary()))


def later(text: str) -> str:
    """Mark a text that is translated when it is shown; imported as ``_`` where nobody looks yet."""
    return text


def preferred(locale: str | None) -> str:
    """The language of ours that suits a browser's locale, such as ``fr-CA``."""
    code = (locale or "").replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else DEFAULT
