"""wget, inside the practice network."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from errno import ECONNRESET
from http import HTTPStatus
from posixpath import basename
from urllib.parse import urljoin, urlsplit

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.steps import Steps, Wait, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Doing, Misuse, options, place, reason, tool
from essaim_practice.utilities.network import gave_up, resolved

_MOST_JUMPS = 20
_USAGE = """[-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
\t[--post-data STR | --post-file FILE] [-Y on/off]
\t[--no-check-certificate] [-P DIR] [-U AGENT] URL...

Retrieve files via HTTP or FTP

\t--spider\tOnly check URL existence: $? is 0 if exists
\t--header STR\tAdd STR (of form 'header: value') to headers
\t--post-data STR\tSend STR using POST method
\t--post-file FILE\tSend FILE using POST method
\t--no-check-certificate\tDon't validate the server's certificate
\t-c\t\tContinue retrieval of aborted transfer
\t-q\t\tQuiet
\t-P DIR\t\tSave to DIR (default .)
\t-S  \t\tShow server response
\t-O FILE\t\tSave to FILE ('-' for stdout)
\t-o LOGFILE\tLog messages to FILE
\t-U STR\t\tUse STR for User-Agent header
\t-Y on/off\tUse proxy"""
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


def headers_of(page: HttpResponse, context: Context) -> list[tuple[str, str]]:
    names = {name.lower() for name in page.headers}
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(context.now()))
    more = [("Date", stamp)] if "date" not in names else []
    found = [*page.headers.items()][:1] + more + [*page.headers.items()][1:]
    if "content-length" not in names:
        found.append(("Content-Length", str(len(page.body))))
    return found


def phrase(status: int) -> str:
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


@tool("wget", usage=_USAGE)
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
        method, headers = "POST" if "D" in asked else "GET", {"User-Agent": "Wget", **sent}
        try:
            page = context.net.fetch(where.url, method, headers, data, address)
        except NoSuchHost:
            raise Complaint(f"bad address '{where.host}'", 1) from None
        except OSError as error:
            if error.errno == ECONNRESET:
                raise Complaint(f"error getting response: {reason(error)}", 1) from None
            if (yield from gave_up(error, _patience(asked))):
                raise Complaint("download timed out", 1) from None
            said = f"can't connect to remote host ({address}): {reason(error)}"
            raise Complaint(said, 1) from None
        yield Wait(_PAUSE)
        onward = _location(page, where.url)
        if not onward:
            break
        where = _place(onward)
    if "S" in asked:
        yield line(f"  HTTP/1.1 {page.status} {phrase(page.status)}", 2)
        for name, value in headers_of(page, context):
            yield line(f"  {name}: {value}", 2)
    if page.status >= 400:
        said = f"HTTP/1.1 {page.status} {phrase(page.status)}"
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


def _patience(asked: Mapping[str, list[str]]) -> float:
    """Seconds that ``-T`` allows."""
    text = asked.get("T", ["900"])[-1]
    return float(text) if text.isdecimal() and text != "0" else 900.0


def _bar(name: str, size: int) -> Write:
    shown = str(size) if size < 100_000 else f"{size / 1024:.1f}k"
    return line(f"{name[:20]:<20} 100% |{'*' * 32}| {shown:>5}  0:00:00 ETA", 2)
