"""The managers and agents of a practice cluster, as components that watch one store.

Each component takes the store (and a source of randomness), subscribes to it, and offers nothing
else: the others learn its decisions from the store.
"""

from __future__ import annotations

from random import Random

from essaim_practice.store.store import Store
from essaim_practice.swarm.agent import Agents
from essaim_practice.swarm.allocator import Allocator
from essaim_practice.swarm.dispatcher import Dispatcher
from essaim_practice.swarm.elections import Elections, ManagersClock
from essaim_practice.swarm.enforcer import ConstraintEnforcer
from essaim_practice.swarm.global_mode import GlobalOrchestrator
from essaim_practice.swarm.jobs import JobOrchestrator
from essaim_practice.swarm.membership import form_swarm
from essaim_practice.swarm.reaper import Reaper
from essaim_practice.swarm.records import add_indexes
from essaim_practice.swarm.replicated import ReplicatedOrchestrator
from essaim_practice.swarm.restart import RestartSupervisor
from essaim_practice.swarm.roles import Roles
from essaim_practice.swarm.scheduler import Scheduler
from essaim_practice.swarm.starter import Starter
from essaim_practice.swarm.updater import Updater

__all__ = ["form_swarm", "swarm_components"]


def swarm_components(store: Store, random: Random) -> list[object]:
    """Attach the components of a Swarm to a store; keep them as long as the store."""
    add_indexes(store)
    clock = ManagersClock(store.clock)
    return [
        # Elections come first: with nobody to lead, the others' clock has to stand still.
        Elections(store, random, clock),
        # The allocator hears of a service first, so that its tasks find its ports allocated.
        Allocator(store),
        Roles(store, random, clock),
        Dispatcher(store, random, clock),
        ReplicatedOrchestrator(store, random),
        GlobalOrchestrator(store, random),
        JobOrchestrator(store, random),
        ConstraintEnforcer(store),
        RestartSupervisor(store, random),
        Updater(store, random, clock),
        Starter(store, clock),
        Reaper(store, clock),
        Scheduler(store, random, clock),
        Agents(store, random, clock),
    ]
