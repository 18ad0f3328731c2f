"""What replicas print, whatever it is, on both engines."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest

from core.commands.registry import parse

from .engines import Swarm

#: Overwritten, a form feed, U+2028, coloured, not UTF-8, longer than the 16 kB of one piece.
PRINTS = (
    r"printf '10%%\r100%%\n'; printf 'form\ffeed\n'; printf 'line\342\200\250separator\n';"
    r" printf '\033[31mred\033[0m\n'; printf 'bad\377byte\n'; head -c 20000 /dev/zero | tr '\0' x;"
    r" printf 'end\n'; echo last; sleep 1000"
)
READ = (
    "100%", "form\x0cfeed", "line\u2028separator", "\x1b[31mred\x1b[0m", "bad\ufffdbyte",
    "x" * 20000 + "end", "last",
)  # fmt: skip


@pytest.fixture
def printing(swarm: Swarm) -> Swarm:
    swarm.run(f'docker service create --name essaim-odd --replicas 2 alpine sh -c "{PRINTS}"')
    swarm.settled("essaim-odd", 2)
    # A log may come to the manager a moment later.
    swarm.wait(lambda: swarm.run("docker service logs essaim-odd").count("| last") == 2)
    return swarm


def test_every_line_of_a_services_log_is_whole(printing: Swarm) -> None:
    by_head = dict[str, list[str]]()
    for line in printing.run("docker service logs essaim-odd").split("\n"):
        head, bar, text = line.partition("    | ")
        assert bar
        by_head.setdefault(head, []).append(text)
    assert sorted(head.rsplit(".", 1)[0] for head in by_head) == ["essaim-odd.1", "essaim-odd.2"]
    assert [tuple(texts) for texts in by_head.values()] == [READ, READ]


def test_the_python_text_reads_it_too(printing: Swarm, monkeypatch: Any) -> None:
    monkeypatch.setenv("DOCKER_HOST", printing.host)
    command = parse("docker service logs essaim-odd")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        names: dict[str, Any] = {}
        exec(command.python(), names)
        names["client"].close()
    assert said.getvalue().count("bad\ufffdbyte\n") == 2


def test_a_containers_log_is_whole(swarm: Swarm) -> None:
    swarm.run(f'docker run -d --name essaim-odd alpine sh -c "{PRINTS}"')
    swarm.wait(lambda: "last" in swarm.run("docker logs essaim-odd"))
    assert tuple(swarm.run("docker logs essaim-odd").split("\n")) == READ
