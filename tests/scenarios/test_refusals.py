"""What goes wrong, in the daemon's own words: the same on both engines."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .engines import Swarm

WEB = "essaim-web"
RPC = "rpc error: code = {} desc = "


def without_ids(text: str) -> str:
    return re.sub(r"\b([0-9a-f]{64}|[0-9a-z]{25})\b", "<id>", text)


def test_a_name_taken(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} nginx:latest")
    assert swarm.refusal(f"docker service create --name {WEB} nginx:latest") == (
        RPC.format("AlreadyExists")
        + f"name conflicts with an existing object: service {WEB} already exists"
    )


def test_a_port_taken(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} -p 18184:80 nginx:latest")
    said = swarm.refusal(f"docker service create --name {WEB}-2 -p 18184:80 nginx:latest")
    assert without_ids(said) == (
        RPC.format("InvalidArgument")
        + f"port '18184' is already in use by service '{WEB}' (<id>) as an ingress port"
    )


def test_a_constraint_that_is_none(swarm: Swarm) -> None:
    said = swarm.refusal(f"docker service create --name {WEB} --constraint node.role=w nginx")
    assert said.endswith("constraint expected one operator from ==, !=")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"docker service scale {WEB}=3", f"service {WEB} not found"),
        (f"docker service update --force {WEB}", f"service {WEB} not found"),
        (f"docker service rm {WEB}", f"service {WEB} not found"),
        (f"docker service inspect {WEB}", f"no such service: {WEB}"),
        (f"docker service rm {WEB} {WEB}-2", f"service {WEB} not found\nservice {WEB}-2 not found"),
        (f"docker service ps {WEB}", f"no such service: {WEB}"),
        ("docker node inspect node9", "node node9 not found"),
        ("docker node update --availability drain node9", "node node9 not found"),
        ("docker image rm essaim-none", "No such image: essaim-none:latest"),
        ("docker image history essaim-none", "No such image: essaim-none:latest"),
        ("docker image tag essaim-none a:b", "No such image: essaim-none:latest"),
        ("docker container rm essaim-none", "No such container: essaim-none"),
        ("docker container start essaim-none", "No such container: essaim-none"),
        ("docker container stop essaim-none", "No such container: essaim-none"),
        ("docker container kill essaim-none",
         "cannot kill container: essaim-none: No such container: essaim-none"),
        ("docker container logs essaim-none", "No such container: essaim-none"),
        ("docker container inspect essaim-none", "No such container: essaim-none"),
        ("docker swarm init",
         'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and'
         " join another one."),
    ],
)  # fmt: skip
def test_what_is_not_there(swarm: Swarm, line: str, words: str) -> None:
    assert swarm.refusal(line) == words


def test_a_service_without_a_past_cannot_roll_back(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} nginx:latest")
    said = swarm.refusal(f"docker service rollback {WEB}")
    assert without_ids(said) == (
        RPC.format("FailedPrecondition") + "service <id> does not have a previous spec"
    )


def test_a_manager_that_runs_is_not_removed(swarm: Swarm) -> None:
    node = swarm.client.api.inspect_node("node1")["ID"]
    assert swarm.refusal("docker node rm node1") == (
        RPC.format("FailedPrecondition")
        + f"node {node} is a cluster manager and is a member of the raft cluster. It must be"
        " demoted to worker before removal"
    )
    said = swarm.refusal("docker node update --role worker node1")
    assert said == (
        RPC.format("FailedPrecondition") + "attempting to demote the last manager of the swarm"
    )
    assert swarm.refusal("docker swarm leave").startswith(
        "You are attempting to leave the swarm on a node that is participating as a manager."
    )


def test_an_image_that_no_node_has(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} essaim-none:latest")

    def rejected() -> list[dict[str, Any]]:
        return [t for t in swarm.tasks(WEB) if t["Status"]["State"] == "rejected"]

    task = swarm.wait(rejected)[0]
    assert task["Status"]["Err"] == "No such image: essaim-none:latest"
    assert '"No such image: essaim-none:la…"' in swarm.run(f"docker service ps {WEB}")
    whole = swarm.run(f"docker service ps --no-trunc {WEB}")
    assert '"No such image: essaim-none:latest"' in whole


def test_a_constraint_that_no_node_meets(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} --constraint node.role==musician nginx:latest")

    def pending() -> list[dict[str, Any]]:
        return [t for t in swarm.tasks(WEB) if t["Status"].get("Err")]

    task = swarm.wait(pending)[0]
    assert task["Status"]["State"] == "pending"
    assert task["Status"]["Err"] == (
        "no suitable node (scheduling constraints not satisfied on 3 nodes)"
    )


def test_a_name_and_a_port_taken_by_a_container(swarm: Swarm) -> None:
    swarm.run("docker run -d --name essaim-a -p 18185:80 nginx:latest")
    assert without_ids(swarm.refusal("docker run -d --name essaim-a alpine")) == (
        'Conflict. The container name "/essaim-a" is already in use by container "<id>". You have'
        " to remove (or rename) that container to be able to reuse that name."
    )
    said = without_ids(swarm.refusal("docker run -d --name essaim-b -p 18185:80 alpine"))
    # A real engine binds two addresses, and names the one that it tried first.
    assert said.replace("Bind for :::", "Bind for 0.0.0.0:") == (
        "failed to set up container networking: driver failed programming external connectivity on"
        " endpoint essaim-b (<id>): Bind for 0.0.0.0:18185 failed: port is already allocated"
    )
    assert swarm.refusal("docker container rm essaim-a") == (
        'cannot remove container "essaim-a": container is running: stop the container before'
        " removing or force remove"
    )
    swarm.run("docker container kill essaim-a")
    assert without_ids(swarm.refusal("docker container kill essaim-a")) == (
        "cannot kill container: essaim-a: container <id> is not running"
    )


def test_an_image_in_use_stays(swarm: Swarm) -> None:
    swarm.build("essaim-image:1")
    swarm.run("docker run -d --name essaim-a essaim-image:1 sleep 600")
    said = swarm.refusal("docker image rm essaim-image:1")
    assert re.sub(r"\b[0-9a-f]{12}\b", "<id>", said) == (
        'conflict: unable to remove repository reference "essaim-image:1" (must force) - container'
        " <id> is using its referenced image <id>"
    )


def test_a_command_that_the_image_lacks(swarm: Swarm) -> None:
    said = swarm.refusal("docker run --name essaim-a alpine nothing-like-it")
    assert said == (
        "failed to create task for container: failed to create shim task: OCI runtime create"
        " failed: runc create failed: unable to start container process: error during container"
        ' init: exec: "nothing-like-it": executable file not found in $PATH'
    )
