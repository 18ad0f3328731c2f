"""/proc of a container."""

from __future__ import annotations

from functools import partial

from essaim_practice.files.kernel_files import KB, Facts, Node, Seen, empty, link, text
from essaim_practice.files.rights import Bounds, mask
from essaim_practice.store import kernel
from essaim_practice.store.file_tree import Device

_BOOT = 60.0  # seconds that a machine takes to come up, before its engine does
_EMPTY_PROC = (
    "buddyinfo config.gz consoles crypto devices diskstats dma execdomains interrupts iomem ioports"
    " kallsyms key-users keys kmsg kpagecgroup kpagecount kpageflags locks misc mtrr pagetypeinfo"
    " slabinfo softirqs timer_list vmallocinfo vmstat zoneinfo"
)
_EMPTY_PROCESS = (
    "arch_status autogroup auxv clear_refs coredump_filter cpuset io maps mem mountstats numa_maps"
    " ksm_merging_pages ksm_stat pagemap personality projid_map sched schedstat sessionid setgroups"
    " smaps smaps_rollup stack syscall timens_offsets timers timerslack_ns wchan"
)
_FILESYSTEMS = b"""\
nodev\tsysfs
nodev\ttmpfs
nodev\tproc
nodev\tcgroup2
nodev\tdevtmpfs
nodev\tpipefs
nodev\tdevpts
\text4
nodev\toverlay
nodev\tmqueue
"""
_CPU = """\
processor\t: {0}
vendor_id\t: EssaimPractice
cpu family\t: 6
model\t\t: 1
model name\t: simulated CPU
stepping\t: 1
cpu MHz\t\t: 2000.000
cache size\t: 4096 KB
physical id\t: 0
siblings\t: {1}
core id\t\t: {0}
cpu cores\t: {1}
flags\t\t: fpu
bogomips\t: 4000.00

"""
_DEVICES_OF_NET = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo \
colls carrier compressed
"""
_LIMITS = (  # of /proc/PID/limits: name, that of --ulimit, unit
    ("Max cpu time", "cpu", "seconds"),
    ("Max file size", "fsize", "bytes"),
    ("Max data size", "data", "bytes"),
    ("Max stack size", "stack", "bytes"),
    ("Max core file size", "core", "bytes"),
    ("Max resident set", "rss", "bytes"),
    ("Max processes", "nproc", "processes"),
    ("Max open files", "nofile", "files"),
    ("Max locked memory", "memlock", "bytes"),
    ("Max address space", "as", "bytes"),
    ("Max file locks", "locks", "locks"),
    ("Max pending signals", "sigpending", "signals"),
    ("Max msgqueue size", "msgqueue", "bytes"),
    ("Max nice priority", "nice", ""),
    ("Max realtime priority", "rtprio", ""),
    ("Max realtime timeout", "rttime", "us"),
)


def processes(facts: Facts, reader: int) -> Node:
    """The root of /proc."""
    seen = {str(one.pid): one for one in facts.processes()}
    up = facts.now() - facts.booted() + _BOOT
    memory = "".join(f"{name + ':':<16}{size:8} kB\n" for name, size in kernel.MEMORY.items())
    cpus = "".join(_CPU.format(number, kernel.CPUS) for number in range(kernel.CPUS))
    version = f"Linux version {kernel.RELEASE} (simulated) {kernel.VERSION}"
    idle = int(up * 100)
    times = f"{int(up)} 0 {int(up)} {idle} 0 0 0 0 0 0"
    lines = [f"cpu  {times}", *(f"cpu{number} {times}" for number in range(kernel.CPUS))]
    own = str(reader) if str(reader) in seen else "1"
    folders: dict[str, Node] = {name: {} for name in ("acpi", "bus", "driver", "fs", "irq")}
    folders |= {name: {} for name in ("pressure", "sysvipc", "tty")}
    return {
        **empty(_EMPTY_PROC),
        **folders,
        **{pid: partial(_process, facts, one) for pid, one in seen.items()},
        "self": link(own),
        "thread-self": link(f"{own}/task/{own}"),
        "mounts": link("self/mounts"),
        "net": link("self/net"),
        "cgroups": b"#subsys_name\thierarchy\tnum_cgroups\tenabled\n",
        "cmdline": text("BOOT_IMAGE=/vmlinuz quiet"),
        "cpuinfo": cpus.encode(),
        "filesystems": _FILESYSTEMS,
        "loadavg": text(f"{kernel.LOAD} 1/{120 + len(seen)} {reader}"),
        "meminfo": memory.encode(),
        "partitions": text("major minor  #blocks  name\n\n 254        0   62914560 vda"),
        "stat": text("\n".join([*lines, f"btime {int(facts.booted() - _BOOT)}"])),
        "swaps": b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
        "sys": {},  # mounted by itself
        "uptime": text(f"{up:.2f} {up * kernel.CPUS * 0.9:.2f}"),
        "version": text(version),
    }


def _process(facts: Facts, one: Seen) -> Node:
    state = "R (running)" if one.name == "cat" else "S (sleeping)"
    pid = str(one.pid)
    environment = "".join(f"{name}={value}\0" for name, value in facts.environment().items())
    started = int((one.started - facts.booted() + _BOOT) * 100)
    streams: dict[str, Node] = {str(n): Device(0o620, 0.0, major=136, minor=n) for n in range(3)}
    return {
        **empty(_EMPTY_PROCESS),
        "attr": {},
        "fdinfo": {},
        "map_files": {},
        "fd": streams,
        "ns": {name: link(f"{name}:[4026531835]") for name in _NAMESPACES},
        "task": {pid: lambda: {"comm": text(one.name), "children": b""}},
        "net": lambda: _net(facts),
        "cgroup": b"0::/\n",
        "cmdline": "".join(f"{word}\0" for word in one.argv).encode(errors="surrogateescape"),
        "comm": text(one.name),
        "cwd": link(facts.working_folder()),
        "environ": environment.encode(errors="surrogateescape"),
        "exe": link(one.program),
        "root": link("/"),
        "limits": _limits(facts.bounds()).encode(),
        "loginuid": b"4294967295",
        "mounts": facts.mounts().encode(errors="surrogateescape"),
        "mountinfo": _mountinfo(facts.mounts()).encode(errors="surrogateescape"),
        "oom_adj": b"0\n",
        "oom_score": b"0\n",
        "oom_score_adj": text(facts.host_config().get("OomScoreAdj") or 0),
        "stat": text(
            f"{pid} ({one.name}) {state[0]} {one.parent} {pid} {pid} 0 -1 4194560 100 0 0 0 0 0 0 0"
            f" 20 0 1 0 {started} {KB * 1024} 316"
        ),
        "statm": b"567 345 332 388 0 77 0\n",
        "status": _status(facts, one, state).encode(),
        "uid_map": b"         0          0 4294967295\n",
        "gid_map": b"         0          0 4294967295\n",
    }


_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")


def _status(facts: Facts, one: Seen, state: str) -> str:
    bounding = mask(facts.bounds().capabilities)
    held = bounding if one.uid == 0 else "0" * 16
    groups = " ".join(map(str, one.groups or (one.gid,)))
    privileged = bool(facts.host_config().get("Privileged"))
    rows = {
        "Name": one.name,
        "Umask": "0022",
        "State": state,
        "Tgid": one.pid,
        "Ngid": 0,
        "Pid": one.pid,
        "PPid": one.parent,
        "TracerPid": 0,
        "Uid": "\t".join([str(one.uid)] * 4),
        "Gid": "\t".join([str(one.gid)] * 4),
        "FDSize": 64,
        "Groups": f"{groups} ",
        "NStgid": one.pid,
        "NSpid": one.pid,
        "NSpgid": one.pid,
        "NSsid": one.pid,
        "VmPeak": f"{KB:8} kB",
        "VmSize": f"{KB:8} kB",
        "VmRSS": f"{1380:8} kB",
        "Threads": 1,
        "SigQ": f"0/{facts.bounds().ulimits['sigpending'][0]}",
        "CapInh": "0" * 16,
        "CapPrm": held,
        "CapEff": held,
        "CapBnd": bounding,
        "CapAmb": "0" * 16,
        "NoNewPrivs": 0,
        "Seccomp": 0 if privileged else 2,
        "Seccomp_filters": 0 if privileged else 1,
        "Cpus_allowed": f"{2**kernel.CPUS - 1:x}",
        "Cpus_allowed_list": f"0-{kernel.CPUS - 1}",
    }
    return "".join(f"{name}:\t{value}\n" for name, value in rows.items())


def _limits(bounds: Bounds) -> str:
    def shown(value: int) -> str:
        return "unlimited" if value < 0 else str(value)

    rows = [f"{'Limit':<25} {'Soft Limit':<20} {'Hard Limit':<20} {'Units':<10}\n"]
    for title, name, unit in _LIMITS:
        soft, hard = (shown(value) for value in bounds.ulimits[name])
        rows.append(f"{title:<25} {soft:<20} {hard:<20} {unit:<10}\n")
    return "".join(rows)


def _mountinfo(mounts: str) -> str:
    rows = []
    for number, row in enumerate(mounts.splitlines(), 166):
        device, target, kind, options, *_ = row.split(" ")
        rows.append(f"{number} 166 0:{number} / {target} {options} - {kind} {device} rw\n")
    return "".join(rows)


def _net(facts: Facts) -> Node:
    names = ["lo", *(nic.name for nic in facts.interfaces())]
    zeros = (
        "       0       0    0    0    0     0          0         0"
        "        0       0    0    0    0     0       0          0\n"
    )
    rows = "".join(f"{name:>6}:{zeros}" for name in names)
    head = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
    )
    sockets: dict[str, Node] = {name: text(head) for name in ("tcp", "tcp6", "udp", "udp6")}
    return {**sockets, "dev": (_DEVICES_OF_NET + rows).encode(), "unix": b"", "route": b""}
