"""The labs of the course on a real Swarm: their solutions turn them green there too.

They use the course's own names, so they clear away what is left of an earlier run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence

import docker
import docker.errors
import pytest

from core.control.control import Control
from core.control.rights import Right
from core.labs.catalogue import LABS
from core.labs.lab import Lab, Step
from core.labs.moves import Curl, InstanceFault, Move
from core.lessons.solutions import visit

from .playing import Do, do_it_for_me, play
from .prompt import Prompt
from .real import real

pytestmark = pytest.mark.realswarm

#: A command that kills a node's engine, and starts it again.
LAUNCHER = os.environ.get("ESSAIM_SWARM_LAUNCHER", "")

#: What they are made of, besides what they bring themselves.
IMAGES = {
    "lab2": ("python:3.11-slim",),
    "lab5": ("nginx:1.27", "nginx:1.28", "nginx:1.29"),
    "lab6": ("nginx:1.28",),
}


@pytest.fixture
def control() -> Iterator[Control]:
    with real(os.environ["ESSAIM_REAL_SWARM"]) as control:
        yield control


@pytest.mark.parametrize("way", ["buttons", "console"])
@pytest.mark.parametrize(
    "lab",
    [pytest.param(lab, marks=pytest.mark.crashes if lab.name == "lab4" else ()) for lab in LABS],
    ids=lambda lab: lab.name,
)
def test_its_solution_turns_it_green_on_a_real_swarm(control: Control, lab: Lab, way: str) -> None:
    with images(IMAGES.get(lab.name, ())), powered() as accident, by(way, control) as act:

        def do(control: Control, moves: Sequence[Move]) -> None:
            for move in moves:
                if isinstance(move, InstanceFault):
                    accident(move)
                else:
                    act(control, [move])

        left = play(control, lab, do, lambda step: can(control, lab, step))
    if left:
        pytest.skip(f"green, but for {', '.join(left)}: this Swarm cannot, or must not, do that")


@contextlib.contextmanager
def by(way: str, control: Control) -> Iterator[Do]:
    if way == "buttons":
        yield do_it_for_me
        return
    prompt = Prompt(control, Right())
    with contextlib.closing(prompt.session):
        yield prompt.do


@contextlib.contextmanager
def powered() -> Iterator[Callable[[InstanceFault], None]]:
    """How accidents come about; in the end every node has its power back."""
    dark = set[str]()

    def switch(word: str, node: str) -> None:
        subprocess.run([LAUNCHER, word, node], check=True, capture_output=True, timeout=120)

    def accident(move: InstanceFault) -> None:
        if move.kind == "mend":
            while dark:
                switch("start", dark.pop())
        elif move.node not in dark:
            switch("kill", move.node)
            dark.add(move.node)

    try:
        yield accident
    finally:
        accident(InstanceFault("mend"))


def can(control: Control, lab: Lab, step: Step) -> bool:
    """A kernel without IPVS has no routing mesh; and not every machine's plug may be pulled."""
    for move in step.moves(control.labs.facts(lab.name)):
        if isinstance(move, Curl):
            tries = [visit(control, move.port, turn) for turn in range(3)]
            if not any("HTTP" in answer for answer in tries):
                return False
        if isinstance(move, InstanceFault) and move.kind == "off" and not LAUNCHER:
            return False
    return True


@contextlib.contextmanager
def images(names: tuple[str, ...]) -> Iterator[None]:
    """On every node; where no registry has a version of nginx, the latest stands in for it."""
    others = os.environ.get("ESSAIM_REAL_SWARM_NODES", "").split()
    with contextlib.ExitStack() as stack:
        nodes = [
            stack.enter_context(contextlib.closing(docker.DockerClient(base_url=host)))
            for host in (os.environ["ESSAIM_REAL_SWARM"], *others)
        ]
        for node, name in itertools.product(nodes, names):
            if pulled(node, name):
                continue
            if not name.startswith("nginx:") or len(nodes) < len(nodes[0].nodes.list()):
                pytest.skip(f"this Swarm cannot pull {name}")
            node.images.pull("nginx", "latest").tag(name)
            stack.callback(node.images.remove, name)
        yield


def pulled(node: docker.DockerClient, name: str) -> bool:
    try:
        node.images.pull(name)
    except docker.errors.APIError:
        return False
    return True
