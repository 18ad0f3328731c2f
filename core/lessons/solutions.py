"""Do it for me: a step's solution, one move after the other, for everybody to see."""

from __future__ import annotations

import time
from collections.abc import Sequence

import requests

from core.cluster.failures import unforeseen
from core.commands.command import Command
from core.commands.terminal_output import plain
from core.control import faults
from core.control.control import Control
from core.control.instances import invitation, tell
from core.control.rights import Right
from core.engine.connection import QUESTION_TIMEOUT
from core.engine.practice import calls
from core.errors import EssaimError, NotAllowed
from core.i18n import later as _
from core.labs.lab import Curl, InstanceFault, Join, Move
from core.threads.supervised import SupervisedThread
from core.traffic.endpoints import open_ports

#: Seconds between two moves, so that the eye can follow.
PAUSE = 0.8


class Play:
    """Moves that are being made, on a thread of their own."""

    def __init__(
        self,
        cluster: Control,
        moves: Sequence[Move],
        who: str,
        right: Right,
        pause: float = PAUSE,
    ) -> None:
        self.error: EssaimError | None = None
        self.running = True
        self._cluster, self._who, self._right = cluster, who, right
        self._lines: list[str] = []
        self._pause = pause
        self._moves = tuple(moves)
        self._thread = SupervisedThread("play", self._work, self._ended)
        self._thread.start()

    @property
    def log(self) -> str:
        """Each line as typed, and what came of it."""
        return "\n".join(self._lines)

    def wait(self, seconds: float) -> None:
        """Until it has ended, so many seconds at most."""
        self._thread.join(seconds)

    def _work(self) -> None:
        for number, move in enumerate(self._moves):
            if number:
                time.sleep(self._pause)
            self._cluster.still(self._right)
            self._lines += plain(self._make(move)).split("\n")[:12]

    def _ended(self, error: BaseException | None) -> None:
        self.error = unforeseen(error).kept() if error else None
        self.running = False

    def _make(self, move: Move) -> str:
        if isinstance(move, Command):
            self._say(move.line())
            return self._cluster.submit(move, self._who, self._right)
        if isinstance(move, Join):
            return self._join(move.node)
        if isinstance(move, Curl):
            self._say(move.line())
            return "\n".join(visit(self._cluster, move.port, turn) for turn in range(move.times))
        return self._accident(move)

    def _say(self, line: str) -> None:
        self._lines.append(f"$ {line}")

    def _join(self, node: str) -> str:
        sentence = _("Essaim cannot reach {node}: type the line there yourself.")
        self._cluster.require_practice(NotAllowed(sentence, node=node))
        machines = faults.conditions(self._cluster).machines.values()
        command = invitation(self._cluster, machines, "worker")
        self._say(f"[{node}] {command.masked().line()}")
        return tell(self._cluster, node, command, self._who)

    def _accident(self, move: InstanceFault) -> str:
        fault = calls.mend() if move.kind == "mend" else faults.power(move.node, on=False)
        faults.do(self._cluster, fault, self._who)
        self._say(faults.lines(self._cluster, fault)[0])
        return ""


def visit(cluster: Control, port: int, turn: int = 0) -> str:
    """Ask a published port for its page, over a new connection: its first words, or why not.

    turn: every node is a way in, so that each turn takes the next one's. Raises one of core.errors.
    """
    doors = [
        entry
        for service in cluster.snapshot.services
        if any(each.published == port for each in open_ports(service))
        for entry in cluster.traffic.endpoints(service, port)
    ]
    if not doors:
        return f"curl: no node answers on port {port}"
    door = doors[turn % len(doors)]
    try:
        answer = requests.get(f"http://{door.address}/", timeout=QUESTION_TIMEOUT)
    except requests.Timeout:
        return f"[{door.name}] curl: (28) Operation timed out"
    except requests.RequestException:
        return f"[{door.name}] curl: (7) Failed to connect"
    return f"[{door.name}] HTTP {answer.status_code}, {len(answer.content)} bytes"
