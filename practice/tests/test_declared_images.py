"""Images that a user declares, and what a refused pull says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import docker
import pytest

from essaim_practice import PracticeServer, RequestRefused, calls
from essaim_practice.files import recipe
from essaim_practice.images import hints
from essaim_practice.images.reference import parse

from .test_ports import until


@pytest.fixture(scope="module")
def shared() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=2, speed=50, bind_ports=False, engine="28.5") as server:
        yield server


def health(server: PracticeServer, name: str) -> str:
    return str(server.client.containers.get(name).attrs["State"]["Health"]["Status"])


def codes(service: Any) -> list[int]:
    """The exit codes of the first task of each node."""
    states = [task["Status"].get("ContainerStatus", {}) for task in service.tasks()]
    return [state["ExitCode"] for state in states if state.get("ExitCode")][:2]


def test_a_declared_image_is_pulled_and_runs(shared: PracticeServer) -> None:
    shared.declare_image(
        "me/shop", tags=("1", "2"), command=("/srv/shop", "--all"), ports=(8080, "53/udp"),
        log=("shop is open",), healthy=True, env=("COLOUR=blue",), base="debian bookworm-slim",
    )  # fmt: skip
    image = shared.client.images.pull("me/shop", tag="2")
    config = image.attrs["Config"]
    assert config["Cmd"] == ["/srv/shop", "--all"]
    assert sorted(config["ExposedPorts"]) == ["53/udp", "8080/tcp"]
    one = shared.client.containers.run("me/shop:2", name="shop", detach=True, ports={"8080": 8080})
    until(lambda: health(shared, "shop") == "healthy")
    assert one.logs() == b"shop is open\n"
    code, said = one.exec_run("sh -c 'echo $COLOUR; cat /etc/debian_version'")
    assert (code, said) == (0, b"blue\n12.15\n")
    url = f"{shared.urls[0].replace('tcp:', 'http:')}/_practice/open/node1/8080/"
    with urlopen(url) as answer:
        assert answer.read() == b"(simulated) me/shop answers from shop\n"
    one.remove(force=True)


def test_a_service_of_every_node_pulls_it(shared: PracticeServer) -> None:
    shared.declare_image("me/job", exit_code=3, log=("no",), healthy=False)
    everywhere = docker.types.ServiceMode("global-job")
    service = shared.client.services.create("me/job", name="job", mode=everywhere)
    until(lambda: codes(service) == [3, 3])
    service.remove()


def test_one_that_is_declared_anew_is_another_one(shared: PracticeServer) -> None:
    shared.declare_image("me/app", log=("one",))
    first = shared.client.images.pull("me/app", tag="latest")
    shared.declare_image("me/app", log=("two",))
    second = shared.client.images.pull("me/app", tag="latest")
    assert first.id != second.id
    ran = shared.client.containers.create("me/app")
    ran.start()
    until(lambda: ran.logs() == b"two\n")
    ran.remove(force=True)
    shared.forget_image("me/app")
    with pytest.raises(docker.errors.NotFound, match="pull access denied for me/app"):
        shared.client.images.pull("me/app", tag="latest")
    with pytest.raises(RequestRefused, match="nobody has declared an image me/app"):
        shared.forget_image("me/app")


def test_only_its_own_tags_are_there(shared: PracticeServer) -> None:
    shared.declare_image("me/tagged", tags=("2.1",))
    with pytest.raises(docker.errors.NotFound, match=r"manifest for me/tagged:2\.0 not found"):
        shared.client.images.pull("me/tagged", tag="2.0")


def test_it_comes_before_the_one_of_the_catalogue(shared: PracticeServer) -> None:
    shared.declare_image("ghost", tags=("mine",))
    assert shared.client.images.pull("ghost", tag="mine").attrs["Config"]["Cmd"] == ["/app"]
    shared.forget_image("ghost")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "Me/App"}, "must be lowercase"),
        ({"name": "me/app:1"}, "write a repository"),
        ({"name": ""}, "invalid reference"),
        ({"name": "a", "tags": ["-"]}, "no tag"),
        ({"name": "a", "ports": [0]}, "write 8080 or 53/udp"),
        ({"name": "a", "ports": ["99999"]}, "write 8080 or 53/udp"),
        ({"name": "a", "ports": 80}, "write a list"),
        ({"name": "a", "command": ["../x"]}, "a program's name"),
        ({"name": "a", "command": ["a b"]}, "a program's name"),
        ({"name": "a", "base": "windows"}, "is no base"),
        ({"name": "a", "base": "debian nosuch"}, "is no base"),
        ({"name": "a", "exit_code": 256}, "from 0 to 255"),
        ({"name": "a", "healthy": 1}, "true or false"),
        ({"name": "a", "workdir": "x"}, "no whole path"),
        ({"name": "a", "volumes": ["/a/../b"]}, "no whole path"),
        ({"name": "a", "log": ["x" * 5000]}, "at most 4096 characters"),
        ({"name": "a", "colour": "red"}, 'no setting "colour"'),
    ],
)
def test_what_is_no_image_is_refused(
    shared: PracticeServer, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(RequestRefused, match=re.escape(words)):
        shared.send(calls.Call("POST", "images", lambda answer: None, said))


def test_the_list_says_what_is_played(shared: PracticeServer) -> None:
    shared.declare_image("me/listed")
    known = {each.name: each for each in shared.images()}
    assert known["me/listed"].declared
    assert known["nginx"].played
    assert known["nginx"].measured
    assert not known["jenkins/jenkins"].measured
    assert known.keys() >= set(recipe.names())
    shared.forget_image("me/listed")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ngnix", "repositories, nginx among them"),
        ("qwertyuiop", "docker search finds them"),
        ("nginx:1.99", "of nginx the practice engine knows 1.31.4, "),
        ("moby/buildkit:buildx-stable-1", "set DOCKER_BUILDKIT=0"),
        ("bitnami/redis", "take redis"),
        ("x" * 255, "docker search finds them"),
    ],
)
def test_a_refused_pull_says_that_this_is_a_simulation(name: str, words: str) -> None:
    said = hints.of(parse(name))
    assert said.startswith("(simulated: ")
    assert words in said
    assert "\n" not in said


def test_an_image_that_nothing_plays_says_so(shared: PracticeServer) -> None:
    shared.client.images.pull("jenkins/jenkins", tag="lts")
    made = shared.client.containers.run("jenkins/jenkins:lts", detach=True)
    said = b"(simulated) jenkins/jenkins is not played by the practice engine: it does nothing\n"
    until(lambda: made.logs() == said)
    assert made.exec_run("sh -c 'cat /etc/passwd | tail -1'").output.startswith(b"jenkins:x:1000")
    made.stop()
    assert made.wait()["StatusCode"] == 0
    made.remove()
    shared.client.images.pull("golang", tag="1.22")
    assert shared.client.containers.run("golang:1.22", "go version") == (
        b"go version go1.22.12 linux/amd64\n"
    )
    with pytest.raises(docker.errors.ContainerError, match="go is not played"):
        shared.client.containers.run("golang:1.22", "go build")


def test_an_image_of_another_platform_is_pulled_and_does_not_run(shared: PracticeServer) -> None:
    usual = shared.client.images.pull("busybox", tag="1.36")
    other = shared.client.images.pull("busybox", tag="1.36", platform="linux/arm64/v8")
    assert other.id != usual.id
    assert (usual.attrs["Architecture"], other.attrs["Architecture"]) == ("amd64", "arm64")
    with pytest.raises(docker.errors.NotFound, match=r"its platform .linux/arm64. does not match"):
        shared.client.containers.create("busybox:1.36", platform="linux/amd64")
    made = shared.client.api.create_container("busybox:1.36", ["uname", "-m"])
    assert made["Warnings"][0].startswith("The requested image's platform (linux/arm64) does not")
    shared.client.api.start(made["Id"])
    assert shared.client.api.wait(made["Id"])["StatusCode"] == 255
    assert shared.client.api.logs(made["Id"]) == b"exec /bin/uname: exec format error\n"
    shared.client.api.remove_container(made["Id"])
    with pytest.raises(docker.errors.NotFound, match="no matching manifest for windows/amd64"):
        shared.client.images.pull("busybox", tag="1.36", platform="windows/amd64")


def test_ryuk_acknowledges_filters_and_ends_when_its_caller_has_gone(
    shared: PracticeServer,
) -> None:
    shared.client.images.pull("testcontainers/ryuk", tag="0.8.1")
    made = shared.client.containers.run("testcontainers/ryuk:0.8.1", name="ryuk", detach=True)
    until(lambda: b" Started!\n" in made.logs())
    shared.client.images.pull("busybox", tag="1.37")
    made.reload()
    there = made.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    line = f"printf 'label=a=b\\nlabel=c=d\\n' | nc {there} 8080"
    said = shared.client.containers.run("busybox:1.37", ["sh", "-c", line], remove=True)
    assert said == b"ACK\nACK\n"
    assert made.wait()["StatusCode"] == 0
    log = made.logs().decode()
    assert "Adding label=c=d\n" in log
    assert log.endswith("(simulated) the practice engine's Ryuk removes nothing\n")
    made.remove()


def test_the_whale_says_what_it_is_told(shared: PracticeServer) -> None:
    shared.client.images.pull("docker/whalesay", tag="latest")
    said = shared.client.containers.run("docker/whalesay", ["cowsay", "boo"]).decode()
    assert said.startswith(" _____ \n< boo >\n ----- \n    \\\n")
    assert "##" in said
    more = shared.client.containers.run("docker/whalesay", ["cowsay", *["word"] * 20]).decode()
    assert [line[0] for line in more.splitlines()[1:4]] == ["/", "|", "\\"]
