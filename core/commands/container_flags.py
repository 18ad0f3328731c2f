"""The flags of ``docker create`` and ``docker run``: all that can be said of a new container."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from core.cluster.engine_json import Json
from core.commands.attachments import NETWORK, ULIMIT, mount, settings
from core.commands.command import Command
from core.commands.grammar import argument, option, options, rest, switch
from core.commands.quantities import CPUS, SPAN, UINT, checked
from core.commands.values import (
    BYTES,
    INTEGER,
    MARK,
    PROGRAM,
    SETTING,
    SWAP,
    VARIABLE,
    Value,
    fields,
    pairs,
    refused,
    size,
)

_RULE = re.compile(r"[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}")


def _attach(word: str) -> str:
    if word.lower() not in ("stdin", "stdout", "stderr"):
        raise refused("valid streams are STDIN, STDOUT and STDERR")
    return word.lower()


def _rule(word: str) -> str:
    if not _RULE.fullmatch(word):
        raise refused(f"invalid device cgroup format '{word}'")
    return word


def _link(word: str) -> str:
    parts = word.split(":")
    if not word:
        raise refused("empty string specified for links")
    if len(parts) > 2:
        raise refused(f"bad format for links: {word}")
    return word


_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?|[a-zA-Z0-9_]+")


def _search(word: str) -> str:
    name = word.strip()
    labels = name.removesuffix(".").split(".")
    if name != "." and not all(map(_LABEL.fullmatch, labels)):
        raise refused(f"{word} is not a valid domain")
    return name


def _address(word: str) -> str:
    try:
        return str(ipaddress.ip_address(word.strip()))
    except ValueError:
        raise refused(f"IP address is not correctly formatted: {word}") from None


def host(word: str) -> str:
    """``db:10.0.0.5`` or ``db=10.0.0.5`` in the first form. Raises InvalidValue."""
    name, sign, address = word.partition("=" if "=" in word else ":")
    if not sign or not name:
        raise refused(f'bad format for add-host: "{word}"')
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    if bare != "host-gateway":
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            raise refused(f'invalid IP address in add-host: "{address}"') from None
    return f"{name}:{bare}"


def throttle(word: str) -> tuple[str, str]:
    """``/dev/sda:1mb``: a device, and a rate still to be read. Raises InvalidValue."""
    device, colon, rate = word.partition(":")
    if not colon:
        raise refused(f"bad format: {word}")
    if not device.startswith("/dev/"):
        raise refused(f"bad format for device path: {word}")
    return device, rate


def bytes_of(word: str) -> tuple[str, int]:
    """A device and bytes per second."""
    device, rate = throttle(word)
    try:
        return device, size(rate)
    except ValueError:
        form = "The correct format is <device-path>:<number>[<unit>]. Number must be a positive"
        raise refused(
            f"invalid rate for device: {word}. {form} integer. Unit is optional and can be kb, mb, "
            "or gb"
        ) from None


def times_of(word: str) -> tuple[str, int]:
    """A device and operations per second, or its weight."""
    device, rate = throttle(word)
    if not (rate.isascii() and rate.isdigit()):
        form = "The correct format is <device-path>:<number>. Number must be a positive integer"
        raise refused(f"invalid rate for device: {word}. {form}")
    return device, int(rate)


def weight_of(word: str) -> tuple[str, int]:
    """A device and its weight."""
    device, weight = throttle(word)
    if not (weight.isascii() and weight.isdigit() and (weight == "0" or 10 <= int(weight) <= 1000)):
        raise refused(f"invalid weight for device: {word}")
    return device, int(weight)


def _mount(word: str) -> None:
    if not mount(word).get("Target"):
        raise refused("target is required")


def _sysctl(word: str) -> str:
    name, equals, _ = word.partition("=")
    if not equals or not (name in _SYSCTLS or name.startswith(("net.", "fs.mqueue."))):
        raise refused(f"sysctl '{word}' is not allowed")
    return word


def gpu(word: str) -> Json:
    """``all``, ``2`` or ``device=0,driver=nvidia`` in the API's words (docker/cli, opts/gpus.go).

    Raises InvalidValue.
    """
    made: Json = {"Driver": "", "Count": 0, "DeviceIDs": None, "Options": {}}
    capabilities = ["gpu"]
    for part in fields(word):
        key, equals, value = part.partition("=")
        match key:
            case _ if not equals or key == "count":
                made["Count"] = _count(value if equals else key)
            case "driver":
                made["Driver"] = value
            case "device":
                made["DeviceIDs"] = value.split(",")
            case "capabilities":
                capabilities = [*value.split(","), "gpu"]
            case "options":
                made["Options"] = pairs(fields(value))
            case _:
                raise refused(f"unexpected key '{key}' in '{part}'")
    if not made["Count"] and not made["DeviceIDs"]:
        made["Count"] = 1
    return {**made, "Capabilities": [capabilities]}


def _count(word: str) -> int:
    if word == "all":
        return -1
    if not re.fullmatch(r"[+-]?[0-9]+", word):
        what = 'value must be either "all" or an integer: invalid syntax'
        raise refused(f"invalid count ({word}): {what}")
    return int(word)


_SYSCTLS = frozenset(
    f"kernel.{name}"
    for name in (
        "msgmax",
        "msgmnb",
        "msgmni",
        "sem",
        "shmall",
        "shmmax",
        "shmmni",
        "shm_rmid_forced",
    )
)

LIST = Value("list")
MOUNT = checked("mount", _mount, settings)
SYSCTL = Value("map", read=_sysctl)
GPUS = checked("gpu-request", gpu)
ATTACH = Value("list", read=_attach)
RULE = Value("list", read=_rule)
LINK = Value("list", read=_link)
SEARCH = Value("list", read=_search)
HOST = checked("list", host)
ADDRESS = Value("list", read=_address)
BPS = checked("list", bytes_of)
IOPS = checked("list", times_of)
WEIGHT = checked("list", weight_of)


@dataclass(frozen=True, kw_only=True)
class NewContainer(Command):
    """A command that makes a container."""

    __slots__ = ()  # the fields' slots are those of the commands

    remove: bool = switch("--rm")
    interactive: bool = switch("-i", "--interactive")
    tty: bool = switch("-t", "--tty")
    publish: tuple[str, ...] = options("-p", "--publish", value=LIST)
    publish_all: bool = switch("-P", "--publish-all")
    env: tuple[str, ...] = options("--env", "-e", value=VARIABLE)
    env_file: tuple[str, ...] = options("--env-file", value=LIST)
    name: str = option("--name")
    volume: tuple[str, ...] = options("-v", "--volume", value=LIST)
    mount: tuple[str, ...] = options("--mount", value=MOUNT)
    tmpfs: tuple[str, ...] = options("--tmpfs", value=LIST)
    network: tuple[str, ...] = options("--network", "--net", value=NETWORK)
    network_alias: tuple[str, ...] = options("--network-alias", "--net-alias", value=LIST)
    hostname: str = option("--hostname", "-h")
    workdir: str = option("-w", "--workdir")
    user: str = option("-u", "--user")
    entrypoint: str | None = option("--entrypoint", value=PROGRAM, default=None)
    label: tuple[str, ...] = options("-l", "--label", value=MARK)
    label_file: tuple[str, ...] = options("--label-file", value=LIST)
    restart: str = option("--restart", default="no")
    memory: str = option("-m", "--memory", value=BYTES)
    memory_reservation: str = option("--memory-reservation", value=BYTES)
    memory_swap: str = option("--memory-swap", value=SWAP)
    memory_swappiness: int = option("--memory-swappiness", value=INTEGER, default=-1)
    kernel_memory: str = option("--kernel-memory", value=BYTES)
    cpus: str = option("--cpus", value=CPUS)
    cpu_shares: int = option("-c", "--cpu-shares", value=INTEGER, default=0)
    cpuset_cpus: str = option("--cpuset-cpus")
    cpuset_mems: str = option("--cpuset-mems")
    cpu_period: int = option("--cpu-period", value=INTEGER, default=0)
    cpu_quota: int = option("--cpu-quota", value=INTEGER, default=0)
    cpu_rt_period: int = option("--cpu-rt-period", value=INTEGER, default=0)
    cpu_rt_runtime: int = option("--cpu-rt-runtime", value=INTEGER, default=0)
    cpu_count: int = option("--cpu-count", value=INTEGER, default=0)
    cpu_percent: int = option("--cpu-percent", value=INTEGER, default=0)
    io_maxbandwidth: str = option("--io-maxbandwidth", value=BYTES)
    io_maxiops: int = option("--io-maxiops", value=UINT, default=0)
    pids_limit: int = option("--pids-limit", value=INTEGER, default=0)
    oom_kill_disable: bool = switch("--oom-kill-disable")
    oom_score_adj: int = option("--oom-score-adj", value=INTEGER, default=0)
    shm_size: str = option("--shm-size", value=BYTES)
    ulimit: tuple[str, ...] = options("--ulimit", value=ULIMIT)
    blkio_weight: int = option("--blkio-weight", value=UINT, default=0)
    blkio_weight_device: tuple[str, ...] = options("--blkio-weight-device", value=WEIGHT)
    device_read_bps: tuple[str, ...] = options("--device-read-bps", value=BPS)
    device_write_bps: tuple[str, ...] = options("--device-write-bps", value=BPS)
    device_read_iops: tuple[str, ...] = options("--device-read-iops", value=IOPS)
    device_write_iops: tuple[str, ...] = options("--device-write-iops", value=IOPS)
    device: tuple[str, ...] = options("--device", value=LIST)
    device_cgroup_rule: tuple[str, ...] = options("--device-cgroup-rule", value=RULE)
    gpus: tuple[str, ...] = options("--gpus", value=GPUS)
    health_cmd: str = option("--health-cmd", value=PROGRAM)
    health_interval: str = option("--health-interval", value=SPAN)
    health_timeout: str = option("--health-timeout", value=SPAN)
    health_start_period: str = option("--health-start-period", value=SPAN)
    health_start_interval: str = option("--health-start-interval", value=SPAN)
    health_retries: int = option("--health-retries", value=INTEGER, default=0)
    no_healthcheck: bool = switch("--no-healthcheck")
    privileged: bool = switch("--privileged")
    read_only: bool = switch("--read-only")
    cap_add: tuple[str, ...] = options("--cap-add", value=LIST)
    cap_drop: tuple[str, ...] = options("--cap-drop", value=LIST)
    security_opt: tuple[str, ...] = options("--security-opt", value=LIST)
    group_add: tuple[str, ...] = options("--group-add", value=LIST)
    init: bool = switch("--init")
    stop_signal: str = option("--stop-signal")
    stop_timeout: int | None = option("--stop-timeout", value=INTEGER, default=None)
    sysctl: tuple[str, ...] = options("--sysctl", value=SYSCTL)
    ip: str = option("--ip")
    ip6: str = option("--ip6")
    link: tuple[str, ...] = options("--link", value=LINK)
    link_local_ip: tuple[str, ...] = options("--link-local-ip", value=LIST)
    mac_address: str = option("--mac-address")
    add_host: tuple[str, ...] = options("--add-host", value=HOST)
    dns: tuple[str, ...] = options("--dns", value=ADDRESS)
    dns_option: tuple[str, ...] = options("--dns-option", "--dns-opt", value=LIST)
    dns_search: tuple[str, ...] = options("--dns-search", value=SEARCH)
    domainname: str = option("--domainname")
    expose: tuple[str, ...] = options("--expose", value=LIST)
    volume_driver: str = option("--volume-driver")
    volumes_from: tuple[str, ...] = options("--volumes-from", value=LIST)
    storage_opt: tuple[str, ...] = options("--storage-opt", value=LIST)
    log_driver: str = option("--log-driver")
    log_opt: tuple[str, ...] = options("--log-opt", value=SETTING)
    annotation: tuple[str, ...] = options("--annotation", value=SETTING)
    ipc: str = option("--ipc")
    pid: str = option("--pid")
    uts: str = option("--uts")
    userns: str = option("--userns")
    cgroupns: str = option("--cgroupns")
    cgroup_parent: str = option("--cgroup-parent")
    isolation: str = option("--isolation")
    runtime: str = option("--runtime")
    attach: tuple[str, ...] = options("-a", "--attach", value=ATTACH)
    cidfile: str = option("--cidfile")
    platform: str = option("--platform")
    pull: str = option("--pull", default="missing")
    quiet: bool = switch("-q", "--quiet")
    disable_content_trust: bool = switch("--disable-content-trust", default=True)
    use_api_socket: bool = switch("--use-api-socket")
    image: str = argument("IMAGE")
    command: tuple[str, ...] = rest("COMMAND")
