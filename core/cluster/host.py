"""What of its machine a request would hand to a program: folders, devices, rights of root.

Whoever gets one of these is root on the machine, or nearly so, and reads the dashboard's password
from there. Each function names docker's flags for what it finds, in the bodies of the engine's API;
whichever way a line or a stack file spells it, the body is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from core.cluster.engine_json import Json, items, part, text

#: Those that a container has anyway (moby, oci/caps/defaults.go).
_CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
#: What makes a program as strong as the machine, from its first moment or once one enters it.
_POWERS = {
    "Privileged": "--privileged",
    "Devices": "--device",
    "DeviceRequests": "--gpus",
}
_SPACES = {
    "NetworkMode": "--network host",
    "PidMode": "--pid host",
    "IpcMode": "--ipc host",
    "UTSMode": "--uts host",
    "UsernsMode": "--userns host",
}
#: The others write to sockets and servers of the machine.
_LOG_DRIVERS = ("", "json-file", "local", "none")
#: Of two letters or more: one is a drive of Windows (moby, volume/local).
_VOLUME = re.compile(r"[a-zA-Z0-9][\w.-]+", re.ASCII)
_HARMLESS = re.compile(r"no-new-privileges([:=](true|false))?|seccomp=builtin")
_TMPFS = re.compile(r"(size|uid|gid|mode|nr_inodes|nr_blocks)=[\w%]+|no(exec|suid|dev|atime)|r[ow]")
#: Options of a network that bind it to an interface or a bridge of the machine.
_INTERFACES = ("parent", "com.docker.network.bridge.name")


def of_container(host: Json) -> Iterator[str]:
    """host: the HostConfig of a new container."""
    yield from (f"--volume {bind}" for bind in items(host, "Binds") if not _is_named(bind))
    yield from of_mounts(items(host, "Mounts"))
    if text(host, "VolumeDriver") not in ("", "local"):
        yield "--volume-driver"
    yield from powers(host)
    if host.get("DeviceCgroupRules"):
        yield "--device-cgroup-rule"
    if host.get("CgroupnsMode") == "host":
        yield "--cgroupns host"
    if host.get("Annotations"):  # a runtime may write to the machine's files by them
        yield "--annotation"
    if host.get("CgroupParent"):
        yield "--cgroup-parent"
    if text(host, "Runtime") not in ("", "runc"):
        yield "--runtime"
    if text(host, "LogConfig", "Type") not in _LOG_DRIVERS:
        yield "--log-driver"


def powers(host: Json) -> Iterator[str]:
    """What also counts in a container that is there. host: its HostConfig."""
    yield from (flag for key, flag in _POWERS.items() if host.get(key))
    yield from (flag for key, flag in _SPACES.items() if host.get(key) == "host")
    yield from _capabilities(items(host, "CapAdd"))
    unmasked = [] in (host.get("MaskedPaths"), host.get("ReadonlyPaths"))
    if unmasked or not all(map(_HARMLESS.fullmatch, items(host, "SecurityOpt"))):
        yield "--security-opt"


def of_task(template: Json) -> Iterator[str]:
    """template: the TaskTemplate of a service."""
    container = part(template, "ContainerSpec")
    yield from of_mounts(items(container, "Mounts"))
    yield from _capabilities(items(container, "CapabilityAdd"))
    privileges = part(container, "Privileges")
    if part(privileges, "CredentialSpec"):
        yield "--credential-spec"
    if any(part(privileges, key) for key in ("SELinuxContext", "Seccomp", "AppArmor")):
        yield "--security-opt"
    if text(template, "LogDriver", "Name") not in _LOG_DRIVERS:
        yield "--log-driver"
    if part(template, "PluginSpec") or text(template, "Runtime") not in ("", "container"):
        yield "plugin"


def of_mounts(mounts: Iterable[Json]) -> Iterator[str]:
    for mount in mounts:
        kind = text(mount, "Type") or "volume"
        if kind == "volume":
            driver = part(mount, "VolumeOptions", "DriverConfig")
            options = part(driver, "Options")
            yield from (f"--mount {word}" for word in _options(text(driver, "Name"), options))
        elif kind not in ("tmpfs", "image"):
            yield f"--mount type={kind}"


def of_volume(body: Json) -> Iterator[str]:
    """body: that of a new volume."""
    found = _options(text(body, "Driver"), part(body, "DriverOpts"))
    yield from (f"--{word.removeprefix('volume-')}" for word in found)
    if part(body, "ClusterVolumeSpec"):
        yield "--driver"


def of_network(body: Json) -> Iterator[str]:
    """body: that of a new network."""
    if text(body, "Driver") not in ("", "bridge", "overlay"):
        yield f"--driver {text(body, 'Driver')}"
    yield from (f"--opt {key}" for key in part(body, "Options") if key in _INTERFACES)


def _is_named(bind: str) -> bool:
    """Whether its source is a volume: data:/data."""
    return bool(_VOLUME.fullmatch(bind.partition(":")[0]))


def _capabilities(added: Iterable[str]) -> Iterator[str]:
    if {word.upper().removeprefix("CAP_") for word in added} - _CAPABILITIES:
        yield "--cap-add"


def _options(driver: str, options: Mapping[str, str]) -> Iterator[str]:
    """Of a volume: only memory of its own is none of the machine's."""
    if driver not in ("", "local"):
        yield "volume-driver"
    elif options and not (
        options.get("type") == "tmpfs"
        and set(options) <= {"type", "device", "o"}
        and all(map(_TMPFS.fullmatch, filter(None, options.get("o", "").split(","))))
    ):
        yield "volume-opt"
