"""What Engine 29 answers otherwise than 28.5, route by route (see ``versions``).

The source is a recorded 29.8, and moby's ``daemon/server/router`` for versions of the API before
1.52.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from essaim_practice.api import disk_usage as disk_usage_of
from essaim_practice.api.routing import Request
from essaim_practice.files import volumes
from essaim_practice.images import local
from essaim_practice.images.contents import content_size, manifest
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import (
    Container,
    Image,
    Network,
    Node,
    Service,
    State,
    Task,
    Volume,
)

_CUT = (1, 52)  # the version that left out what had long been deprecated

#: Of NetworkSettings, gone for good; those of the default bridge are there before 1.52.
_DEPRECATED = (
    *("Bridge", "HairpinMode", "LinkLocalIPv6Address", "LinkLocalIPv6PrefixLen"),
    *("SecondaryIPAddresses", "SecondaryIPv6Addresses"),
)
_OF_THE_BRIDGE = (
    *("EndpointID", "Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPAddress"),
    *("IPPrefixLen", "IPv6Gateway", "MacAddress"),
)
_UNSET = ("Cmd", "Entrypoint", "Env", "Labels", "OnBuild", "User", "Volumes", "WorkingDir")
_BLOCK = 4096
_PORT = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(/[a-z]+)?")
_NO_MAC = (
    "container-wide MAC address no longer supported; use endpoint-specific MAC address instead"
)
_MOST = 2**64 - 1  # what Go counts addresses with


def _image_of(shown_id: str, request: Request) -> Image | None:
    return request.cluster.store.get(Image, f"{request.engine}/{shown_id}")


def _without(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in names}


def create(request: Request) -> Request:
    """POST /containers/create: a MAC address belongs to a network, a port to a published one.

    A list of bindings that is empty meant any port; since 1.53 it means none. Raises ApiError.
    """
    body = request.json()
    host: Any = body.get("HostConfig")
    bindings = host.get("PortBindings") if isinstance(host, dict) else None
    if body.get("MacAddress"):
        raise ApiError(400, _NO_MAC)
    if not isinstance(bindings, dict) or all(bindings.values()) or request.version < (1, 53):
        return request
    kept = {p: places for p, places in bindings.items() if places or not _PORT.fullmatch(p)}
    host["PortBindings"] = kept
    return replace(request, body=json.dumps(body).encode())


def listed_container(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    known = request.cluster.store.get(Container, shown["Id"])
    ports = [{"IP": "", **port} for port in shown["Ports"]]
    new: dict[str, Any] = {**shown, "Ports": ports, **_described(shown["ImageID"], request)}
    new |= _sizes(shown)
    if request.version >= _CUT and known is not None:
        told = request.cluster.health.shown(known)
        health = {"Status": known.health or "none", "FailingStreak": 0}
        new["Health"] = health | {k: told[k] for k in health if told and k in told}
    return new


def container(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    settings = _without(shown["NetworkSettings"], *_DEPRECATED)
    host = dict(shown["HostConfig"])
    if paths := host.get("MaskedPaths"):
        host["MaskedPaths"] = sorted(paths)
    state = {**shown["State"], "Error": request.edition.words(shown["State"]["Error"])}
    new = {**shown, "Driver": request.edition.driver, "HostConfig": host, "State": state}
    new |= _described(shown["Image"], request) | _sizes(shown)
    if request.version >= _CUT:
        settings = _without(settings, *_OF_THE_BRIDGE)
        new["Storage"] = {"RootFS": {"Snapshot": {"Name": request.edition.driver}}}
        del new["GraphDriver"]
        unset = [] if shown["Config"].get("OnBuild") else ["OnBuild"]
        new["Config"] = _without(shown["Config"], *unset)
    else:
        if "bridge" not in settings["Networks"]:
            settings = _without(settings, *_OF_THE_BRIDGE)
        new["GraphDriver"] = {"Data": None, "Name": request.edition.driver}
    return {**new, "NetworkSettings": settings}


def _sizes(shown: dict[str, Any]) -> dict[str, int]:
    """What a snapshot takes: whole blocks, and two of its own."""
    if "SizeRw" not in shown:
        return {}
    written = _written(shown["SizeRw"])
    return {"SizeRw": written, "SizeRootFs": shown["SizeRootFs"] - shown["SizeRw"] + written}


def _written(bytes_written: int) -> int:
    return 2 * _BLOCK + -(-bytes_written // _BLOCK) * _BLOCK


def _described(image_id: str, request: Request) -> dict[str, Any]:
    """ImageManifestDescriptor of a container: which manifest of its image it was made of."""
    image = _image_of(image_id, request)
    if image is None or request.version < (1, 48):
        return {}
    platform = {"architecture": image.platform.partition("/")[2] or "amd64", "os": "linux"}
    return {"ImageManifestDescriptor": {**manifest(image), "platform": platform}}


def listed_image(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    new = {**shown, "Labels": shown["Labels"] or {}}
    if image := _image_of(shown["Id"], request):
        store = request.cluster.store
        new["Size"] = image.size + content_size(store, image)
        new["RepoDigests"] = _digests(image, shown["RepoTags"], shown["RepoDigests"])
        if request.version >= (1, 48):
            new["Descriptor"] = manifest(image)
        if request.flag("manifests") and request.version >= (1, 47):
            new["Manifests"] = [_manifest(image, request)]
    return new


def _manifest(image: Image, request: Request) -> dict[str, Any]:
    """What there is of an image for one platform: ours."""
    content = content_size(request.cluster.store, image)
    using = [each.id for each in local.users(request.cluster.store, image)]
    return {
        "ID": image.image_id,
        "Descriptor": manifest(image),
        "Available": True,
        "Size": {"Content": content, "Total": content + image.size},
        "Kind": "image",
        "ImageData": {
            "Platform": {"architecture": "amd64", "os": "linux"},
            "Containers": using,
            "Size": {"Unpacked": image.size},
        },
    }


def _digests(image: Image, tags: Iterable[str], known: Iterable[str]) -> list[str]:
    """Every name has a digest, of images that were never in a registry, too."""
    own = [f"{tag.rpartition(':')[0]}@{image.image_id}" for tag in tags if "<none>" not in tag]
    return list(dict.fromkeys([*known, *own]))


def image(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    known = _image_of(shown["Id"], request)
    new = dict(shown)
    if known is not None:
        new["Size"] = known.size + content_size(request.cluster.store, known)
        new["RepoDigests"] = _digests(known, shown["RepoTags"], shown["RepoDigests"])
        if request.version >= (1, 48):
            new["Descriptor"] = manifest(known)
            if request.flag("manifests"):
                new["Manifests"] = [_manifest(known, request)]
        if known.digests and request.version >= (1, 53):
            new["Identity"] = {"Pull": [{"Repository": place} for place in local.places(known)]}
    if request.version < _CUT:
        return {**new, "GraphDriver": {"Data": None, "Name": request.edition.driver}}
    empty = [name for name in ("Author", "Comment", "DockerVersion", "Parent") if not new[name]]
    config = {k: v for k, v in shown["Config"].items() if v or k not in _UNSET}
    return {**_without(new, "GraphDriver", *empty), "Config": config}


def removed(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """Of what a removal did: neither digests nor layers are told of; {} for those."""
    if "@" in shown.get("Untagged", "") or shown.get("Layer"):
        return {}
    return shown


def pruned(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    told = [each for each in shown["ImagesDeleted"] or () if removed(each, request)]
    return {**shown, "ImagesDeleted": told or None}


def info(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    new = {**shown, "Driver": request.edition.driver}
    new["DriverStatus"] = [["driver-type", "io.containerd.snapshotter.v1"]]
    if "FirewallBackend" in shown:
        proxy = [["EnableUserlandProxy", "true"], ["UserlandProxyPath", "/usr/bin/docker-proxy"]]
        new["FirewallBackend"] = {**shown["FirewallBackend"], "Info": proxy}
    logs = sorted({*shown["Plugins"]["Log"], "gcplogs"})
    new["Plugins"] = {**shown["Plugins"], "Log": logs}
    return new if request.version < _CUT else _without(new, "KernelMemoryTCP")


def version(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    engine, *others = shown["Components"]
    module = {"Module": "github.com/moby/moby/v2", "ModuleVersion": "v2.0.0+unknown"}
    details = dict(sorted({**engine["Details"], **module}.items()))
    return {**shown, "Components": [{**engine, "Details": details}, *others]}


def listed_network(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    return _without(shown, "Containers")


def network(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    if request.version < _CUT:
        return shown
    known = request.cluster.store.get(Network, shown["Id"])
    subnets = {}
    for given in shown["IPAM"]["Config"] or ():
        net = ipaddress.ip_network(given["Subnet"], strict=False)
        used = _used(known, request, len(shown.get("Containers") or {}))
        if net.version == 6:  # neither a first nor a last address is set aside
            used -= 1
        free = min(max(net.num_addresses - used, 0), _MOST)
        subnets[given["Subnet"]] = {"DynamicIPsAvailable": free, "IPsInUse": used}
    return {**shown, "Status": {"IPAM": {"Subnets": subnets} if subnets else {}}}


def _used(network: Network | None, request: Request, here: int) -> int:
    """Addresses that are taken: the first, the last, the gateway's, and those of who is on it."""
    fixed = 3
    if network is None or network.scope != "swarm":
        return fixed + here
    store = request.cluster.store
    tasks = [task for task in store.all(Task) if task.desired <= State.RUNNING]
    on_it = [task for task in tasks if any(id == network.id for id, _ in task.addresses)]
    virtual = sum(
        any(id == network.id for id, _ in service.virtual_ips) for service in store.all(Service)
    )
    nodes = {task.node_id for task in on_it} if not network.ingress else set(_nodes(request))
    return fixed + len(on_it) + virtual + len(nodes)


def _nodes(request: Request) -> Iterable[str]:
    return (node.id for node in request.cluster.store.all(Node))


def event(shown: dict[str, Any]) -> dict[str, Any]:
    return _without(shown, "status", "id", "from")


def disk_usage(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """The new sums, beside the lists of old; those stay away where ``verbose`` is asked for."""
    store = request.cluster.store
    held = local.on_engine(store, request.engine)
    packed = sum(content_size(store, image) for image in held if image.digests)
    whole = shown["LayersSize"] + packed
    legacy = {
        **shown,
        "LayersSize": whole,
        "Images": _images(request),
        "Containers": _containers(request),
    }
    if request.version < _CUT:
        return legacy
    asked = request.repeated.get("type") or ("image", "container", "volume", "build-cache")
    listed = request.flag("verbose", True)
    new: dict[str, Any] = {} if "verbose" in request.query else legacy
    if "image" in asked:
        users = disk_usage_of.users(request)
        spare = [image for image in held if not users[image.image_id]]
        unused = sum(image.size + content_size(store, image) for image in spare)
        sums = (len(held) - len(spare), len(held), whole, unused)
        new["ImageUsage"] = _usage(*sums, _images(request) if listed else None)
    if "container" in asked:
        here = disk_usage_of.here(request)
        sizes = {each.id: _written(_size(each, request)) for each in here}
        kept = sum(sizes[each.id] for each in here if each.state == "running")
        total = sum(sizes.values())
        up = sum(each.state == "running" for each in here)
        sums = (up, len(here), total, total - kept)
        new["ContainerUsage"] = _usage(*sums, _containers(request) if listed else None)
    if "volume" in asked:
        mounting = disk_usage_of.mounting(request)
        on_disk = {each.name: disk_usage_of.size_of(request, each) for each in _volumes(request)}
        used = [name for name in on_disk if mounting[name]]
        total = sum(on_disk.values())
        sums = (len(used), len(on_disk), total, total - sum(on_disk[name] for name in used))
        new["VolumeUsage"] = _usage(
            *sums, disk_usage_of.of_volumes(request) if listed and on_disk else None
        )
    if "build-cache" in asked:
        new["BuildCacheUsage"] = {}
    return new


def _images(request: Request) -> Iterator[dict[str, Any]]:
    return (listed_image(entry, request) for entry in disk_usage_of.images(request))


def _containers(request: Request) -> Iterator[dict[str, Any]]:
    for entry in disk_usage_of.of_containers(request):
        yield _without(listed_container(entry, request), "ImageManifestDescriptor")


def _volumes(request: Request) -> Iterable[Volume]:
    return volumes.on_engine(request.cluster.store, request.engine)


def _size(container: Container, request: Request) -> int:
    return request.cluster.files.sizes(container, None)["SizeRw"]


def _usage(
    active: int, count: int, total: int, spare: int, items: Iterator[Any] | None
) -> dict[str, Any]:
    """One kind's sums; Go leaves out what is zero."""
    counted = {"ActiveCount": active, "TotalCount": count, "TotalSize": total, "Reclaimable": spare}
    shown: dict[str, Any] = {name: value for name, value in counted.items() if value}
    return shown if items is None or not count else {**shown, "Items": items}
