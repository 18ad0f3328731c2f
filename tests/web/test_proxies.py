"""Proxies: whose X-Forwarded-For tells a viewer's address."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
import uvicorn.config
from starlette.types import Receive, Scope, Send

from core.errors import InvalidValue
from core.web.proxies import believe, proxies

FORGED = b"203.0.113.7"


def seen(monkeypatch: pytest.MonkeyPatch, named: str, peer: str, told: bytes = FORGED) -> str:
    """Which address a server that starts with this setting takes the viewer for."""
    found: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope["client"][0])

    before: Any = vars(uvicorn.config)["ProxyHeadersMiddleware"]
    monkeypatch.setattr(uvicorn.config, "ProxyHeadersMiddleware", before)  # put back at the end
    config = uvicorn.Config(app, lifespan="off")  # made before our code is read, by Streamlit
    believe({"ESSAIM_PROXIES": named})
    config.load()
    scope = {"type": "http", "client": (peer, 5000), "headers": [(b"x-forwarded-for", told)]}
    asyncio.run(config.loaded_app(scope, None, None))
    return found[0]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.0.0.2"])
def test_nobody_is_believed_who_is_not_named(monkeypatch: pytest.MonkeyPatch, peer: str) -> None:
    assert seen(monkeypatch, "", peer) == peer
    assert seen(monkeypatch, "192.0.2.1", peer) == peer


@pytest.mark.parametrize("named", ["10.0.0.2", "10.0.0.0/24", "127.0.0.1, 10.0.0.2"])
def test_a_named_proxy_is_believed(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    assert seen(monkeypatch, named, "10.0.0.2") == FORGED.decode()
    assert seen(monkeypatch, named, "10.9.9.9") == "10.9.9.9"


def test_what_a_viewer_invents_before_the_proxy_adds_the_truth_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert seen(monkeypatch, "10.0.0.2", "10.0.0.2", FORGED + b", 192.0.2.9") == "192.0.2.9"


@pytest.mark.parametrize("word", ["proxy.example", "*", "10.0.0.1/8", "10.0.0"])
def test_what_is_no_address_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    with pytest.raises(InvalidValue, match="ESSAIM_PROXIES"):
        proxies({"ESSAIM_PROXIES": word})
    assert seen(monkeypatch, word, "127.0.0.1") == "127.0.0.1"
