"""Keys of clusters: a browser has a random one of its own in a cookie, and may visit another.

The server signs the key that it gives, so that nobody can make up one and get a cluster for it.
The address of a page names another cluster once, ``?cluster=abcd2345``; a cookie keeps it for every
page, the live socket and opened ports, until ``?cluster=`` leads back. Whoever knows a key may use
the cluster: so neighbours share one. A class that only looks on gets another code
(``core.control.classroom``), which is a key like any other here. Keys belong to practice clusters,
and to the progress of a learner there; they open nothing on a real engine.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN, VISITED = "essaim_own", "essaim_visited"
#: The key of viewers without cookies: scripts, tests, browsers that refuse them.
DEFAULT = "everybody"
#: Keys are read aloud and typed by hand: no letter looks like a digit.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 8
YEAR = 365 * 24 * 3600  # seconds
SECRET_BYTES = 32

_KEY = re.compile(rf"[{LETTERS}]{{{LENGTH}}}|{DEFAULT}", re.ASCII)
_EARLIER = re.compile(rf"[{LETTERS}]{{{LENGTH}}}\.[0-9a-f]{{32}}", re.ASCII)
#: What signs keys: of this process alone until ``sign_with`` gives another.
_secret = secrets.token_bytes(SECRET_BYTES)
#: True for the key of a cluster that exists.
Known = Callable[[str], bool]


def new() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read(text: str) -> str:
    """The key in a typed text, which may have spaces, dashes or capitals; '' for none."""
    return _valid(re.sub(r"[\s-]", "", text).lower())


def spelled(key: str) -> str:
    """The key as it is read aloud: ``abcd-2345``."""
    return key if key == DEFAULT else f"{key[:4]}-{key[4:]}"


def sign_with(secret: bytes) -> None:
    """Sign with the secret of an earlier process, so that browsers keep their keys."""
    global _secret
    _secret = secret


def signed(key: str) -> str:
    """The key as its owner's browser keeps it: the key alone does not make one its owner."""
    return f"{key}.{_drawn(key)}"


def cluster_id(key: str) -> str:
    """The name of this key's cluster for others, in 32 letters 0-9a-f: it tells nobody the key."""
    return _drawn(f"cluster {key}")


def _drawn(text: str) -> str:
    return hmac.digest(_secret, text.encode(), "sha256").hex()[:32]


def own(cookies: Mapping[str, str]) -> str:
    """The viewer's own key."""
    return _own(cookies) or DEFAULT


def browser(cookies: Mapping[str, str]) -> str:
    """An id of the browser that does not follow from its key; '' without a signed cookie."""
    return hashlib.sha256(cookies[OWN].encode()).hexdigest()[:32] if _own(cookies) else ""


def looked_at(cookies: Mapping[str, str], known: Known, wish: str = "") -> str:
    """The key of the cluster that this viewer looks at.

    wish: the key in the request. A visited cluster must exist: it is made for its owner alone.
    """
    for key in (_valid(wish), _valid(cookies.get(VISITED, ""))):
        if key and known(key):
            return key
    return own(cookies)


def asked(request: HTTPConnection, known: Known) -> str:
    """The same for a request to a route of ours, which may name a key in path or query."""
    wish = request.path_params.get("cluster") or request.query_params.get("cluster", "")
    return looked_at(request.cookies, known, wish)


def _own(cookies: Mapping[str, str]) -> str:
    """The key in the cookie if this server signed it, else ''."""
    cookie = cookies.get(OWN, "")
    key = _valid(cookie.partition(".")[0])
    return key if key and hmac.compare_digest(cookie.encode(), signed(key).encode()) else ""


def _next(cookie: str) -> str:
    """A new key; the same one for all tabs with this cookie, which another secret signed."""
    if not _EARLIER.fullmatch(cookie):
        return new()
    drawn = hmac.digest(_secret, b"next " + cookie.encode(), "sha256")
    return "".join(LETTERS[each % len(LETTERS)] for each in drawn[:LENGTH])


def _valid(key: str) -> str:
    return key if _KEY.fullmatch(key) else ""


class Keys:
    """The ASGI middleware that gives keys to browsers, and keeps the one that they visit.

    framed: whether another site may show our pages in a frame. A browser then keeps the cookies
    only over https, and apart from those of any other site and of a page in a tab of its own.
    """

    def __init__(
        self, app: ASGIApp, known: Known, framed: Callable[[], bool] = lambda: False
    ) -> None:
        self._app = app
        self._known = known
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _gives_key(request := Request(scope)):
            await self._app(scope, receive, send)
            return
        cookies, secure = Response(), request.url.scheme == "https"
        apart = secure and self._framed() and _in_frame(request)
        site = "None" if apart else "Lax"
        options: dict[str, Any] = {"secure": secure, "httponly": True, "samesite": site}
        key, app = _own(request.cookies), self._app
        if not key:
            key = _next(request.cookies.get(OWN, ""))
            cookies.set_cookie(OWN, signed(key), YEAR, **options)
        wish = request.query_params.get("cluster") if _is_page(request) else None
        if wish is not None:
            visited = read(wish)
            if visited in ("", key):
                cookies.set_cookie(VISITED, "", 0, **options)  # seconds: the browser forgets it
                app = RedirectResponse(_without_wish(request), 303)
            elif self._known(visited):  # else the page says that there is none
                cookies.set_cookie(VISITED, visited, **options)
                app = RedirectResponse(_without_wish(request), 303)
        await app(scope, receive, _with(send, cookies, apart))


def _gives_key(request: Request) -> bool:
    """True where a browser without a valid key gets one with the answer.

    That is with a page. It is also with the question of Streamlit's script before it reconnects its
    websocket, for a key of an earlier process: so a page that stayed open has a key again.
    """
    asks_again = request.url.path.endswith("/_stcore/host-config") and OWN in request.cookies
    return _is_page(request) or asks_again


def _is_page(request: Request) -> bool:
    """True for a page of ours; not for a part of it, or a published port."""
    path = request.url.path
    parts = ("live", "machines", "open", "_stcore", "static")
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and not any(f"/{part}/" in path for part in parts)
    )


def _without_wish(request: Request) -> str:
    rest = [item for item in request.query_params.multi_items() if item[0] != "cluster"]
    # One slash: two would lead to another host.
    return "/" + request.url.path.lstrip("/") + (f"?{urlencode(rest)}" if rest else "")


def _in_frame(request: Request) -> bool:
    """Whether the browser asks for a page that it shows in a frame of another site."""
    sent = request.headers
    framed = sent.get("sec-fetch-dest") in ("iframe", "frame")
    return framed and sent.get("sec-fetch-site") == "cross-site"


def _with(send: Send, cookies: Response, apart: bool) -> Send:
    # Starlette writes this word from Python 3.14 on.
    end = b"; Partitioned" if apart else b""
    headers = [(name, text + end) for name, text in cookies.raw_headers if name == b"set-cookie"]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return sending
