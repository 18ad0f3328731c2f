from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

from core.errors import NoRoom
from core.i18n import later
from core.timeline.recorder import Recorder
from core.timeline.routes import routes
from tests.cluster import raw
from tests.timeline.pictures import picture


def ask(recorder: Recorder, query: str = "", allowed: bool = True) -> tuple[int, bytes]:
    """The status and the body, as they come, of GET /live/timeline."""
    app = Starlette(routes=routes(lambda _: recorder, lambda _: allowed))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live/timeline",
        "query_string": query.encode(),
        "headers": [(b"accept-encoding", b"gzip, br")],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_where_there_is_no_cluster_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise NoRoom(later("No practice cluster has this code."))

    recorder = Recorder()
    monkeypatch.setattr(recorder, "after", full)
    assert ask(recorder, "lang=fr") == (503, "Aucun cluster d’entraînement n’a ce code.".encode())


def tasks(count: int) -> list[raw.Json]:
    return [raw.task(n, slot=n) for n in range(1, count + 1)]


def test_a_browser_gets_all_and_then_what_is_new() -> None:
    recorder = Recorder()
    recorder.add(picture(1.0, 1, tasks(3)))
    first = json.loads(ask(recorder)[1])
    assert first["whole"]
    assert len(first["changes"]) == 8
    recorder.add(picture(2.0, 2, tasks(3), node2="drain"))
    then = json.loads(ask(recorder, f"after={first['cursor']}")[1])
    assert not then["whole"]
    assert [change["kind"] for change in then["changes"]] == ["mark", "node"]
    assert then["changes"][0]["value"]["text"] == "node2 drain"


def test_marks_speak_the_viewers_language() -> None:
    recorder = Recorder()
    recorder.add(picture(1.0, 1, []))
    more = picture(2.0, 2, [])
    recorder.add(replace(more, services=more.services[:1]))
    told = json.loads(ask(recorder, "lang=fr")[1])["changes"]
    assert [change["value"]["text"] for change in told if change["kind"] == "mark"] == [
        "web supprimé"
    ]


def test_a_strangers_page_gets_nothing() -> None:
    status, body = ask(Recorder(), allowed=False)
    assert status == 403
    assert b"changes" not in body


def test_a_large_answer_is_compressed() -> None:
    recorder = Recorder()
    recorder.add(picture(1.0, 1, tasks(200)))
    packed = ask(recorder)[1]
    assert len(packed) * 5 < len(gzip.decompress(packed))
