"""BusyBox's httpd: the files of a folder, over HTTP."""

from __future__ import annotations

from mimetypes import guess_type
from posixpath import join, normpath

from essaim_practice.programs.base import Context, Program
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.sockets import Socket
from essaim_practice.programs.steps import FOREVER, Steps
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import options, reason, tool

_USAGE = """[-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]
or httpd -d/-e/-m STRING

Listen for incoming HTTP requests

\t-i\t\tInetd mode
\t-f\t\tRun in foreground
\t-v[v]\t\tVerbose
\t-p [IP:]PORT\tBind to IP:PORT (default *:80)
\t-u USER[:GRP]\tSet uid/gid after binding to port
\t-r REALM\tAuthentication Realm for Basic Authentication
\t-h HOME\t\tHome directory (default .)
\t-c FILE\t\tConfiguration file (default {/etc,HOME}/httpd.conf)
\t-m STRING\tMD5 crypt STRING
\t-e STRING\tHTML encode STRING
\t-d STRING\tURL decode STRING"""
_MISSING = (
    b"<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n"
    b"<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n"
)


@tool("httpd", usage=_USAGE)
def httpd(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "ifv", "cpurhmed")
    if asked.words or {"i", "m", "e", "d"} & asked.given.keys():
        raise Complaint("unsupported by the practice engine", 1)
    home = context.path(asked.get("h", "."))
    if not context.fs.is_folder(home):
        raise Complaint(
            f"can't change directory to '{asked.get('h')}': No such file or directory", 1
        )
    text = asked.get("p", "80").rpartition(":")[2]
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise Complaint(f"invalid number '{text}'", 1)

    def site(request: HttpRequest) -> HttpResponse:
        return _page(context, home, request)

    def serve() -> Steps:
        try:
            yield FOREVER
        finally:
            close()
        return 0

    try:
        close = context.net.listen(int(text), Socket(site=site))
    except OSError as error:
        raise Complaint(f"bind: {reason(error)}", 1) from None
    if "f" in asked:
        return (yield from serve())
    context.inside.adopt(Program(serve(), term_code=143, processes=(" ".join(argv),)))
    return 0


def _page(context: Context, home: str, request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(b"", 501, {"content-type": "text/html"})
    path = normpath(join("/", request.path.lstrip("/")))
    place = join(home, path.lstrip("/"))
    try:
        if context.fs.is_folder(place):
            place = join(place, "index.html")
        body = context.fs.read(place)
    except OSError:
        return HttpResponse(_MISSING, 404, {"content-type": "text/html"})
    kind = guess_type(place)[0] or "application/octet-stream"
    return HttpResponse(body, 200, {"content-type": kind})
