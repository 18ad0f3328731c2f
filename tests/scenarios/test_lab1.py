"""Labs 1 and 2: images and containers on one engine."""

from __future__ import annotations

import pytest

from core.commands.build import BuildImage
from core.commands.command import Progress
from core.commands.transfers import PullImage
from core.errors import EngineRejected

from .engines import Swarm


def test_is_docker_there(swarm: Swarm) -> None:
    assert "Server" in swarm.run("docker version")
    info = swarm.run("docker info")
    assert " Swarm: active" in info
    assert "  Is Manager: true\n" in info
    assert "  Nodes: 3\n" in info


def test_a_container_for_each_command(swarm: Swarm) -> None:
    assert "Hello from Docker!" in swarm.run("docker container run --rm hello-world")
    line = 'docker container run --name essaim-{} alpine echo "hello from alpine"'
    assert swarm.run(line.format("a")).endswith("hello from alpine")
    assert swarm.run(line.format("b")).endswith("hello from alpine")

    assert not ours(swarm.run("docker container ls"))
    rows = ours(swarm.run("docker container ls -a"))
    assert [row.split()[-1] for row in rows] == ["essaim-b", "essaim-a"]
    assert all("Exited (0)" in row and '"echo \'hello from al…"' in row for row in rows)
    assert swarm.run("docker logs essaim-a") == "hello from alpine"


def ours(listing: str) -> list[str]:
    """The rows of the containers that these tests name."""
    return [row for row in listing.splitlines() if row.endswith(("essaim-a", "essaim-b"))]


def test_a_container_from_start_to_removal(swarm: Swarm) -> None:
    swarm.run("docker image pull alpine")
    id = swarm.run("docker run -d --name essaim-a --env A=1 alpine sleep 600")
    assert len(id) == 64
    assert id[:12] in swarm.run("docker ps")
    assert id[:12] in swarm.run("docker ps -q").splitlines()
    assert '"A=1"' in swarm.run("docker container inspect essaim-a")

    assert swarm.run("docker container stop -t 0 essaim-a") == "essaim-a"
    assert "essaim-a" not in swarm.run("docker ps")
    assert swarm.run("docker container start essaim-a") == "essaim-a"
    assert "essaim-a" in swarm.run("docker ps")
    assert swarm.run("docker container kill essaim-a") == "essaim-a"
    swarm.wait(lambda: "Exited (137)" in swarm.run("docker ps -a --filter name=essaim-a"))
    assert swarm.run("docker container rm essaim-a") == "essaim-a"
    assert "essaim-a" not in swarm.run("docker ps -a")


def test_prune_takes_what_has_ended(swarm: Swarm) -> None:
    if swarm.engine == "real":
        pytest.skip("prune would take the stopped containers of others as well")
    ended = swarm.run("docker run --name essaim-a alpine echo ended") and swarm.run(
        "docker ps -aq --filter name=essaim-a"
    )
    swarm.run("docker run -d --name essaim-b alpine sleep 600")
    said = swarm.run("docker container prune -f")
    assert said.startswith(f"Deleted Containers:\n{ended}")
    assert "\n\nTotal reclaimed space: " in said
    assert "essaim-a" not in swarm.run("docker ps -a")
    assert "essaim-b" in swarm.run("docker ps -a")


def test_pull_tells_every_layer(swarm: Swarm) -> None:
    heard: list[Progress] = []
    said = PullImage(image="alpine").run(swarm.client, heard.append).splitlines()
    assert said[:2] == ["Using default tag: latest", "latest: Pulling from library/alpine"]
    assert said[-3].startswith("Digest: sha256:")
    assert said[-2].startswith("Status: ")
    assert said[-1] == "docker.io/library/alpine:latest"
    assert Progress("latest", "Pulling from library/alpine") in heard
    if "Downloaded newer image" in said[-2]:
        sizes = [(p.current, p.total) for p in heard if p.text == "Downloading"]
        assert sizes
        assert all(current and total and current <= total for current, total in sizes)


def test_images_have_names(swarm: Swarm) -> None:
    swarm.run("docker image pull alpine")
    assert swarm.run("docker image tag alpine essaim-alpine:1") == ""
    rows = swarm.run("docker image ls essaim-alpine").splitlines()
    assert rows[0].split() == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "SIZE"]
    assert rows[1].split()[:2] == ["essaim-alpine", "1"]
    assert '"essaim-alpine:1"' in swarm.run("docker image inspect essaim-alpine:1")
    assert swarm.run("docker rmi essaim-alpine:1") == "Untagged: essaim-alpine:1"
    assert "essaim-alpine" not in swarm.run("docker image ls")


def test_a_build_shows_its_steps_and_leaves_an_image(swarm: Swarm) -> None:
    heard: list[Progress] = []
    text = 'FROM alpine\nCOPY hello.txt /greeting.txt\nCMD ["cat", "/greeting.txt"]\n'
    files = (("hello.txt", "hello from a file\n"), ("Dockerfile", text))
    log = BuildImage(tag=("essaim-hello",), path=".", files=files).run(swarm.client, heard.append)

    lines = log.splitlines()
    assert lines[0] == "Step 1/3 : FROM alpine"
    assert "Step 2/3 : COPY hello.txt /greeting.txt" in lines
    assert lines[-2].startswith("Successfully built ")
    assert lines[-1] == "Successfully tagged essaim-hello:latest"
    assert (heard[-1].current, heard[-1].total) == (3, 3)
    history = swarm.run("docker image history essaim-hello")
    assert "COPY file:" in history
    assert 'CMD ["cat"' in history


def test_a_build_that_fails_says_why(swarm: Swarm) -> None:
    with pytest.raises(EngineRejected, match="no-such-file"):
        swarm.build("essaim-broken", last="COPY no-such-file /")
    with pytest.raises(EngineRejected) as refused:
        swarm.build("essaim-broken", last="FLY away")
    assert "unknown instruction: FLY" in str(refused.value)
    assert "essaim-broken" not in swarm.run("docker image ls")


def test_the_demo_app_builds_and_opens(swarm: Swarm) -> None:
    """Lab 2. A real engine downloads Streamlit for it, unless an earlier build is still there."""
    log = swarm.run("docker build -t essaim-streamlit-app .")
    assert "Successfully tagged essaim-streamlit-app:latest" in log

    swarm.run("docker run -d -p 18186:8080 --name essaim-app essaim-streamlit-app")
    assert "0.0.0.0:18186->8080/tcp" in swarm.run("docker ps --filter name=essaim-app")
    swarm.wait(lambda: swarm.get(18186) == 200)
    swarm.wait(lambda: "8080" in swarm.run("docker logs essaim-app"))
    assert swarm.run("docker stop -t 1 essaim-app") == "essaim-app"
    assert swarm.run("docker rm essaim-app") == "essaim-app"
    assert swarm.get(18186) == 0
