"""A client for what a practice engine does and no Docker engine can: faults, machines, time."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from essaim_practice.client import calls
from essaim_practice.client.calls import Call
from essaim_practice.client.way import Way

P = ParamSpec("P")
T = TypeVar("T")


def _sends(make: Callable[P, Call[T]]) -> Callable[Concatenate[Any, P], T]:
    """A method that sends the call which ``make`` makes: its arguments, docstring and answer."""

    @functools.wraps(make)
    def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        answer: T = self.send(make(*args, **kwargs))
        return answer

    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    made = inspect.signature(make)
    answered = made.return_annotation.removeprefix("Call[").removesuffix("]")
    signature = made.replace(
        parameters=[own, *made.parameters.values()], return_annotation=answered
    )
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method


class _Part:
    """A part of the client, which sends through the whole."""

    def __init__(self, send: Callable[[Call[Any]], Any]) -> None:
        self.send = send


class Faults(_Part):
    """Makes a cluster fail, and mends it. No docker command does this: somebody pulls a plug.

    The Swarm is told nothing. Its managers miss a machine after three heartbeats, 8 to 17 simulated
    seconds. Each method raises RequestRefused (no such machine; the one that answers cannot kill
    itself) and EngineUnreachable.

    >>> import essaim_practice
    >>> with essaim_practice.PracticeServer.start(bind_ports=False) as server:
    ...     server.faults.kill("node2")
    ...     _ = server.clock.step(20)
    ...     sorted(node.attrs["Status"]["State"] for node in server.client.nodes.list())
    ['down', 'ready', 'ready']
    """

    kill = _sends(calls.kill)
    start = _sends(calls.start)
    cut = _sends(calls.cut)
    plug = _sends(calls.plug)
    fill = _sends(calls.fill)
    free = _sends(calls.free)
    crash = _sends(calls.crash)
    lose_quorum = _sends(calls.lose_quorum)
    registry = _sends(calls.registry)
    set_registry = _sends(calls.set_registry)
    mend = _sends(calls.mend)


class Clock(_Part):
    """The simulated time of a cluster. Each method raises RequestRefused and EngineUnreachable.

    >>> import essaim_practice
    >>> with essaim_practice.PracticeServer.start(bind_ports=False) as server:
    ...     before = server.clock.set(paused=True)
    ...     after = server.clock.step(60)
    ...     (after.now - before.now).total_seconds()
    60.0
    """

    time = _sends(calls.time)
    set = _sends(calls.set_clock)
    step = _sends(calls.step)


class Machines:
    """The machines of a cluster and what they can pull; whoever inherits it sends."""

    machines = _sends(calls.machines)
    add_machine = _sends(calls.add_machine)
    remove_machine = _sends(calls.remove_machine)
    ports = _sends(calls.ports)
    images = _sends(calls.images)
    declare_image = _sends(calls.declare_image)
    forget_image = _sends(calls.forget_image)


class PracticeClient(Machines):
    """Sends calls to one engine of a cluster, each on a connection of its own; any thread may.

    host: a DOCKER_HOST value, ``tcp://127.0.0.1:2375``, ``http://...`` or ``unix:///path``; a path
    after the port leads each call's. timeout: real seconds for each answer. secret: of the worker
    at that address, where it wants one. Raises ValueError for another kind of host or port. Each
    method raises RequestRefused and EngineUnreachable.

    >>> import essaim_practice
    >>> with essaim_practice.PracticeServer.start(nodes=1, bind_ports=False) as server:
    ...     practice = essaim_practice.PracticeClient(server.urls[0])
    ...     practice.add_machine().name
    ...     [machine.sound for machine in practice.machines()]
    'node2'
    [True, True]
    """

    reset = _sends(calls.reset)

    def __init__(self, host: str, timeout: float = 30.0, secret: str = "") -> None:
        self._way = Way(host, timeout, secret, "an engine")
        self.host = host
        self.timeout = timeout
        self.faults = Faults(self.send)
        self.clock = Clock(self.send)

    def send(self, call: Call[T]) -> T:
        """Make this call and read the answer."""
        return self._way.ask(call.method, f"/_practice/{call.path}", call.read, call.body)
