"""The kernel of every practice engine: that of the computer that runs the simulation.

Containers share it with their host: `uname` in a container and `docker info` agree.
"""

from __future__ import annotations

import platform

RELEASE = platform.release()
VERSION = platform.version()
MACHINE = platform.machine()
CPUS = 2
LOAD = "0.02 0.05 0.01"  # processes that ran in the last 1, 5 and 15 minutes

#: kilobytes of each machine's memory, as /proc/meminfo names them
MEMORY = {
    "MemTotal": 4 * 2**20,
    "MemFree": 2_802_304,
    "MemAvailable": 3_782_304,
    "Buffers": 60_000,
    "Cached": 920_000,
    "SwapCached": 0,
    "Active": 640_000,
    "Inactive": 520_000,
    "SwapTotal": 0,
    "SwapFree": 0,
    "Dirty": 0,
    "Writeback": 0,
    "AnonPages": 180_000,
    "Mapped": 90_000,
    "Shmem": 1_100,
}
