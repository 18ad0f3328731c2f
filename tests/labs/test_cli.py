"""Each lab's solution, typed into the docker command on the practice engine, turns it green."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from core.commands.build import BuildImage
from core.commands.command import Command
from core.commands.folder import FOLDER
from core.commands.services import CreateService, ScaleServices, UpdateService
from core.control import faults
from core.control.control import Control
from core.engine.practice import calls
from core.labs.catalogue import LABS
from core.labs.lab import Lab
from core.labs.moves import Curl, InstanceFault, Join, Move
from core.lessons.solutions import visit
from tests.cluster.test_collector import until

from .playing import PATIENCE, practice, turns_green

pytestmark = pytest.mark.cli


class Terminal:
    """A prompt in a copy of the demo folder, on a machine whose engine is a practice node's."""

    def __init__(self, control: Control, folder: Path) -> None:
        self.control = control
        self.folder = folder
        shutil.copytree(FOLDER, folder, dirs_exist_ok=True)

    def type(self, words: tuple[str, ...], node: int = 0) -> str:
        cluster = self.control.connection.cluster
        assert cluster is not None
        settings = {"DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": str(self.folder / ".docker")}
        done = subprocess.run(
            words,
            env={**os.environ, **settings, "DOCKER_HOST": cluster.host(f"node{node + 1}")},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def do(self, move: Move) -> None:
        if isinstance(move, Command):
            if isinstance(move, UpdateService):
                # The docker command reads a spec and posts it with the version it read. A rollout
                # that writes its end in between refuses it, and nobody types as fast as this test.
                until(self._settled, PATIENCE)
            self.type(self._words(move))
        elif isinstance(move, Join):
            token = self.type(("docker", "swarm", "join-token", "-q", "worker"))
            engine = self.control.snapshot.engine
            assert engine is not None
            address = f"{engine.node_address}:2377"
            node = int(move.node.removeprefix("node")) - 1
            self.type(("docker", "swarm", "join", "--token", token, address), node)
        elif isinstance(move, Curl):
            for turn in range(move.times):
                assert "HTTP 200" in visit(self.control, move.port, turn)
        elif isinstance(move, InstanceFault):
            fault = calls.mend() if move.kind == "mend" else faults.power(move.node, on=False)
            faults.do(self.control, fault, "test")

    def _settled(self) -> bool:
        """Whether the engine has no update of a service under way."""
        status = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}"
        services = self.type(("docker", "service", "ls", "--quiet")).split()
        inspect = ("docker", "service", "inspect", "--format", status)
        return "updating" not in (self.type((*inspect, *services)) if services else "")

    def _words(self, command: Command) -> tuple[str, ...]:
        if isinstance(command, BuildImage):
            for name, text in command.files:  # as the learner saved them
                (self.folder / name).write_text(text)
        if isinstance(command, CreateService | ScaleServices | UpdateService):
            # The docker command would watch for five real seconds what here takes a tenth of one.
            command = replace(command, detach=True)
        return command.argv()


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_typed_into_the_docker_command_it_turns_green(lab: Lab, tmp_path: Path) -> None:
    with practice(lab) as control:
        terminal = Terminal(control, tmp_path)
        control.labs.progress(lab.name)
        for step in lab.steps:
            until(lambda step=step: step.moves(control.labs.facts(lab.name)), PATIENCE)
            for move in step.moves(control.labs.facts(lab.name)):
                terminal.do(move)
            turns_green(control, lab, step.name)
        assert control.labs.progress(lab.name).current is None
