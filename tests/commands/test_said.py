"""Our docker command says, sends and returns what docker's own does, on the same engine.

What that said is kept in tests/recorded/said-*.json; said.py tells how it came there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docker
import pytest

from core.commands.program import play
from core.commands.streams import Captured
from tests.scenarios.ours import Disk

from .said import API, ENGINES, LINES, RECORDED, Said, bare, engine, lay_files, words

SAID = {
    name: [
        Said(**said)
        for said in json.loads((RECORDED / f"said-{name}.json").read_text(encoding="utf-8"))
    ]
    for name in ENGINES
}

#: What 29 prints before that, where docker's own was a 28.
BEFORE = {
    "commit -a me -m hello -c 'ENV A=1' -p=false shape1 made:2": "Flag --pause has been "
    "deprecated, and enabled by default. Use --no-pause to disable pausing during commit.\n"
}


@pytest.mark.parametrize("name", ENGINES)
def test_what_docker_said_is_kept_for_every_line(name: str) -> None:
    assert tuple(said.line for said in SAID[name]) == LINES


@pytest.fixture(scope="module", params=ENGINES)
def known(request: pytest.FixtureRequest) -> Any:
    with engine(request.param) as (host, sent):
        client = docker.DockerClient(base_url=host, version=API)
        yield client, sent, {said.line: said for said in SAID[request.param]}
        client.close()


@pytest.mark.parametrize("line", LINES)
def test_ours_says_the_same(line: str, known: Any, tmp_path: Path) -> None:
    client, sent, said = known
    lay_files(tmp_path)
    sent.clear()
    asked, typed = words(line)
    streams = Captured(typed)
    streams.folder = Disk(str(tmp_path))
    streams.environment = {"PWD": str(tmp_path), "HOME": str(tmp_path)}
    code = play(asked, streams, lambda host: client)
    out, err = (
        text.decode(errors="replace").replace(str(tmp_path), "HERE")
        for text in (bytes(streams.out), bytes(streams.error))
    )
    theirs = said[line]
    assert (out, err, code) == (BEFORE.get(line, "") + theirs.out, theirs.err, theirs.code)
    assert sorted(bare(sent), key=str) == sorted(bare(theirs.sent), key=str)
