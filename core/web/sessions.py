"""Binds each of Streamlit's sessions to the browser that began it.

Streamlit gives a session to anybody who names its id, and the page's scripts know the id. A
browser has a cookie that no script reads (``core.engine.keys``). This middleware passes it to
Streamlit in a header, as a proxy that knows its users would, and Streamlit refuses the session to
another browser. .streamlit/config.toml names the header too; nobody else may write it.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from core.engine import keys
from core.terminal.tickets import BROWSER

_PROTOCOLS = "sec-websocket-protocol"


class Sessions:
    """The ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = dict(scope)
            browser = keys.browser(HTTPConnection(scope).cookies)  # first: it copies the headers
            headers = MutableHeaders(scope=scope)
            del headers[BROWSER]
            if scope["type"] == "websocket":
                if browser:
                    headers[BROWSER] = browser
                elif _PROTOCOLS in headers and not scope["path"].startswith("/open/"):
                    # A browser without a cookie resumes no session. The words are a protocol,
                    # Streamlit's token, and the wanted session.
                    headers[_PROTOCOLS] = ",".join(headers[_PROTOCOLS].split(",")[:2])
        await self._app(scope, receive, send)
