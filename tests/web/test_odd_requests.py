"""No request is so odd that the server itself fails: every route, ours and Streamlit's."""

from __future__ import annotations

import pytest

from tests.web.conftest import Server

ROUTES = [
    "/",
    "/nodes",
    "/live/timeline",
    "/live/socket",
    "/live/x/board.js",
    "/console/socket",
    "/terminal/socket",
    "/open/node1/80/",
    "/open/abcd2345/node1/80/",
    "/_stcore/stream",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/upload_file/a/b",
    "/media/x",
    "/component/x/y",
    "/static/x",
]
ENDINGS = [
    "?" + "a" * 50_000,
    "?%00",
    "?%ff",
    "?lang=%ff&after=%00",
    "?after=" + "9" * 5000,
    "?after=-1&lang=",
    "?cluster=%00",
    "?cluster=" + "9" * 5000,
    "?cluster=abcd2345&cluster=bcde2345",
    "?cluster=%0d%0aX:%20y",
    "?=&&=",
    "%00",
    "/%00",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e",
    "//",
    "/%5cx",
    "\xe9",
    "%zz",
]
HEADERS = [
    "Cookie: essaim_own=\xff",
    "Cookie: essaim_own=adaadaad.\xe9; essaim_visited=\xff",
    "Cookie: ;;;=",
    "Accept-Language: \xff,;q=,q=nan;;",
    "Accept-Language: fr;q=abc",
    "Content-Length: x",
    "Content-Length: -1",
    "Content-Length: " + "9" * 5000,
    "Origin: \xff",
    "Origin: http://[",
    "Origin: http://a:b:c",
    "Origin: http://a:99999999",
    "Host: twice",
    "Upgrade: h2c",
    "Connection: Upgrade",
    "Expect: 100-continue",
    "Range: bytes=9-1",
    "If-None-Match: \xff",
    "If-Modified-Since: never",
    "Accept-Encoding: gzip;q=nan",
    "X-Forwarded-For: \xff",
    "X-Forwarded-Proto: ftp",
    "Sec-WebSocket-Protocol: ,,,",
]
METHODS = ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO", "get"]
#: What an opened port is answered with where nobody is behind it.
NOBODY = 502


def fine(status: int) -> bool:
    return status < 500 or status in (NOBODY, 503)


@pytest.mark.parametrize("route", ROUTES)
def test_odd_addresses(essaim: Server, route: str) -> None:
    for ending in ENDINGS:
        for accept in ("text/html", "*/*"):
            answer = essaim.ask(route + ending, f"Accept: {accept}")
            assert fine(answer.status), (route + ending[:50], answer)


@pytest.mark.parametrize("route", ROUTES)
def test_odd_headers(essaim: Server, route: str) -> None:
    for header in HEADERS:
        answer = essaim.ask(route, header, "Accept: text/html")
        assert fine(answer.status), (header[:50], answer)


@pytest.mark.parametrize("route", ROUTES)
def test_odd_methods(essaim: Server, route: str) -> None:
    for method in METHODS:
        answer = essaim.ask(route, "Content-Length: 0", method=method)
        assert fine(answer.status), (method, answer)


@pytest.mark.parametrize("route", ROUTES)
def test_odd_handshakes(essaim: Server, route: str) -> None:
    """Short ones: over eight thousand bytes the server's own parser of them hangs up late."""
    for ending in ENDINGS:
        if len(ending) < 1000:
            answer = essaim.handshake(route + ending)
            assert fine(answer.status), (route + ending, answer)
    for header in HEADERS:
        if not header.startswith(("Content-Length", "Connection", "Upgrade")):
            answer = essaim.handshake(route, header)
            assert fine(answer.status), (header, answer)


@pytest.mark.parametrize(
    "said",
    [
        b"GET http://evil.test/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET nodes HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
def test_what_is_hardly_http(essaim: Server, said: bytes) -> None:
    assert essaim.send(said).status < 500


@pytest.mark.parametrize("path", ["/open/", "/open/x", "/open/node1/x/", "/open/a/b/c/d/80/"])
def test_what_leads_to_no_port_is_no_page(essaim: Server, path: str) -> None:
    """Without a route of ours Streamlit would answer anything with its page."""
    assert essaim.ask(path).status == 404
