"""What runs on a machine, as its own ps and that of a container with --pid host show it."""

from __future__ import annotations

from dataclasses import replace

from essaim_practice.programs.base import Running
from essaim_practice.programs.processes import Processes
from essaim_practice.store.objects import Container
from essaim_practice.store.store import Store

SYSTEM = ((1, "/sbin/init"), (61, "/usr/bin/containerd"), (74, "/usr/bin/dockerd"))


def places(store: Store, engine: str) -> list[str]:
    """The ids that processes on a machine are known by: its containers', and its own."""
    found = store.where(Container, "engine", engine)
    return [*(each.id for each in found if each.state == "running"), f"machine/{engine}"]


def running(store: Store, processes: Processes, engine: str, since: float = 0.0) -> list[Running]:
    """All that runs on a machine, with what runs in its containers; since: when that started."""
    shown = [Running(pid, "root", since, title) for pid, title in SYSTEM]
    for place in places(store, engine):
        here = processes.running(place)
        outside = {one.pid: pid for pid, one in here}
        daemon = SYSTEM[1][0]
        shown += [replace(one, pid=p, parent=outside.get(one.parent, daemon)) for p, one in here]
    return sorted(shown, key=lambda one: one.pid)
