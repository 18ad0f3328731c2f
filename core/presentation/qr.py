"""An address as a QR code, for phones."""

from __future__ import annotations

from functools import lru_cache

import segno


@lru_cache(128)
def svg(address: str) -> str:
    """An SVG element, dark on white whatever the theme is: cameras want it so."""
    code = segno.make(address, error="m", micro=False)
    return str(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))


def uri(address: str) -> str:
    """The same as a data URI, for an image."""
    code = segno.make(address, error="m", micro=False)
    return str(code.svg_data_uri(border=4, dark="#000", light="#fff", omitsize=True))
