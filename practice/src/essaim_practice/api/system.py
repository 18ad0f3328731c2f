"""Routes on the engine: ping, version, info, events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from essaim_practice.api import versions
from essaim_practice.api.routing import Request, route
from essaim_practice.api.swarm_info import local_state, swarm_info
from essaim_practice.engine.events import Event
from essaim_practice.images import local as images
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store import containers, kernel
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import parse_time, rfc3339
from essaim_practice.store.objects import Engine, Node

PRACTICE_LABEL = "essaim.engine=practice"  # how a client tells that this is a simulation
OPERATING_SYSTEM = "Essaim practice engine (simulation)"


@route("GET", "/_ping")
@route("HEAD", "/_ping")
def ping(request: Request) -> Response:
    headers = {
        "Builder-Version": "1",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "Content-Type": "text/plain; charset=utf-8",
        "Pragma": "no-cache",
        "Swarm": _swarm_status(request),
    }
    return Response(b"" if request.method == "HEAD" else b"OK", 200, headers)


def _swarm_status(request: Request) -> str:
    engine = own_engine(request)
    state = local_state(engine)
    return f"{state}/{engine.role}" if state == "active" else state


def own_engine(request: Request) -> Engine:
    engine = request.cluster.store.get(Engine, request.engine)
    assert engine is not None
    return engine


def own_node(request: Request) -> Node | None:
    """The node of this engine; None outside a Swarm."""
    return request.cluster.store.get(Node, own_engine(request).node_id)


@route("GET", "/version")
def version(request: Request) -> Response:
    edition = request.cluster.store.edition
    details = {
        "ApiVersion": edition.api,
        "Arch": "amd64",
        "BuildTime": edition.built,
        "Experimental": "false",
        "GitCommit": edition.commit,
        "GoVersion": "none",
        "KernelVersion": kernel.RELEASE,
        "MinAPIVersion": edition.oldest_api,
        "Os": "linux",
    }
    parts: list[dict[str, Any]] = [
        {"Name": "Engine", "Version": edition.version, "Details": details}
    ]
    for name in ("containerd", "runc", "docker-init"):
        parts.append({"Name": name, "Version": "simulated", "Details": {"GitCommit": ""}})
    summary = {name: details[name] for name in details if name != "Experimental"}
    return Response(
        {"Platform": {"Name": OPERATING_SYSTEM}, "Components": parts, "Version": edition.version}
        | summary
    )


@route("GET", "/info")
async def info(request: Request) -> Response:
    store, engine = request.cluster.store, own_engine(request)
    here = [c for c in containers.on_engine(store, engine.id) if c.state not in ("new", "dead")]
    running = [container for container in here if container.state == "running"]
    paused = [container for container in running if container.paused]
    swarm = await swarm_info(request)
    shown = {
        "ID": str(uuid5(NAMESPACE_DNS, f"{engine.id}.{engine.address}.essaim")),
        "Containers": len(here),
        "ContainersRunning": len(running) - len(paused),
        "ContainersPaused": len(paused),
        "ContainersStopped": len(here) - len(running),
        "Images": len({image.image_id for image in images.on_engine(store, engine.id)}),
        "Driver": "overlay2",
        "DriverStatus": [
            ["Backing Filesystem", "simulated"],
            ["Supports d_type", "true"],
            ["Using metacopy", "false"],
            ["Native Overlay Diff", "true"],
            ["userxattr", "false"],
        ],
        "Plugins": {
            "Volume": ["local"],
            "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
            "Authorization": None,
            "Log": [
                "awslogs",
                "fluentd",
                "gelf",
                "journald",
                "json-file",
                "local",
                "splunk",
                "syslog",
            ],
        },
        "KernelMemoryTCP": True,
        "MemoryLimit": True,
        "SwapLimit": True,
        "CpuCfsPeriod": True,
        "CpuCfsQuota": True,
        "CPUShares": True,
        "CPUSet": True,
        "PidsLimit": True,
        "IPv4Forwarding": True,
        "Debug": False,
        "NFd": 0,
        "OomKillDisable": False,
        "NGoroutines": 0,
        "SystemTime": rfc3339(request.cluster.clock.now()),
        "LoggingDriver": "json-file",
        "CgroupDriver": "systemd",
        "CgroupVersion": "2",
        "NEventsListener": 0,
        "KernelVersion": kernel.RELEASE,
        "OperatingSystem": OPERATING_SYSTEM,
        "OSVersion": "",
        "OSType": "linux",
        "Architecture": "x86_64",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": {
            "IndexConfigs": {},
            "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"],
            "Mirrors": [],
        },
        "NCPU": engine.cpus,
        "MemTotal": engine.memory,
        "GenericResources": None,
        "DockerRootDir": "/var/lib/docker",
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": engine.id,
        "Labels": [PRACTICE_LABEL],
        "ExperimentalBuild": False,
        "ServerVersion": store.edition.version,
        "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}},
        "DefaultRuntime": "runc",
        "Swarm": swarm,
        "LiveRestoreEnabled": False,
        "Isolation": "",
        "InitBinary": "docker-init",
        "ContainerdCommit": {"ID": ""},
        "RuncCommit": {"ID": ""},
        "InitCommit": {"ID": ""},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
        "CDISpecDirs": ["/etc/cdi", "/var/run/cdi"],
        "FirewallBackend": {"Driver": "iptables"},
        "Containerd": {
            "Address": "/run/containerd/containerd.sock",
            "Namespaces": {"Containers": "moby", "Plugins": "plugins.moby"},
        },
        "Warnings": swarm.get("Warnings"),
    }
    return Response(shown)


@route("POST", "/auth")
def auth(request: Request) -> Response:
    if not request.json(bodies.AUTH).get("username"):
        raise ApiError(401, "unauthorized: incorrect username or password")
    return Response({"Status": "Login Succeeded", "IdentityToken": ""})


@route("POST", "/session")
@route("POST", "/grpc")
def buildkit(request: Request) -> Response:
    raise ApiError(
        501, "the practice engine builds with the classic builder: set DOCKER_BUILDKIT=0"
    )


_OBJECTS = {"config", "container", "image", "network", "node", "secret", "service", "volume"}


@route("GET", "/events", streams=True)
def events(request: Request) -> Stream:
    log, clock = request.cluster.events, request.cluster.clock
    now, filters = clock.now(), request.filters(None)
    node = own_node(request)
    try:
        since = parse_time(request.query.get("since", ""), now)
        until = parse_time(request.query.get("until", ""), now)
    except ValueError:
        raise ApiError(400, "invalid value for a time") from None

    def wanted(event: Event) -> bool:
        if event.scope == "swarm":
            manages = node is not None and node.role == "manager"
        else:
            manages = event.engine == request.engine
        return manages and _matches(event, filters)

    coming = log.follow()
    past = [e for e in log.past() if since and since <= e.time and (not until or e.time <= until)]

    async def lines() -> AsyncIterator[bytes]:
        try:
            for event in past:
                if wanted(event):
                    yield versions.event(event.as_json(), request)
            if until and until <= now:
                return
            if until:
                clock.call_later(until - now, coming.end)
            async for event in coming:
                if wanted(event):
                    yield versions.event(event.as_json(), request)
        finally:
            await coming.aclose()

    return Stream(lines(), versions.event_type(request))


def _matches(event: Event, filters: dict[str, list[str]]) -> bool:
    for kind, values in filters.items():
        match kind:
            case "type":
                fits = event.type in values
            case "event":
                fits = event.action in values or event.action.split(":")[0] in values
            case "scope":
                fits = event.scope in values
            case "label":
                fits = all(_has(event.attributes, value) for value in values)
            case "daemon" | "plugin":
                fits = False
            case _ if kind not in _OBJECTS:
                continue  # the daemon passes over filters that it does not know
            case _:
                names = (event.attributes.get("name", ""), event.id)
                if kind == "image" and event.type == "container":
                    names = (event.attributes.get("image", ""), "")
                    fits = any(value in names for value in values)
                else:
                    fits = event.type == kind and any(
                        value in names or event.id.startswith(value) for value in values
                    )
        if not fits:
            return False
    return True


def _has(attributes: Any, wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in attributes and (not equals or attributes[key] == value)
