"""Whose cluster a browser looks at: a random key of its own in a cookie, and the one it visits.

The server signs the key that it hands out: nobody invents one, to have a cluster made for it.
The address of a page names another cluster once, ``?cluster=abcd2345``; the cookie remembers it
for every page, the live socket and opened ports, until ``?cluster=`` leads back. Who knows a key
may use the cluster: this is how neighbours share one. A class that only looks on gets another code
(``core.control.classroom``); here it is a key like any. Keys belong to practice clusters, and to
the progress of whoever learns on one; they open nothing on a real engine.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN, VISITED = "essaim_own", "essaim_visited"
#: The key of a viewer without cookies: a script, a test, a browser that refuses them.
DEFAULT = "everybody"
#: Read aloud and typed by hand: no letter that looks like a figure.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 8
YEAR = 365 * 24 * 3600  # seconds

_KEY = re.compile(rf"[{LETTERS}]{{{LENGTH}}}|{DEFAULT}", re.ASCII)
_EARLIER = re.compile(rf"[{LETTERS}]{{{LENGTH}}}\.[0-9a-f]{{32}}", re.ASCII)
#: Of this run alone, like the clusters: after a restart a browser gets another key, with the page.
_SECRET = secrets.token_bytes(32)
#: Whether there is a cluster of this key.
Known = Callable[[str], bool]


def new() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read(text: str) -> str:
    """The key that somebody wrote, with spaces, dashes or capitals; '' when it is none."""
    key = re.sub(r"[\s-]", "", text).lower()
    return key if _KEY.fullmatch(key) else ""


def spelled(key: str) -> str:
    """The key as it is read aloud: ``abcd-2345``."""
    return key if key == DEFAULT else f"{key[:4]}-{key[4:]}"


def signed(key: str) -> str:
    """The key as a browser keeps it. Who is told a neighbour's key cannot pass for them by it."""
    return f"{key}.{hmac.new(_SECRET, key.encode(), hashlib.sha256).hexdigest()[:32]}"


def own(cookies: Mapping[str, str]) -> str:
    """The viewer's own key, whatever they look at."""
    return _own(cookies) or DEFAULT


def browser(cookies: Mapping[str, str]) -> str:
    """What tells a browser from all others, even those that know its key; '' where nothing does."""
    return hashlib.sha256(cookies[OWN].encode()).hexdigest()[:32] if _own(cookies) else ""


def looked_at(cookies: Mapping[str, str], known: Known, wish: str = "") -> str:
    """The key of the cluster that this viewer looks at.

    wish: what the request itself names. A cluster that is visited must be there, as it is made for
    nobody but its owner.
    """
    for key in (_valid(wish), _valid(cookies.get(VISITED, ""))):
        if key and known(key):
            return key
    return own(cookies)


def asked(request: HTTPConnection, known: Known) -> str:
    """The same for a request to one of our own routes, which may name it in path or query."""
    wish = request.path_params.get("cluster") or request.query_params.get("cluster", "")
    return looked_at(request.cookies, known, wish)


def _own(cookies: Mapping[str, str]) -> str:
    """The key in the cookie, where this server has signed it; else ''."""
    said = cookies.get(OWN, "")
    key = _valid(said.partition(".")[0])
    right = key and hmac.compare_digest(said.encode(), signed(key).encode())
    return key if right else ""


def _next(said: str) -> str:
    """A new key. Tabs that come together with one cookie of an earlier run get the same."""
    if not _EARLIER.fullmatch(said):
        return new()
    drawn = hmac.new(_SECRET, b"next " + said.encode(), hashlib.sha256).digest()
    return "".join(LETTERS[each % len(LETTERS)] for each in drawn[:LENGTH])


def _valid(key: str) -> str:
    return key if _KEY.fullmatch(key) else ""


class Keys:
    """The ASGI middleware that hands out keys with the pages, and keeps which one they visit."""

    def __init__(self, app: ASGIApp, known: Known) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _hands_out(request := Request(scope)):
            await self._app(scope, receive, send)
            return
        cookies: list[str] = []
        key = _own(request.cookies)
        secure = request.url.scheme == "https"
        if not key:
            key = _next(request.cookies.get(OWN, ""))
            cookies.append(_cookie(OWN, signed(key), secure, YEAR))
        wish = request.query_params.get("cluster") if _is_page(request) else None
        if wish is None:
            await self._app(scope, receive, _with(send, cookies))
            return
        there = read(wish)
        if there and there != key and not self._known(there):
            await self._app(scope, receive, _with(send, cookies))  # the page says that it is not
            return
        visits = there not in ("", key)
        cookies.append(_cookie(VISITED, there if visits else "", secure, None if visits else 0))
        await RedirectResponse(_without_wish(request), 303)(scope, receive, _with(send, cookies))


def _hands_out(request: Request) -> bool:
    """Whether a browser that has no good key gets one with the answer.

    With a page; and with what Streamlit's script asks before it takes up its websocket again, for
    whoever comes with a key of an earlier run: the page that stayed open must not be nobody's.
    """
    asks_again = request.url.path.endswith("/_stcore/host-config") and OWN in request.cookies
    return _is_page(request) or asks_again


def _is_page(request: Request) -> bool:
    """Whether somebody opens a page of ours, and not a part of it or a published port."""
    path = request.url.path
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and not any(f"/{part}/" in path for part in ("live", "open", "_stcore", "static"))
    )


def _without_wish(request: Request) -> str:
    rest = [
        (name, value) for name, value in request.query_params.multi_items() if name != "cluster"
    ]
    # One slash: two would lead to another host.
    return "/" + request.url.path.lstrip("/") + (f"?{urlencode(rest)}" if rest else "")


def _cookie(name: str, value: str, secure: bool, max_age: int | None) -> str:
    """A Set-Cookie header. max_age: seconds; None until the browser ends, 0 forgets it."""
    made: SimpleCookie = SimpleCookie({name: value})
    crumb = made[name]
    crumb["path"], crumb["httponly"], crumb["samesite"] = "/", True, "Lax"
    if secure:
        crumb["secure"] = True
    if max_age is not None:
        crumb["max-age"] = max_age
    return crumb.OutputString()


def _with(send: Send, cookies: list[str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for cookie in cookies:
                headers.append("set-cookie", cookie)
        await send(message)

    return sending
