"""/sys of a container."""

from __future__ import annotations

from essaim_practice.files.kernel_files import KB, Facts, Nic, Node, link, text
from essaim_practice.store import kernel

_CLASSES = (
    "bdi block bsg cpuid dma firmware hidraw input iommu mem misc net pci_bus power_supply pps ptp"
    " thermal tty vc vtconsole watchdog"
)


def devices(facts: Facts, reader: int) -> Node:
    """The root of /sys."""
    names = ["lo", *(nic.name for nic in facts.interfaces())]
    links: dict[str, Node] = {
        name: link(f"../../devices/virtual/net/{name}") for name in sorted(names)
    }
    classes: dict[str, Node] = {name: {} for name in _CLASSES.split()}
    folders: dict[str, Node] = {name: {} for name in ("block", "bus", "dev", "firmware")}
    folders |= {name: {} for name in ("kernel", "module", "power")}
    return {
        **folders,
        "class": {**classes, "net": links},
        "devices": {"virtual": {"net": lambda: _nics(facts)}, "system": {"cpu": _cpus()}},
        "fs": {"cgroup": lambda: _cgroup(facts)},
    }


def _cpus() -> Node:
    one: dict[str, Node] = {f"cpu{number}": {} for number in range(kernel.CPUS)}
    return {**one, "online": text(f"0-{kernel.CPUS - 1}")}


def _nics(facts: Facts) -> Node:
    found = {nic.name: _nic(nic) for nic in facts.interfaces()}
    return {"lo": _nic(Nic("lo", 1, "00:00:00:00:00:00", 65536)), **found}


def _nic(nic: Nic) -> Node:
    own = nic.name != "lo"
    kinds = ("bytes", "dropped", "errors", "packets")
    counted = [f"{way}_{kind}" for way in ("rx", "tx") for kind in kinds]
    return {
        "address": text(nic.mac),
        "addr_len": text(6),
        "broadcast": text("ff:ff:ff:ff:ff:ff" if own else "00:00:00:00:00:00"),
        "carrier": text(1),
        "duplex": text("full"),
        "flags": text("0x1003" if own else "0x9"),
        "ifindex": text(nic.number),
        "mtu": text(nic.mtu),
        "operstate": text("up" if own else "unknown"),
        "speed": text(10000),
        "statistics": {name: text(0) for name in counted},
        "tx_queue_len": text(0 if own else 1000),
        "type": text(1 if own else 772),
    }


def _cgroup(facts: Facts) -> Node:
    """As cgroup v2 shows a container its own limits."""
    host = facts.host_config()

    def most(value: object) -> bytes:
        return text(value if isinstance(value, int) and value > 0 else "max")

    period = int(host.get("CpuPeriod") or 100_000)
    quota = int(host.get("CpuQuota") or 0)
    nano = int(host.get("NanoCpus") or 0)
    quota = quota if quota > 0 else nano * period // 10**9
    shares = int(host.get("CpuShares") or 1024)
    memory = int(host.get("Memory") or 0)
    swap = int(host.get("MemorySwap") or 0)
    pids = "".join(f"{one.pid}\n" for one in facts.processes())
    return {
        "cgroup.controllers": text("cpuset cpu io memory hugetlb pids rdma misc"),
        "cgroup.procs": pids.encode(),
        "cgroup.threads": pids.encode(),
        "cgroup.type": text("domain"),
        "cpu.max": text(f"{quota or 'max'} {period}"),
        "cpu.stat": text("usage_usec 0\nuser_usec 0\nsystem_usec 0"),
        "cpu.weight": text(1 + (shares - 2) * 9999 // 262142),
        "cpuset.cpus": text(host.get("CpusetCpus") or ""),
        "cpuset.cpus.effective": text(host.get("CpusetCpus") or f"0-{kernel.CPUS - 1}"),
        "memory.current": text(KB * 1024),
        "memory.high": b"max\n",
        "memory.low": text(host.get("MemoryReservation") or 0),
        "memory.max": most(memory),
        "memory.swap.max": most(swap - memory if memory and swap > memory else 0),
        "pids.current": text(len(facts.processes())),
        "pids.max": most(host.get("PidsLimit")),
    }
