"""Routes on the Swarm: init, join, leave, inspect, update, unlock."""

from __future__ import annotations

import base64
import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from essaim_practice.api.managers import managing, version_of
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Engine, Json, Node, changed
from essaim_practice.store.store import Store
from essaim_practice.swarm import address_pools, membership, specs
from essaim_practice.swarm.access import in_sequence, invalid
from essaim_practice.swarm.membership import member, new_token, the_swarm
from essaim_practice.swarm.quorum import hears_leader, is_reached, managers
from essaim_practice.swarm.records import new_id, revise
from essaim_practice.swarm.render import swarm_json

_MEMBER = (
    'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join '
    "another one."
)
_LAST = (
    "You are attempting to leave the swarm on a node that is participating as a manager. Removing "
    "the last manager erases all current state of the swarm. Use `--force` to ignore this message. "
)
_LEAVING = "You are attempting to leave the swarm on a node that is participating as a manager. "
_RESTORE = (
    "The only way to restore a swarm that has lost consensus is to reinitialize it with "
    "`--force-new-cluster`. Use `--force` to suppress this message."
)
_LATE = (
    "Timeout was reached before node joined. The attempt to join the swarm will continue in the "
    'background. Use the "docker info" command to see the current swarm status of your node.'
)
_LOCKED = (
    "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message."
)
_BAD_LISTEN = (
    "listen address must be an IP address or network interface (with optional port number)"
)
_BAD_ADVERTISE = (
    "advertise address must be a non-zero IP address or network interface (with optional port "
    "number)"
)
_BAD_DATA_PATH = (
    "data path address must be a non-zero IP address or network interface (without a port number)"
)
_INTERFACES = ("docker0", "docker_gwbridge", "eth0", "lo")
_PORT = 2377
_DATA_PATH_PORTS = range(1024, 49152)
_LEAST_EXPIRY = 3600 * specs.SECOND
_REFUSED_AFTER = 10.0  # seconds, in which a node that is refused tries again
_JOIN_TIMEOUT = 20.0  # seconds
_TOKEN = re.compile(r"SWMTKN-1-([0-9a-z]{50})-[0-9a-z]{25}")
_KEY = re.compile(r"SWMKEY-1-[A-Za-z0-9+/]{43}")


def _availability(posted: Json) -> str:
    """The availability that a joining node asks for. Raises ApiError 400 if invalid."""
    asked = str(posted.get("Availability") or "active")
    if asked not in ("active", "pause", "drain"):
        raise ApiError(400, f'invalid Availability: "{asked}"')
    return asked


def _outside(request: Request) -> Store:
    """The store. Raises ApiError 503 if the called engine is in a Swarm."""
    store = request.cluster.store
    engine = store.get(Engine, request.engine)
    if engine is not None and (engine.node_id or engine.joining):
        raise ApiError(503, _MEMBER)
    return store


@route("POST", "/swarm/init")
async def init(request: Request) -> Response:
    posted, store = request.json(bodies.INIT), request.cluster.store
    own = member(store, request.engine)
    if posted.get("ForceNewCluster") and own is not None and own.role == "manager":
        membership.force_new_cluster(store, own)
        await store.until(lambda: _is_ready(request), Node)
        return Response(own.id)
    _outside(request)
    address = _advertised(posted)
    if the_swarm(store) is not None:
        reason = "the practice engine plays one swarm at a time, and another engine is in one"
        raise ApiError(501, f"{reason}: join it, or let its managers leave it")
    spec = posted.get("Spec") or {}
    size = posted.get("SubnetSize")
    # Whoever asks for neither, as docker-py does, is shown both; the CLI asks for a size always.
    pools = posted.get("DefaultAddrPool") or (() if size else address_pools.DEFAULT)
    size = size or address_pools.DEFAULT_SIZE
    address_pools.check(pools, size)
    port = posted.get("DataPathPort") or 4789
    if port not in _DATA_PATH_PORTS:
        raise ApiError(400, f"Datapath port number is not in valid range (1024-49151) : {port}")
    node = membership.found_swarm(
        store,
        request.cluster.random,
        request.engine,
        address,
        spec,
        _availability(posted),
        pools,
        size,
        port,
    )
    if posted.get("AutoLockManagers") or (spec.get("EncryptionConfig") or {}).get(
        "AutoLockManagers"
    ):
        _lock(request, locked=True)
    return Response(node.id)


def _is_ready(request: Request) -> bool:
    """Whether the node of the called engine has reported to the managers, or has left."""
    own = member(request.cluster.store, request.engine)
    return own is None or own.state == "ready"


@route("POST", "/swarm/join")
async def join(request: Request) -> Response:
    """Join by the first remote address. A refused node tries again for a while."""
    posted = request.json(bodies.JOIN)
    store, clock = _outside(request), request.cluster.clock
    token, availability = str(posted.get("JoinToken") or ""), _availability(posted)
    if not (remotes := posted.get("RemoteAddrs") or ()):
        raise ApiError(400, "at least 1 RemoteAddr is required to join")
    digest, address = _digest(token) if token else "", _advertised(posted)
    remote = str(remotes[0]) if ":" in str(remotes[0]) else f"{remotes[0]}:{_PORT}"
    own, there = store.get(Engine, request.engine), _at(store, remote)
    assert own is not None
    manages = there is not None and there.role == "manager" and not there.locked
    if (
        there is None
        or not there.up
        or there.cut
        or own.cut
        or (manages and not hears_leader(store, there))
    ):
        store.put(changed(own, joining=remote))
        await clock.sleep(_JOIN_TIMEOUT)
        raise ApiError(503, _LATE)
    if not manages or not remote.endswith(f":{_PORT}"):
        await clock.sleep(_REFUSED_AFTER)
        dial = f"Error while dialing: dial tcp {remote}: connect: connection refused"
        what = f'connection error: desc = "transport: {dial}"'
        raise ApiError(503, f"rpc error: code = Unavailable desc = {what}")
    swarm = the_swarm(store)
    assert swarm is not None
    if token and digest != _digest(swarm.worker_token):
        await clock.sleep(_REFUSED_AFTER)
        raise ApiError(400, f"remote CA does not match fingerprint. Expected: {digest}")
    roles = {swarm.worker_token: "worker", swarm.manager_token: "manager"}
    if token not in roles:
        await clock.sleep(_REFUSED_AFTER)
        raise invalid("A valid join token is necessary to join this cluster")
    role, random = roles[token], request.cluster.random
    membership.add_node(store, random, request.engine, role, address, availability)
    return Response(None)


def _digest(token: str) -> str:
    """The CA fingerprint of a token in hexadecimal. Raises ApiError 400 for an invalid token."""
    if not (parts := _TOKEN.fullmatch(token)):
        raise ApiError(400, "invalid join token")
    return f"{int(parts[1], 36):064x}"


def _at(store: Store, remote: str) -> Engine | None:
    """The engine with this address; None without one."""
    host = _host(remote)
    for engine in store.all(Engine):
        node = store.get(Node, engine.node_id)
        if host in (engine.id, engine.address, node.address if node else engine.address):
            return engine
    return None


def _host(address: str) -> str:
    """An address without its port."""
    return address.rpartition(":")[0] if address.count(":") == 1 else address


def _advertised(posted: Json) -> str:
    """The address that a node tells others; "" for its own, as its interfaces' names mean.

    Raises ApiError 400 in the daemon's words for what is no address of a node.
    """
    for name, text in (("ListenAddr", _BAD_LISTEN), ("DataPathAddr", _BAD_DATA_PATH)):
        host = _host(str(posted.get(name) or ""))
        if host and host not in _INTERFACES and _address(host) is None:
            raise ApiError(400, text)
    host = _host(str(posted.get("AdvertiseAddr") or ""))
    if not host or host in _INTERFACES:
        return ""
    address = _address(host)
    if address is None or address.is_unspecified:
        raise ApiError(400, _BAD_ADVERTISE)
    return host


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


@route("POST", "/swarm/leave")
def leave(request: Request) -> Response:
    store = request.cluster.store
    engine = store.get(Engine, request.engine)
    if engine is None or not (engine.node_id or engine.joining):
        raise ApiError(503, "This node is not part of a swarm")
    if not request.flag("force"):
        if engine.locked:
            raise ApiError(503, _LOCKED)
        if engine.role == "manager":
            raise ApiError(503, _why_not_leave(store, engine))
    membership.leave(store, request.engine)
    return Response(None)


def _why_not_leave(store: Store, engine: Engine) -> str:
    everyone = managers(store)
    left = sum(is_reached(store, other) for other in everyone if other.id != engine.node_id)
    message = _LEAVING
    if hears_leader(store, engine) and left <= len(everyone) // 2:
        if len(everyone) == 1:
            return _LAST
        message += (
            f"Removing this node leaves {left} managers out of {len(everyone)}. "
            "Without a Raft quorum your swarm will be inaccessible. "
        )
    return message + _RESTORE


@route("GET", "/swarm")
def inspect(request: Request) -> Response:
    swarm = the_swarm(managing(request))
    assert swarm is not None
    tokens = {"Worker": swarm.worker_token, "Manager": swarm.manager_token}
    return Response({**swarm_json(swarm), "JoinTokens": tokens})


@route("POST", "/swarm/update")
def update(request: Request) -> Response:
    store, random = managing(request), request.cluster.random
    posted = request.json(bodies.SWARM)
    version = version_of(request, "swarm")
    swarm = the_swarm(store)
    assert swarm is not None
    if posted.get("Name") not in (None, "", "default"):
        raise ApiError(400, 'swarm spec must be named "default"')
    in_sequence(swarm.version, version)
    if 0 < (specs.section(posted, "CAConfig").get("NodeCertExpiry") or 0) < _LEAST_EXPIRY:
        raise invalid("minimum certificate expiry time is: 1h0m0s")
    if (specs.section(posted, "Dispatcher").get("HeartbeatPeriod") or 0) < 0:
        raise invalid("heartbeat time period cannot be a negative duration")
    spec = membership.updated_spec(posted)
    changes: dict[str, Any] = {"spec": spec}
    if request.flag("rotateWorkerToken"):
        changes["worker_token"] = new_token(random, swarm.ca_digest)
    if request.flag("rotateManagerToken"):
        changes["manager_token"] = new_token(random, swarm.ca_digest)
    if spec["CAConfig"].get("ForceRotate") != swarm.spec["CAConfig"].get("ForceRotate"):
        digest = new_id(random, 50)  # a token names its authority
        changes |= {"authority": new_id(random), "ca_digest": digest}
        changes |= {f"{role}_token": new_token(random, digest) for role in ("worker", "manager")}
    revise(store, swarm, **changes)
    locked = bool(spec["EncryptionConfig"].get("AutoLockManagers"))
    if locked != bool(swarm.unlock_key) or (locked and request.flag("rotateManagerUnlockKey")):
        _lock(request, locked)
    return Response(None)


def _lock(request: Request, locked: bool) -> None:
    """Give the Swarm a new unlock key, or none."""
    swarm = the_swarm(request.cluster.store)
    assert swarm is not None
    secret = base64.b64encode(request.cluster.random.randbytes(32)).decode().rstrip("=")
    spec = {**swarm.spec, "EncryptionConfig": {"AutoLockManagers": locked}}
    key = f"SWMKEY-1-{secret}" if locked else ""
    revise(request.cluster.store, swarm, spec=spec, unlock_key=key)


@route("GET", "/swarm/unlockkey")
def unlock_key(request: Request) -> Response:
    swarm = the_swarm(managing(request))
    assert swarm is not None
    return Response({"UnlockKey": swarm.unlock_key})


@route("POST", "/swarm/unlock")
def unlock(request: Request) -> Response:
    engine = request.cluster.store.get(Engine, request.engine)
    key = str(request.json(bodies.UNLOCK).get("UnlockKey") or "")
    if engine is None or not engine.node_id:
        raise ApiError(503, "This node is not part of a swarm")
    if not engine.locked:
        raise ApiError(409, "swarm is not locked")
    if not _KEY.fullmatch(key):
        raise ApiError(400, "invalid key string")
    swarm = the_swarm(request.cluster.store)
    if swarm is not None and swarm.unlock_key and key != swarm.unlock_key:
        raise ApiError(401, "swarm could not be unlocked: invalid key provided")
    request.cluster.store.put(changed(engine, locked=False))
    return Response(None)
