"""Docker compose with ten files of the kind that docker/awesome-compose holds.

Where theirs mount a file of the computer, which the engine does not see, these build or use a
volume; where theirs compile a server, these have whoami. Published ports are any free ones.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

FILES = Path(__file__).parent / "compose"
#: By file: which service answers at which of its ports with which text ("": it needs only run).
ANSWERS = {
    "apache-secrets": ("web", 80, "<h1>apache</h1>"),
    "flask-redis": ("web", 8000, "This webpage has been viewed 1 time(s)"),
    "nextcloud-redis-mariadb": ("nc", 80, ""),
    "nginx-whoami": ("backend", 0, ""),
    "portainer": ("portainer", 9000, "Portainer"),
    "postgres-adminer": ("adminer", 8080, ""),
    "prometheus-grafana": ("grafana", 3000, ""),
    "traefik-whoami": ("frontend", 80, "Hostname: "),
    "voting-app": ("vote", 80, "Cats"),
    "wordpress-mysql": ("wordpress", 80, ""),
}


def compose(name, *words):
    line = ["docker-compose", "--ansi=never", "--progress=plain", *words]
    environment = os.environ | {"TOKEN": "secret"}
    done = subprocess.run(line, cwd=FILES / name, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(line)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr if "up" in words else done.stdout


def listed(name, *words):
    return [json.loads(line) for line in compose(name, *words, "--format=json").splitlines()]


def page(place):
    """What is answered there, for a minute at most: programs take a moment to listen."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://{place}/") as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.fixture
def project(request):
    yield request.param
    compose(request.param, "down", "--volumes", "--rmi=local", "--timeout=1")


def test_there_are_ten():
    assert sorted(ANSWERS) == sorted(each.name for each in FILES.iterdir())
    assert len(ANSWERS) == 10


@pytest.mark.parametrize("project", sorted(ANSWERS), indirect=True)
def test_it_comes_up_answers_stays_and_goes(project):
    service, port, text = ANSWERS[project]
    compose(project, "config", "--quiet")
    compose(project, "up", "--detach")
    wanted = set(compose(project, "config", "--services").split()) - {"once", "debug"}
    running = listed(project, "ps")
    assert {each["Service"] for each in running if each["State"] == "running"} >= wanted
    if text:
        place = compose(project, "port", service, str(port)).strip().replace("0.0.0.0", "127.0.0.1")
        assert text in page(place)
    again = compose(project, "up", "--detach")
    assert "Recreate" not in again
    assert {each["ID"] for each in listed(project, "ps")} >= {
        each["ID"] for each in running if each["Service"] != "once"
    }
    compose(project, "logs", service)
    compose(project, "down", "--volumes", "--timeout=1")
    assert listed(project, "ps", "--all") == []


@pytest.mark.parametrize("project", ["nginx-whoami"], indirect=True)
def test_a_service_is_scaled_asked_and_copied_from(project, tmp_path):
    compose(project, "up", "--detach", "--scale", "proxy=3")
    assert len(listed(project, "ps", "proxy")) == 3
    assert compose(project, "exec", "-T", "--index=2", "proxy", "printenv", "HOSTNAME").strip()
    assert "Hostname: " in compose(project, "exec", "-T", "proxy", "curl", "-s", "http://backend")
    compose(project, "cp", "proxy:/etc/nginx/nginx.conf", str(tmp_path))
    assert "worker_processes" in (tmp_path / "nginx.conf").read_text()
    compose(project, "restart", "--timeout=1", "proxy")
    compose(project, "pause")
    compose(project, "unpause")
    assert compose(project, "run", "--rm", "-T", "--no-deps", "proxy", "echo", "once") == "once\n"


@pytest.mark.parametrize("project", ["postgres-adminer"], indirect=True)
def test_up_waits_for_health_and_a_volume_keeps_rows(project):
    def psql(line):
        return compose(project, "exec", "-T", "postgres", "psql", "-U", "shop", "-Atc", line)

    compose(project, "up", "--detach", "--wait")
    psql("create table pets (name text)")
    psql("insert into pets values ('rex')")
    compose(project, "down", "--timeout=1")
    compose(project, "up", "--detach", "--wait")
    assert psql("select name from pets") == "rex\n"


@pytest.mark.parametrize("project", ["apache-secrets"], indirect=True)
def test_profiles_secrets_and_what_runs_once(project):
    compose(project, "--profile=debug", "up", "--detach")
    assert compose(project, "exec", "-T", "web", "cat", "/run/secrets/token") == "secret"
    assert "debug" in {each["Service"] for each in listed(project, "ps")}
    end = time.monotonic() + 60
    while "done" not in compose(project, "logs", "once"):
        assert time.monotonic() < end
        time.sleep(0.1)
    compose(project, "--profile=debug", "down", "--timeout=1")
