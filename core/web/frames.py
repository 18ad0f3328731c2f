"""The other sites that may show our pages in a frame, such as a school's Moodle."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.errors import InvalidValue
from core.i18n import later as _

_ORIGIN = re.compile(r"https?://(?:\*\.)?[a-z0-9.-]{1,253}(?::[0-9]{1,5})?", re.ASCII | re.I)


def origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The origins in ``$ESSAIM_FRAMES``, separated by spaces or commas. Raises InvalidValue.

    ``https://*.school.example`` stands for all below that name. There is no word for every site: a
    page in a stranger's frame is clicked by who believes to click on something else.
    """
    words = re.split(r"[\s,]+", environ.get("ESSAIM_FRAMES", "").strip())
    found = tuple(word.rstrip("/") for word in words if word)
    for word in found:
        if not _ORIGIN.fullmatch(word):
            raise InvalidValue(
                _(
                    "ESSAIM_FRAMES is {word!r}: write the addresses of sites, such as "
                    "https://moodle.example, separated by commas"
                ),
                word=word,
            )
    return found


def policy(allowed: tuple[str, ...]) -> str:
    """The Content-Security-Policy. Our own pages may frame opened ports."""
    return " ".join(("frame-ancestors 'self'", *allowed))
