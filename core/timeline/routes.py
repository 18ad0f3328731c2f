"""The timeline's HTTP route: the changes since the browser last asked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from core.errors import EssaimError
from core.i18n import preferred, translation
from core.timeline.recorder import Recorder
from core.timeline.view import picture

#: Bytes of an answer; larger ones are compressed.
PLAIN_BYTES = 4000


def routes(
    recorder: Callable[[HTTPConnection], Recorder],
    origin_allowed: Callable[[Mapping[str, str]], bool],
) -> list[BaseRoute]:
    """For ``st.App``; Streamlit checks nothing on them.

    recorder: of the cluster asked about; it may raise an EssaimError.
    """

    # Not async, so that Starlette runs it on a thread: it may write thousands of changes.
    def changes(request: Request) -> Response:
        if not origin_allowed(request.headers):
            return PlainTextResponse("this page may not look here", status_code=403)
        texts = translation(preferred(request.query_params.get("lang"))).gettext
        try:
            delta = recorder(request).after(request.query_params.get("after", ""))
        except EssaimError as error:
            return PlainTextResponse(error.said(texts), status_code=503)
        body = json.dumps(
            {"cursor": delta.cursor, "whole": delta.whole, **picture(delta.recording, texts)},
            separators=(",", ":"),
        ).encode()
        headers = {"Cache-Control": "no-store"}
        if len(body) > PLAIN_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type="application/json", headers=headers)

    return [Route("/live/timeline", changes, methods=["GET"])]
