"""Begins a practice cluster anew. No docker command does this: it is the practice engine's own."""

from __future__ import annotations

from core.control import faults
from core.control.control import Control
from core.engine.connection import ACTION_TIMEOUT
from core.engine.practice import calls
from core.errors import NotAllowed
from core.i18n import later as _

#: As many as the course has machines.
NODES = 3
ONLY = _("Only a practice cluster can be reset.")


def lines(cluster: Control, formed: bool = True) -> tuple[str, str]:
    """What does the same at a shell's prompt, and in Python."""
    return faults.lines(cluster, calls.reset(NODES, formed))


def reset(cluster: Control, who: str, formed: bool = True) -> None:
    """Forget everything in the cluster, for everyone who uses it, and write it into the journal.

    formed: its three nodes are a Swarm again; else they are empty instances in none. Raises
    NotAllowed on a real engine, whoever asks; EngineRejected and EngineUnreachable.
    """
    faults.do(cluster, calls.reset(NODES, formed), who, NotAllowed(ONLY), ACTION_TIMEOUT)
    cluster.history.clear()
    for _round in range(2):  # the first may have begun before
        cluster.collector.refresh()
    for progress in cluster.labs.begun():
        if progress.current is not None:  # what its steps had found is no more
            cluster.labs.reset(progress.lab.name)
