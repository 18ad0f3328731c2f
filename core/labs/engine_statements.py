"""The statements on one engine: its containers, its images, and the files of containers.

Containers are the learner's, made since the lab began, and newest first; those of services are not
among them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from core.cluster.snapshot import Container
from core.i18n import later as _
from core.labs.facts import Facts, Verdict, green, is_image, red
from core.labs.statement import Statement, param, statement

_EXIT = re.compile(r"Exited \((\d+)\)")

_OF = "its image, as in alpine, for any tag, or alpine:3.20"
_PROGRAM = "the first word of what it runs is one of these; without it, any"
_NEW = "made since the step before was done"


def of_image(containers: Iterable[Container], image: str) -> list[Container]:
    return [c for c in containers if not image or is_image(c.image, image)]


def running_program(containers: Iterable[Container], program: tuple[str, ...]) -> list[Container]:
    return [c for c in containers if not program or first_word(c) in program]


def first_word(container: Container) -> str:
    try:
        words = shlex.split(container.command)
    except ValueError:
        words = container.command.split()
    return words[0] if words else ""


@statement(
    "container",
    {
        "program": _("There is a container of `{image}`, but none that ran `{wanted}`."),
        "few": _("So far: {found}. It takes {count}."),
        "exit": _("`{name}` has not ended with exit code {code}."),
    },
)
class HasContainer(Statement):
    """The learner has made so many containers of an image, whether they run or not."""

    image: str = param(_OF)
    program: tuple[str, ...] = param(_PROGRAM, default=())
    count: int = param("how many, at least", default=1)
    code: int = param("the exit code that the newest must have ended with", default=-1)
    new: bool = param(_NEW, default=False)

    def judge(self, facts: Facts) -> Verdict:
        made = of_image(facts.new_containers if self.new else facts.containers, self.image)
        found = running_program(made, self.program)
        if not found:
            return red("program", wanted=self.program[0]) if made and self.program else red()
        if len(found) < self.count:
            return red("few", found=len(found))
        ended = _EXIT.match(found[0].status)
        if self.code >= 0 and not (ended and int(ended[1]) == self.code):
            return red("exit", name=found[0].name)
        return green()


@statement(
    "published container",
    {
        "ended": _("`{name}` does not run any more."),
        "unpublished": _("`{name}` runs, but its port {port} is published nowhere."),
        "few": _("It is open on one port so far; this step wants {count}."),
    },
)
class PublishedContainer(Statement):
    """Containers of an image run, and one of their ports is published on the machine."""

    image: str = param(_OF)
    port: int = param("the port inside the container")
    count: int = param("on how many ports of the machine, at least", default=1)
    new: bool = param(_NEW, default=False)

    def judge(self, facts: Facts) -> Verdict:
        mine = of_image(facts.new_containers if self.new else facts.containers, self.image)
        running = [c for c in mine if c.state == "running"]
        ports = {p.published for c in running for p in c.ports if p.target == self.port}
        open_on = len(ports - {0})
        if open_on >= self.count:
            return green()
        if open_on:
            return red("few")
        if running:
            return red("unpublished", name=running[0].name)
        return red("ended", name=mine[0].name) if mine else red()


@statement("containers stopped", {"running": _("Still running: {names}.")})
class ContainersStopped(Statement):
    """None of the learner's containers runs any more."""

    def judge(self, facts: Facts) -> Verdict:
        names = [c.name for c in facts.containers if c.state == "running"]
        return red("running", names=", ".join(names)) if names else green()


@statement("container removed")
class ContainerRemoved(Statement):
    """One of the containers that the lab had made when the step began is gone."""

    def judge(self, facts: Facts) -> Verdict:
        there = {c.id for c in facts.snapshot.containers}
        before = {c.id for c in facts.lab_start.containers}
        mine = {c.id for c in facts.step_start.containers if not c.service} - before
        return Verdict(not mine or not mine <= there)


@statement("no containers", {"left": _("Containers of this lab that are left: {count}.")})
class NoContainers(Statement):
    """All of the learner's containers are removed."""

    def judge(self, facts: Facts) -> Verdict:
        count = len(facts.containers)
        return red("left", count=count) if count else green()


@statement(
    "image",
    {"named": _("You have built `{found}`; this lab wants an image called `{name}`.")},
)
class HasImage(Statement):
    """The engine has an image of this name. The step takes note of its id."""

    name: str = param("as in alpine, for any tag, or my-app:latest")
    other_than: str = param("a step that took note of an image: this one is another", default="")

    def judge(self, facts: Facts) -> Verdict:
        for image in facts.snapshot.images:
            if any(self.name in (tag, tag.rpartition(":")[0]) for tag in image.tags):
                old = self.other_than and facts.kept.get(self.other_than) == image.id
                return red() if old else green(image.id)
        before = {tag for image in facts.step_start.images for tag in image.tags}
        made = [i for i in facts.snapshot.images if i.created >= facts.step_start.time]
        new = [tag for image in made for tag in image.tags if tag not in before and "/" not in tag]
        return red("named", found=new[0].partition(":")[0]) if new else red()


@statement(
    "file",
    {
        "open": _("The file is in `{name}`. All that is left is to leave it: `exit`."),
        "stopped": _("None of your containers runs."),
        "text": _("`{path}` is there, but does not hold what it should."),
    },
    asks=True,
)
class HasFile(Statement):
    """A container has written a file. The step takes note of the container."""

    path: str = param("the whole path, from /")
    image: str = param(_OF, default="")
    program: tuple[str, ...] = param(_PROGRAM, default=())
    service: str = param("look into this service's containers instead", default="")
    text: str = param("what must be somewhere in the file", default="")
    state: str = param("where the container must be so", default="", words=("running", "stopped"))

    def judge(self, facts: Facts) -> Verdict:
        if self.service:
            looked = [c for c in facts.snapshot.containers if c.service == self.service]
        else:
            looked = of_image(facts.containers, self.image)
        for container in running_program(looked, self.program):
            runs = container.state == "running"
            if self.state == "running" and not runs:
                continue
            if self.path not in facts.ask.files(container.id):
                continue
            if self.state == "stopped" and runs:
                return red("open", name=container.name)
            if self.text and self.text not in facts.ask.text(container.id, self.path):
                return red("text")
            return green(f"{container.id} {facts.ask.started(container.id)}")
        some = any(c.state == "running" for c in looked)
        return red("stopped") if self.state == "running" and not some else red()


@statement(
    "no file",
    {"written": _("This new container holds `{path}` as well: take a fresh one.")},
    asks=True,
)
class HasNoFile(Statement):
    """The learner has made a container since the step before, and it does not have this file."""

    path: str = param("the whole path, from /")
    image: str = param(_OF)

    def judge(self, facts: Facts) -> Verdict:
        fresh = of_image(facts.new_containers, self.image)
        if any(self.path not in facts.ask.files(c.id) for c in fresh):
            return green()
        return red("written") if fresh else red()


@statement(
    "container again",
    {
        "gone": _("The container was removed, and its files with it. Begin the lab anew."),
        "other": _("You have made a new container: `start` the old one instead."),
    },
    asks=True,
)
class ContainerAgain(Statement):
    """A container that an earlier step took note of was started again."""

    step: str = param("the earlier step")

    def judge(self, facts: Facts) -> Verdict:
        id, _space, started = facts.kept.get(self.step, "").partition(" ")
        container = next((c for c in facts.containers if c.id == id), None)
        if container is None:
            return red("gone")
        if container.state == "running" or facts.ask.started(id) > float(started or 0):
            return green()
        return red("other") if of_image(facts.new_containers, "") else red()


@statement("command done")
class CommandDone(Statement):
    """A docker line was done since the step before. Only for what leaves no other trace."""

    line: str = param("how it begins, in docker's longest words: docker container exec")

    def judge(self, facts: Facts) -> Verdict:
        return Verdict(facts.did(self.line))
