from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from core.presentation import qr


def test_it_is_dark_on_white_with_a_quiet_zone() -> None:
    root = ElementTree.fromstring(qr.svg("http://192.0.2.7:8080/vote"))
    light, dark = list(root)
    assert (light.get("fill"), dark.get("stroke")) == ("#fff", "#000")
    # Version 2 has 25 modules a side, and four of quiet zone around.
    assert root.get("viewBox") == "0 0 33 33"


def test_another_address_is_another_code() -> None:
    assert qr.svg("http://a/") != qr.svg("http://b/")
