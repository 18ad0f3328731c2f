"""Do it for me: plays a step's solution, one move after the other, for everybody to see."""

from __future__ import annotations

import time
from collections.abc import Sequence

import requests

from core.commands.command import Command
from core.commands.terminal_output import plain
from core.control import faults
from core.control.control import Control
from core.control.instances import join_command, run_at
from core.control.jobs import LongAction
from core.control.rights import Right
from core.engine.connection import QUESTION_TIMEOUT
from core.engine.practice import calls
from core.errors import NotAllowed
from core.i18n import later as _
from core.labs.moves import Curl, InstanceFault, Join, Move
from core.traffic.endpoints import open_ports


class Play(LongAction):
    """Makes the moves of a solution; ``pause`` seconds between two, so that the eye can follow."""

    def __init__(
        self,
        cluster: Control,
        moves: Sequence[Move],
        who: str,
        right: Right,
        pause: float = 0.8,
    ) -> None:
        self._cluster, self._who, self._right = cluster, who, right
        self._lines: list[str] = []
        self._pause = pause
        self._moves = tuple(moves)
        super().__init__("play")

    @property
    def log(self) -> str:
        """Each line as typed, and its answer."""
        return "\n".join(self._lines)

    def _work(self) -> None:
        for number, move in enumerate(self._moves):
            if number:
                time.sleep(self._pause)
            self._cluster.still(self._right)
            self._lines += plain(self._make(move)).split("\n")[:12]

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
        command = join_command(self._cluster, machines, "worker")
        self._say(f"[{node}] {command.masked().line()}")
        return run_at(self._cluster, node, command, self._who)

    def _accident(self, move: InstanceFault) -> str:
        fault = calls.mend() if move.kind == "mend" else faults.power(move.node, on=False)
        faults.do(self._cluster, fault, self._who)
        self._say(faults.lines(self._cluster, fault)[0])
        return ""


def visit(cluster: Control, port: int, turn: int = 0) -> str:
    """Ask a published port for its page, over a new connection: its status, or curl's complaint.

    turn: each turn takes the endpoint of the next node. Raises EngineUnreachable, EngineRejected.
    """
    found = [
        endpoint
        for service in cluster.snapshot.services
        if any(each.published == port for each in open_ports(service))
        for endpoint in cluster.traffic.endpoints(service, port)
    ]
    if not found:
        return f"curl: no node answers on port {port}"
    endpoint = found[turn % len(found)]
    try:
        with endpoint.way.session(QUESTION_TIMEOUT) as session:
            answer = session.get(f"{endpoint.way.url}/", timeout=QUESTION_TIMEOUT)
    except requests.Timeout:
        return f"[{endpoint.name}] curl: (28) Operation timed out"
    except requests.RequestException:
        return f"[{endpoint.name}] curl: (7) Failed to connect"
    return f"[{endpoint.name}] HTTP {answer.status_code}, {len(answer.content)} bytes"
