"""Lab 2: an image of one's own, with a Streamlit app in it, opened on a port."""

from __future__ import annotations

from core.cluster.snapshot import Container
from core.commands.build import FOLDER, BuildImage
from core.commands.containers import (
    PruneContainers,
    RemoveContainers,
    RunContainer,
    StopContainers,
)
from core.labs.lab import Docker, Facts, Lab, Step, Verdict, green, made_of, red

IMAGE = "my-streamlit-app"
TAG = f"{IMAGE}:latest"
PORT = 8080
BUILD = f"docker build -t {IMAGE} ."


def image_id(facts: Facts) -> str:
    """Which image has the lab's name now; '' for none."""
    return next((i.id for i in facts.snapshot.images if TAG in i.tags), "")


def apps(facts: Facts) -> list[Container]:
    """The learner's containers of that image, newest first."""
    return [c for c in facts.containers if made_of(c, IMAGE)]


def served(containers: list[Container]) -> set[int]:
    """The ports at which those that run can be reached."""
    return {
        port.published
        for c in containers
        if c.state == "running"
        for port in c.ports
        if port.published and port.target == PORT
    }


def built(facts: Facts) -> Verdict:
    if found := image_id(facts):
        return green(found)
    before = {tag for image in facts.lab_start.images for tag in image.tags}
    new = [tag for image in facts.snapshot.images for tag in image.tags if tag not in before]
    own = [tag for tag in new if "/" not in tag and not tag.startswith(("python:", "alpine:"))]
    return red("named", name=own[0]) if own else red()


def ran(facts: Facts) -> Verdict:
    mine = apps(facts)
    if served(mine):
        return green()
    if any(c.state == "running" for c in mine):
        return red("unpublished")
    return red("ended", name=mine[0].name) if mine else red()


def two(facts: Facts) -> Verdict:
    ports = served(apps(facts))
    return green() if len(ports) >= 2 else red("one") if ports else red("none")


def rebuilt(facts: Facts) -> Verdict:
    now = image_id(facts)
    return green(now) if now and now != facts.kept["build"] else red()


def renewed(facts: Facts) -> Verdict:
    before = {c.id for c in facts.step_start.containers}
    fresh = [c for c in apps(facts) if c.id not in before]
    if served(fresh):
        return green()
    return red("unpublished") if fresh else red()


def stopped(facts: Facts) -> Verdict:
    left = [c.name for c in facts.containers if c.state == "running"]
    return red("running", names=", ".join(left)) if left else green()


def removed(facts: Facts) -> Verdict:
    there = {c.id for c in facts.snapshot.containers}
    mine = {c.id for c in facts.step_start.containers} - {c.id for c in facts.lab_start.containers}
    return green() if mine - there or not mine else red()


def pruned(facts: Facts) -> Verdict:
    left = len(facts.containers)
    return red("left", count=left) if left else green()


def run(port: int) -> RunContainer:
    return RunContainer(detach=True, publish=(f"{port}:{PORT}",), image=IMAGE)


def changed() -> tuple[tuple[str, str], ...]:
    """The demo app's two files, with another sentence in the app."""
    files = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("app.py", "Dockerfile")}
    files["app.py"] += '\nst.write("Version 2")\n'
    return tuple(files.items())


def stop(facts: Facts) -> tuple[Docker, ...]:
    names = tuple(c.name for c in facts.containers if c.state == "running")
    return (Docker(StopContainers(timeout=1, containers=names)),)


def remove(facts: Facts) -> tuple[Docker, ...]:
    return (Docker(RemoveContainers(containers=(facts.containers[0].name,))),)


def prune(facts: Facts) -> tuple[Docker, ...]:
    """With prune; but where that would take what is not the learner's, by name."""
    mine = {c.name for c in facts.containers}
    stopped = {c.name for c in facts.snapshot.containers if c.state != "running" and not c.service}
    if stopped <= mine:
        return (Docker(PruneContainers(force=True)),)
    return (Docker(RemoveContainers(containers=tuple(sorted(mine)))),)


LAB = Lab(
    "lab2",
    "engine",
    (
        Step(
            "build",
            built,
            (Docker(BuildImage(tag=IMAGE, path=".")),),
            look=("docker image ls", f"docker image history {IMAGE}"),
        ),
        Step("run", ran, (Docker(run(8080)),), look=("docker ps", "docker logs <id>")),
        Step("second", two, (Docker(run(8081)),), look=("docker ps",)),
        Step(
            "change",
            rebuilt,
            (Docker(BuildImage(tag=IMAGE, path=".", files=changed())),),
            look=("docker image ls",),
        ),
        Step("renew", renewed, (Docker(run(8082)),), look=("docker ps",)),
        Step("stop", stopped, stop, typed=("docker stop <id>",), look=("docker ps -a",)),
        Step("remove", removed, remove, typed=("docker rm <id>",), look=("docker ps -a",)),
        Step(
            "prune",
            pruned,
            prune,
            typed=("docker container prune",),
            look=("docker ps -a",),
        ),
    ),
)
