"""HostConfig as the API shows it: every field, in the daemon's order."""

from __future__ import annotations

from typing import Any

from essaim_practice.store.objects import Json

_LEFT_OUT = object()  # where there is none
_HOST_DEFAULTS: dict[str, Any] = {
    "Binds": None,
    "ContainerIDFile": "",
    "LogConfig": {"Type": "json-file", "Config": {}},
    "NetworkMode": "bridge",
    "PortBindings": {},
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "VolumeDriver": "",
    "VolumesFrom": None,
    "ConsoleSize": [0, 0],
    "Annotations": _LEFT_OUT,
    "CapAdd": None,
    "CapDrop": None,
    "CgroupnsMode": "private",
    "Dns": None,
    "DnsOptions": None,
    "DnsSearch": None,
    "ExtraHosts": None,
    "GroupAdd": None,
    "IpcMode": "private",
    "Cgroup": "",
    "Links": None,
    "OomScoreAdj": 0,
    "PidMode": "",
    "Privileged": False,
    "PublishAllPorts": False,
    "ReadonlyRootfs": False,
    "SecurityOpt": None,
    "StorageOpt": _LEFT_OUT,
    "Tmpfs": _LEFT_OUT,
    "UTSMode": "",
    "UsernsMode": "",
    "ShmSize": 67108864,
    "Sysctls": _LEFT_OUT,
    "Runtime": "runc",
    "Isolation": "",
    "CpuShares": 0,
    "Memory": 0,
    "NanoCpus": 0,
    "CgroupParent": "",
    "BlkioWeight": 0,
    "BlkioWeightDevice": None,
    "BlkioDeviceReadBps": None,
    "BlkioDeviceWriteBps": None,
    "BlkioDeviceReadIOps": None,
    "BlkioDeviceWriteIOps": None,
    "CpuPeriod": 0,
    "CpuQuota": 0,
    "CpuRealtimePeriod": 0,
    "CpuRealtimeRuntime": 0,
    "CpusetCpus": "",
    "CpusetMems": "",
    "Devices": None,
    "DeviceCgroupRules": None,
    "DeviceRequests": None,
    "MemoryReservation": 0,
    "MemorySwap": 0,
    "MemorySwappiness": None,
    "OomKillDisable": False,
    "PidsLimit": None,
    "Ulimits": None,
    "CpuCount": 0,
    "CpuPercent": 0,
    "IOMaximumIOps": 0,
    "IOMaximumBandwidth": 0,
    "Mounts": _LEFT_OUT,
    "MaskedPaths": [
        "/proc/asound",
        "/proc/acpi",
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ],
    "ReadonlyPaths": [
        "/proc/bus",
        "/proc/fs",
        "/proc/irq",
        "/proc/sys",
        "/proc/sysrq-trigger",
    ],
    "Init": _LEFT_OUT,
}


def shown(host: Json, network_mode: str) -> dict[str, Any]:
    """The client's values over the defaults; empty values except lists mean the default."""
    lists: dict[str, Any] = {
        k: [] for k, v in host.items() if v == [] and _HOST_DEFAULTS.get(k, 0) is None
    }
    config = lists | {k: v for k, v in host.items() if v not in (None, "", [], {}, 0)}
    config["NetworkMode"] = network_mode
    if config.get("MemorySwappiness") == -1:
        del config["MemorySwappiness"]
    if bindings := config.get("PortBindings"):
        config["PortBindings"] = {
            port: [{"HostIp": "", "HostPort": "", **place} for place in places or ()]
            for port, places in bindings.items()
        }
    log = config.get("LogConfig") or {}
    config["LogConfig"] = {
        "Type": log.get("Type") or "json-file",
        "Config": log.get("Config") or {},
    }
    if not (config.get("RestartPolicy") or {}).get("Name"):
        config.pop("RestartPolicy", None)
    for name in ("MaskedPaths", "ReadonlyPaths"):
        if host.get(name) == []:
            config[name] = []
        elif host.get("Privileged"):
            config[name] = None
    if host.get("Init") is not None:
        config["Init"] = host["Init"]
    merged = {**_HOST_DEFAULTS, **config}
    return {name: value for name, value in merged.items() if value is not _LEFT_OUT}
