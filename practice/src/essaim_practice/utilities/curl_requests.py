"""The request that a line of curl asks for."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from posixpath import basename
from urllib.parse import quote, urlsplit

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Work
from essaim_practice.utilities.base import MOST, Doing, Lines, place
from essaim_practice.utilities.curl_options import Asked

VERSION = "curl/8.14.1"
_AT_ONCE = 16 * 1024  # bytes that are quoted in one step


class Failed(Exception):
    """A transfer that failed: curl's code, and its words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sent:
    """One request."""

    url: str
    host: str
    port: int
    method: str
    headers: Mapping[str, str]
    body: bytes


def requested(url: str, asked: Asked, context: Context) -> Doing[Sent]:
    if match := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", url):
        if match[1].lower() not in ("http", "https"):
            raise Failed(1, f'Protocol "{match[1]}" not supported')
    else:
        url = f"http://{url}"
    data, kind = yield from _data(asked, context)
    method = "POST" if data is not None else "GET"
    body = data or b""
    if "get" in asked and data is not None:
        url += ("&" if "?" in url else "?") + data.decode(errors="replace")
        method, body = "GET", b""
    if "upload-file" in asked:
        name, method = asked.get("upload-file"), "PUT"
        body, kind = (yield from _content(name, asked, context)), ""
        url += basename(name) if url.endswith("/") else ""
    if "head" in asked:
        method = "HEAD"
    method = asked.get("request", method)
    given = {"User-Agent": asked.get("user-agent", VERSION), "Accept": "*/*"}
    if "user" in asked:
        given["Authorization"] = f"Basic {base64.b64encode(asked.get('user').encode()).decode()}"
    if "=" in asked.get("cookie"):
        given["Cookie"] = asked.get("cookie")
    for name, title in (("referer", "Referer"), ("range", "Range")):
        if name in asked:
            given[title] = f"bytes={asked.get(name)}" if name == "range" else asked.get(name)
    if "compressed" in asked:
        given["Accept-Encoding"] = "deflate, gzip"
    if body or method in ("POST", "PUT"):
        given["Content-Length"] = str(len(body))
        given |= {"Content-Type": kind} if kind else {}
    if any(option == "json" for option, _ in asked.data):
        given["Accept"] = "application/json"
    for header in asked.all("header"):
        _set_header(given, header)
    return located(Sent(url, "", 80, method, given, body))


def _set_header(headers: dict[str, str], given: str) -> None:
    """``Name: value`` adds or replaces, ``Name:`` removes, ``Name;`` has no value."""
    name, colon, value = given.partition(":")
    name = name.strip()
    for known in [known for known in headers if known.lower() == name.lower().rstrip(";")]:
        del headers[known]
    if value.strip():
        headers[name] = value.strip()
    elif not colon and name.endswith(";"):
        headers[name[:-1]] = ""


def located(sent: Sent) -> Sent:
    """The request with the host and port of its URL. Raises Failed."""
    try:
        parts = urlsplit(sent.url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        words = "Port number was not a decimal number between 0 and 65535"
        words = words if "ort" in str(error) else "Malformed input to a URL function"
        raise Failed(3, f"URL rejected: {words}") from None
    if re.search(r"[\s\x00-\x1f]", sent.url):
        raise Failed(3, "URL rejected: Malformed input to a URL function")
    if not host:
        raise Failed(3, "URL rejected: No host part in the URL")
    port = port or (443 if parts.scheme.lower() == "https" else 80)
    url = sent.url if parts.path else sent.url.replace(parts.netloc, f"{parts.netloc}/", 1)
    return replace(sent, url=url, host=host, port=port)


def _data(asked: Asked, context: Context) -> Doing[tuple[bytes | None, str]]:
    """The body of a POST and its type; None without one."""
    if "form" in asked:
        return (yield from _form(asked, context))
    if not asked.data:
        return None, ""
    pieces, kind = list[bytes](), "application/x-www-form-urlencoded"
    for option, value in asked.data:
        kind = "application/json" if option == "json" else kind
        if option == "data-urlencode":
            pieces.append((yield from _quoted(value, asked, context)))
        elif value.startswith("@") and option != "data-raw":
            content = yield from _content(value[1:], asked, context)
            plain = option in ("data", "data-ascii")
            pieces.append(content.translate(None, b"\r\n\0") if plain else content)
        else:
            pieces.append(value.encode(errors="replace"))
    return (b"" if kind.endswith("json") else b"&").join(pieces), kind


def _quoted(value: str, asked: Asked, context: Context) -> Doing[bytes]:
    """``content``, ``=content``, ``name=content``, ``@file`` or ``name@file``."""
    match = re.match(r"([^=@]*)([=@])", value)
    if match is None:
        return quote(value, safe="").encode()
    name, text = match[1], value[match.end() :].encode(errors="replace")
    if match[2] == "@":
        text = yield from _content(value[match.end() :], asked, context)
    pieces = [(f"{name}=" if name else "").encode()]
    for at in range(0, len(text), _AT_ONCE):
        pieces.append(quote(text[at : at + _AT_ONCE], safe="").encode())
        yield Work(_AT_ONCE // 8)
    return b"".join(pieces)


def _form(asked: Asked, context: Context) -> Doing[tuple[bytes, str]]:
    edge, body = "------------------------d74496d66958873e", b""
    for value in asked.all("form"):
        name, _, text = value.partition("=")
        said, kind = f'form-data; name="{name}"', ""
        content = text.encode(errors="replace")
        if text[:1] in ("@", "<"):
            file = text[1:].partition(";")[0]
            content = yield from _content(file, asked, context)
            if text[0] == "@":
                said += f'; filename="{basename(file)}"'
                kind = "Content-Type: application/octet-stream\r\n"
        body += f"--{edge}\r\nContent-Disposition: {said}\r\n{kind}\r\n".encode(errors="replace")
        body += content + b"\r\n"
    return body + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def _content(name: str, asked: Asked, context: Context) -> Doing[bytes]:
    """The content of a file, or of the input. Raises Failed."""
    if name in ("-", "."):
        data = b"".join((yield from Lines().whole()))
    else:
        try:
            data = context.fs.read(place(context, name))
        except OSError:
            raise Failed(26, f"Failed to open {name}") from None
    if len(data) > MOST or not asked.room.take(4 * len(data)):
        raise Failed(27, "Out of memory")
    return data
