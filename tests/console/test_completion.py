"""What Tab offers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cluster.snapshot import ClusterSnapshot, Container, Image
from core.console.completion import complete
from tests.cluster import raw
from tests.cluster.test_history import snapshot as cluster


def shown() -> ClusterSnapshot:
    found = cluster(services=[raw.service(), raw.service("api")])
    brave = Container(
        "c0ffee0123456789", "brave_bell", "alpine", "sh", 0.0, "running", "Up 3 seconds", (), ""
    )
    alpine = Image("sha256:1", ("alpine:latest", "alpine:3.20"), (), 0.0, 5)
    return replace(found, containers=(brave,), images=(alpine,))


SNAPSHOT = shown()


def words(text: str) -> list[str]:
    return [choice.word for choice in complete(text, SNAPSHOT, str).choices]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("do", ["docker"]),
        ("docker serv", ["service"]),
        ("serv", ["service"]),
        ("docker service sc", ["scale"]),
        ("docker container l", ["ls", "logs"]),
        ("docker service scale ", ["api=", "web="]),
        ("service scale w", ["web="]),
        ("docker service ps api ", ["web"]),
        ("docker service update --im", ["--image"]),
        ("docker service update --image al", ["alpine", "alpine:3.20"]),
        ("docker node update --availability ", ["active", "pause", "drain"]),
        ("docker node update --availability drain no", ["node1", "node2"]),
        ("docker exec -it br", ["brave_bell"]),
        ("docker stop c0", ["c0ffee012345"]),
        ("docker exec -it brave_bell s", []),
        ("docker run -it al", ["alpine", "alpine:3.20"]),
        ("docker node ls && docker service sc", ["scale"]),
        ("docker node ls\nservice sc", ["scale"]),
        ("docker build -t x ", ["."]),
        ("docker run alpine echo 'doc", []),
        ("help serv", ["service"]),
        ("frobnicate ", []),
    ],
)
def test_what_is_offered(text: str, offered: list[str]) -> None:
    assert words(text) == offered


def test_a_flag_is_offered_once_unless_it_may_be_repeated() -> None:
    text = "docker service create --name web --publish 80:80 --"
    assert "--name" not in words(text)
    assert {"--publish", "--replicas"} <= set(words(text))


def test_flags_that_the_help_does_not_show_are_not_offered() -> None:
    assert words("docker commit box --") == ["--author", "--change", "--message", "--no-pause"]
    assert not {"--net", "--kernel-memory"} & set(words("docker run --"))
    assert words("docker stop --") == ["--timeout", "--signal"]


def test_the_common_beginning_is_given_and_where_it_goes() -> None:
    found = complete("docker node update --availability drain n", SNAPSHOT, str)
    assert (found.start, found.common) == (40, "node")


@given(st.text(st.sampled_from("dockerservi pulcae=-\"'&;\n"), max_size=40))
def test_it_never_fails_and_only_lengthens(text: str) -> None:
    found = complete(text, SNAPSHOT, str)
    typed = text[found.start :]
    assert found.common.startswith(typed)
    assert all(choice.word.startswith(typed) for choice in found.choices)
