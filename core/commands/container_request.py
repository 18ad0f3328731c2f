"""A new container as the API takes it: what ``docker create`` and ``docker run`` send.

The order of checks and the words of refusals are those of docker/cli, container/opts.go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

from core.cluster.engine_json import Json
from core.commands.attachments import capabilities, mount, ulimit
from core.commands.container_flags import NewContainer, bytes_of, gpu, host, times_of, weight_of
from core.commands.container_networks import endpoints, mode
from core.commands.container_parts import (
    Machine,
    device,
    environment,
    health,
    lines,
    refused,
    security,
)
from core.commands.container_ports import bindings
from core.commands.quantities import cpus
from core.commands.source import given
from core.commands.values import pairs, size

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")


def body(new: NewContainer, machine: Machine) -> Json:
    """The body of ``POST /containers/create``, without the fields that are empty.

    Raises DockerRefused.
    """
    if new.mac_address and not _MAC.fullmatch(new.mac_address.strip()):
        raise refused(f"{new.mac_address} is not a valid mac address")
    if not -1 <= new.memory_swappiness <= 100:
        raise refused(
            f"invalid value: {new.memory_swappiness}. Valid memory swappiness range is 0-100"
        )
    exposed, published = bindings(new.publish, new.expose)
    devices = [device(word) for word in new.device]
    env = environment(new.env_file, new.env, machine)
    labels = dict(sorted(pairs([*lines(new.label_file, machine), *new.label]).items()))
    modes = _modes(new)
    hosted = _host(new, machine, published, devices, modes)
    checked = health(new)
    if new.remove and new.restart != "no" and new.restart:
        raise refused("conflicting options: cannot specify both --restart and --rm")
    config = given(
        Hostname=new.hostname,
        Domainname=new.domainname,
        User=new.user,
        **_attached(new),
        ExposedPorts={port: {} for port in exposed},
        Tty=new.tty or None,
        OpenStdin=new.interactive or None,
        Env=env,
        Cmd=list(new.command),
        Healthcheck=checked,
        Image=new.image,
        Volumes={word: {} for word in new.volume if ":" not in word},
        WorkingDir=new.workdir,
        Entrypoint=None if new.entrypoint is None else [new.entrypoint],
        Labels=labels,
        StopSignal=new.stop_signal,
        StopTimeout=new.stop_timeout,
    )
    return config | {"HostConfig": hosted} | given(NetworkingConfig=endpoints(new))


def _attached(new: NewContainer) -> Json:
    """Which streams the command attaches to."""
    if getattr(new, "detach", False):
        return {}
    out = not new.attach or "stdout" in new.attach
    error = not new.attach or "stderr" in new.attach
    typed = new.interactive or "stdin" in new.attach
    once = new.interactive and typed
    return given(
        AttachStdin=typed or None,
        AttachStdout=out or None,
        AttachStderr=error or None,
        StdinOnce=once or None,
    )


def _host(
    new: NewContainer, machine: Machine, published: Json, devices: list[Json], modes: Json
) -> Json:
    options, paths = security(new.security_opt, machine)
    added, dropped = capabilities(new.cap_add, new.cap_drop)
    return given(
        Binds=_binds(new.volume, machine.here),
        ContainerIDFile=new.cidfile,
        LogConfig=given(Type=new.log_driver, Config=_log(new)),
        NetworkMode=mode(new),
        PortBindings=published,
        RestartPolicy=restart(new.restart),
        AutoRemove=new.remove or None,
        VolumeDriver=new.volume_driver,
        VolumesFrom=list(new.volumes_from),
        Annotations=pairs(new.annotation),
        CapAdd=added,
        CapDrop=dropped,
        Dns=list(new.dns),
        DnsOptions=list(new.dns_option),
        DnsSearch=list(new.dns_search),
        ExtraHosts=[host(word) for word in new.add_host],
        GroupAdd=list(new.group_add),
        Links=list(new.link),
        OomScoreAdj=new.oom_score_adj or None,
        Privileged=new.privileged or None,
        PublishAllPorts=new.publish_all or None,
        ReadonlyRootfs=new.read_only or None,
        SecurityOpt=options,
        StorageOpt=_storage(new.storage_opt),
        Tmpfs={path: how for path, _, how in (word.partition(":") for word in new.tmpfs)},
        ShmSize=(new.shm_size and size(new.shm_size)) or None,
        Sysctls=pairs(new.sysctl),
        Runtime=new.runtime,
        Isolation=new.isolation,
        Mounts=[mount(word, machine.here) for word in new.mount],
        Init=new.init or None,
        **modes,
        **_resources(new, devices),
    ) | paths  # fmt: skip


def _resources(new: NewContainer, devices: list[Json]) -> Json:
    def number(word: str) -> int | None:
        return (-1 if word == "-1" else size(word)) if word else None

    def rates(words: Iterable[str], read: Callable[[str], tuple[str, int]]) -> list[Json]:
        return [{"Path": device, "Rate": rate} for device, rate in map(read, words)]

    weights = map(weight_of, new.blkio_weight_device)
    swappiness = new.memory_swappiness if new.memory_swappiness != -1 else None
    return given(
        CpuShares=new.cpu_shares or None,
        Memory=number(new.memory) or None,
        NanoCpus=(cpus(new.cpus) if new.cpus else 0) or None,
        CgroupParent=new.cgroup_parent,
        BlkioWeight=new.blkio_weight or None,
        BlkioWeightDevice=[{"Path": device, "Weight": weight} for device, weight in weights],
        BlkioDeviceReadBps=rates(new.device_read_bps, bytes_of),
        BlkioDeviceWriteBps=rates(new.device_write_bps, bytes_of),
        BlkioDeviceReadIOps=rates(new.device_read_iops, times_of),
        BlkioDeviceWriteIOps=rates(new.device_write_iops, times_of),
        CpuPeriod=new.cpu_period or None,
        CpuQuota=new.cpu_quota or None,
        CpuRealtimePeriod=new.cpu_rt_period or None,
        CpuRealtimeRuntime=new.cpu_rt_runtime or None,
        CpusetCpus=new.cpuset_cpus,
        CpusetMems=new.cpuset_mems,
        Devices=[device for device in devices if "Driver" not in device],
        DeviceCgroupRules=list(new.device_cgroup_rule),
        DeviceRequests=[
            *(device for device in devices if "Driver" in device),
            *map(gpu, new.gpus),
        ],
        MemoryReservation=number(new.memory_reservation) or None,
        MemorySwap=number(new.memory_swap) or None,
        MemorySwappiness=swappiness,
        OomKillDisable=new.oom_kill_disable or None,
        PidsLimit=new.pids_limit or None,
        Ulimits=sorted(map(ulimit, new.ulimit), key=lambda limit: str(limit["Name"])),
        CpuCount=new.cpu_count or None,
        CpuPercent=new.cpu_percent or None,
        IOMaximumIOps=new.io_maxiops or None,
        IOMaximumBandwidth=number(new.io_maxbandwidth) or None,
    )


def restart(word: str) -> Json:
    """``on-failure:3`` in the API's words. Raises DockerRefused."""
    if not word:
        return {}
    policy, colon, count = word.partition(":")
    if colon and not policy:
        raise refused("invalid restart policy format: no policy provided before colon")
    if colon and not re.fullmatch(r"[+-]?[0-9]+", count):
        what = "maximum retry count must be an integer"
        raise refused(f"invalid restart policy format: {what}")
    return {"Name": policy, "MaximumRetryCount": int(count or 0)}


def _binds(words: tuple[str, ...], here: str) -> list[str]:
    """Those that name what is mounted; the others are volumes without a name."""
    if "" in words:
        raise refused("invalid empty volume spec")
    return [_bind(word, here) for word in words if ":" in word]


def _bind(word: str, here: str) -> str:
    """A relative folder of the machine becomes an absolute one. Raises DockerRefused."""
    source, _, inside = word.partition(":")
    if not all(word.split(":")):
        raise refused(f"invalid spec: {word}: empty section between colons")
    if word.count(":") > 2 and not re.search(r"(^|:)[A-Za-z]:", word):  # a letter is a drive
        raise refused(f"invalid spec: {word}: too many colons")
    if source.startswith("."):
        source = posixpath.normpath(posixpath.join(here, source))
    return f"{source}:{inside}"


def _modes(new: NewContainer) -> Json:
    """The namespaces. Raises DockerRefused for those that the command itself checks."""
    if not (new.pid in ("", "host") or re.fullmatch("container:.+", new.pid)):
        raise refused("--pid: invalid PID mode")
    if new.uts not in ("", "host"):
        raise refused("--uts: invalid UTS mode")
    if new.userns not in ("", "host"):
        raise refused("--userns: invalid USER mode")
    if new.cgroupns not in ("", "host", "private"):
        raise refused("--cgroupns: invalid CGROUP mode")
    return given(
        IpcMode=new.ipc, PidMode=new.pid, UTSMode=new.uts, UsernsMode=new.userns,
        CgroupnsMode=new.cgroupns,
    )  # fmt: skip


def _log(new: NewContainer) -> Json:
    if new.log_driver == "none" and new.log_opt:
        raise refused(f"invalid logging opts for driver {new.log_driver}")
    return dict(pairs(new.log_opt))


def _storage(words: Iterable[str]) -> Json:
    if any("=" not in word for word in words):
        raise refused("invalid storage option")
    return dict(pairs(words))
