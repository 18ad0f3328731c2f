"""Checks the Host and Origin of every request, and adds security headers to every answer.

It wraps Streamlit's routes and ours, websockets too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.i18n import asked

#: Whether a request with this Host header, or with these headers, may be answered.
HostCheck = Callable[[str | None], bool]
OriginCheck = Callable[[Mapping[str, str]], bool]

#: The address of an opened port has the cluster's key in it: no other site may learn the referrer.
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


class SecurityMiddleware:
    """The ASGI middleware.

    host_allowed: see core.web.hosts. origin_allowed: see core.control.access. frames: the policy
    that says who may show our pages in a frame (clickjacking), see core.web.frames.
    """

    def __init__(
        self,
        app: ASGIApp,
        host_allowed: HostCheck,
        origin_allowed: OriginCheck,
        frames: Callable[[], str],
    ) -> None:
        self._app = app
        self._host_allowed = host_allowed
        self._origin_allowed = origin_allowed
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope, headers)
        if refused is None:
            await self._app(scope, receive, _saying(scope, send, self._frames()))
        else:
            await refused(scope, receive, _saying(scope, send, self._frames()))

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        _ = asked(headers)
        host = headers.get("host")
        if not self._host_allowed(host):
            told = _(
                "This server does not know itself by the name {name!r}. Open it by its address, or "
                "name it in ESSAIM_HOSTS when Essaim is started: ESSAIM_HOSTS=class.example"
            )
            return PlainTextResponse(told.format(name=(host or "")[:100]), status_code=421)
        if _acts(scope) and not self._origin_allowed(headers):
            return PlainTextResponse(_("A page of another site may not do this."), status_code=403)
        return None


def _acts(scope: Scope) -> bool:
    """Whether it might act with the rights of the cookies that a browser sends along.

    A sandboxed page under /open/ has no origin, and a key in its address: core.web.published
    checks it.
    """
    if scope["path"].startswith("/open/"):
        return False
    return scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")


def _saying(scope: Scope, send: Send, frames: str) -> Send:
    """``send``, which adds the headers that every answer has."""
    begun = False

    async def sending(message: Message) -> None:
        nonlocal begun
        kind = message["type"]
        if kind == "websocket.close" and not begun and _may_say(scope):
            begun = True  # the server's own refusal of a handshake would say nothing
            await PlainTextResponse("refused", status_code=403)(scope, _nothing, sending)
            return
        if kind in ("http.response.start", "websocket.http.response.start", "websocket.accept"):
            begun = True
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            policy = headers.get("content-security-policy")
            headers["Content-Security-Policy"] = f"{policy}; {frames}" if policy else frames
        await send(message)

    return sending


def _may_say(scope: Scope) -> bool:
    return "websocket.http.response" in scope.get("extensions", {})


async def _nothing() -> Message:
    raise RuntimeError("nothing is read to refuse")
