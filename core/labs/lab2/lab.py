"""Lab 2: an image of one's own, with a Streamlit app in it, opened on a port."""

from __future__ import annotations

from collections.abc import Iterable

from core.cluster.snapshot import Container
from core.commands.build import BuildImage
from core.commands.folder import FOLDER
from core.labs.checks import all_removed, all_stopped, running
from core.labs.lab import Facts, Lab, Step, Verdict, green, made_of, red

IMAGE = "my-streamlit-app"
PORT = 8080
RUN = f"docker container run -d -p {{}}:{PORT} {IMAGE}"


def image_id(facts: Facts) -> str:
    """The id of the image that has the lab's name now; '' for none."""
    return next((i.id for i in facts.snapshot.images if f"{IMAGE}:latest" in i.tags), "")


def apps(containers: Iterable[Container]) -> list[Container]:
    return [c for c in containers if made_of(c, IMAGE)]


def served(containers: Iterable[Container]) -> set[int]:
    """The ports at which those that run can be reached."""
    running = (c for c in containers if c.state == "running")
    ports = (port for c in running for port in c.ports if port.target == PORT)
    return {port.published for port in ports if port.published}


def built(facts: Facts) -> Verdict:
    if found := image_id(facts):
        return green(found)
    before = {tag for image in facts.lab_start.images for tag in image.tags}
    new = [tag for image in facts.snapshot.images for tag in image.tags if tag not in before]
    own = [tag for tag in new if "/" not in tag and not tag.startswith(("python:", "alpine:"))]
    return red("named", name=own[0]) if own else red()


def ran(facts: Facts) -> Verdict:
    mine = apps(facts.containers)
    if served(mine):
        return green()
    if any(c.state == "running" for c in mine):
        return red("unpublished")
    return red("ended", name=mine[0].name) if mine else red()


def two(facts: Facts) -> Verdict:
    ports = served(apps(facts.containers))
    return green() if len(ports) >= 2 else red("one") if ports else red("none")


def rebuilt(facts: Facts) -> Verdict:
    now = image_id(facts)
    return green(now) if now and now != facts.kept["build"] else red()


def renewed(facts: Facts) -> Verdict:
    fresh = apps(facts.new_containers)
    if served(fresh):
        return green()
    return red("unpublished") if fresh else red()


def removed(facts: Facts) -> Verdict:
    there = {c.id for c in facts.snapshot.containers}
    mine = {c.id for c in facts.step_start.containers} - {c.id for c in facts.lab_start.containers}
    return Verdict(not mine or not mine <= there)


def changed() -> tuple[tuple[str, str], ...]:
    """The demo app's two files, with another sentence in the app."""
    files = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("app.py", "Dockerfile")}
    files["app.py"] += '\nst.write("Version 2")\n'
    return tuple(files.items())


def stop(facts: Facts) -> tuple[str, ...]:
    return (f"docker container stop -t 1 {' '.join(running(facts))}",)


def remove(facts: Facts) -> tuple[str, ...]:
    return (f"docker container rm {facts.containers[0].name}",)


def prune(facts: Facts) -> tuple[str, ...]:
    """With prune; but where that would take containers of others, by name."""
    mine = {c.name for c in facts.containers}
    stopped = {c.name for c in facts.snapshot.containers if c.state != "running" and not c.service}
    if stopped <= mine:
        return ("docker container prune -f",)
    return (f"docker container rm {' '.join(sorted(mine))}",)


LAB = Lab(
    "lab2",
    "engine",
    (
        Step(
            "build",
            built,
            (f"docker build -t {IMAGE} .",),
            look=("docker image ls", f"docker image history {IMAGE}"),
        ),
        Step(
            "run",
            ran,
            (RUN.format(8080),),
            look=("docker ps", "docker logs <container my-streamlit-app>"),
        ),
        Step("second", two, (RUN.format(8081),), look=("docker ps",)),
        Step(
            "change",
            rebuilt,
            (BuildImage(tag=(IMAGE,), path=".", files=changed()),),
            look=("docker image ls",),
        ),
        Step("renew", renewed, (RUN.format(8082),), look=("docker ps",)),
        Step(
            "stop",
            all_stopped,
            stop,
            typed=("docker stop <running containers>",),
            look=("docker ps -a",),
        ),
        Step("remove", removed, remove, typed=("docker rm <container>",), look=("docker ps -a",)),
        Step(
            "prune", all_removed, prune, typed=("docker container prune",), look=("docker ps -a",)
        ),
    ),
)
