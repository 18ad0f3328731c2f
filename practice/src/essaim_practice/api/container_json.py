"""Containers in JSON: in lists, and on inspection."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from essaim_practice.api import host_defaults
from essaim_practice.files import mounts
from essaim_practice.images import local
from essaim_practice.images.catalogue import digest_of
from essaim_practice.network import links
from essaim_practice.network.addresses import PREDEFINED, find_network, on, on6
from essaim_practice.network.publishing import exposed
from essaim_practice.programs.base import argv_of, settings
from essaim_practice.store.formats import NO_TIME, human_duration, rfc3339
from essaim_practice.store.objects import Container, Image, Network, Port
from essaim_practice.store.store import Store

_ANYWHERE = ("0.0.0.0", "::")

#: What the API shows of the place on the default bridge once more, for clients of old.
_BRIDGED = (
    *("EndpointID", "Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPAddress"),
    *("IPPrefixLen", "IPv6Gateway", "MacAddress"),
)

_LAYERS = "/var/lib/docker/overlay2"


def status_of(container: Container) -> str:
    """Docker's one-word state: created, running, paused, restarting, exited or dead."""
    if container.restarting:
        return "restarting"
    return "paused" if container.paused else container.state


def status_text(container: Container, now: float) -> str:
    """What ``docker ps`` says: "Up 3 seconds", "Exited (0) 2 minutes ago"."""
    if container.state == "running":
        text = f"Up {human_duration(now - container.started)}"
        if container.paused:
            return f"{text} (Paused)"
        if container.health:
            shown = "health: starting" if container.health == "starting" else container.health
            return f"{text} ({shown})"
        return text
    if container.restarting:
        ago = human_duration(now - container.finished)
        return f"Restarting ({container.exit_code}) {ago} ago"
    if container.state == "exited":
        ago = human_duration(now - container.finished)
        return f"Exited ({container.exit_code}) {ago} ago"
    return "Created" if container.state == "created" else "Dead"


def summary(store: Store, container: Container, image: Image | None) -> dict[str, Any]:
    """One element of GET /containers/json."""
    argv = argv_of(container, image) if image else []
    return {
        "Id": container.id,
        "Names": [f"/{container.name}", *links.names(store, container)],
        "Image": _image_of(store, container),
        "ImageID": container.image_id,
        "Command": " ".join(_quoted(word) for word in argv),
        "Created": int(container.created),
        "Ports": _port_list(container, image),
        "Labels": labels_of(container, image),
        "State": status_of(container),
        "Status": status_text(container, store.clock.now()),
        "HostConfig": {
            "NetworkMode": network_mode(container),
            **(
                {"Annotations": notes}
                if (notes := container.host_config.get("Annotations"))
                else {}
            ),
        },
        "NetworkSettings": {
            "Networks": {
                name: {**place, "Aliases": None, "DNSNames": None}
                for name, place in _networks(store, container).items()
            }
        },
        "Mounts": mounts.as_json(container),
    }


def _image_of(store: Store, container: Container) -> str:
    """The image name at creation; the id once the name means another image, or none."""
    named = local.find(store, container.engine, container.image)
    same = named is not None and named.image_id == container.image_id
    return container.image if same else container.image_id


def details(store: Store, container: Container, image: Image | None) -> dict[str, Any]:
    """GET /containers/{id}/json."""
    argv = argv_of(container, image) if image else [""]
    networks = _networks(store, container)
    first: Mapping[str, Any] = networks.get("bridge") or {}
    up = container.state == "running"
    sandbox = sandbox_of(container) if up else ""
    folder = f"/var/lib/docker/containers/{container.id}"
    ran = container.started > 0
    return {
        "Id": container.id,
        "Created": rfc3339(container.created),
        "Path": argv[0] if argv else "",
        "Args": argv[1:],
        "State": _state(container),
        "Image": container.image_id,
        "ResolvConfPath": f"{folder}/resolv.conf" if ran else "",
        "HostnamePath": f"{folder}/hostname" if ran else "",
        "HostsPath": f"{folder}/hosts" if ran else "",
        "LogPath": f"{folder}/{container.id}-json.log" if ran else "",
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": {
            **host_defaults.shown(container.host_config, network_mode(container)),
            "Links": links.shown(container),
        },
        "GraphDriver": {"Data": _layer(container), "Name": "overlay2"},
        "Mounts": mounts.as_json(container),
        "Config": config_of(container, image),
        "NetworkSettings": {
            "Bridge": "",
            "SandboxID": sandbox,
            "SandboxKey": f"/var/run/docker/netns/{sandbox[:12]}" if sandbox else "",
            "Ports": _port_map(container, image),
            "HairpinMode": False,
            "LinkLocalIPv6Address": "",
            "LinkLocalIPv6PrefixLen": 0,
            "SecondaryIPAddresses": None,
            "SecondaryIPv6Addresses": None,
            **{name: first.get(name, 0 if name.endswith("Len") else "") for name in _BRIDGED},
            "Networks": networks,
        },
    }


def sandbox_of(container: Container) -> str:
    """The id of the network namespace of a running container."""
    return _made_up(f"sandbox {container.id}")


def _layer(container: Container) -> dict[str, str]:
    """GraphDriver: one invented layer stands for all layers of the image."""
    own = f"{_LAYERS}/{_made_up(f'layer {container.id}')}"
    below = f"{_LAYERS}/{_made_up(f'layer {container.image_id}')}"
    return {
        "ID": container.id,
        "LowerDir": f"{own}-init/diff:{below}/diff",
        "MergedDir": f"{own}/merged",
        "UpperDir": f"{own}/diff",
        "WorkDir": f"{own}/work",
    }


def _made_up(text: str) -> str:
    return digest_of(text).removeprefix("sha256:")


def labels_of(container: Container, image: Image | None) -> dict[str, str]:
    own = container.config.get("Labels") or {}
    return {**((image.config.get("Labels") if image else None) or {}), **own}


def network_mode(container: Container) -> str:
    mode = str(container.host_config.get("NetworkMode") or "default")
    return "bridge" if mode == "default" else mode


def _state(container: Container) -> dict[str, Any]:
    state: dict[str, Any] = {
        "Status": status_of(container),
        "Running": container.state == "running" or container.restarting,
        "Paused": container.paused,
        "Restarting": container.restarting,
        "OOMKilled": container.oom_killed,
        "Dead": container.state == "dead",
        "Pid": container.pid,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": rfc3339(container.started) if container.started else NO_TIME,
        "FinishedAt": rfc3339(container.finished) if container.finished else NO_TIME,
    }
    return state


def config_of(container: Container, image: Image | None) -> dict[str, Any]:
    """Config of the container: the request over the defaults of its image."""
    asked = container.config
    base: Mapping[str, Any] = image.config if image else {}
    env = settings(image, asked.get("Env"))
    ports = {**(base.get("ExposedPorts") or {}), **(asked.get("ExposedPorts") or {})}
    shown = {
        "Hostname": asked.get("Hostname") or container.id[:12],
        "Domainname": asked.get("Domainname") or "",
        "User": asked.get("User") or base.get("User") or "",
        "AttachStdin": bool(asked.get("AttachStdin")),
        "AttachStdout": bool(asked.get("AttachStdout")),
        "AttachStderr": bool(asked.get("AttachStderr")),
        **({"ExposedPorts": ports} if ports else {}),
        "Tty": bool(asked.get("Tty")),
        "OpenStdin": bool(asked.get("OpenStdin")),
        "StdinOnce": bool(asked.get("StdinOnce")),
        "Env": env or None,
        "Cmd": asked.get("Cmd") or (base.get("Cmd") if not asked.get("Entrypoint") else None),
        "Image": container.image,
        "Volumes": asked.get("Volumes") or base.get("Volumes"),
        "WorkingDir": asked.get("WorkingDir") or base.get("WorkingDir") or "",
        "Entrypoint": _entrypoint(asked.get("Entrypoint"), base),
        **({"MacAddress": mac} if (mac := _asked_mac(container)) else {}),
        "OnBuild": None,
        "Labels": labels_of(container, image),
    }
    for name in ("Healthcheck", "StopSignal", "StopTimeout"):
        if value := asked.get(name) or base.get(name):
            shown[name] = value
    if asked.get("StopTimeout") is not None:
        shown["StopTimeout"] = asked["StopTimeout"]
    return shown


def _entrypoint(asked: Any, base: Mapping[str, Any]) -> Any:
    """What was asked for, else the image's; `--entrypoint ""` clears that."""
    return None if asked == [""] else asked or base.get("Entrypoint")


def _asked_mac(container: Container) -> str:
    """The MAC address that was asked for on the container's first network, in either place."""
    place = (container.endpoints or {}).get(container.networks[0] if container.networks else "")
    return str((place or {}).get("MacAddress") or container.config.get("MacAddress") or "")


def _networks(store: Store, container: Container) -> dict[str, Any]:
    shown = {}
    for name in container.networks:
        network = find_network(store, container.engine, name)
        shown[network.name if network else name] = endpoint(container, network, on(container, name))
    return shown


def endpoint(container: Container, network: Network | None, address: str) -> dict[str, Any]:
    """EndpointSettings of a container on one network; mostly empty while it does not run."""
    up = container.state == "running" and network is not None
    prefix = int(network.subnet.partition("/")[2] or 0) if network and network.subnet else 0
    leads = network is not None and network.scope == "local" and not network.internal
    gateways = (network.gateway, network.gateway6) if network and leads else ("", "")
    ipv4 = network is None or network.ipv4
    address6 = on6(container, network) if up and network else ""
    prefix6 = int(network.subnet6.partition("/")[2]) if network and address6 else 0
    asked = (container.endpoints or {}).get(network.name if network else "") or {}
    config = {"IPv4Address": address} if up and network and not network.engine else None
    own = network is not None and network.name not in PREDEFINED
    hostname = str(container.config.get("Hostname") or container.id[:12])
    names = [container.name, *(asked.get("Aliases") or ()), container.id[:12], hostname]
    return {
        "IPAMConfig": config if asked.get("IPAMConfig") is None else asked["IPAMConfig"],
        "Links": asked.get("Links") or None,
        "Aliases": asked.get("Aliases"),
        "MacAddress": asked.get("MacAddress") or (mac(address) if up and address else ""),
        "DriverOpts": asked.get("DriverOpts"),
        "GwPriority": asked.get("GwPriority") or 0,
        "NetworkID": network.id if network and container.started else "",
        "EndpointID": endpoint_id(container, network) if up and network else "",
        "Gateway": gateways[0] if up and ipv4 else "",
        "IPAddress": address if up and ipv4 else "",
        "IPPrefixLen": prefix if up and ipv4 else 0,
        "IPv6Gateway": gateways[1] if address6 else "",
        "GlobalIPv6Address": address6,
        "GlobalIPv6PrefixLen": prefix6,
        "DNSNames": list(dict.fromkeys(names)) if own and container.started else None,
    }


def mac(address: str) -> str:
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def endpoint_id(container: Container, network: Network) -> str:
    return _made_up(f"endpoint {container.id} {network.id}")


def _port_list(container: Container, image: Image | None) -> list[dict[str, Any]]:
    if container.state != "running":
        return []
    shown = []
    published = {(port.target, port.protocol) for port in container.ports}
    for port in container.ports:
        entry = {"PrivatePort": port.target, "PublicPort": port.published, "Type": port.protocol}
        shown += [{"IP": address, **entry} for address in _addresses(port)]
    for target, protocol in exposed(container, image):
        if (target, protocol) not in published:
            shown.append({"PrivatePort": target, "Type": protocol})
    return shown


def _port_map(container: Container, image: Image | None) -> dict[str, Any]:
    if container.state != "running":
        return {}
    shown: dict[str, Any] = {f"{target}/{p}": None for target, p in exposed(container, image)}
    for port in container.ports:
        places = [{"HostIp": ip, "HostPort": str(port.published)} for ip in _addresses(port)]
        name = f"{port.target}/{port.protocol}"
        shown[name] = [*(shown.get(name) or ()), *places]
    return dict(sorted(shown.items()))


def _addresses(port: Port) -> tuple[str, ...]:
    return (port.address,) if port.address else _ANYWHERE


def _quoted(word: str) -> str:
    return shlex.quote(word) if " " in word or not word else word
