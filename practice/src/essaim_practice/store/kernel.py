"""The kernel under every practice machine: the one of the machine that plays them.

Containers share it with their host, and so what `uname` says in one is what `docker info` says.
"""

from __future__ import annotations

import platform

RELEASE = platform.release()
VERSION = platform.version()
MACHINE = platform.machine()
