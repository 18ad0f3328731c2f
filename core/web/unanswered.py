"""The page for a published port of a practice cluster where nothing answers."""

from __future__ import annotations

import re
from html import escape

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from core.i18n import Translate, asked, preferred
from core.i18n import later as _

#: The practice engine's sentences, and the viewer's.
_REASONS = (
    ("there is no machine called {node}", _("There is no machine called {node}.")),
    ("{node} is down: nothing answers there", _("{node} has no power: nothing answers there.")),
    (
        "{node} is cut from the network: nothing reaches it",
        _("{node} is off the network: nothing reaches it."),
    ),
    (
        "nothing is published on port {port} of {node}",
        _("Nothing is published on port {port} of {node}."),
    ),
    (
        "service {service} publishes port {port} but no replica runs",
        _("The service {service} publishes port {port}, but none of its replicas runs."),
    ),
    (
        "{container} is paused and does not answer",
        _("{container} is paused, and does not answer."),
    ),
    (
        "port {port} leads to port {target} of {container}, where nothing listens",
        _("Port {port} leads to port {target} of {container}, where nothing listens."),
    ),
    (
        "the container that answered on this connection is gone",
        _("The container that answered on this connection is gone."),
    ),
    ("{replica} does not speak HTTP", _("What {replica} answers is not HTTP.")),
    ("{replica} speaks HTTP alone", _("{replica} answers HTTP alone.")),
    ("{port} is not a port number", _("{port} is no port: write 1 to 65535.")),
)

_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 1.15rem/1.5 system-ui, sans-serif; }}
body {{ margin: 12vh auto; padding: 0 1.2rem; max-width: 36rem; }}
h1 {{ font-size: 1.6rem; line-height: 1.25; }}
</style>
<h1>{title}</h1><p>{reason}</p><p>{hint}</p><p><a href="/">{back}</a></p>
</html>
"""


def reason(words: str, translate: Translate) -> str:
    """The practice engine's sentence in the viewer's language."""
    for pattern, told in _REASONS:
        places = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(pattern))
        if found := re.fullmatch(places, words):
            return translate(told).format(**found.groupdict())
    return words


def unanswered(words: str, status: int, headers: Headers) -> Response:
    """The answer: a page, or the sentence alone for a client that wants no HTML, such as curl.

    words: the practice engine's, or a sentence that is translated already.
    """
    _ = asked(headers)
    told = reason(words, _)
    if "text/html" not in headers.get("accept", ""):
        return PlainTextResponse(told, status)
    page = _PAGE.format(
        language=preferred(headers.get("accept-language")),
        title=escape(_("Nothing answers here")),
        reason=escape(told),
        hint=escape(
            _("The Services and Containers pages show which ports are published, and open them.")
        ),
        back=escape(_("Back to Essaim")),
    )
    return HTMLResponse(page, status)
