"""What a process may do: its user, its groups and its capabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.store.objects import Json

#: All capabilities, in the order of their numbers (linux/capability.h).
CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD"),
    *("LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG"),
    *("WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)
ALL = frozenset(CAPABILITIES)
#: What a container has unless asked otherwise (moby 28: oci/caps/defaults.go).
USUAL = frozenset((
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP",
    "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
))  # fmt: skip
#: Soft and hard limits of a process, by the names of --ulimit; -1: none. As a container has them
#: whose engine is asked for none, on a machine of 4 GiB.
ULIMITS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("as", "cpu", "data", "fsize", "locks", "rss", "rttime"), (-1, -1)),
    **dict.fromkeys(("nproc", "sigpending"), (15713, 15713)),
    "core": (0, -1),
    "memlock": (8388608, 8388608),
    "msgqueue": (819200, 819200),
    "nice": (0, 0),
    "nofile": (1048576, 1048576),
    "rtprio": (0, 0),
    "stack": (8388608, -1),
}
_LONGEST_BOOK = 64 * 1024  # bytes of /etc/passwd and /etc/group that are looked at


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a container lets its processes have."""

    capabilities: frozenset[str] = USUAL
    ulimits: Mapping[str, tuple[int, int]] = field(default_factory=lambda: ULIMITS)
    pids: int = 0  # how many processes there may be; 0: no limit
    cpus: int = 0  # how many CPUs they may use; 0: all
    read_only: bool = False  # whether its root may only be read


USUAL_BOUNDS = Bounds()
UNBOUND = Bounds(ALL)  # of machines, and of privileged programs


@dataclass(frozen=True, slots=True)
class Rights:
    """Of one process. ``bounding``: capabilities that its container may have at all."""

    uid: int = 0
    gid: int = 0
    groups: frozenset[int] = frozenset()  # besides gid
    bounding: frozenset[str] = USUAL
    home: str = "/root"

    def can(self, capability: str) -> bool:
        """Whether it has a capability, which root alone does."""
        return self.uid == 0 and capability in self.bounding

    @property
    def is_free(self) -> bool:
        """Whether no permission of a file holds it up."""
        return self.uid == 0 and self.bounding >= {"DAC_OVERRIDE", "FOWNER", "CHOWN"}


def bounds_of(host: Json) -> Bounds:
    """Of a container with this HostConfig."""
    asked = {
        str(each["Name"]): (int(each.get("Soft") or 0), int(each.get("Hard") or 0))
        for each in host.get("Ulimits") or ()
    }
    capabilities, pids = _capabilities(host), max(0, int(host.get("PidsLimit") or 0))
    cpus = _count(str(host.get("CpusetCpus") or ""))
    read_only = bool(host.get("ReadonlyRootfs"))
    if not (asked or pids or cpus or read_only) and capabilities == USUAL:
        return USUAL_BOUNDS
    ulimits = {**ULIMITS, **asked} if asked else ULIMITS
    return Bounds(capabilities, ulimits, pids, cpus, read_only)


def _count(cpuset: str) -> int:
    """How many CPUs are in a list as ``0-2,4``; 0 for none."""
    ends = (part.partition("-") for part in cpuset.split(",") if part)
    return sum(int(last or first) - int(first) + 1 for first, _, last in ends)


def _capabilities(host: Json) -> frozenset[str]:
    """The capabilities of a container with this HostConfig (moby 28: oci/caps/utils.go)."""
    if host.get("Privileged"):
        return ALL
    added, dropped = _plain(host.get("CapAdd") or ()), _plain(host.get("CapDrop") or ())
    base = frozenset[str]() if "ALL" in dropped else USUAL
    if "ALL" in added:
        return ALL - dropped
    return (base - dropped) | added


def mask(capabilities: Iterable[str]) -> str:
    """As /proc/self/status shows capabilities: 16 hex digits."""
    return f"{sum(1 << CAPABILITIES.index(name) for name in capabilities):016x}"


def _plain(names: Iterable[object]) -> frozenset[str]:
    return frozenset(str(name).upper().removeprefix("CAP_") for name in names)


def of(fs: FileSystem, user: str, groups: tuple[str, ...], bounding: frozenset[str]) -> Rights:
    """The rights of a user, ``name`` or ``uid``, with ``:group`` or without.

    As the engine finds them in the books of the container (moby: user.GetExecUser).
    """
    return _known(_book(fs, "passwd"), _book(fs, "group"), user, groups, bounding)


def _book(fs: FileSystem, name: str) -> bytes:
    try:
        return fs.read(f"/etc/{name}")[:_LONGEST_BOOK]
    except OSError:
        return b""


@lru_cache(maxsize=64)
def _known(
    passwd: bytes, group: bytes, user: str, groups: tuple[str, ...], bounding: frozenset[str]
) -> Rights:
    name, _, asked = user.partition(":")
    name = name or "root"
    uid, gid, home = (int(name) if name.isdecimal() else 0), 0, "/"
    for row in _rows(passwd):
        if len(row) > 3 and name in (row[0], row[2]) and row[2].isdecimal():
            name, uid, gid = row[0], int(row[2]), int(row[3]) if row[3].isdecimal() else 0
            home = (row[5] if len(row) > 5 else "") or "/"
            break
    rows = [row for row in _rows(group) if len(row) > 2 and row[2].isdecimal()]
    numbers = {row[0]: int(row[2]) for row in rows}
    if asked:
        gid = int(asked) if asked.isdecimal() else numbers.get(asked, 0)
        more = set[int]()
    else:
        more = {int(row[2]) for row in rows if len(row) > 3 and name in row[3].split(",")}
    more |= {int(each) if each.isdecimal() else numbers.get(each, 0) for each in groups}
    return Rights(uid, gid, frozenset(more), bounding, home)


def _rows(book: bytes) -> list[list[str]]:
    return [line.split(":") for line in book.decode(errors="replace").splitlines()]
