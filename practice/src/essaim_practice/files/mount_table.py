"""What is mounted in a container, as /proc/mounts shows it and df measures it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from essaim_practice.store.objects import Container

_DISK = "rw,relatime,discard,resv_strict,resuid=65534,resgid=65534"  # how a machine mounts its disk
_KERNEL = "nosuid,nodev,noexec,relatime"
_TERMINALS = "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666"
_SHM = 64 * 2**20  # bytes of /dev/shm unless asked otherwise
_LAYERS = "/var/lib/docker/overlay2"


def text_of(container: Container) -> str:
    """The lines of /proc/mounts."""
    rows = (*_first(container), *_asked(container), *_engines(container), *_masked(container))
    return "".join(f"{' '.join(row)} 0 0\n" for row in rows)


_Row = tuple[str, str, str, str]


def _first(container: Container) -> Iterator[_Row]:
    """The root, and what the kernel provides."""
    host = container.host_config
    access = "ro" if host.get("ReadonlyRootfs") else "rw"
    layer = sha256(container.id.encode()).hexdigest()
    links = ":".join(f"{_LAYERS}/l/{_letters(container.id + name)}" for name in ("init", "image"))
    where = f"lowerdir={links},upperdir={_LAYERS}/{layer}/diff,workdir={_LAYERS}/{layer}/work"
    yield "overlay", "/", "overlay", f"{access},relatime,{where}"
    yield "proc", "/proc", "proc", f"rw,{_KERNEL}"
    yield "tmpfs", "/dev", "tmpfs", "rw,nosuid,size=65536k,mode=755"
    yield "devpts", "/dev/pts", "devpts", _TERMINALS
    privileged = "rw" if host.get("Privileged") else "ro"
    yield "sysfs", "/sys", "sysfs", f"{privileged},{_KERNEL}"
    yield "cgroup", "/sys/fs/cgroup", "cgroup2", f"{privileged},{_KERNEL},nsdelegate"
    yield "mqueue", "/dev/mqueue", "mqueue", f"rw,{_KERNEL}"
    shm = int(host.get("ShmSize") or _SHM)
    yield "shm", "/dev/shm", "tmpfs", f"rw,{_KERNEL},size={shm // 1024}k"  # noqa: S108


def _letters(text: str) -> str:
    """26 capital letters and digits, as the names of layers' links are."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(signs[byte % 32] for byte in sha256(text.encode()).digest()[:26])


def _asked(container: Container) -> Iterator[_Row]:
    """Volumes, folders of the machine, memory, secrets and configs."""
    for mount in container.mounts:
        if mount.problem:
            continue
        access = "rw" if mount.writable else "ro"
        if mount.kind == "tmpfs":
            size = f",size={mount.size // 1024}k" if mount.size else ""
            mode = f",mode={mount.permissions:o}" if mount.permissions not in (0, 0o1777) else ""
            yield "tmpfs", mount.target, "tmpfs", f"{access},{_KERNEL}{size}{mode}"
        elif mount.kind == "file":
            yield "tmpfs", mount.target, "tmpfs", "ro,relatime"
        else:
            yield "/dev/vda", mount.target, "ext4", access + _DISK[2:]


def _engines(container: Container) -> Iterator[_Row]:
    """The files that the engine writes."""
    taken = {mount.target for mount in container.mounts}
    for name in ("resolv.conf", "hostname", "hosts"):
        if f"/etc/{name}" not in taken:
            yield "/dev/vda", f"/etc/{name}", "ext4", _DISK


def _masked(container: Container) -> Iterator[_Row]:
    """What of /proc and /sys a container may not see or change."""
    host = container.host_config
    if container.config.get("Tty"):
        yield "devpts", "/dev/console", "devpts", _TERMINALS
    if host.get("Privileged"):
        return
    for name in ("bus", "fs", "irq", "sys"):
        yield "proc", f"/proc/{name}", "proc", f"ro,{_KERNEL}"
    yield "tmpfs", "/proc/acpi", "tmpfs", "ro,relatime,size=4k,nr_inodes=1"
    for name in ("interrupts", "keys", "timer_list"):
        yield "tmpfs", f"/proc/{name}", "tmpfs", "rw,nosuid,size=65536k,mode=755"
    yield "tmpfs", "/sys/firmware", "tmpfs", "ro,relatime,size=4k,nr_inodes=1"
