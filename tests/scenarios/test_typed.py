"""What the comparison of docker lines rests on: what it leaves out, and how it reads a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from .normal import normal
from .typed import Line, read

HEX = "0123456789abcdef" * 4
TOKEN = "SWMTKN-1-" + "0123456789" * 5 + "-" + "a1b2c" * 5


@pytest.mark.parametrize(
    ("printed", "left"),
    [
        (HEX, "<64 digits>"),
        (f"sha256:{HEX}", "sha256:<digest>"),
        ("Deleted: sha256:0123456789ab", "Deleted: sha256:<digest>"),
        ("f00dfeed0000   alpine", "<id>  alpine"),
        ("q8oj42xv8clu", "<id>"),
        ("nh5cwbd7a3rgpbbwzcrd75udo *   node1", "<swarm id> *  node1"),
        (f"docker swarm join --token {TOKEN} x", "docker swarm join --token <token> x"),
        ("Up 3 seconds", "Up <age>"),
        ("Up Less than a second (Paused)", "Up <age> (Paused)"),
        ("Exited (3) About a minute ago", "Exited (3) <age> ago"),
        ("Running less than a second ago", "Running <age> ago"),
        ("2 weeks ago", "<age> ago"),
        ('"StartedAt": "2026-11-23T23:00:13.384196644Z"', '"StartedAt": "<time>"'),
        ("2026-11-23 23:00:13 +0000 UTC", "<time>"),
        ("0B (virtual 8.31MB)", "<size> (virtual <size>)"),
        ("1.5 GiB", "<size>"),
        ("172.17.0.2/16", "<address>/16"),
        ("0.0.0.0:49153->80/tcp", "0.0.0.0:<port>->80/tcp"),
        ("0.0.0.0:8080->80/tcp", "0.0.0.0:8080->80/tcp"),
        ("3e:17:f3:1b:9d:db", "<mac>"),
        ("28.5.2+dfsg4", "<version>"),
        ("0289cb651dcf   alpine   brave_bell", "<id>  alpine  <made-up name>"),
    ],
)
def test_what_differs_by_nature_is_left_out(printed: str, left: str) -> None:
    assert normal(printed) == [left]


@pytest.mark.parametrize(
    "printed",
    [
        "exit status 127",
        "network_mode",
        "essaim-web.15",
        "replicated  15/15",
        "127.0.0.1:53",
        "Error response from daemon: No such container: essaim-none",
        "container is running: stop the container before removing or force remove",
        "deadbeef-x",
        '    "Name": "essaim-net",',
        "essaim-third",
    ],
)
def test_all_else_is_compared(printed: str) -> None:
    assert normal(printed) == [printed]


def test_a_column_is_as_wide_as_what_it_holds_and_what_is_indented_stays_so() -> None:
    assert normal("ID      NAME\r\n  x   y  \n") == ["ID  NAME", "  x  y"]


def test_a_script_is_read_by_its_marks(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("# remark\n\ndocker ps \\\n  -a\n~ docker ls\n: docker rm x\nwait web 3\n")
    assert read(script) == [
        Line(4, "docker ps -a"),
        Line(5, "docker ls", ordered=False),
        Line(6, "docker rm x", compared=False),
        Line(7, "wait web 3"),
    ]
