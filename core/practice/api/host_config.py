"""How a container is to run: what the daemon refuses of it, and what it makes of it.

The rules and their words are the daemon's (moby 28: runconfig/hostconfig_unix.go,
daemon/container.go, daemon/daemon_unix.go), in its order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.practice.errors import ApiError
from core.practice.objects import Json
from core.practice.programs import signals

_LEAST_MEMORY = 6 * 2**20  # bytes
_LOG_DRIVERS = (
    *("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "none"),
    *("splunk", "syslog"),
)
_LOG_OPTIONS = (  # of json-file; these two are of every driver: mode, max-buffer-size
    *("max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"),
    *("mode", "max-buffer-size"),
)
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
    """Refuse, with 400, what makes no sense on a machine with so many CPUs."""
    for problem in _problems(config, host, cpus):
        raise ApiError(400, problem)


def check_resources(host: Json, cpus: int) -> None:
    """As check, of the limits alone."""
    for problem in _resources(host, cpus):
        raise ApiError(400, problem)


def check_restart(policy: Json) -> None:
    """As check, of the restart policy alone."""
    for problem in _restart(policy):
        raise ApiError(400, f"invalid restart policy: {problem}")


def settled(host: Json) -> dict[str, Any]:
    """The configuration with what follows from it: swap is twice the memory unless told."""
    if (host.get("Memory") or 0) > 0 and not host.get("MemorySwap"):
        return {**host, "MemorySwap": 2 * host["Memory"]}
    return dict(host)


def warnings(config: Json, host: Json) -> list[str]:
    """What the daemon remarks on a container that it makes."""
    said = []
    if config.get("MacAddress"):
        said.append(
            "The container-wide MacAddress field is now deprecated. It should be specified in "
            "EndpointsConfig instead."
        )
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
    if signal := str(config.get("StopSignal") or ""):
        signals.check(signal)
    for entry in config.get("Env") or ():
        if not entry.partition("=")[0]:
            yield f"invalid environment variable: {entry}"
    policy: Json = host.get("RestartPolicy") or {}
    if host.get("AutoRemove") and policy.get("Name") not in (None, "", "no"):
        yield "can't create 'AutoRemove' container with restart policy"
    for problem in _restart(policy):
        yield f"invalid restart policy: {problem}"
    for name in ("CapAdd", "CapDrop"):
        for capability in host.get(name) or ():
            plain = capability.upper().removeprefix("CAP_")
            if plain not in _CAPABILITIES:
                yield f'invalid {name}: unknown capability: "CAP_{plain}"'
    yield from _logging(host.get("LogConfig") or {})
    yield from _resources(host, cpus)
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
    runtime = host.get("Runtime") or "runc"
    if runtime not in ("runc", "io.containerd.runc.v2"):
        yield f"unknown or invalid runtime name: {runtime}"


def _logging(log: Json) -> Iterator[str]:
    driver = log.get("Type") or "json-file"
    if driver not in _LOG_DRIVERS:
        yield f'error looking up logging plugin {driver}: plugin "{driver}" not found'
    elif driver == "json-file":
        for name in log.get("Config") or {}:
            if name not in _LOG_OPTIONS:
                yield f"unknown log opt '{name}' for json-file log driver"


def _joins(mode: str) -> bool:
    return mode.startswith("container:") and mode != "container:"


def _network(config: Json, host: Json) -> Iterator[str]:
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
        yield "Invalid network mode: invalid container format container:<name|id>"
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


def _resources(host: Json, cpus: int) -> Iterator[str]:
    memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
    reserved, shares = host.get("MemoryReservation") or 0, host.get("CpuShares") or 0
    if memory and memory < _LEAST_MEMORY:
        yield "Minimum memory limit allowed is 6MB"
    if memory > 0 and 0 < swap < memory:
        yield "Minimum memoryswap limit should be larger than memory limit, see usage"
    if not memory and swap > 0:
        yield "You should always set the Memory limit when using Memoryswap limit, see usage"
    if 0 < reserved < _LEAST_MEMORY:
        yield "Minimum memory reservation allowed is 6MB"
    if 0 < memory < reserved:
        yield "Minimum memory limit can not be less than memory reservation limit, see usage"
    if host.get("NanoCpus") and (host.get("CpuPeriod") or host.get("CpuQuota")):
        which = "Period" if host.get("CpuPeriod") else "Quota"
        yield f"Conflicting options: Nano CPUs and CPU {which} cannot both be set"
    if not 0 <= (host.get("NanoCpus") or 0) <= cpus * 10**9:
        available = f"as there are only {cpus} CPUs available"
        yield f"range of CPUs is from 0.01 to {cpus}.00, {available}"
    if shares < 0:
        yield f"invalid CPU shares ({shares}): value must be a positive integer"
    wanted = str(host.get("CpusetCpus") or "")
    try:
        beyond = any(number >= cpus for number in _numbers(wanted))
    except ValueError:
        yield f"Invalid value {wanted} for cpuset cpus: invalid format: {wanted}"
    else:
        if beyond:
            shown = f"requested {wanted}, available: 0-{cpus - 1}"
            yield f"Requested CPUs are not available - {shown}"


def _numbers(text: str) -> list[int]:
    """The ends of the ranges in ``0-2,4``. ValueError for what is none."""
    found = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        ends = [int(first), int(last)] if dash else [int(first)]
        if ends != sorted(ends) or ends[0] < 0:
            raise ValueError(text)
        found += ends
    return found
