"""The proxies whose X-Forwarded-For is believed: those that are set, and no others.

Anybody can write that header. Uvicorn's default is to believe any program on this machine.
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

    Raises InvalidValue for a word that is neither.
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
    """Let the server that is about to start believe these proxies alone.

    Streamlit has no option for it, and makes uvicorn's settings before it reads our code; but
    uvicorn looks up this middleware only afterwards.
    """
    try:
        named = proxies(environ)
    except InvalidValue:
        named = []  # lifespan reports it

    def proxied(app: Any, trusted_hosts: object = ()) -> ProxyHeadersMiddleware:
        return ProxyHeadersMiddleware(app, named)

    uvicorn.config.ProxyHeadersMiddleware = proxied  # type: ignore[attr-defined, assignment]
