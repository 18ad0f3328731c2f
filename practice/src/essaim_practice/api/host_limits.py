"""Resource limits of a container: the daemon's refusals and warnings.

The rules are the daemon's (moby 28: daemon/daemon_unix.go), in its order.
"""

from __future__ import annotations

from collections.abc import Iterator

from essaim_practice.store.objects import Json

_LEAST_MEMORY = 6 * 2**20  # bytes


def problems(host: Json, cpus: int) -> Iterator[str]:
    memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
    reserved, shares = host.get("MemoryReservation") or 0, host.get("CpuShares") or 0
    if memory and memory < _LEAST_MEMORY:
        yield "Minimum memory limit allowed is 6MB"
    if memory > 0 and 0 < swap < memory:
        yield "Minimum memoryswap limit should be larger than memory limit, see usage"
    if not memory and swap > 0:
        yield "You should always set the Memory limit when using Memoryswap limit, see usage"
    if 0 < reserved < _LEAST_MEMORY:
        yield "Minimum memory reservation allowed is 6MB"
    if 0 < memory < reserved:
        yield "Minimum memory limit can not be less than memory reservation limit, see usage"
    if host.get("NanoCpus") and (host.get("CpuPeriod") or host.get("CpuQuota")):
        which = "Period" if host.get("CpuPeriod") else "Quota"
        yield f"Conflicting options: Nano CPUs and CPU {which} cannot both be set"
    period, quota = host.get("CpuPeriod") or 0, host.get("CpuQuota") or 0
    if period and not 1000 <= period <= 1_000_000:
        range_ = "less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
        yield f"CPU cfs period can not be {range_}"
    if 0 < quota < 1000:
        yield "CPU cfs quota can not be less than 1ms (i.e. 1000)"
    if not 0 <= (host.get("NanoCpus") or 0) <= cpus * 10**9:
        available = f"as there are only {cpus} CPUs available"
        yield f"range of CPUs is from 0.01 to {cpus}.00, {available}"
    if shares < 0:
        yield f"invalid CPU shares ({shares}): value must be a positive integer"
    for name, field, what, last in (
        ("cpus", "CpusetCpus", "CPUs", cpus - 1),
        ("mems", "CpusetMems", "memory nodes", 0),
    ):
        wanted = str(host.get(field) or "")
        try:
            beyond = any(number > last for number in _numbers(wanted))
        except ValueError:
            yield f"Invalid value {wanted} for cpuset {name}: invalid format: {wanted}"
        else:
            if beyond:
                available = f"0-{last}" if last else "0"
                shown = f"requested {wanted}, available: {available}"
                yield f"Requested {what} are not available - {shown}"
    swappiness = host.get("MemorySwappiness")
    if swappiness is not None and swappiness != -1 and not 0 <= swappiness <= 100:
        yield f"Invalid value: {swappiness}, valid memory swappiness range is 0-100"
    for field, what in (("IOMaximumBandwidth", "bandwidth"), ("IOMaximumIOps", "IOPs")):
        if host.get(field):
            yield f"invalid option: QoS maximum {what} configuration is not supported on linux"
    if 0 < (host.get("BlkioWeight") or 0) < 10 or (host.get("BlkioWeight") or 0) > 1000:
        yield "Range of blkio weight is from 10 to 1000"


def warnings(host: Json) -> list[str]:
    """The daemon's warnings about limits."""
    said = []
    if host.get("OomKillDisable") and not host.get("Memory"):
        said.append(
            "OOM killer is disabled for the container, but no memory limit is set, this can result "
            "in the system running out of resources."
        )
    if (host.get("CpuPercent") or 0) > 0:
        said.append("linux does not support CPU percent. Percent discarded.")
    return said


def _numbers(text: str) -> list[int]:
    """The ends of the ranges in ``0-2,4``. Raises ValueError."""
    found = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        ends = [int(first), int(last)] if dash else [int(first)]
        if ends != sorted(ends) or ends[0] < 0:
            raise ValueError(text)
        found += ends
    return found
