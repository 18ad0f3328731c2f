"""mount, umount and df: what is mounted where, and how full it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store import kernel
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import ENTRY, gnu, options, place, reason, tool
from essaim_practice.utilities.listing import human

_DISK = 60 * 2**20  # kB of a machine's disk
_SYSTEM = 8192  # kB of it that the system takes
_SIZED = ("overlay", "tmpfs", "ext4")  # the kinds that have a size
_SIZE = re.compile(r"\bsize=([0-9]+)k")
_USUAL = """\
overlay / overlay rw,relatime 0 0
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
tmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0
sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0
"""  # where no /proc tells


@dataclass(frozen=True, slots=True)
class Mounted:
    """A line of /proc/mounts."""

    device: str
    target: str
    kind: str
    options: str

    def size(self) -> int:
        """In kB."""
        if self.kind != "tmpfs":
            return _DISK
        found = _SIZE.search(self.options)
        return int(found[1]) if found else kernel.MEMORY["MemTotal"] // 2

    def used(self, fs: FileSystem) -> int:
        """In kB."""
        own = -(-fs.held(self.target) // 1024)
        return own if self.kind == "tmpfs" else own + _SYSTEM


def _table(context: Context) -> Iterator[Mounted]:
    data = context.file("/proc/mounts")
    for row in (decoded(data) if data else _USUAL).splitlines():
        fields = row.split(" ")
        if len(fields) >= 4:
            yield Mounted(*fields[:4])


@tool("mount", usage="[OPTIONS] [-o OPT] DEVICE NODE")
def mount(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "afrwnvisl", "to")
    if not asked.words:
        for row in _table(context):
            if asked.get("t") in ("", row.kind):
                shown = f"{row.device} on {row.target} type {row.kind} ({row.options})"
                yield line(shown)
        return 0
    if gnu(context):
        raise Complaint(f"{asked.words[-1]}: permission denied.", 32)
    if len(asked.words) == 1:
        raise Complaint(f"can't find {asked.words[0]} in /etc/fstab", 1)
    raise Complaint("permission denied (are you root?)", 1)


@tool("umount", usage="[-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY")
def umount(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "rlfdanv", "t")
    code = 0
    for word in asked.words:
        yield ENTRY
        said = f"{word}: must be superuser to unmount." if gnu(context) else ""
        yield line("umount: " + (said or f"can't unmount {word}: Operation not permitted"), 2)
        code = 32 if gnu(context) else 1
    return code


@tool("df", usage="[-PkmhTai] [-t TYPE] [-B SIZE] [FILESYSTEM]...")
def df(argv: list[str], context: Context) -> Steps:
    long = {"human-readable": "h", "print-type": "T", "all": "a"}
    asked = options(argv, "PkmhTaiH", "Bt", long)
    rows, code = list(_table(context)), 0
    shown = [row for row in rows if row.kind in _SIZED or "a" in asked]
    if asked.words:
        shown = []
        for name in asked.words:
            try:
                point = context.fs.mount_point(context.fs.resolve(place(context, name)))
                context.fs.entry(place(context, name))
                at = {row.target: row for row in rows}
                shown.append(at.get(point) or rows[0])
            except OSError as error:
                said = name if gnu(context) else f"{name}: can't find mount point"
                yield line(f"df: {said}: {reason(error)}" if gnu(context) else f"df: {said}", 2)
                code = 1
    if asked.get("t"):
        shown = [row for row in shown if row.kind == asked.get("t")]
    scale = 1024 if "m" in asked else 1
    kilo = "1024-blocks" if "P" in asked else "1K-blocks"
    size = "Inodes" if "i" in asked else "Size" if "h" in asked else ""
    size = size or ("1M-blocks" if "m" in asked else kilo)
    free = "Avail" if gnu(context) and "h" in asked else "Available"
    wide = 14 if gnu(context) else 20
    use = "Capacity" if "P" in asked and not gnu(context) else "Use%"
    kinds = f" {'Type':<10}" if "T" in asked else ""
    yield line(f"{'Filesystem':<{wide}}{kinds} {size:>9} {'Used':>9} {free:>9} {use} Mounted on")

    def cell(amount: int) -> str:
        if "i" in asked:
            return str(amount // 16)
        return human(amount * 1024) if "h" in asked else str(amount // scale)

    for row in shown:
        yield ENTRY
        total = row.size() if row.kind in _SIZED else 0
        used = min(row.used(context.fs), total) if total else 0
        percent = -(-100 * used // total) if total else 0
        kind = f" {row.kind:<10}" if "T" in asked else ""
        yield line(
            f"{row.device:<{wide}}{kind} {cell(total):>9} {cell(used):>9} {cell(total - used):>9} "
            f"{percent:>3}% {row.target}"
        )
    return code
