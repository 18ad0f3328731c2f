"""Ways to write a published port."""

from __future__ import annotations

import pytest

from core.commands.ports import Publication, publication


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("80", Publication(80)),
        ("8080:80", Publication(80, 8080)),
        ("53:53/udp", Publication(53, 53, "udp")),
        ("127.0.0.1:8080:80", Publication(80, 8080, address="127.0.0.1")),
        ("127.0.0.1::80", Publication(80, address="127.0.0.1")),
        ("published=8080,target=80", Publication(80, 8080)),
        ("target=80,published=8080,protocol=udp,mode=host", Publication(80, 8080, "udp", "host")),
        ("target=80", Publication(80)),
    ],
)
def test_it_is_read(text: str, port: Publication) -> None:
    assert publication(text) == port


@pytest.mark.parametrize(
    "text",
    ["", "http", "80:", ":", "0:80", "80:65536", "80/icmp", "1:2:3:4", "published=80",
     "target=80,mode=bridge", "target=80,size=3", "target=x", "8080-8090:80"],
)  # fmt: skip
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|PUBLISHED|none of|mode|published"):
        publication(text)
