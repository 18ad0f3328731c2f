"""Faults, under ``/_practice``: machines that die or lose the network, programs that crash.

No docker command does any of this: on real machines somebody pulls a plug. The managers are told
nothing, and have to notice. What is so already stays so, and is no error.
"""

from __future__ import annotations

from essaim_practice.api.engines import machine
from essaim_practice.api.routing import Request, route
from essaim_practice.api.settings import number, settings, switch, words
from essaim_practice.engine.runtime import KILLED
from essaim_practice.images import registry
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Engine, Registry, Task, changed
from essaim_practice.store.store import Store
from essaim_practice.swarm.quorum import managers

RATES = (1_000.0, 1e9)  # bytes per second


# Machines


@route("POST", "/_practice/engines/{name}/kill")
def kill(request: Request) -> Response:
    """Cut a machine's power: its containers end, and nobody is told."""
    engine = machine(request)
    if engine.id == request.engine:
        raise ApiError(
            409,
            f"{request.engine} answers this request and could not answer any more: "
            "ask another node to kill it",
        )
    return _change(request, engine, up=False)


@route("POST", "/_practice/engines/{name}/start")
async def start(request: Request) -> Response:
    """Start a machine again: its engine answers, and its node reports to the managers."""
    answer = _change(request, machine(request), up=True)
    await _listening(request)
    return answer


@route("POST", "/_practice/engines/{name}/cut")
def cut(request: Request) -> Response:
    """Pull a machine's network cable: its containers run on, and it reaches no other machine.

    Its own API answers still, as at its console.
    """
    return _change(request, machine(request), cut=True)


@route("POST", "/_practice/engines/{name}/plug")
def plug(request: Request) -> Response:
    """Plug a machine's network cable in again."""
    return _change(request, machine(request), cut=False)


@route("POST", "/_practice/engines/{name}/fill")
def fill(request: Request) -> Response:
    """Fill a machine's disk: pulls, new containers and writes find no space left on the device.

    Memory and processors cannot be filled: the Swarm does not look at them, it counts what its own
    tasks reserve.
    """
    return _change(request, machine(request), full=True)


@route("POST", "/_practice/engines/{name}/free")
def free(request: Request) -> Response:
    """Make room on a machine's disk again."""
    return _change(request, machine(request), full=False)


def _change(request: Request, engine: Engine, **state: bool) -> Response:
    request.cluster.store.put(changed(engine, **state))
    return Response(status=204)


# Programs


@route("POST", "/_practice/tasks/{id}/crash")
def crash(request: Request) -> Response:
    """End a task's program as a crash does, with {"code": 0 to 255} (137, where none is given).

    The id is that of a task or of a container on any machine, or the beginning of one; or a
    container's name.
    """
    code = number(settings(request, "code"), "code", 0, 255)
    container = _container(request)
    if container.state != "running":
        raise ApiError(409, f"{container.name} does not run: it is {container.state}")
    if not _is_up(request.cluster.store, container.engine):
        raise ApiError(409, f"{container.name} does not run: {container.engine} is down")
    request.cluster.runtime.crash(container.id, KILLED if code is None else int(code))
    return Response(status=204)


def _container(request: Request) -> Container:
    store, text = request.cluster.store, request.params["id"]
    tasks = {task.container_id for task in store.all(Task) if task.id.startswith(text)}
    found = [
        container
        for container in store.all(Container)
        if container.id in tasks or container.id.startswith(text) or container.name == text
    ]
    if len(found) > 1:
        named = words([container.name for container in found[:5]])
        raise ApiError(400, f"{text} could be any of {named}")
    if not found:
        running = [c.name for c in store.all(Container) if c.state == "running"]
        more = f" and {len(running) - 5} more" if len(running) > 5 else ""
        said = f"{words(running[:5])}{more}" if running else "none"
        raise ApiError(404, f"there is no task or container {text}; these run: {said}")
    return found[0]


def _is_up(store: Store, name: str) -> bool:
    engine = store.get(Engine, name)
    return engine is not None and engine.up


# What all machines share


@route("GET", "/_practice/registry")
def registry_state(request: Request) -> Response:
    """How fast the registry gives each pull, in bytes per second, and whether it answers."""
    return _shown(registry.state(request.cluster.store))


@route("POST", "/_practice/registry")
def set_registry(request: Request) -> Response:
    """Set {"rate": bytes per second} and {"up": true or false}, for the pulls that begin now."""
    body = settings(request, "rate", "up")
    rate, up = number(body, "rate", *RATES), switch(body, "up")
    now = registry.state(request.cluster.store)
    now = changed(now, rate=rate or now.rate, up=now.up if up is None else up)
    return _shown(request.cluster.store.put(now))


def _shown(state: Registry) -> Response:
    return Response({"rate": state.rate, "up": state.up})


@route("POST", "/_practice/quorum/lose")
def lose_quorum(request: Request) -> Response:
    """Kill so many managers that no majority is left, or cut them: {"how": "kill" or "cut"}.

    The one that answers is spared. The answer names those that fell.
    """
    how = settings(request, "how").get("how", "kill")
    if how not in ("kill", "cut"):
        raise ApiError(400, f'how is "{how}": write "kill" or "cut"')
    store = request.cluster.store
    voters = [store.get(Engine, name) for name in sorted(node.engine for node in managers(store))]
    there = [engine for engine in voters if engine and engine.up and not engine.cut]
    others = [engine for engine in there if engine.id != request.engine]
    too_many = len(there) - len(voters) // 2
    if too_many > len(others):
        known = words([engine.id for engine in voters if engine])
        raise ApiError(
            409,
            f"the managers are {known}, and {request.engine} answers this request: without it, "
            "nobody would; promote two more nodes first",
        )
    fallen = others[len(others) - max(too_many, 0) :]
    with store.batch():
        for engine in fallen:
            store.put(changed(engine, **({"up": False} if how == "kill" else {"cut": True})))
    return Response({"fallen": [engine.id for engine in fallen]})


@route("POST", "/_practice/mend")
async def mend(request: Request) -> Response:
    """Undo every fault: machines run, cables are plugged in, disks have room, the registry does.

    The clock stays as it is.
    """
    store = request.cluster.store
    with store.batch():
        for engine in request.cluster.engines:
            store.put(changed(engine, up=True, cut=False, full=False))
        store.delete(Registry, "")
    await _listening(request)
    return Response(status=204)


async def _listening(request: Request) -> None:
    """Wait until the engines of machines that have started listen."""
    if request.cluster.keeper is not None:
        await request.cluster.keeper.attend()
