"""Docker's example voting app: vote, worker and result."""

from __future__ import annotations

import html
import json
import time
from functools import partial
from http.cookies import CookieError, SimpleCookie
from random import Random
from typing import Any
from urllib.parse import parse_qsl

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, Wait, line, printing
from essaim_practice.servers import postgres_client
from essaim_practice.servers.postgres_client import Failed
from essaim_practice.servers.small_python.redis_client import ask
from essaim_practice.servers.small_python.values import Raised

_ENDING = frozenset({signals.INT, signals.TERM})
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = """\
<!DOCTYPE html>
<html>
  <head>
    <meta charset="utf-8">
    <title>{a} vs {b}!</title>
    <meta name="viewport" content="width=device-width, initial-scale=1.0">
    <style>:root {{ color-scheme: light dark; }} body {{ font: 1.3rem system-ui, sans-serif;
    text-align: center; }} button {{ font: inherit; padding: 1em 2em; margin: .5em; }}</style>
  </head>
  <body>
    <div id="content-container">
{body}
    </div>
  </body>
</html>
"""


# vote


@executable(("vote",), "gunicorn", "python", "python3")
def vote(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        def note(pid: int, text: str) -> str:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(context.now()))
            return f"[{stamp}] [{pid}] [INFO] {text}"

        yield line(note(1, "Starting gunicorn 23.0.0"), 2)
        yield line(note(1, "Listening at: http://0.0.0.0:80 (1)"), 2)
        yield line(note(1, "Using worker: sync"), 2)
        for pid in range(7, 11):
            yield line(note(pid, f"Booting worker with pid: {pid}"), 2)
        try:
            yield FOREVER
        except Interrupted as heard:
            yield line(note(1, f"Handling signal: {'int' if heard.signal == 2 else 'term'}"), 2)
            yield line(note(1, "Shutting down: Master"), 2)
        return 0

    return Program(
        steps(), term_code=0, ports=frozenset({80}), site=partial(_voted, context), hears=_ENDING
    )


def _voted(context: Context, request: HttpRequest) -> HttpResponse:
    """The page with two buttons; a vote goes into Redis's list."""
    choices = [context.env.get("OPTION_A", "Cats"), context.env.get("OPTION_B", "Dogs")]
    voter, chosen, log = _voter(request), "", []
    status, body = 200, b""
    if request.method == "POST":
        chosen = dict(parse_qsl(request.body[:1000].decode(errors="replace"))).get("vote", "")[:20]
        told = json.dumps({"voter_id": voter, "vote": chosen})
        log.append(line(f"Received vote for {chosen}", 2))
        try:
            ask(context, "redis", 6379, ["rpush", "votes", told])
        except Raised as failed:
            log.append(line(f"{failed.kind.name}: {failed.text}", 2))
            status, body = 500, b"<!doctype html>\n<title>500 Internal Server Error</title>\n"
    if status == 200:
        a, b = map(html.escape, choices)
        rows = [f"<h3>{a} vs {b}!</h3>", '<form id="choice" name="form" method="POST" action="/">']
        for word, shown in (("a", a), ("b", b)):
            mark = " ✓" if chosen == word else ""
            rows.append(f'<button id="{word}" type="submit" name="vote" value="{word}">'
                        f"{shown}{mark}</button>")  # fmt: skip
        rows += ["</form>", '<div id="tip">(Tip: you can change your vote)</div>']
        name = html.escape(context.hostname)
        rows.append(f'<div id="hostname">Processed by container ID {name}</div>')
        body = _PAGE.format(a=a, b=b, body="\n".join(rows)).encode()
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(request.now))
    agent = request.headers.get("user-agent", "-")
    asked = f'"{request.method} {request.target} HTTP/1.1" {status} {len(body)} "-" "{agent}"'
    log.append(line(f"{request.source} - - [{stamp}] {asked}"))
    return HttpResponse(body, status, {**_HTML, "Set-Cookie": f"voter_id={voter}"}, tuple(log))


def _voter(request: HttpRequest) -> str:
    """Who votes, by a cookie; one who has none gets one."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")[:1000]).get("voter_id")
    except CookieError:
        found = None
    if found is not None and found.value.isalnum():
        return found.value[:16]
    return f"{Random(f'{request.now} {request.source}').getrandbits(64):x}"


# worker


@executable(("worker",), "dotnet")
def worker(argv: list[str], context: Context) -> Program:
    return Program(_working(context), term_code=143, hears=frozenset({signals.INT}))


def _working(context: Context) -> Steps:
    """Moves the votes from Redis's list into the table of the database."""
    while True:
        try:
            _asked(context, _TABLE)
            break
        except (OSError, NoSuchHost, Failed):
            yield line("Waiting for db", 2)
            yield Wait(1)
    yield line("Connected to db", 2)
    while True:
        try:
            yield line(f"Found redis at {context.net.resolve('redis')}")
            yield line("Connecting to redis", 2)
            ask(context, "redis", 6379, ["ping"])
            break
        except (NoSuchHost, Raised):
            yield line("Waiting for redis", 2)
            yield Wait(1)
    while True:
        yield Wait(_PAUSE)
        try:
            told = ask(context, "redis", 6379, ["lpop", "votes"])
        except Raised:
            yield line("Reconnecting Redis")
            continue
        if told is None:
            continue
        voter, chosen = _told(told)
        yield line(f"Processing vote for '{chosen}' by '{voter}'")
        try:
            _keep(context, voter, chosen)
        except (OSError, NoSuchHost, Failed):
            yield line("Reconnecting DB")


def _asked(context: Context, sql: str) -> list[postgres_client.Row]:
    """What the database answers. Raises what ``postgres_client.query`` does."""
    return postgres_client.query(context, "db", sql, "postgres", "postgres")


_PAUSE = 1.0  # seconds between two looks; the real one takes a tenth of that
_TABLE = (
    "CREATE TABLE IF NOT EXISTS votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)"
)


def _told(data: Any) -> tuple[str, str]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        found = {}
    return str(found.get("voter_id", ""))[:40], str(found.get("vote", ""))[:20]


def _keep(context: Context, voter: str, chosen: str) -> None:
    """Enter a vote, or change it. Raises what ``postgres_client.query`` does."""
    who, what = (text.replace("'", "''") for text in (voter, chosen))
    try:
        entered = f"INSERT INTO votes (id, vote) VALUES ('{who}', '{what}')"  # noqa: S608
        _asked(context, entered)
    except Failed:
        changed = f"UPDATE votes SET vote = '{what}' WHERE id = '{who}'"  # noqa: S608
        _asked(context, changed)


# result


@executable(("result",), "tini")
def tini(argv: list[str], context: Context) -> Program:
    words = [word for word in argv[1:] if word not in ("--", "-s", "-g")]
    return program(words, context) if words else Program(printing("tini (simulated)"))


@executable(("result",), "node", "nodemon")
def result(argv: list[str], context: Context) -> Program:
    if argv[1:2] in (["-v"], ["--version"]):
        return Program(printing(f"v{context.env.get('NODE_VERSION', '18.20.8')}"))
    port = context.env.get("PORT", "4000")
    number = int(port) if port.isdigit() else 4000
    return Program(
        _resulting(context, number),
        term_code=143,
        ports=frozenset({number}),
        site=partial(_counted, context),
        hears=frozenset({signals.INT}),
    )


def _resulting(context: Context, port: int) -> Steps:
    yield line(f"App running on port {port}")
    while _votes(context) is None:
        yield line("Waiting for db", 2)
        yield Wait(1)
    yield line("Connected to db")
    yield FOREVER
    return 0


def _votes(context: Context) -> dict[str, int] | None:
    """How many votes each choice has; None where the database does not answer."""
    asked = "SELECT vote, COUNT(id) AS count FROM votes GROUP BY vote"
    try:
        rows = _asked(context, asked)
    except Failed:  # it answers: there is no such table yet
        return {}
    except (OSError, NoSuchHost):
        return None
    return {str(row[0]): int(row[1] or 0) for row in rows}


def _counted(context: Context, request: HttpRequest) -> HttpResponse:
    if request.path != "/":
        return HttpResponse(f"Cannot GET {request.path}\n".encode(), 404, _HTML)
    votes = _votes(context) or {}
    total = sum(votes.values())
    rows = ['<meta http-equiv="refresh" content="3">']
    for word, name in (("a", "Cats"), ("b", "Dogs")):
        share = 100 * votes.get(word, 0) / total if total else 50
        rows.append(f"<h2>{name}: {share:.1f}%</h2>")
    said = "No votes yet" if not total else "1 vote" if total == 1 else f"{total} votes"
    rows.append(f'<div id="result">{said}</div>')
    page = _PAGE.format(a="Cats", b="Dogs", body="\n".join(rows))
    return HttpResponse(page.encode(), headers=_HTML)
