"""Whose word on a viewer's address is believed: that of the proxies which are named, of no other.

Anybody can write X-Forwarded-For. Uvicorn believes it where it comes from this machine itself, as
from any program on it, or through a tunnel.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

import uvicorn.config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from core.errors import InvalidValue
from core.i18n import later as _


def proxies(environ: Mapping[str, str]) -> list[str]:
    """The addresses and networks in ``$ESSAIM_PROXIES``, such as 10.0.0.2 or 10.0.0.0/24.

    Raises InvalidValue where one is none.
    """
    named = [word for word in re.split(r"[\s,]+", environ.get("ESSAIM_PROXIES", "")) if word]
    for word in named:
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise InvalidValue(
                _(
                    "ESSAIM_PROXIES is {word!r}: write the addresses or networks of your proxies, "
                    "separated by commas"
                ),
                word=word,
            ) from None
    return named


def believe(environ: Mapping[str, str]) -> None:
    """Let the server that is about to start believe these alone.

    Streamlit has no option for it, and has made uvicorn's settings before it reads our code; but
    uvicorn puts this middleware around us only afterwards.
    """
    try:
        named = proxies(environ)
    except InvalidValue:
        named = []  # the start says so

    def proxied(app: Any, trusted_hosts: object = ()) -> ProxyHeadersMiddleware:
        return ProxyHeadersMiddleware(app, named)

    uvicorn.config.ProxyHeadersMiddleware = proxied  # type: ignore[attr-defined, assignment]
