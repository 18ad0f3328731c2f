"""The kernel of every practice engine: that of the computer that runs the simulation.

Containers share it with their host: `uname` in a container and `docker info` agree.
"""

from __future__ import annotations

import platform

RELEASE = platform.release()
VERSION = platform.version()
MACHINE = platform.machine()
