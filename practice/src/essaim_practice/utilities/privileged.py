"""What the kernel lets privileged processes do: chroot, mknod, dmesg, reboot, renice."""

from __future__ import annotations

from posixpath import normpath

from essaim_practice.programs.base import MACHINE, Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Device
from essaim_practice.utilities.base import Misuse, options, place, tool
from essaim_practice.utilities.running import run

_DENIED = "Operation not permitted"


@tool("chroot", usage="NEWROOT [PROG ARGS]")
def chroot(argv: list[str], context: Context) -> Steps:
    if len(argv) < 2:
        raise Misuse
    root, inside = argv[1], normpath(place(context, argv[1]))
    try:
        context.fs.listing(inside)
    except OSError as error:
        said = f"can't change root directory to '{root}': {error.strerror}"
        raise Complaint(said, 1) from None
    if not context.rights.can("SYS_CHROOT"):
        raise Complaint(f"can't change root directory to '{root}': {_DENIED}", 1)
    if inside != "/":
        yield line("chroot: a root other than / is unsupported by the practice engine", 2)
        return 125
    return (yield from run(argv[2:] or ["/bin/sh", "-i"], context))


@tool("mknod", usage="[-m MODE] NAME TYPE [MAJOR MINOR]")
def mknod(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "", "m")
    if len(asked.words) < 2 or asked.words[1] not in "bcup":
        raise Misuse
    name, kind, *numbers = asked.words
    if kind in "bp":
        raise Complaint(f"{name}: unsupported by the practice engine", 1)
    if len(numbers) != 2 or not all(n.isdecimal() and len(n) < 8 for n in numbers):
        raise Misuse
    path = place(context, name)
    if context.fs.exists(path):
        raise Complaint(f"{name}: File exists", 1)
    if not context.rights.can("MKNOD"):
        raise Complaint(f"{name}: {_DENIED}", 1)
    mode = int(asked.get("m", "644"), 8) & 0o777
    major, minor = map(int, numbers)
    context.fs.put(path, Device(mode, context.now(), major=major, minor=minor))
    yield from ()
    return 0


@tool("dmesg", usage="[-cr] [-n LEVEL] [-s SIZE]")
def dmesg(argv: list[str], context: Context) -> Steps:
    if not context.rights.can("SYSLOG"):
        raise Complaint(f"klogctl: {_DENIED}", 1)
    yield line("(simulated) the kernel's messages are unsupported by the practice engine")
    return 0


@tool("reboot", "halt", "poweroff", usage="[-d DELAY] [-nf]")
def reboot(argv: list[str], context: Context) -> Steps:
    """In a container it asks an init that is not there; that is all that happens."""
    if context.image.base == MACHINE:
        yield line(f"{argv[0]}: unsupported by the practice engine", 2)
        return 1
    return 0


@tool("renice", usage="[-n] PRIORITY [[-p|g|u] ID...]...")
def renice(argv: list[str], context: Context) -> Steps:
    words = [word for word in argv[1:] if word not in ("-n", "-p", "-g", "-u")]
    if len(words) < 2:
        raise Misuse
    if words[0].startswith("-") and not context.rights.can("SYS_NICE"):
        raise Complaint("setpriority: Permission denied", 1)
    yield from ()
    return 0
