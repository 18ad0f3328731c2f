"""Lab 1: images and containers, on one engine."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from core.cluster.snapshot import Container
from core.labs.checks import all_removed, all_stopped, running
from core.labs.lab import Facts, Lab, Step, Verdict, green, made_of, red

FILE = "/hello.txt"
TRACE = "/bonjour.txt"


def alpines(containers: Iterable[Container], *programs: str) -> list[Container]:
    """The containers of alpine; where programs are named, those that run one of them."""
    found = [c for c in containers if made_of(c, "alpine")]
    return [c for c in found if not programs or first_word(c) in programs]


def shells(containers: Iterable[Container]) -> list[Container]:
    return alpines(containers, "sh", "/bin/sh", "ash", "/bin/ash")


def first_word(container: Container) -> str:
    try:
        words = shlex.split(container.command)
    except ValueError:
        words = container.command.split()
    return words[0] if words else ""


def greeted(facts: Facts) -> Verdict:
    return Verdict(any(made_of(c, "hello-world") for c in facts.containers))


def pulled(facts: Facts) -> Verdict:
    tags = (tag for image in facts.snapshot.images for tag in image.tags)
    return Verdict(any(tag.startswith("alpine:") for tag in tags))


def listed(facts: Facts) -> Verdict:
    if alpines(facts.containers, "ls"):
        return green()
    return red("nothing") if alpines(facts.containers) else red()


def echoed(facts: Facts) -> Verdict:
    return Verdict(bool(alpines(facts.containers, "echo")))


def shelled(facts: Facts) -> Verdict:
    return Verdict(bool(shells(facts.containers)))


def three(facts: Facts) -> Verdict:
    count = len(shells(facts.containers))
    return green() if count >= 3 else red("few", count=count)


def written(facts: Facts) -> Verdict:
    for container in shells(facts.containers):
        if FILE in facts.ask.files(container.id):
            if container.state == "running":
                return red("open", name=container.name)
            return green(f"{container.id} {facts.ask.started(container.id)}")
    return red()


def isolated(facts: Facts) -> Verdict:
    fresh = alpines(facts.new_containers)
    if any(FILE not in facts.ask.files(c.id) for c in fresh):
        return green()
    return red("written") if fresh else red()


def returned(facts: Facts) -> Verdict:
    id, _, started = facts.kept["hello"].partition(" ")
    container = next((c for c in facts.containers if c.id == id), None)
    if container is None:
        return red("gone")
    if container.state == "running" or facts.ask.started(id) > float(started or 0):
        return green()
    return red("other") if shells(facts.new_containers) else red()


def executed(facts: Facts) -> Verdict:
    if facts.did("docker container exec"):
        return green()
    ids = [c.id for c in facts.containers if c.state == "running"]
    if any(TRACE in facts.ask.files(id) for id in ids):
        return green()
    return red() if ids else red("stopped", name=third(facts))


def third(facts: Facts) -> str:
    """The name of the container that holds hello.txt."""
    id = facts.kept.get("hello", "").partition(" ")[0]
    return next((c.name for c in facts.snapshot.containers if c.id == id), "third")


def write(facts: Facts) -> tuple[str, ...]:
    name = next((c.name for c in shells(facts.containers)), "third")
    return (
        f"""docker container exec {name} sh -c 'echo "hello world" > hello.txt'""",
        f"docker container stop -t 1 {name}",
    )


def start(facts: Facts) -> tuple[str, ...]:
    name = third(facts)
    return f"docker container start {name}", f"docker container exec {name} cat hello.txt"


def execute(facts: Facts) -> tuple[str, ...]:
    name = third(facts)
    return f"docker container exec {name} touch {TRACE}", f"docker container exec {name} ls"


def kill(facts: Facts) -> tuple[str, ...]:
    return (f"docker container kill {' '.join(running(facts))}",)


def clean(facts: Facts) -> tuple[str, ...]:
    return (f"docker container rm {' '.join(c.name for c in facts.containers)}",)


SHELL = "docker container run -it alpine /bin/sh"
#: A shell as -it leaves it, without anybody at the keyboard.
WAITING = "docker container run -d -it --name {} alpine /bin/sh"
LIST = ("docker container ls -a",)

LAB = Lab(
    "lab1",
    "engine",
    (
        Step(
            "first",
            greeted,
            ("docker container run hello-world",),
            look=("docker version", "docker info"),
        ),
        Step("pull", pulled, ("docker image pull alpine",), look=("docker image ls",)),
        Step(
            "ls",
            listed,
            ("docker container run alpine ls -l",),
            look=("docker container ls", *LIST),
        ),
        Step("echo", echoed, ('docker container run alpine echo "hello from alpine"',), look=LIST),
        Step(
            "shell",
            shelled,
            (WAITING.format("first"),),
            typed=(SHELL, "ls -l", "uname -a", "exit"),
        ),
        Step(
            "three",
            three,
            (WAITING.format("second"), WAITING.format("third")),
            typed=(SHELL, "exit", "docker container run -it --name third alpine /bin/sh"),
            look=LIST,
        ),
        Step(
            "hello",
            written,
            write,
            typed=('echo "hello world" > hello.txt', "ls", "exit"),
            asks=True,
        ),
        Step("isolation", isolated, ("docker container run alpine ls",), asks=True),
        Step(
            "again",
            returned,
            start,
            typed=("docker container start -i third", "ls", "cat hello.txt"),
            asks=True,
        ),
        Step(
            "exec",
            executed,
            execute,
            typed=("docker container start third", f"docker container exec third touch {TRACE}"),
            look=("docker container exec third ls",),
            asks=True,
        ),
        Step(
            "kill",
            all_stopped,
            kill,
            typed=("docker container ls", "docker container kill third"),
            look=LIST,
        ),
        Step(
            "clean",
            all_removed,
            clean,
            typed=("docker container rm third", "docker container prune"),
            look=(*LIST, "docker image ls"),
        ),
    ),
)
