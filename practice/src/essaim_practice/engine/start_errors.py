"""Settings that are refused only when a container starts, in the daemon's and runc's words.

All messages were recorded from an engine of Docker 28.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from essaim_practice.engine import log_drivers
from essaim_practice.programs.base import UNABLE
from essaim_practice.store.objects import Container, Json

_LIMITS = (
    *("cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as"),
    *("locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"),
)  # in the order of their numbers
_SYSCTLS = re.compile(
    r"net\..+|fs\.mqueue\..+|kernel\.(?:domainname|hostname|msgmax|msgmnb|msgmni|sem|shmall|shmmax"
    r"|shmmni|shm_rmid_forced)"
)
_NET_SYSCTLS = ("bridge", "core", "ipv4", "ipv6", "mptcp", "netfilter", "unix")
_TMPFS_FLAGS = re.compile(
    r"defaults|bind|remount|lazytime|strictatime|relatime|ro|rw|(?:no)?(?:atime|diratime|dev|exec"
    r"|iversion|mand|suid|lazytime|relatime|strictatime)|sync|async|dirsync|loud|silent"
    r"|r?(?:bind|private|shared|slave|unbindable)"
)
_TMPFS_VALUES = {
    "size": re.compile(r"[0-9]+[kmgtpe%]?", re.IGNORECASE),
    "mode": re.compile(r"[0-7]+"),
    "uid": re.compile(r"[0-9]+"),
    "gid": re.compile(r"[0-9]+"),
    "nr_inodes": re.compile(r"[0-9]+[kmgtpe]?", re.IGNORECASE),
    "nr_blocks": re.compile(r"[0-9]+[kmgtpe]?", re.IGNORECASE),
}
_MOST_FILES = 1048576  # that a process may have open at all (fs.nr_open)
_LONGEST_NAME = 64  # of a host, for the kernel
_TASK = "failed to create task for container: "
_RUNC = f"{_TASK}failed to create shim task: OCI runtime create failed: runc create failed: "
_INIT = f"{_RUNC}{UNABLE}: error during container init: "


def problem(container: Container) -> str:
    """The first error; '' for a container that can start."""
    return next(_problems(container), "")


def _problems(container: Container) -> Iterator[str]:
    host = container.host_config
    for server in host.get("Dns") or ():
        try:
            ip_address(server)
        except ValueError:
            yield f'bad nameserver address {server}: ParseAddr("{server}"): unable to parse IP'
    for field in ("ReadBps", "WriteBps", "ReadIOps", "WriteIOps"):
        for device in host.get(f"BlkioDevice{field}") or ():
            yield f"stat {device.get('Path')}: no such file or directory"
    for rule in host.get("DeviceCgroupRules") or ():
        if not re.fullmatch(r"[acb] (?:[0-9]+|\*):(?:[0-9]+|\*) [rwm]{1,3}", rule):
            yield f"invalid device cgroup rule format: '{rule}'"
    yield from _tmpfs_options(host)
    yield from (f"{_TASK}failed to initialize logging driver: {each}" for each in _logging(host))
    yield from _runc(container)


def _logging(host: Json) -> Iterator[str]:
    if failure := log_drivers.failure(host.get("LogConfig") or {}):
        yield failure


def _runc(container: Container) -> Iterator[str]:
    host = container.host_config
    for name in host.get("Sysctls") or {}:
        if name.startswith("net.") and host.get("NetworkMode") == "host":
            yield f'{_RUNC}sysctl "{name}" not allowed in host network namespace'
        elif not _SYSCTLS.fullmatch(name):
            yield f'{_RUNC}sysctl "{name}" is not in a separate kernel namespace'
        elif name == "kernel.hostname":
            text = f'sysctl "{name}" is not allowed as it conflicts with the OCI "hostname" field'
            yield f"{_RUNC}{text}"
        elif name.startswith("net.") and name.split(".")[1] not in _NET_SYSCTLS:
            path = f"openat2 fsmount:fscontext:proc/./sys/{name.replace('.', '/')}"
            problem = f"open sysctl {name} file: unsafe procfs detected: {path}"
            yield f"{_INIT}{problem}: no such file or directory"
    for limit in host.get("Ulimits") or ():
        name = str(limit.get("Name") or "")
        soft, hard = limit.get("Soft") or 0, limit.get("Hard") or 0
        if name not in _LIMITS:
            yield f"{_RUNC}wrong rlimit value: RLIMIT_{name.upper()}"
        elif soft % 2**64 > hard % 2**64:  # -1 is without limit
            what = f"error setting rlimit type {_LIMITS.index(name)}: invalid argument"
            yield f"{_INIT}error setting rlimits for ready process: {what}"
        elif name == "nofile" and hard % 2**64 > _MOST_FILES:
            what = f"error setting rlimit type {_LIMITS.index(name)}: operation not permitted"
            yield f"{_INIT}error setting rlimits for ready process: {what}"
    shares = host.get("CpuShares") or 0
    allowed = "minimum allowed cpu-shares is 2" if shares == 1 else ""
    if shares > 2**18:
        allowed = f"maximum allowed cpu-shares is {2**18}"
    if allowed:
        yield f"{_INIT}error setting cgroup config for procHooks process: the {allowed}"
    if len(str(container.config.get("Hostname") or "")) > _LONGEST_NAME:
        yield f"{_INIT}sethostname: invalid argument"
    for path, options in (host.get("Tmpfs") or {}).items():
        for option in options.split(","):
            name, _, value = option.partition("=")
            if (form := _TMPFS_VALUES.get(name)) and not form.fullmatch(value):
                yield _unmounted(path, option)
    for mount in host.get("Mounts") or ():
        size = (mount.get("TmpfsOptions") or {}).get("SizeBytes") or 0
        if size < 0:
            yield _unmounted(str(mount.get("Target")), f"size={size}")


def _tmpfs_options(host: Json) -> Iterator[str]:
    for options in (host.get("Tmpfs") or {}).values():
        for option in filter(None, options.split(",")):
            known = _TMPFS_FLAGS.fullmatch(option) or option.partition("=")[0] in _TMPFS_VALUES
            if not known:
                yield f'invalid tmpfs option "{option}"'


def _unmounted(path: str, data: str) -> str:
    place = f"src=tmpfs, dst={path}, dstFd=/proc/thread-self/fd/11"
    flags = "flags=MS_NOSUID|MS_NODEV|MS_NOEXEC"
    mounting = f'error mounting "tmpfs" to rootfs at "{path}"'
    return f"{_INIT}{mounting}: mount {place}, {flags}, data={data}: invalid argument"
