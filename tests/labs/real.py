"""A real Swarm on which the labs are played: before and after without what they leave there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import docker
import docker.errors

from core.control.control import Control
from core.engine.connection import Connection
from tests.cluster.test_collector import until

from .playing import PATIENCE, under_control

NAMES = {"first", "second", "third"}
OURS = ("alpine", "hello", "my-str")  # how the images of containers that they run begin
SERVICES = {"web", "site_web", "site_reader", "api", "client"}
SECRET, NETWORKS = "db_password", ["site_default", "shop"]


@contextlib.contextmanager
def real(host: str) -> Iterator[Control]:
    """Under control, with every right. host: a manager's DOCKER_HOST."""
    with (
        under_control(Connection(host)) as control,
        contextlib.closing(control.connection.client()) as client,
    ):
        before = {container["Id"] for container in client.api.containers(all=True)}
        images = {image["Id"] for image in client.api.images()}
        clean(client, before, images)
        try:
            assert control.collector.refresh(30)
            yield control
        finally:
            clean(client, before, images)


def clean(client: docker.DockerClient, before: set[str], images: set[str]) -> None:
    """Before and images: ids of what others had there already, which stays."""
    for service in client.api.services():
        if service["Spec"]["Name"] in SERVICES:
            client.api.remove_service(service["ID"])
    for node in client.api.nodes():
        mine = node.get("ManagerStatus", {}).get("Leader", False)
        spec = node["Spec"] | {"Availability": "active"} | ({} if mine else {"Role": "worker"})
        if spec != node["Spec"]:
            client.api.update_node(node["ID"], node["Version"]["Index"], spec)
    for container in client.api.containers(all=True):
        ours = {name.strip("/") for name in container["Names"]} & NAMES
        labels = container["Labels"] or {}
        new = container["Id"] not in before and "com.docker.swarm.task" not in labels
        if ours or (new and container["Image"].startswith(OURS)):
            with contextlib.suppress(docker.errors.APIError):  # going already
                client.api.remove_container(container["Id"], force=True)
    for image in client.api.images():
        tags = set(image["RepoTags"] or ()) - {"<none>:<none>"}
        if image["Id"] not in images and tags <= {"my-streamlit-app:latest"}:
            with contextlib.suppress(docker.errors.APIError):
                client.api.remove_image(image["Id"], force=True)
    for secret in client.api.secrets(filters={"name": SECRET}):
        client.api.remove_secret(secret["ID"])
    # A stack that is deployed while its network is still going finds none, and a lab finds it done.
    until(lambda: not networks(client), PATIENCE)


def networks(client: docker.DockerClient) -> list[str]:
    """Ids of their networks that are left, after another try: tasks that end hold them."""
    left = [network["Id"] for network in client.api.networks(names=NETWORKS)]
    for network in left:
        with contextlib.suppress(docker.errors.APIError):
            client.api.remove_network(network)
    return left
