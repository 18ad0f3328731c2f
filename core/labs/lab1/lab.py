"""Lab 1: images and containers, on one engine."""

from __future__ import annotations

import shlex

from core.cluster.snapshot import Container
from core.commands.containers import (
    KillContainers,
    RemoveContainers,
    RunContainer,
    StartContainers,
    StopContainers,
)
from core.commands.execs import ExecContainer
from core.commands.images import PullImage
from core.labs.lab import Docker, Facts, Lab, Step, Verdict, green, made_of, red

SHELLS = {"sh", "/bin/sh", "ash", "/bin/ash"}
FILE = "/hello.txt"
TRACE = "/bonjour.txt"


def alpines(facts: Facts, program: str = "") -> list[Container]:
    """The learner's containers of alpine, or those of them that run this program."""
    found = [c for c in facts.containers if made_of(c, "alpine")]
    return [c for c in found if not program or first_word(c) == program]


def shells(facts: Facts) -> list[Container]:
    return [c for c in alpines(facts) if first_word(c) in SHELLS]


def first_word(container: Container) -> str:
    try:
        words = shlex.split(container.command)
    except ValueError:
        words = container.command.split()
    return words[0] if words else ""


def greeted(facts: Facts) -> Verdict:
    return green() if any(made_of(c, "hello-world") for c in facts.containers) else red()


def pulled(facts: Facts) -> Verdict:
    tags = {tag for image in facts.snapshot.images for tag in image.tags}
    if any(tag.startswith("alpine:") for tag in tags):
        return green()
    return red()


def listed(facts: Facts) -> Verdict:
    if alpines(facts, "ls"):
        return green()
    return red("nothing") if alpines(facts) else red()


def echoed(facts: Facts) -> Verdict:
    return green() if alpines(facts, "echo") else red()


def shelled(facts: Facts) -> Verdict:
    return green() if shells(facts) else red()


def three(facts: Facts) -> Verdict:
    count = len(shells(facts))
    return green() if count >= 3 else red("few", count=count)


def written(facts: Facts) -> Verdict:
    for container in shells(facts):
        if FILE in facts.ask.files(container.id):
            if container.state == "running":
                return red("open", name=container.name)
            return green(f"{container.id} {facts.ask.started(container.id)}")
    return red()


def isolated(facts: Facts) -> Verdict:
    before = {c.id for c in facts.step_start.containers}
    fresh = [c for c in alpines(facts) if c.id not in before]
    for container in fresh:
        if FILE not in facts.ask.files(container.id):
            return green()
    return red("written") if fresh else red()


def returned(facts: Facts) -> Verdict:
    id, _, started = facts.kept["hello"].partition(" ")
    container = next((c for c in facts.containers if c.id == id), None)
    if container is None:
        return red("gone")
    if container.state == "running" or facts.ask.started(id) > float(started or 0):
        return green()
    return red("other") if _fresh_shell(facts) else red()


def _fresh_shell(facts: Facts) -> bool:
    before = {c.id for c in facts.step_start.containers}
    return any(c.id not in before for c in shells(facts))


def executed(facts: Facts) -> Verdict:
    if facts.did("docker container exec"):
        return green()
    running = [c for c in facts.containers if c.state == "running"]
    if any(TRACE in facts.ask.files(c.id) for c in running):
        return green()
    return red() if running else red("stopped", name=kept_name(facts))


def killed(facts: Facts) -> Verdict:
    left = [c.name for c in facts.containers if c.state == "running"]
    return red("running", names=", ".join(left)) if left else green()


def cleaned(facts: Facts) -> Verdict:
    left = [c.name for c in facts.containers]
    return red("left", count=len(left)) if left else green()


def kept_name(facts: Facts) -> str:
    """The name of the container that holds hello.txt."""
    id = facts.kept.get("hello", "").partition(" ")[0]
    return next((c.name for c in facts.snapshot.containers if c.id == id), "third")


def at_rest(name: str) -> RunContainer:
    """A shell that waits for somebody, as -it leaves it, without anybody at the keyboard."""
    return RunContainer(
        detach=True, interactive=True, tty=True, name=name, image="alpine", command=("/bin/sh",)
    )


def write(facts: Facts) -> tuple[Docker, ...]:
    name = shells(facts)[0].name if shells(facts) else "third"
    echo = ("sh", "-c", 'echo "hello world" > hello.txt')
    return (
        Docker(ExecContainer(container=name, command=echo)),
        Docker(StopContainers(timeout=1, containers=(name,))),
    )


def start(facts: Facts) -> tuple[Docker, ...]:
    name = kept_name(facts)
    return (
        Docker(StartContainers(containers=(name,))),
        Docker(ExecContainer(container=name, command=("cat", "hello.txt"))),
    )


def execute(facts: Facts) -> tuple[Docker, ...]:
    name = kept_name(facts)
    return (
        Docker(ExecContainer(container=name, command=("touch", TRACE))),
        Docker(ExecContainer(container=name, command=("ls",))),
    )


def kill(facts: Facts) -> tuple[Docker, ...]:
    names = tuple(c.name for c in facts.containers if c.state == "running")
    return (Docker(KillContainers(containers=names)),)


def clean(facts: Facts) -> tuple[Docker, ...]:
    return (Docker(RemoveContainers(containers=tuple(c.name for c in facts.containers))),)


SHELL = "docker container run -it alpine /bin/sh"

LAB = Lab(
    "lab1",
    "engine",
    (
        Step(
            "first",
            greeted,
            (Docker(RunContainer(image="hello-world")),),
            look=("docker version", "docker info"),
        ),
        Step("pull", pulled, (Docker(PullImage(image="alpine")),), look=("docker image ls",)),
        Step(
            "ls",
            listed,
            (Docker(RunContainer(image="alpine", command=("ls", "-l"))),),
            look=("docker container ls", "docker container ls -a"),
        ),
        Step(
            "echo",
            echoed,
            (Docker(RunContainer(image="alpine", command=("echo", "hello from alpine"))),),
            typed=('docker container run alpine echo "hello from alpine"',),
            look=("docker container ls -a",),
        ),
        Step(
            "shell",
            shelled,
            (Docker(at_rest("first")),),
            typed=(SHELL, "ls -l", "uname -a", "exit"),
        ),
        Step(
            "three",
            three,
            (Docker(at_rest("second")), Docker(at_rest("third"))),
            typed=(
                SHELL,
                "exit",
                "docker container run -it --name third alpine /bin/sh",
            ),
            look=("docker container ls -a",),
        ),
        Step(
            "hello",
            written,
            write,
            typed=('echo "hello world" > hello.txt', "ls", "exit"),
            asks=True,
        ),
        Step(
            "isolation",
            isolated,
            (Docker(RunContainer(image="alpine", command=("ls",))),),
            asks=True,
        ),
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
            typed=(
                "docker container start third",
                f"docker container exec third touch {TRACE}",
            ),
            look=("docker container exec third ls",),
            asks=True,
        ),
        Step(
            "kill",
            killed,
            kill,
            typed=("docker container ls", "docker container kill third"),
            look=("docker container ls -a",),
        ),
        Step(
            "clean",
            cleaned,
            clean,
            typed=("docker container rm third", "docker container prune"),
            look=("docker container ls -a", "docker image ls"),
        ),
    ),
)
