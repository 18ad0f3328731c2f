"""French and English: the source text is the English one, `fr.po` holds the French.

Python's own gettext does the work; polib reads the catalogue, so that there is no compiled file to
keep. Docker's own words (node, service, task, replica, drain, running) stay as they are in both.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import polib

#: Code to the language's own name.
LANGUAGES = {"en": "English", "fr": "Français"}
DEFAULT = "en"

_FRENCH = re.compile(
    r"(?P<code>`[^`]*`)|(?P<wide> [:»]|« |(?<=[0-9}]) (?=(?:[kMGT]?o|m?s)\b|%))|(?P<fine> [;!?])"
)
#: No-break spaces: a wide one, and a narrow one before the marks that want less.
_UNBROKEN: dict[str | None, dict[int, str]] = {
    "code": {},
    "wide": {ord(" "): "\u00a0"},
    "fine": {ord(" "): "\u202f"},
}

#: From a source text to the text to show.
Translate = Callable[[str], str]

CATALOGUES = Path(__file__).parent


@cache
def translation(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; for English and unknown ones, the source texts."""
    path = CATALOGUES / f"{language}.po"
    if language not in LANGUAGES or not path.exists():
        return gettext.NullTranslations()
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        entry.msgstr = spaced(entry.msgstr, language)
        entry.msgstr_plural = {n: spaced(t, language) for n, t in entry.msgstr_plural.items()}
    return gettext.GNUTranslations(io.BytesIO(catalogue.to_binary()))


def spaced(text: str, language: str) -> str:
    """The text with no-break spaces before French punctuation marks.

    The catalogue has plain spaces. Code between backticks stays as it is.
    """
    if language != "fr":
        return text
    return _FRENCH.sub(lambda found: found[0].translate(_UNBROKEN[found.lastgroup]), text)


def asked(headers: Mapping[str, str]) -> Translate:
    """The translation into the language that a request's headers prefer."""
    return translation(preferred(headers.get("accept-language"))).gettext


def later(text: str) -> str:
    """Mark a text for the catalogues; it is translated when shown. Often imported as ``_``."""
    return text


def number(value: float, _: Translate, places: int = 0) -> str:
    """A number as its language writes it: 1,234.5, or 1 234,5."""
    marks = number_marks(_)
    return f"{value:,.{places}f}".translate({ord("."): marks[0], ord(","): marks[1]})


def number_marks(_: Translate) -> str:
    """The decimal mark, then the mark between thousands."""
    sample = _("1,234.5")
    return sample[5] + sample[1]


def preferred(locale: str | None) -> str:
    """The supported language for a locale (``fr-CA``) or a header (``fr,en;q=0.8``, its first)."""
    code = re.split("[-_,;.]", locale or "", maxsplit=1)[0].strip().lower()
    return code if code in LANGUAGES else DEFAULT
