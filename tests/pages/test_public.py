"""Who has not unlocked a real engine meets no secret, wherever it leaves the server."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.commands.registry import COMMANDS, parse
from core.control.control import Control
from core.control.rights import NONE, Right
from core.errors import EssaimError
from core.i18n import LANGUAGES
from core.timeline import files
from core.ui.session import Viewer
from tests.cluster.test_collector import until
from tests.control.test_protection import made
from tests.pages.conftest import Open, fine
from tests.timeline.test_routes import ask

SECRET = "hunter2"
GZIP = b"\x1f\x8b"
PAGES = ("cluster", "services", "nodes", "containers", "traffic", "timeline", "labs", "lessons")


@pytest.fixture
def written(real: Control) -> Control:
    """A cluster in which an unlocked viewer has written the secret wherever they can."""
    right = Right()
    for line in (
        f"docker service create --name web --label token={SECRET} --env A={SECRET} "
        f"-p 80:80 nginx:latest nginx -g --password={SECRET}",
        f"docker service create --name down --replicas 1 alpine --password={SECRET}",
        f"docker run -d --name box alpine sh -c 'sleep 1000; echo {SECRET}'",
        f"docker node update --label-add pin={SECRET} node2",
        f"docker exec box echo {SECRET}",
        f"docker volume create --label token={SECRET} data",
        f"docker network create --label token={SECRET} -o key={SECRET} net",
        f"docker secret create -l token={SECRET} mine stack/password.txt",
        f"docker config create -l token={SECRET} conf stack/password.txt",
        f"docker commit -c 'LABEL token={SECRET}' -c 'CMD echo {SECRET}' box alpine:kept",
        f"docker run -d --name ill --label token={SECRET} --health-cmd 'echo {SECRET}' alpine top",
    ):
        real.submit(parse(line), "teacher", right)
    for line in (f"docker run --name box alpine {SECRET}", f"docker run alpine --{SECRET}"):
        with pytest.raises(EssaimError):
            real.submit(parse(line), "teacher", right)
    until(lambda: SECRET in repr(real.whole.tasks), 60)
    until(lambda: SECRET in repr(real.whole.containers), 60)
    until(lambda: SECRET in repr(real.whole.nodes), 60)
    for lab in ("lab1", "lab3"):
        real.labs.progress(lab)
    return real


TOPICS = {"cluster", "history", "engine", "labs", "traffic"}


def told(control: Control, language: str) -> list[str]:
    """What a newcomer's browser is sent, until it has a message of each topic."""

    async def visit() -> list[str]:
        frames, topics = list[str](), set[str]()
        async with control.hub.follow(language) as feed:
            async for frame in feed.messages():
                frames.append(frame)
                topics.add(json.loads(frame)["topic"])
                if topics >= TOPICS:
                    break
        return frames

    return asyncio.run(asyncio.wait_for(visit(), 60))


def test_no_frame_no_timeline_and_no_file_holds_it(written: Control) -> None:
    written.timeline.add(written.snapshot, written.journal.records())
    for language in LANGUAGES:
        assert SECRET not in "".join(told(written, language))
    status, body = ask(written.timeline, "lang=fr")
    if body.startswith(GZIP):  # a short answer comes plain
        body = gzip.decompress(body)
    answer = json.dumps(json.loads(body), ensure_ascii=False)
    assert (status, SECRET in answer) == (200, False)
    assert "déverrouillez" in answer  # there was something to hide
    assert "docker container run" in answer
    assert SECRET.encode() not in files.save(written.timeline.recording())
    assert SECRET not in repr(written.journal.records())


def test_no_line_that_is_free_answers_with_it(written: Control) -> None:
    tried = []
    for command in COMMANDS:
        if command.changes or command.reveals:
            continue
        for more in ("--no-trunc", "-a", "--format=json", "--format={{json .}}", "-v", ""):
            try:
                line = made(command).argv()[: len(command.verb) + 1]
                words = made(command).argv()[len(command.verb) + 1 :]
                asked = parse([*line, *([more] if more else []), *words])
            except EssaimError:
                continue
            for answer in (
                lambda: written.submit(asked, "stranger", NONE),  # noqa: B023 - called at once
                lambda: written.look(asked, NONE),  # noqa: B023
            ):
                assert SECRET not in said(answer)
                tried.append(asked.line())
    assert {"docker container ls -a", "docker service ps --no-trunc web"} <= set(tried)
    assert SECRET not in written.look(parse("docker service ps --no-trunc down"), NONE)
    # Whoever holds the right sees what the engine says.
    assert SECRET in written.look(parse("docker service ps --no-trunc down"), Right())


def said(answer: Callable[[], str]) -> str:
    try:
        return answer()
    except EssaimError as error:
        return str(error)


def everything(app: AppTest) -> str:
    """All that the page sends, as it is sent."""
    tables = "".join(frame.value.to_csv() for frame in app.dataframe)
    return tables + repr([*app.main, *app.sidebar])


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_it_to_who_has_not_unlocked(written: Control, visit: Open, page: str) -> None:
    chosen = {"service": "down", "container": "box", "node": "node2"}
    app = fine(visit(page, **chosen))
    assert SECRET not in everything(app)


def test_who_has_unlocked_sees_it_on_the_page(written: Control, visit: Open) -> None:
    for page, chosen in (("services", {"service": "down"}), ("nodes", {}), ("containers", {})):
        app = fine(visit(page, viewer=Viewer(right=Right()), **chosen))
        assert SECRET in everything(app), page
        if page == "services":  # above the tables, too: why replicas are not alive
            assert any(SECRET in told.value for told in app.warning)
        assert SECRET not in everything(fine(app.button(key="lock").click().run())), page


def test_on_practice_all_stays_open(cluster: Control) -> None:
    line = f"docker service create --name web nginx:latest nginx --password={SECRET}"
    cluster.submit(parse(line), "learner", NONE)
    until(lambda: SECRET in repr(cluster.snapshot.services), 30)
    assert SECRET in cluster.journal.records()[-1].line
