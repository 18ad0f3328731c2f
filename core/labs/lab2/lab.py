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
from core.labs.lab import Docker, Lab, Scene, Step, Verdict, green, made_of, red

IMAGE = "my-streamlit-app"
TAG = f"{IMAGE}:latest"
PORT = 8080
BUILD = f"docker build -t {IMAGE} ."


def image_id(scene: Scene) -> str:
    """Which image has the lab's name now; '' for none."""
    return next((i.id for i in scene.snapshot.images if TAG in i.tags), "")


def apps(scene: Scene) -> list[Container]:
    """The learner's containers of that image, newest first."""
    return [c for c in scene.containers if made_of(c, IMAGE)]


def served(containers: list[Container]) -> set[int]:
    """The ports at which those that run can be reached."""
    return {
        port.published
        for c in containers
        if c.state == "running"
        for port in c.ports
        if port.published and port.target == PORT
    }


def built(scene: Scene) -> Verdict:
    if found := image_id(scene):
        return green(found)
    before = {tag for image in scene.first.images for tag in image.tags}
    new = [tag for image in scene.snapshot.images for tag in image.tags if tag not in before]
    own = [tag for tag in new if "/" not in tag and not tag.startswith(("python:", "alpine:"))]
    return red("named", name=own[0]) if own else red()


def ran(scene: Scene) -> Verdict:
    mine = apps(scene)
    if served(mine):
        return green()
    if any(c.state == "running" for c in mine):
        return red("unpublished")
    return red("ended", name=mine[0].name) if mine else red()


def two(scene: Scene) -> Verdict:
    ports = served(apps(scene))
    return green() if len(ports) >= 2 else red("one") if ports else red("none")


def rebuilt(scene: Scene) -> Verdict:
    now = image_id(scene)
    return green(now) if now and now != scene.kept["build"] else red()


def renewed(scene: Scene) -> Verdict:
    before = {c.id for c in scene.entered.containers}
    fresh = [c for c in apps(scene) if c.id not in before]
    if served(fresh):
        return green()
    return red("unpublished") if fresh else red()


def stopped(scene: Scene) -> Verdict:
    left = [c.name for c in scene.containers if c.state == "running"]
    return red("running", names=", ".join(left)) if left else green()


def removed(scene: Scene) -> Verdict:
    there = {c.id for c in scene.snapshot.containers}
    mine = {c.id for c in scene.entered.containers} - {c.id for c in scene.first.containers}
    return green() if mine - there or not mine else red()


def pruned(scene: Scene) -> Verdict:
    left = len(scene.containers)
    return red("left", count=left) if left else green()


def run(port: int) -> RunContainer:
    return RunContainer(detach=True, publish=(f"{port}:{PORT}",), image=IMAGE)


def changed() -> tuple[tuple[str, str], ...]:
    """The demo app's two files, with another sentence in the app."""
    files = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("app.py", "Dockerfile")}
    files["app.py"] += '\nst.write("Version 2")\n'
    return tuple(files.items())


def stop(scene: Scene) -> tuple[Docker, ...]:
    names = tuple(c.name for c in scene.containers if c.state == "running")
    return (Docker(StopContainers(timeout=1, containers=names)),)


def remove(scene: Scene) -> tuple[Docker, ...]:
    return (Docker(RemoveContainers(containers=(scene.containers[0].name,))),)


def prune(scene: Scene) -> tuple[Docker, ...]:
    """With prune; but where that would take what is not the learner's, by name."""
    mine = {c.name for c in scene.containers}
    stopped = {c.name for c in scene.snapshot.containers if c.state != "running" and not c.service}
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
