"""The Swarm examples of python-on-whales' README and guide, and the README's first ones."""

import time

import pytest
from python_on_whales import docker
from python_on_whales.exceptions import DockerException, NoSuchService

STACK = """\
services:
  web:
    image: nginx:1.27
    deploy:
      replicas: 2
    networks: [inner]
  db:
    image: redis:7
    networks: [inner]
networks:
  inner:
"""


def until(settled):
    """Wait for a condition of the cluster, a minute at most."""
    end = time.monotonic() + 60
    while not settled():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def running(service):
    return [task for task in docker.service.ps(service) if task.status.state == "running"]


def test_the_first_examples():
    assert "Hello from Docker!" in docker.run("hello-world")
    image = docker.pull("ubuntu:20.04")
    assert image.repo_tags == ["ubuntu:20.04"]
    assert image in docker.image.list()
    image.remove()


def test_a_container_is_asked_and_copied_from(tmp_path):
    with docker.run("redis:7", name="kept", detach=True, publish=[("127.0.0.1:0", 6379)]) as redis:
        until(lambda: "Ready to accept connections" in docker.logs("kept"))
        assert redis.execute(["redis-cli", "ping"]) == "PONG"
        assert redis.state.running
        assert [each.name for each in docker.ps()] == ["kept"]
        docker.copy((redis, "/etc/hostname"), tmp_path / "hostname")
        assert (tmp_path / "hostname").read_text().strip() == redis.id[:12]
    assert not docker.container.exists("kept")


def test_run_is_streamed():
    line = ["sh", "-c", "echo out; echo err >&2"]
    told = {
        kind: text.strip() for kind, text in docker.run("alpine", line, stream=True, remove=True)
    }
    assert told == {"stdout": b"out", "stderr": b"err"}


def test_a_refusal_is_an_exception():
    with pytest.raises(DockerException, match="nosuch"):
        docker.run("nosuch-image-of-nobody")


def test_the_nodes():
    nodes = docker.node.list()
    assert sorted(node.description.hostname for node in nodes) == ["node1", "node2", "node3"]
    docker.node.update("node2", labels_add={"disk": "ssd"}, availability="drain")
    node = docker.node.inspect("node2")
    assert (node.spec.labels, node.spec.availability) == ({"disk": "ssd"}, "drain")
    docker.node.update("node2", availability="active")
    assert docker.system.info().swarm.local_node_state == "active"


def test_a_service():
    service = docker.service.create("nginx:1.27", None, labels={"of": "whales"}, limit_memory="64M")
    until(lambda: len(running(service)) == 1)
    docker.service.scale({service: 4})
    until(lambda: len(running(service)) == 4)
    docker.service.update(service, image="nginx:1.28")
    service = docker.service.inspect(service.id)
    assert service.spec.labels == {"of": "whales"}
    assert service.spec.task_template.container_spec.image.startswith("nginx:1.28")
    until(lambda: len(running(service)) == 4)
    assert docker.service.exists(service.id)
    assert "start worker process" in docker.service.logs(service)
    docker.service.remove(service)
    with pytest.raises(NoSuchService):
        docker.service.inspect(service.id)


def test_secrets_and_configs(tmp_path):
    (tmp_path / "file").write_text("told to few")
    secret = docker.secret.create("password", tmp_path / "file")
    config = docker.config.create("settings", tmp_path / "file")
    assert [each.spec.name for each in docker.config.list()] == ["settings"]
    assert [each.id for each in docker.secret.list()] == [secret.id]
    secret.remove()
    config.remove()


def test_a_stack(tmp_path):
    (tmp_path / "docker-compose.yml").write_text(STACK)
    stack = docker.stack.deploy("shop", compose_files=[tmp_path / "docker-compose.yml"])
    assert sorted(each.spec.name for each in stack.services()) == ["shop_db", "shop_web"]
    until(lambda: len(running("shop_web")) == 2)
    assert [each.name for each in docker.stack.list()] == ["shop"]
    docker.stack.remove(stack)
    until(lambda: not docker.service.list())


def test_the_swarm():
    token = docker.swarm.join_token("worker")
    assert token.startswith("SWMTKN-1-")
    docker.swarm.update(task_history_limit=3)
