"""A stack is the same whether the docker command deployed it or we did."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.commands import folder
from core.commands.registry import parse
from core.errors import EngineRejected, InvalidCommand

from .engines import Swarm, practice

FILE = """\
version: "3.8"
services:
  web:
    image: nginx:1.28
    ports: ["8080:80", {target: 81, published: 8081, protocol: tcp, mode: host}]
    environment: {A: 1, B: "x"}
    labels: {c: d}
    secrets: [db_password]
    deploy:
      replicas: 2
      labels: {x: y}
      placement: {constraints: ["node.platform.os == linux"]}
      update_config: {parallelism: 2, delay: 5s, order: start-first, failure_action: rollback}
      restart_policy: {condition: on-failure, delay: 2s, max_attempts: 3}
      resources: {limits: {cpus: "0.5", memory: 64M}, reservations: {memory: 16M}}
  who:
    image: traefik/whoami
    command: ["--port", "80"]
    entrypoint: /whoami
    hostname: here
    secrets:
      - source: own
        target: here.txt
    networks: [back]
    deploy: {mode: global}
secrets:
  db_password: {external: true}
  own: {file: ./password.txt}
networks:
  back: {}
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo folder with a stack in it."""
    tmp_path.joinpath("password.txt").write_text("a password for tests\n")
    tmp_path.joinpath("stack.yml").write_text(FILE)
    monkeypatch.setattr(folder, "FOLDER", tmp_path)
    return tmp_path


def stored(swarm: Swarm) -> Any:
    """The stack as the Swarm has it, with names for ids."""
    api = swarm.client.api
    services = sorted(api.services(), key=lambda service: str(service["Spec"]["Name"]))
    networks, secrets = api.networks(), api.secrets()
    text = json.dumps([service["Spec"] for service in services], sort_keys=True)
    for thing in [*networks, *secrets]:
        name = thing["Spec"]["Name"] if "Spec" in thing else thing["Name"]
        text = text.replace(thing.get("ID") or thing["Id"], name)
    return (
        json.loads(text),
        sorted((n["Name"], str(n["Labels"]), n["Attachable"]) for n in networks),
        sorted((s["Spec"]["Name"], str(s["Spec"]["Labels"])) for s in secrets),
    )


@pytest.mark.cli
def test_both_ways_to_deploy_leave_the_same(files: Path) -> None:
    with practice(seed=3) as ours, practice(seed=3) as theirs:
        for line in ("secret create db_password password.txt", "stack deploy -c stack.yml site"):
            parse(f"docker {line}").run(ours.client)
            subprocess.run(
                ["docker", *line.split()],
                cwd=files,
                env={**os.environ, "DOCKER_HOST": theirs.host},
                check=True,
                capture_output=True,
                timeout=120,
            )
        assert stored(ours) == stored(theirs)
        for line in ("stack ls", "stack services site"):
            rows = ours.run(f"docker {line}").splitlines(), theirs.cli(*line.split()).splitlines()
            assert [row.split()[1:3] for row in rows[0]] == [row.split()[1:3] for row in rows[1]]


def test_to_deploy_again_restarts_nothing_and_takes_back_what_was_scaled(files: Path) -> None:
    with practice() as swarm:
        swarm.run("docker secret create db_password password.txt")
        assert "Creating service site_web" in swarm.run("docker stack deploy -c stack.yml site")
        before = swarm.settled("site_web", 2)
        swarm.run("docker service scale site_web=3")
        three = swarm.settled("site_web", 3)
        assert before < three
        assert "Updating service site_web" in swarm.run("docker stack deploy -c stack.yml site")
        assert swarm.settled("site_web", 2) < three
        said = swarm.run("docker stack rm site").splitlines()
        assert said == [
            "Removing service site_web",
            "Removing service site_who",
            "Removing secret site_own",
            "Removing network site_back",
            "Removing network site_default",
        ]
        assert swarm.run("docker stack rm site") == "Nothing found in stack: site"
        with pytest.raises(EngineRejected, match="nothing found in stack"):
            swarm.run("docker stack ps site")


def test_a_secret_in_use_stays_and_a_missing_one_is_named(files: Path) -> None:
    with practice() as swarm:
        with pytest.raises(EngineRejected, match="secret not found: db_password"):
            swarm.run("docker stack deploy -c stack.yml site")
        swarm.run("docker secret create db_password password.txt")
        swarm.run("docker stack deploy -c stack.yml site")
        assert "in use by" in swarm.refusal("docker secret rm db_password")


@pytest.mark.parametrize("path", ["/etc/passwd", "../password.txt", "none.yml", "", "."])
def test_only_the_demo_folder_is_read(path: str) -> None:
    with pytest.raises(InvalidCommand):
        folder.read(path)
