"""Routes on the use of containers: top, and invented stats."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from essaim_practice.api import versions
from essaim_practice.api.containers import called
from essaim_practice.api.routing import Request, route
from essaim_practice.programs.base import Running
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import NO_TIME, rfc3339
from essaim_practice.store.objects import Container, Engine

_FULL = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
_USERS = ("USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND")
_SHORT = ("PID", "TTY", "TIME", "CMD")
_STYLES = {"": _FULL, "-ef": _FULL, "ef": _FULL, "-f": _FULL, "aux": _USERS, "-aux": _USERS}
_STYLES |= {"-e": _SHORT, "-A": _SHORT, "ax": ("PID", "TTY", "STAT", "TIME", "COMMAND")}
_COLUMNS = {  # what -o calls them
    "pid": "PID", "ppid": "PPID", "user": "USER", "uid": "UID", "cmd": "CMD", "args": "COMMAND",
    "command": "COMMAND", "comm": "COMMAND", "tty": "TT", "time": "TIME", "stat": "STAT",
    "pcpu": "%CPU", "%cpu": "%CPU", "pmem": "%MEM", "%mem": "%MEM", "vsz": "VSZ", "rss": "RSS",
    "stime": "STIME", "start": "START", "etime": "ELAPSED",
}  # fmt: skip

_MEMORY = 4_001_792  # bytes: a first process
_MORE = 900_000  # each further one
_IDLE = 150_000  # nanoseconds of a CPU that a process that does nothing uses per second


@route("GET", "/containers/{id}/top")
def top(request: Request) -> Response:
    container = called(request)
    if container.state != "running":
        raise ApiError(409, f"container {container.id} is not running")
    titles, short = _columns(request.query.get("ps_args", ""))
    now = request.cluster.clock.now()
    running = request.cluster.processes.running(container.id)
    rows = []
    for number, (pid, process) in enumerate(running):
        apart = number == 0 or process.pid != running[number - 1][1].pid + 1
        parent = container.pid - 24 if apart else container.pid
        cells = _cells(container, pid, parent, process, now)
        if titles == _USERS:
            cells["TIME"] = "0:00"
        if short:
            cells["COMMAND"] = process.title.split(" ")[0].rpartition("/")[2].rstrip(":")
        rows.append([cells[title] for title in titles])
    request.cluster.events.emit_container(container, "top")
    return Response({"Processes": rows, "Titles": list(titles)})


def _columns(arguments: str) -> tuple[tuple[str, ...], bool]:
    """The columns for ps's options, and whether commands are shown without arguments."""
    words = arguments.split()
    if "".join(words) in _STYLES:
        return _STYLES["".join(words)], False
    option, names = words[0], ",".join(words[1:])
    if option.startswith(("-o", "-eo", "o")) and len(words) == 1:
        names = option.partition("o")[2]
    elif option not in ("-o", "-eo", "o"):
        raise ApiError(501, f"the practice engine does not know ps's options {arguments}")
    wanted = [name.partition("=")[0] for name in names.split(",") if name]
    if unknown := [name for name in wanted if name not in _COLUMNS]:
        raise ApiError(400, f'ps: error: unknown user-defined format specifier "{unknown[0]}"')
    if "pid" not in wanted:
        raise ApiError(400, "Couldn't find PID field in ps output")
    return tuple(_COLUMNS[name] for name in wanted), "comm" in wanted


def _cells(
    container: Container, pid: int, parent: int, process: Running, now: float
) -> dict[str, str]:
    age = now - process.started
    clock = rfc3339(process.started)[11:16]
    tty = "pts/0" if container.config.get("Tty") else "?"
    minutes, seconds = divmod(int(age), 60)
    return {
        "UID": process.user,
        "USER": process.user,
        "PID": str(pid),
        "PPID": str(parent),
        "C": "0",
        "STIME": clock,
        "START": clock,
        "TTY": tty,
        "TT": tty,
        "TIME": "00:00:00",
        "ELAPSED": f"{minutes:02}:{seconds:02}",
        "STAT": "Ds" if container.paused else "Ss",
        "%CPU": "0.0",
        "%MEM": "0.0",
        "VSZ": "10440",
        "RSS": str(_MEMORY // 1024),
        "CMD": process.title,
        "COMMAND": process.title,
    }


@route("GET", "/containers/{id}/stats", streams=True)
def stats(request: Request) -> Response | Stream:
    streaming, once = request.flag("stream", True), request.flag("one-shot")
    if streaming and once:
        raise ApiError(400, "cannot have stream=true and one-shot=true")
    container, clock = called(request), request.cluster.clock
    if not streaming:
        shown = _stats(request, container, None if once else 1.0)
        return Response(versions.stats(shown, request))

    async def lines() -> AsyncIterator[bytes]:
        before = None
        while (now := request.cluster.store.get(Container, container.id)) is not None:
            line = versions.stats(_stats(request, now, before), request)
            yield json.dumps(line, separators=(",", ":")).encode() + b"\n"
            await clock.sleep(1.0)
            before = 1.0

    return Stream(lines())


def _stats(request: Request, container: Container, before: float | None) -> dict[str, Any]:
    """Invented stats. before: seconds since the previous ones; None for the first."""
    now = request.cluster.clock.now()
    up = container.state == "running"
    known: dict[str, Any] = {"name": f"/{container.name}", "id": container.id}
    if not up:
        times = {"read": NO_TIME, "preread": NO_TIME}
        empty = {"pids_stats": {}, "blkio_stats": _blkio(None), "num_procs": 0}
        return {
            **known,
            **times,
            **empty,
            "storage_stats": {},
            "cpu_stats": _NO_CPU,
            "precpu_stats": _NO_CPU,
            "memory_stats": {},
        }
    processes = len(request.cluster.processes.running(container.id)) or 1
    engine = request.cluster.store.get(Engine, container.engine)
    cpus = engine.cpus if engine else 2
    memory = engine.memory if engine else 4 * 2**30

    def cpu(at: float) -> dict[str, Any]:
        return _cpu(max(at - container.started, 0.0), at, processes, cpus)

    return {
        **known,
        "read": rfc3339(now),
        "preread": NO_TIME if before is None else rfc3339(now - before),
        "pids_stats": {"current": processes},
        "blkio_stats": _blkio([]),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": cpu(now),
        "precpu_stats": _NO_CPU if before is None else cpu(now - before),
        "memory_stats": _memory(container, now, processes, memory),
        "networks": {"eth0": _traffic(now - container.started)},
    }


_NO_CPU: dict[str, Any] = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}


def _blkio(nothing: Any) -> dict[str, Any]:
    kinds = ("io_service_bytes", "io_serviced", "io_queue", "io_service_time", "io_wait_time")
    names = [f"{kind}_recursive" for kind in (*kinds, "io_merged", "io_time", "sectors")]
    return dict.fromkeys(names, nothing)


def _wobble(second: float, most: int) -> int:
    """A variation that depends on the time only, so that two requests agree."""
    return int(second) * 2654435761 % 2**32 * most // 2**32


def _cpu(age: float, now: float, processes: int, cpus: int) -> dict[str, Any]:
    used = int(40_000_000 + age * _IDLE * processes) + _wobble(age, _IDLE)
    return {
        "cpu_usage": {
            "total_usage": used,
            "percpu_usage": [used // cpus] * cpus,
            "usage_in_kernelmode": used // 4,
            "usage_in_usermode": used - used // 4,
        },
        "system_cpu_usage": int(now % 10**6 * cpus * 10**9),
        "online_cpus": cpus,
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
    }


_COUNTED_TWICE = (
    *("active_anon", "active_file", "dirty", "inactive_anon", "mapped_file", "pgfault"),
    *("pgmajfault", "pgpgin", "pgpgout", "rss_huge", "unevictable", "writeback"),
)
#: What the kernel counts of a container's memory, and of all in it, and nothing here does.
_UNCOUNTED = {"total_cache": 0} | {
    f"{total}{name}": 0 for total in ("", "total_") for name in _COUNTED_TWICE
}


def _memory(container: Container, now: float, processes: int, most: int) -> dict[str, Any]:
    usage = _MEMORY + _MORE * (processes - 1) + _wobble(now, 65536) // 4096 * 4096
    limit = int(container.host_config.get("Memory") or most)
    resident = usage // 2
    return {
        "usage": usage,
        "max_usage": usage + 884_736,
        "stats": {
            "cache": usage // 3,
            "inactive_file": 77_824,
            "total_inactive_file": 77_824,
            "rss": resident,
            "total_rss": resident,
            "hierarchical_memory_limit": limit,
            "hierarchical_memsw_limit": limit,
            **_UNCOUNTED,
        },
        "limit": limit,
    }


def _traffic(age: float) -> dict[str, int]:
    heard = 8 + int(age // 30)
    quiet = dict.fromkeys(("rx_errors", "rx_dropped", "tx_errors", "tx_dropped"), 0)
    return {"rx_bytes": 92 * heard, "rx_packets": heard, "tx_bytes": 126, "tx_packets": 3, **quiet}
