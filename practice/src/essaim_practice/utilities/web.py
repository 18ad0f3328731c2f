"""wget and curl, inside the practice network."""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from posixpath import basename
from urllib.parse import urljoin, urlsplit

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.steps import Steps, Wait, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Doing, Misuse, options, out, place, reason, tool
from essaim_practice.utilities.network import resolved

_MOST_JUMPS = 20
_PAUSE = 0.002  # seconds that an answer takes


@dataclass(frozen=True, slots=True)
class _Place:
    """A URL, taken apart."""

    url: str
    host: str
    port: int


def _place(text: str) -> _Place:
    """Raises Complaint where the text is no URL."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Complaint(f"bad address '{text}'", 1) from None
    if not host:
        raise Complaint(f"bad address '{text}'", 1)
    return _Place(url if parts.path else url + "/", host, port)


def _headers(page: HttpResponse, context: Context) -> list[tuple[str, str]]:
    names = {name.lower() for name in page.headers}
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(context.now()))
    more = [("Date", stamp)] if "date" not in names else []
    found = [*page.headers.items()][:1] + more + [*page.headers.items()][1:]
    if "content-length" not in names:
        found.append(("Content-Length", str(len(page.body))))
    return found


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _location(page: HttpResponse, url: str) -> str:
    for name, value in page.headers.items():
        if name.lower() == "location" and page.status in (301, 302, 303, 307, 308):
            return urljoin(url, value)
    return ""


# wget


@tool("wget", usage="[-cqS] [-O FILE] [-T SEC] [-U AGENT] URL...")
def wget(argv: list[str], context: Context) -> Steps:
    asked = options(
        argv,
        "cqSv",
        "OTUtPo",
        {"spider": "n", "quiet": "q", "header": "H", "post-data": "D", "no-check-certificate": "v"}
        | {
            "timeout": "T",
            "output-document": "O",
            "tries": "t",
            "no-verbose": "v",
            "server-response": "S",
        },
    )
    if not asked.words:
        raise Misuse("")
    for url in asked.words:
        yield from _downloaded(url, asked.get("O"), asked.given, context)
    return 0


def _downloaded(
    text: str, target: str, asked: Mapping[str, list[str]], context: Context
) -> Doing[None]:
    quiet, where = "q" in asked, _place(text)
    sent = dict(value.split(":", 1) for value in asked.get("H", []) if ":" in value)
    data = asked.get("D", [""])[-1].encode()
    for _ in range(_MOST_JUMPS):
        address = resolved(where.host, context)
        if not quiet:
            shown = f"{where.host}:{where.port}" if where.port != 80 else where.host
            yield line(f"Connecting to {shown} ({address}:{where.port})", 2)
        try:
            page = context.net.fetch(
                where.url, "POST" if "D" in asked else "GET", {"User-Agent": "Wget", **sent}, data
            )
        except NoSuchHost:
            raise Complaint(f"bad address '{where.host}'", 1) from None
        except OSError as error:
            raise Complaint(
                f"can't connect to remote host ({address}): {reason(error)}", 1
            ) from None
        yield Wait(_PAUSE)
        onward = _location(page, where.url)
        if not onward:
            break
        where = _place(onward)
    if "S" in asked:
        yield line(f"  HTTP/1.1 {page.status} {_phrase(page.status)}", 2)
        for name, value in _headers(page, context):
            yield line(f"  {name}: {value}", 2)
    if page.status >= 400:
        said = f"HTTP/1.1 {page.status} {_phrase(page.status)}"
        raise Complaint(f"server returned error: {said}", 1)
    if "n" in asked:
        if not quiet:
            yield line("remote file exists", 2)
        return
    name = target or basename(urlsplit(where.url).path) or "index.html"
    if target == "-":
        if not quiet:
            yield line("writing to stdout", 2)
        yield Write(page.body)
        if not quiet:
            yield _bar("-", len(page.body))
            yield line("written to stdout", 2)
        return
    if not target and context.fs.exists(place(context, name)):
        raise Complaint(f"can't open '{name}': File exists", 1)
    if not quiet:
        yield line(f"saving to '{name}'", 2)
    try:
        context.fs.write(place(context, name), page.body)
    except OSError as error:
        raise Complaint(f"can't open '{name}': {reason(error)}", 1) from None
    if not quiet:
        yield _bar(basename(name), len(page.body))
        yield line(f"'{name}' saved", 2)


def _bar(name: str, size: int) -> Write:
    shown = str(size) if size < 100_000 else f"{size / 1024:.1f}k"
    return line(f"{name[:20]:<20} 100% |{'*' * 32}| {shown:>5}  0:00:00 ETA", 2)


# curl

_LONG = {
    "silent": "s",
    "show-error": "S",
    "head": "I",
    "include": "i",
    "output": "o",
    "write-out": "w",
    "request": "X",
    "data": "d",
    "data-raw": "d",
    "json": "J",
    "header": "H",
    "fail": "f",
    "location": "L",
    "verbose": "v",
    "max-time": "m",
    "connect-timeout": "m",
    "user-agent": "A",
    "retry": "r",
    "insecure": "k",
    "remote-name": "O",
    "user": "u",
    "version": "V",
    "get": "G",
    "progress-bar": "#",
    "compressed": "k",
}


class _Failed(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@tool("curl")
def curl(argv: list[str], context: Context) -> Steps:
    try:
        asked = options(argv, "sSIifLvkOVG#N", "owXdHmAruJ", _LONG)
    except Misuse as misuse:
        said = re.sub(r"^.*'(.*)'$", r"option \1: is unknown", str(misuse))
        yield line(
            f"curl: {said}\ncurl: try 'curl --help' or 'curl --manual' for more information", 2
        )
        return 2
    if "V" in asked:
        yield line("curl 8.14.1 (simulated)\nProtocols: http")
        return 0
    if not asked.words:
        yield line("curl: try 'curl --help' or 'curl --manual' for more information", 2)
        return 2
    code = 0
    for url in asked.words:
        try:
            yield from _fetched(url, asked.given, context)
        except _Failed as failed:
            if "s" not in asked or "S" in asked:
                yield line(f"curl: ({failed.code}) {failed}", 2)
            code = failed.code
    return code


def _fetched(text: str, asked: Mapping[str, list[str]], context: Context) -> Doing[None]:
    if re.match(r"(?!https?:)[a-z]+://", text):
        raise _Failed(1, f'Protocol "{text.partition(":")[0]}" not supported')
    try:
        where = _place(text)
    except Complaint:
        raise _Failed(3, "URL using bad/illegal format or missing URL") from None
    data = asked.get("d", []) + asked.get("J", [])
    method = asked.get(
        "X", ["HEAD" if "I" in asked else "POST" if data and "G" not in asked else "GET"]
    )[-1]
    headers = {"Host": where.host if where.port == 80 else f"{where.host}:{where.port}"}
    headers |= {"User-Agent": asked.get("A", ["curl/8.14.1"])[-1], "Accept": "*/*"}
    if data:
        kind = "application/json" if "J" in asked else "application/x-www-form-urlencoded"
        headers["Content-Type"] = kind
    for given in asked.get("H", []):
        name, _, value = given.partition(":")
        headers[name.strip()] = value.strip()
    body = "&".join(data).encode(errors="replace")
    if where.url.startswith("https:"):
        raise _Failed(7, f"{_refusal(where)}: the practice network speaks http only")
    for _ in range(_MOST_JUMPS):
        page = _answer(where, method, headers, body, context)
        yield Wait(_PAUSE)
        onward = _location(page, where.url) if "L" in asked else ""
        if not onward:
            break
        where = _place(onward)
    head = f"HTTP/1.1 {page.status} {_phrase(page.status)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in _headers(page, context)) + "\r\n"
    if "v" in asked:
        path = where.url.split("/", 3)[3]
        sent = "".join(f"> {name}: {value}\n" for name, value in headers.items())
        yield out(
            f"> {method} /{path} HTTP/1.1\n{sent}> \n"
            + re.sub(r"(?m)^", "< ", head.replace("\r", "").rstrip("\n"))
            + "\n< \n",
            2,
        )
    shown = page.body if method != "HEAD" else b""
    if {"i", "I"} & asked.keys():
        shown = head.encode() + shown
    failing = "f" in asked and page.status >= 400
    target = asked.get("o", [""])[-1] or (
        basename(urlsplit(where.url).path) if "O" in asked else ""
    )
    if not failing and target and target != "-":
        try:
            context.fs.write(place(context, target), shown)
        except OSError as error:
            raise _Failed(23, f"Failure writing output to destination: {reason(error)}") from None
    elif not failing:
        yield Write(shown)
    if "w" in asked:
        yield out(_written(asked["w"][-1], page, where))
    if failing:
        raise _Failed(22, f"The requested URL returned error: {page.status}")


def _answer(
    where: _Place, method: str, headers: dict[str, str], body: bytes, context: Context
) -> HttpResponse:
    try:
        return context.net.fetch(where.url, method, headers, body)
    except NoSuchHost:
        raise _Failed(6, f"Could not resolve host: {where.host}") from None
    except OSError as error:
        if error.errno == errno.ETIMEDOUT:
            raise _Failed(28, f"{_refusal(where)}: Connection timed out") from None
        raise _Failed(7, f"{_refusal(where)} after 0 ms: Couldn't connect to server") from None


def _refusal(where: _Place) -> str:
    return f"Failed to connect to {where.host} port {where.port}"


def _written(form: str, page: HttpResponse, where: _Place) -> str:
    values = {"http_code": f"{page.status:03}", "response_code": f"{page.status:03}"}
    values |= {"size_download": str(len(page.body)), "url_effective": where.url}
    values |= {
        "time_total": f"{_PAUSE:.6f}",
        "content_type": str(page.headers.get("Content-Type", "")),
    }
    text = re.sub(r"%\{(\w+)\}", lambda match: values.get(match[1], ""), form)
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("%%", "%")
