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
from core.labs.lab import Docker, Lab, Scene, Step, Verdict, green, made_of, red

SHELLS = {"sh", "/bin/sh", "ash", "/bin/ash"}
FILE = "/hello.txt"
TRACE = "/bonjour.txt"


def alpines(scene: Scene, program: str = "") -> list[Container]:
    """The learner's containers of alpine, or those of them that run this program."""
    found = [c for c in scene.containers if made_of(c, "alpine")]
    return [c for c in found if not program or first_word(c) == program]


def shells(scene: Scene) -> list[Container]:
    return [c for c in alpines(scene) if first_word(c) in SHELLS]


def first_word(container: Container) -> str:
    try:
        words = shlex.split(container.command)
    except ValueError:
        words = container.command.split()
    return words[0] if words else ""


def greeted(scene: Scene) -> Verdict:
    return green() if any(made_of(c, "hello-world") for c in scene.containers) else red()


def pulled(scene: Scene) -> Verdict:
    tags = {tag for image in scene.snapshot.images for tag in image.tags}
    if any(tag.startswith("alpine:") for tag in tags):
        return green()
    return red()


def listed(scene: Scene) -> Verdict:
    if alpines(scene, "ls"):
        return green()
    return red("nothing") if alpines(scene) else red()


def echoed(scene: Scene) -> Verdict:
    return green() if alpines(scene, "echo") else red()


def shelled(scene: Scene) -> Verdict:
    return green() if shells(scene) else red()


def three(scene: Scene) -> Verdict:
    count = len(shells(scene))
    return green() if count >= 3 else red("few", count=count)


def written(scene: Scene) -> Verdict:
    for container in shells(scene):
        if FILE in scene.ask.files(container.id):
            if container.state == "running":
                return red("open", name=container.name)
            return green(f"{container.id} {scene.ask.started(container.id)}")
    return red()


def isolated(scene: Scene) -> Verdict:
    before = {c.id for c in scene.entered.containers}
    fresh = [c for c in alpines(scene) if c.id not in before]
    for container in fresh:
        if FILE not in scene.ask.files(container.id):
            return green()
    return red("written") if fresh else red()


def returned(scene: Scene) -> Verdict:
    id, _, started = scene.kept["hello"].partition(" ")
    container = next((c for c in scene.containers if c.id == id), None)
    if container is None:
        return red("gone")
    if container.state == "running" or scene.ask.started(id) > float(started or 0):
        return green()
    return red("other") if _fresh_shell(scene) else red()


def _fresh_shell(scene: Scene) -> bool:
    before = {c.id for c in scene.entered.containers}
    return any(c.id not in before for c in shells(scene))


def executed(scene: Scene) -> Verdict:
    if scene.did("docker container exec"):
        return green()
    running = [c for c in scene.containers if c.state == "running"]
    if any(TRACE in scene.ask.files(c.id) for c in running):
        return green()
    return red() if running else red("stopped", name=kept_name(scene))


def killed(scene: Scene) -> Verdict:
    left = [c.name for c in scene.containers if c.state == "running"]
    return red("running", names=", ".join(left)) if left else green()


def cleaned(scene: Scene) -> Verdict:
    left = [c.name for c in scene.containers]
    return red("left", count=len(left)) if left else green()


def kept_name(scene: Scene) -> str:
    """The name of the container that holds hello.txt."""
    id = scene.kept.get("hello", "").partition(" ")[0]
    return next((c.name for c in scene.snapshot.containers if c.id == id), "third")


def at_rest(name: str) -> RunContainer:
    """A shell that waits for somebody, as -it leaves it, without anybody at the keyboard."""
    return RunContainer(
        detach=True, interactive=True, tty=True, name=name, image="alpine", command=("/bin/sh",)
    )


def write(scene: Scene) -> tuple[Docker, ...]:
    name = shells(scene)[0].name if shells(scene) else "third"
    echo = ("sh", "-c", 'echo "hello world" > hello.txt')
    return (
        Docker(ExecContainer(container=name, command=echo)),
        Docker(StopContainers(timeout=1, containers=(name,))),
    )


def start(scene: Scene) -> tuple[Docker, ...]:
    name = kept_name(scene)
    return (
        Docker(StartContainers(containers=(name,))),
        Docker(ExecContainer(container=name, command=("cat", "hello.txt"))),
    )


def execute(scene: Scene) -> tuple[Docker, ...]:
    name = kept_name(scene)
    return (
        Docker(ExecContainer(container=name, command=("touch", TRACE))),
        Docker(ExecContainer(container=name, command=("ls",))),
    )


def kill(scene: Scene) -> tuple[Docker, ...]:
    names = tuple(c.name for c in scene.containers if c.state == "running")
    return (Docker(KillContainers(containers=names)),)


def clean(scene: Scene) -> tuple[Docker, ...]:
    return (Docker(RemoveContainers(containers=tuple(c.name for c in scene.containers))),)


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
