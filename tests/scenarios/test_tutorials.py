"""Docker's own tutorials, typed line by line into the docker command on the practice engine."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from essaim_practice import PracticeServer
from practice.tests.tutorials import COUNTER_APP

pytestmark = pytest.mark.cli

DOCKERFILE = """\
FROM python:3.10-alpine
WORKDIR /code
ENV FLASK_APP=app.py
ENV FLASK_RUN_HOST=0.0.0.0
RUN apk add --no-cache gcc musl-dev linux-headers
COPY requirements.txt requirements.txt
RUN pip install -r requirements.txt
EXPOSE 5000
COPY . .
CMD ["flask", "run", "--debug"]
"""


class Typed:
    """A terminal with the docker command."""

    def __init__(self, host: str, folder: Path) -> None:
        self._env = {**os.environ, "DOCKER_HOST": host, "DOCKER_BUILDKIT": "0"}
        self._folder = folder

    def __call__(self, line: str, code: int = 0) -> str:
        """Type a line; what it shows, errors as well."""
        done = subprocess.run(
            ["sh", "-c", line], env=self._env, cwd=self._folder, text=True, timeout=120,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        return done.stdout

    def until(self, line: str, wanted: str) -> str:
        """Type a line again and again until it shows what is wanted."""
        deadline = time.monotonic() + 60
        while True:
            shown = self(f"{line} || true")
            if re.search(wanted, shown):
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer.start(speed=50.0, seed=1, bind_ports=False, engine="28.5") as server:
        yield server


@pytest.fixture
def typed(server: PracticeServer, tmp_path: Path) -> Typed:
    return Typed(server.urls[0].replace("http://", "tcp://"), tmp_path)


def test_the_swarm_tutorial_updates_redis(typed: Typed) -> None:
    typed("docker service create --replicas 3 --name redis --update-delay 10s -d redis:3.0.6")
    typed.until("docker service ls", r"redis +replicated +3/3 +redis:3\.0\.6")
    shown = typed("docker service inspect --pretty redis")
    assert "Parallelism:\t1" in shown
    assert "Delay:\t\t10s" in shown
    assert typed("docker service update -d --image redis:3.0.7 redis") == "redis\n"
    typed.until("docker service inspect --pretty redis", r"State:\t+completed")
    rows = typed("docker service ps redis").splitlines()
    assert sum("redis:3.0.7" in row and "Running" in row for row in rows) == 3
    assert sum("redis:3.0.6" in row and "Shutdown" in row for row in rows) == 3
    typed("docker service rm redis")


def test_getting_started_counts_in_redis(typed: Typed, tmp_path: Path) -> None:
    """What compose does of the tutorial's file, line by line: the page counts, Redis holds it."""
    (tmp_path / "app.py").write_text(COUNTER_APP)
    (tmp_path / "requirements.txt").write_text("flask\nredis\n")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    assert "Successfully tagged composetest-web:latest" in typed(
        "docker build -t composetest-web . 2>&1"
    )
    typed("docker network create composetest_default")
    own = "docker run -d --network composetest_default"
    typed(f"{own} --network-alias redis --name composetest-redis-1 redis:alpine")
    typed(f"{own} --network-alias web --name composetest-web-1 -p 8000:5000 composetest-web")
    typed.until("docker logs composetest-web-1", "Press CTRL\\+C to quit")
    ask = "docker run --rm --network composetest_default alpine wget -qO- http://web:5000/"
    assert typed(ask).endswith("Hello World! I have been seen 1 times.\n")
    assert typed(ask) == "Hello World! I have been seen 2 times.\n"
    assert typed("docker exec composetest-redis-1 redis-cli get hits") == "2\n"
    typed("docker rm -f composetest-redis-1 composetest-web-1")
    typed("docker network rm composetest_default")


def test_the_ubuntu_lab_makes_an_image_of_what_was_installed(typed: Typed) -> None:
    typed("docker run -d -t --name lab ubuntu bash")
    assert "E: Unable to locate package" in typed("docker exec lab apt-get install -y curl", 100)
    typed("docker exec lab apt-get update")
    typed("docker exec lab apt-get install -y iputils-ping")
    assert "1 packets transmitted" in typed("docker exec lab ping -c 1 localhost")
    assert "A /usr/bin/ping" in typed("docker diff lab")
    typed("docker commit lab withping")
    assert typed("docker run --rm withping which ping") == "/usr/bin/ping\n"
    assert 'NAME="Ubuntu"' in typed("docker run --rm ubuntu cat /etc/os-release")
    typed("docker rm -f lab")


def test_the_mysql_lab_asks_a_database_and_keeps_it_on_a_volume(typed: Typed) -> None:
    run = "docker run -d --name mydb -v labdata:/var/lib/mysql"
    mysql = "docker exec mydb mysql --user=root --password=my-secret-pw"
    typed(f"{run} -e MYSQL_ROOT_PASSWORD=my-secret-pw mysql:latest")
    typed.until("docker logs mydb", "ready for connections.*port: 3306")
    assert "mysqld" in typed("docker top mydb")
    assert typed(f"{mysql} --version").startswith("mysql  Ver ")
    typed.until(f"{mysql} -e 'create database shop'", "(?s)^(?!.*ERROR)")
    typed(f"{mysql} shop -e 'create table bees (name varchar(20)); insert into bees values (1)'")
    typed("docker rm -f mydb")
    typed(f"{run} -e MYSQL_ROOT_PASSWORD=my-secret-pw mysql:latest")
    assert "1" in typed.until(f"{mysql} shop -N -e 'select count(*) from bees'", r"(?m)^1$")
    typed("docker rm -f mydb")
    typed("docker run --name unset mysql:latest", 1)
    assert "MYSQL_ROOT_PASSWORD" in typed("docker logs unset")
    typed("docker rm unset")


def test_the_voting_app_counts_a_vote(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        """\
services:
  redis:
    image: redis:alpine
  db:
    image: postgres:15-alpine
    environment: {POSTGRES_USER: postgres, POSTGRES_PASSWORD: postgres}
    volumes: ["db-data:/var/lib/postgresql/data"]
  vote:
    image: dockersamples/examplevotingapp_vote
    ports: ["5000:80"]
    deploy: {replicas: 2}
  result:
    image: dockersamples/examplevotingapp_result
    ports: ["5001:80"]
  worker:
    image: dockersamples/examplevotingapp_worker
    deploy: {replicas: 2}
volumes:
  db-data:
"""
    )
    typed("docker stack deploy --detach=true -c stack.yml vote")
    for name, replicas in (("db", 1), ("redis", 1), ("result", 1), ("vote", 2), ("worker", 2)):
        typed.until("docker service ls", rf"vote_{name} +replicated +{replicas}/{replicas}")
    typed("docker network create -d overlay --attachable watch")  # where a visitor comes from
    for name in ("vote", "result"):
        typed(f"docker service update -d --network-add name=watch,alias={name} vote_{name}")
        typed.until(f"docker service inspect --pretty vote_{name}", r"State:\t+completed")
    visitor = "docker run --rm --network watch alpine wget -qO-"
    typed.until(f"{visitor} --post-data=vote=b http://vote/", "Processed by container ID")
    typed.until("docker service logs vote_worker", "Processing vote for 'b' by")
    shown = typed.until(f"{visitor} http://result/", "1 vote")
    assert "Dogs: 100.0%" in shown
    typed("docker stack rm vote")


def test_images_that_serve_pages_serve_theirs(typed: Typed) -> None:
    typed("docker run -d --name apache httpd")
    there = typed("docker inspect -f '{{.NetworkSettings.IPAddress}}' apache").strip()
    page = typed.until(f"docker run --rm alpine wget -qO- http://{there}/", "It works!")
    assert page.endswith("<html><body><h1>It works!</h1></body></html>\n")
    assert typed("docker run --rm node:18-alpine node -v").splitlines()[-1].startswith("v18.")
    assert typed("docker run --rm node:18-alpine -e 'console.log(\"hi\")'") == "hi\n"
    typed("docker run --rm node:18-alpine -e 'require(\"fs\")'", 1)
    typed("docker run -d --name seen -v /var/run/docker.sock:/var/run/docker.sock "
          "dockersamples/visualizer")  # fmt: skip
    there = typed("docker inspect -f '{{.NetworkSettings.IPAddress}}' seen").strip()
    shown = typed.until(f"docker run --rm alpine wget -qO- http://{there}:8080/", "</html>")
    assert "<h2>node3</h2>" in shown
    typed("docker rm -f apache seen")
