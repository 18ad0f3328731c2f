"""A dashboard on a real Swarm, played by an nginx of its label that mounts the secret."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import docker
import docker.errors
import pytest

from core.commands.registry import parse
from core.control.access import Access
from core.control.control import Control
from core.control.rights import Right
from core.engine.connection import Connection
from core.errors import NotAllowed
from tests.cluster.test_collector import until

pytestmark = pytest.mark.realswarm

NAME, SECRET, PASSWORD = "itself_board", "itself_password", "kept by the secret"
PATIENCE = 120


@pytest.fixture
def board() -> Iterator[Control]:
    """The Swarm under control, once its dashboard runs on the node that answers."""
    control = Control(
        Connection(os.environ["ESSAIM_REAL_SWARM"]), Access({"ESSAIM_PASSWORD": PASSWORD})
    )
    with contextlib.closing(control.connection.client()) as client:
        here = client.info()["Swarm"]["NodeID"]
        key = client.secrets.create(name=SECRET, data=PASSWORD.encode())
        service = client.services.create(
            "nginx:latest",
            name=NAME,
            labels={"essaim.dashboard": "true"},
            constraints=[f"node.id == {here}"],
            secrets=[docker.types.SecretReference(key.id, SECRET)],
            args=["nginx", "-g", "daemon off;", "-p", "/etc/nginx"],
        )
        control.start()
        try:
            until(lambda: any(c.service == NAME for c in control.snapshot.containers), PATIENCE)
            until(lambda: control.own.node, PATIENCE)
            yield control
        finally:
            with contextlib.suppress(docker.errors.NotFound):
                node = client.api.inspect_node(here)
                spec = node["Spec"] | {"Availability": "active"}
                client.api.update_node(here, node["Version"]["Index"], spec)
            service.remove()
            until(lambda: gone(client, key.id), PATIENCE)
            control.stop()


def gone(client: docker.DockerClient, secret: str) -> bool:
    with contextlib.suppress(docker.errors.APIError):
        client.api.remove_secret(secret)
        return True
    return False


def test_nobody_reads_its_password_or_takes_it_away(board: Control) -> None:
    right, shown = Right(), board.snapshot
    container = next(c for c in shown.containers if c.service == NAME)
    assert shown.engine is not None
    node = shown.engine.name
    for line in (
        f"docker exec {container.name} cat /run/secrets/{SECRET}",
        f"docker exec {container.id[:6]} cat /run/secrets/{SECRET}",
        f"docker exec /{container.name} cat /run/secrets/{SECRET}",
        f"docker inspect {container.name}".replace("inspect", "container inspect"),
        f"docker rm -f {container.name}",
        f"docker service rm {NAME.upper()}",
        f"docker rm -f ../services/{NAME}",
        f"docker service scale {NAME}=0",
        f"docker secret rm {SECRET}",
        f"docker node update --availability drain {node}",
        "docker node update --availability drain self",
        f"docker node demote {node}",
        "docker swarm leave --force",
    ):
        with pytest.raises(Exception, match=r"itself|is no name") as refused:
            board.submit(parse(line), "somebody", right)
        assert PASSWORD not in str(refused.value)
    drain = parse(f"docker node update --availability drain {node}")
    with pytest.raises(NotAllowed, match="not the password"):
        board.submit(drain, "somebody", right, again="a guess")
    assert board.collector.refresh(30)
    assert board.snapshot.service(NAME) is not None
    assert board.snapshot.node(shown.engine.node_id).availability == "active"  # type: ignore[union-attr]
    board.submit(drain, "teacher", right, again=PASSWORD)
    assert board.collector.refresh(30)
    assert board.snapshot.node(shown.engine.node_id).availability == "drain"  # type: ignore[union-attr]
