"""HostConfig of a new container: the daemon's refusals, warnings and derived values.

The rules and their words are the daemon's (moby 28: runconfig/hostconfig_unix.go,
daemon/container.go, daemon/daemon_unix.go), in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from essaim_practice.api import host_limits
from essaim_practice.engine import log_drivers
from essaim_practice.programs import signals
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Json

_BOOLEANS = ("0", "1", "f", "false", "t", "true")
_POLICIES = ("no", "always", "on-failure", "unless-stopped")
_CAPABILITIES = frozenset((
    "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF",
    "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID",
    "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE",
    "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG", "WAKE_ALARM",
))  # fmt: skip


def check(config: Json, host: Json, cpus: int) -> None:
    """Raises ApiError 400 for an invalid HostConfig on an engine with so many CPUs."""
    for problem in _problems(config, host, cpus):
        raise ApiError(400, problem)


def check_resources(host: Json, cpus: int) -> None:
    """As ``check``, for the limits only."""
    for problem in host_limits.problems(host, cpus):
        raise ApiError(400, problem)


def check_restart(policy: Json) -> None:
    """As ``check``, for the restart policy only."""
    for problem in _restart(policy):
        raise ApiError(400, f"invalid restart policy: {problem}")


def settled(host: Json) -> dict[str, Any]:
    """The HostConfig with derived values: MemorySwap is twice the memory unless set."""
    found = dict(host)
    if (host.get("Memory") or 0) > 0 and not host.get("MemorySwap"):
        found["MemorySwap"] = 2 * host["Memory"]
    if (host.get("PidsLimit") or 0) < 0:
        found["PidsLimit"] = None
    open_ = host.get("Privileged") or "host" in (host.get("IpcMode"), host.get("PidMode"))
    if open_ and not host.get("SecurityOpt"):  # moby 28: generateSecurityOpt
        found["SecurityOpt"] = ["label=disable"]
    return found


def warnings(config: Json, host: Json) -> list[str]:
    """The daemon's warnings about a new container."""
    said = []
    if config.get("MacAddress"):
        said.append(
            "The container-wide MacAddress field is now deprecated. It should be specified in "
            "EndpointsConfig instead."
        )
    said += host_limits.warnings(host)
    if host.get("NetworkMode") == "host" and host.get("PortBindings"):
        said.append("Published ports are discarded when using host network mode")
    return said


def _problems(config: Json, host: Json, cpus: int) -> Iterator[str]:
    yield from _network(config, host)
    isolation = str(host.get("Isolation") or "")
    if isolation.lower() not in ("", "default"):
        yield f"invalid isolation ({isolation}): linux only supports 'default'"
    folder = str(config.get("WorkingDir") or "")
    if folder and not folder.startswith("/"):
        yield f"the working directory '{folder}' is invalid, it needs to be an absolute path"
    signal = str(config.get("StopSignal") or "")
    if signal and (
        signal == "0" or not re.fullmatch(r"-?[0-9]+", signal)
    ):  # any other number will do
        signals.check(signal)
    for entry in config.get("Env") or ():
        if not entry.partition("=")[0]:
            yield f"invalid environment variable: {entry}"
    policy: Json = host.get("RestartPolicy") or {}
    if host.get("AutoRemove") and policy.get("Name") not in (None, "", "no"):
        yield "can't create 'AutoRemove' container with restart policy"
    for problem in _restart(policy):
        yield f"invalid restart policy: {problem}"
    for entry in host.get("ExtraHosts") or ():
        yield from _extra_host(str(entry))
    if "" in (host.get("Annotations") or {}):
        yield "invalid Annotations: the empty string is not permitted as an annotation key"
    for name in ("CapAdd", "CapDrop"):
        for capability in host.get(name) or ():
            plain = capability.upper().removeprefix("CAP_")
            if plain not in _CAPABILITIES:
                yield f'invalid {name}: unknown capability: "CAP_{plain}"'
    yield from log_drivers.problems(host.get("LogConfig") or {})
    yield from host_limits.problems(host, cpus)
    score = host.get("OomScoreAdj") or 0
    if not -1000 <= score <= 1000:
        yield f"Invalid value {score}, range for oom score adj is [-1000, 1000]"
    if (host.get("ShmSize") or 0) < 0:
        yield "SHM size can not be less than 0"
    mode = str(host.get("IpcMode") or "")
    if mode not in ("", "none", "host", "private", "shareable") and not _joins(mode):
        yield f"invalid IPC mode: {mode}"
    mode = str(host.get("PidMode") or "")
    if mode not in ("", "host") and not _joins(mode):
        yield f"invalid PID mode: {mode}"
    if (mode := host.get("UTSMode") or "") not in ("", "host"):
        yield f"invalid UTS mode: {mode}"
    if (mode := host.get("CgroupnsMode") or "") not in ("", "host", "private"):
        yield f"invalid cgroup namespace mode: {mode}"
    yield from _security(host)
    runtime = host.get("Runtime") or "runc"
    if runtime not in ("runc", "io.containerd.runc.v2"):
        yield f"unknown or invalid runtime name: {runtime}"


def _extra_host(entry: str) -> Iterator[str]:
    """The error in ``name:address`` or ``name=address``; '' without one."""
    at = min((entry.index(sign) for sign in "=:" if sign in entry), default=0)
    name, address = entry[:at], entry[at + 1 :]
    if not name or not address:
        yield f'bad format for add-host: "{entry}"'
    elif address != "host-gateway" and not _is_address(address.strip("[]")):
        yield f'invalid IP address in add-host: "{address}"'


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _security(host: Json) -> Iterator[str]:
    for option in map(str, host.get("SecurityOpt") or ()):
        if option in ("no-new-privileges", "disable"):
            continue
        sign = next((sign for sign in "=:" if sign in option), "")
        name, _, value = option.partition(sign) if sign else (option, "", "")
        plain = name == "no-new-privileges" and value.lower() in _BOOLEANS
        if not sign:
            yield f'invalid --security-opt 1: "{option}"'
        elif name not in ("label", "apparmor", "seccomp") and not plain:
            yield f'invalid --security-opt 2: "{option}"'
    for name in host.get("StorageOpt") or {}:
        if name.lower() != "size":
            yield f"Unknown option {name}"
        yield "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"


def _joins(mode: str) -> bool:
    return mode.startswith("container:") and mode != "container:"


def _network(config: Json, host: Json) -> Iterator[str]:
    if host.get("UTSMode") == "host" and config.get("Hostname"):
        yield "conflicting options: hostname and the UTS mode"
    mode = str(host.get("NetworkMode") or "")
    kind = "container" if mode.startswith("container:") else mode
    if kind not in ("container", "host"):
        return
    if host.get("Links"):
        shown = "container type network" if kind == "container" else "host type networking"
        text = f"{shown} can't be used with links. This would result in undefined behavior"
        yield f"conflicting options: {text}"
    if kind == "host":
        return
    if not mode.removeprefix("container:"):
        yield "invalid network mode: invalid container format container:<name|id>"
    for found, what in (
        (config.get("Hostname"), "hostname and the network mode"),
        (host.get("Dns"), "dns and the network mode"),
        (host.get("ExtraHosts"), "custom host-to-IP mapping and the network mode"),
        (
            host.get("PortBindings") or host.get("PublishAllPorts"),
            "port publishing and the container type network mode",
        ),
        (config.get("ExposedPorts"), "port exposing and the container type network mode"),
    ):
        if found:
            yield f"conflicting options: {what}"


def _restart(policy: Json) -> Iterator[str]:
    name, most = policy.get("Name") or "", policy.get("MaximumRetryCount") or 0
    if name and name not in _POLICIES:
        shown = "'no', 'always', 'on-failure', or 'unless-stopped'"
        yield f"unknown policy '{name}'; use one of {shown}"
    if most and name != "on-failure":
        text = "maximum retry count can only be used with 'on-failure'"
        yield text + (" and cannot be negative" if most < 0 else "")
    if most < 0:
        yield "maximum retry count cannot be negative"
