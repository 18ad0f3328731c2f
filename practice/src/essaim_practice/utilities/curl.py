"""curl, inside the practice network."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname, join
from urllib.parse import urljoin, urlsplit

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.steps import Steps, Wait, Write, line
from essaim_practice.utilities import curl_options
from essaim_practice.utilities.base import Doing, out, place, reason, tool
from essaim_practice.utilities.curl_options import Asked, Wrong
from essaim_practice.utilities.curl_requests import VERSION, Failed, Sent, located, requested
from essaim_practice.utilities.network import addresses
from essaim_practice.utilities.web import headers_of, phrase

_PAUSE = 0.002  # seconds that an answer takes
#: Seconds until Linux gives up asking who has an address, or connecting to one that is silent.
_WAITS = {errno.EHOSTUNREACH: 3.07, errno.ETIMEDOUT: 130.0}
_HINT = "curl: try 'curl --help' or 'curl --manual' for more information"
_HELP = """\
Usage: curl [options...] <url>
 -d, --data <data>           HTTP POST data
 -f, --fail                  Fail fast with no output on HTTP errors
 -h, --help <subject>        Get help for commands
 -o, --output <file>         Write to file instead of stdout
 -O, --remote-name           Write output to file named as remote file
 -i, --show-headers          Show response headers in output
 -s, --silent                Silent mode
 -T, --upload-file <file>    Transfer local FILE to destination
 -u, --user <user:password>  Server user and password
 -A, --user-agent <name>     Send User-Agent <name> to server
 -v, --verbose               Make the operation more talkative
 -V, --version               Show version number and quit
"""
_METER = """\
  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
"""
_BINARY = (
    'Warning: Binary output can mess up your terminal. Use "--output -" to tell curl to output '
    'it to your terminal anyway, or consider "--output <FILE>" to save to a file.'
)
_JUMPS = (301, 302, 303, 307, 308)
_SOON = (408, 429, 500, 502, 503, 504)  # statuses that --retry takes for passing


@dataclass(slots=True)
class _Got:
    """What came of a URL so far."""

    sent: Sent | None = None
    page: HttpResponse | None = None
    heads: list[str] = field(default_factory=list)  # of every answer on the way
    jumps: int = 0
    began: float = 0.0
    address: str = ""


@tool("curl")
def curl(argv: list[str], context: Context) -> Steps:
    asked = Asked()
    try:
        asked = curl_options.read(argv[1:])
        if "version" in asked:
            yield line(f"curl {VERSION[5:]} (simulated)\nProtocols: http")
            return 0
        if "help" in asked:
            yield out(_HELP)
            return 0
        if not asked.urls:
            raise Wrong("(2) no URL specified")
        code = 0
        for number, pattern in enumerate(asked.urls):
            urls = iter([pattern]) if "globoff" in asked else curl_options.urls(pattern)
            for url in urls:
                code = yield from _transfer(url, number, asked, context)
                if code and "fail-early" in asked:
                    return code
    except Wrong as wrong:
        if wrong.code == 2:
            yield line(f"curl: {wrong}\n{_HINT}", 2)
        elif "silent" not in asked or "show-error" in asked:
            yield line(f"curl: ({wrong.code}) {wrong}", 2)
        return wrong.code
    return code


def _transfer(url: str, number: int, asked: Asked, context: Context) -> Doing[int]:
    """Fetch a URL and show what came; returns curl's code."""
    got = _Got(began=context.now())
    target = (asked.all("output")[number : number + 1] or [""])[0]
    quiet = "silent" in asked or "no-progress-meter" in asked
    metered = not quiet and (not context.tty or bool(target) or "remote-name" in asked)
    failed: Failed | None = None
    try:
        request = yield from requested(url, asked, context)
        yield from _tried(request, asked, context, got)
        yield from _shown(got, target, metered, asked, context)
    except Failed as error:
        failed = error
        if metered and error.code not in (3, 22, 23, 26):
            yield out(_METER + _progress(0, 0.0), 2)
    if "write-out" in asked:
        yield out(_written(asked.get("write-out"), got, failed, context))
    if failed is None:
        return 0
    if "silent" not in asked or "show-error" in asked:
        yield line(f"curl: ({failed.code}) {failed}", 2)
    return failed.code


# The answer


def _tried(request: Sent, asked: Asked, context: Context, got: _Got) -> Doing[None]:
    """Ask, again while ``--retry`` says so. Raises Failed."""
    left, wait = int(asked.number("retry", 0)), asked.number("retry-delay", 0) or 1.0
    while True:
        problem = "HTTP error"
        try:
            yield from _answered(request, asked, context, got)
            if got.page is None or got.page.status not in _SOON or not left:
                return
        except Failed as failed:
            refused = failed.code == 7 and "retry-connrefused" not in asked
            if not left or (refused and "retry-all-errors" not in asked):
                raise
            problem = "timeout" if failed.code == 28 else "connection refused"
        if "silent" not in asked:
            unit = "second" if wait == 1 else "seconds"
            tries = f"{left} {'retry' if left == 1 else 'retries'} left"
            yield line(f"Warning: Problem: {problem}. Will retry in {wait:g} {unit}. {tries}.", 2)
        left -= 1
        yield Wait(wait)
        wait = wait if "retry-delay" in asked else min(2 * wait, 600.0)


def _answered(request: Sent, asked: Asked, context: Context, got: _Got) -> Doing[None]:
    most = int(asked.number("max-redirs", 50))
    got.heads, got.jumps, got.page = [], 0, None
    while True:
        got.sent = request
        got.page = yield from _asked_once(request, asked, context, got)
        head = f"HTTP/1.1 {got.page.status} {phrase(got.page.status)}\r\n"
        pairs = headers_of(got.page, context)
        head += "".join(f"{name}: {value}\r\n" for name, value in pairs)
        got.heads.append(f"{head}\r\n")
        if "verbose" in asked:
            yield out(re.sub(r"(?m)^(?=.)", "< ", head.replace("\r", "")) + "< \n", 2)
        onward = _header(got.page, "location")
        follows = "location" in asked or "location-trusted" in asked
        if not (follows and onward and got.page.status in _JUMPS):
            return
        if got.jumps >= most:
            raise Failed(47, f"Maximum ({most}) redirects followed")
        got.jumps += 1
        request = replace(request, url=urljoin(request.url, onward))
        if got.page.status <= 303 and request.method == "POST" and "request" not in asked:
            kept = {k: v for k, v in request.headers.items() if not k.startswith("Content-")}
            request = replace(request, method="GET", headers=kept, body=b"")
        request = located(request)


def _header(page: HttpResponse, name: str) -> str:
    return next((value for key, value in page.headers.items() if key.lower() == name), "")


def _asked_once(request: Sent, asked: Asked, context: Context, got: _Got) -> Doing[HttpResponse]:
    where = f"{request.host} port {request.port}"
    talks = "verbose" in asked
    try:
        got.address = addresses(request.host, context)[0]
        if talks:
            yield out(
                f"* Host {request.host}:{request.port} was resolved.\n* IPv6: (none)\n"
                f"* IPv4: {got.address}\n*   Trying {got.address}:{request.port}...\n",
                2,
            )
        if request.url.lower().startswith("https:"):
            raise Failed(7, f"Failed to connect to {where}: the practice network speaks http only")
        plain = request.port == 80
        host = request.host if plain else f"{request.host}:{request.port}"
        headers = {"Host": host, **request.headers}
        asking = (request.url, request.method, headers, request.body, got.address)
        page = context.net.fetch(*asking)
    except NoSuchHost:
        raise Failed(6, f"Could not resolve host: {request.host}") from None
    except OSError as error:
        if error.errno == errno.ECONNRESET:
            raise Failed(56, f"Recv failure: {reason(error)}") from None
        yield from _waited_in_vain(error, asked)
        took = f"{_WAITS.get(error.errno or 0, 0) * 1000:.0f}"
        if talks:
            said = f"connect to {got.address} port {request.port} failed: {reason(error)}"
            yield line(f"* {said}", 2)
        said = f"Failed to connect to {where} after {took} ms: Could not connect to server"
        raise Failed(7, said) from None
    if talks:
        path = request.url.split("/", 3)[3].partition("#")[0]
        sent = "".join(f"> {name}: {value}\n" for name, value in headers.items())
        yield out(
            f"* Connected to {request.host} ({got.address}) port {request.port}\n"
            f"* using HTTP/1.x\n> {request.method} /{path} HTTP/1.1\n{sent}> \n"
            "* Request completely sent off\n",
            2,
        )
    yield Wait(_PAUSE)
    return page


def _waited_in_vain(error: OSError, asked: Asked) -> Doing[None]:
    """Nobody answers at an address: wait as long as Linux does, or as curl is to. Raises Failed."""
    takes = _WAITS.get(error.errno or 0, 0.0)
    most = min(asked.number("max-time", 1e9), asked.number("connect-timeout", 1e9)) or 1e9
    yield Wait(min(most, takes))
    if most < takes:
        raise Failed(28, f"Connection timed out after {most * 1000:.0f} milliseconds")


# What is shown


def _shown(got: _Got, target: str, metered: bool, asked: Asked, context: Context) -> Doing[None]:
    page, sent = got.page, got.sent
    assert page is not None
    assert sent is not None
    failing = "fail" in asked and page.status >= 400
    body = page.body if sent.method != "HEAD" and not failing else b""
    heads = "".join(got.heads).encode()
    if "dump-header" in asked:
        yield from _saved(asked.get("dump-header"), heads, asked, context)
    shown = heads + body if {"include", "head"} & asked.given.keys() else body
    if not target and ("remote-name" in asked or "remote-name-all" in asked):
        target = basename(urlsplit(sent.url).path)
        if not target:
            raise Failed(23, "Failed to extract a filename from the URL to use for storage")
    if metered:
        yield out(_METER + _progress(len(body), _PAUSE), 2)
    if "verbose" in asked:
        if body and not context.tty:
            yield out(f"{{ [{len(body)} bytes data]\n", 2)
        yield out(f"* Connection #0 to host {sent.host} left intact\n", 2)
    if not target and context.tty and b"\0" in shown:
        yield line(_BINARY, 2)
        raise Failed(23, "client returned ERROR on write, 1 passed, 0 returned")
    yield from _saved(target or "-", shown, asked, context)
    if failing or ("fail-with-body" in asked and page.status >= 400):
        raise Failed(22, f"The requested URL returned error: {page.status}")


def _saved(target: str, data: bytes, asked: Asked, context: Context) -> Doing[None]:
    if target == "-":
        if data:
            yield Write(data)
        return
    path = place(context, join(asked.get("output-dir"), target))
    try:
        if "create-dirs" in asked:
            context.fs.make_folder(dirname(path), parents=True)
        context.fs.write(path, data)
    except OSError as error:
        yield line(f"Warning: Failed to open the file {target}: {reason(error)}", 2)
        raise Failed(23, "client returned ERROR on write, 1 passed, 0 returned") from None


def _progress(size: int, seconds: float) -> str:
    """The meter's one line, at the end."""
    speed = _short(size / seconds if seconds else 0)
    done = 100 if size else 0
    amounts = f"{done:3} {_short(size)}  {done:3} {_short(size)}    0     0 "
    return f"{amounts} {speed:>5}      0 --:--:-- --:--:-- --:--:-- {speed:>5}\n"


def _short(amount: float) -> str:
    """In five characters, as the meter has it."""
    for unit in ("", "k", "M"):
        if amount < (100_000 if not unit else 10_000):
            return f"{int(amount)}{unit}".rjust(5)
        amount /= 1024
    return f"{int(amount)}G".rjust(5)


def _written(form: str, got: _Got, failed: Failed | None, context: Context) -> str:
    page, sent = got.page, got.sent
    status = f"{page.status if page else 0:03}"
    took = f"{max(0.0, context.now() - got.began):.6f}"
    near = "0.000100" if page else "0.000000"
    size = len(page.body) if page and sent and sent.method != "HEAD" else 0
    kind = _header(page, "content-type") if page else ""
    values = {
        "http_code": status, "response_code": status, "content_type": kind,
        "size_download": str(size), "size_upload": str(len(sent.body) if sent else 0),
        "size_header": str(sum(map(len, got.heads))), "num_redirects": str(got.jumps),
        "num_connects": str(got.jumps + 1 if page else 0), "method": sent.method if sent else "GET",
        "url": sent.url if sent else "", "url_effective": sent.url if sent else "",
        "scheme": "http", "http_version": "1.1" if page else "0", "time_total": took,
        "time_connect": near, "time_namelookup": near, "time_pretransfer": near,
        "time_appconnect": "0.000000", "time_redirect": "0.000000", "time_starttransfer": took,
        "speed_download": str(int(size / _PAUSE)), "speed_upload": "0", "remote_ip": got.address,
        "remote_port": str(sent.port if sent and page else 0), "local_ip": "",
        "exitcode": str(failed.code if failed else 0), "errormsg": str(failed or ""),
    }  # fmt: skip

    def meant(match: re.Match[str]) -> str:
        if match[0].startswith("\\"):
            return {"n": "\n", "t": "\t", "r": "\r"}.get(match[0][1], match[0])
        return "%" if match[0] == "%%" else values.get(match[1], "")

    return re.sub(r"\\[ntr]|%%|%\{(\w+)\}", meant, form)
