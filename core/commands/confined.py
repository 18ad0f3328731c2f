"""The bounds of a process that does a docker line which a learner typed."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

#: Bytes of memory that it may map, besides what it has from the beginning.
MEMORY = 256 * 2**20
#: Files and sockets that it may have open.
_FILES = 64
#: Seconds of processor time that it may take at once, its share of what comes later, and the most.
BURST, SHARE, MOST = 5, 0.2, 3600
NICE = 5

#: What Python says before it does something of the kind (docs.python.org/3/library/audit_events).
#: Whoever does a line may do none of it.
_FORBIDDEN = (
    "os.", "shutil.", "tempfile.", "subprocess.", "pty.", "ctypes.", "glob.", "mmap.",
    "socket.bind", "socket.connect", "socket.get", "socket.sendto", "urllib.", "webbrowser.",
)  # fmt: skip
_ALLOWED = frozenset(("os.putenv", "os.unsetenv"))


def confine() -> None:
    """Bound this process from now on; nothing takes it back."""
    os.nice(NICE)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0]) if _LINUX else 0
    if pages:
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (BURST, MOST))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LINUX:  # where memory is short, it goes before the worker
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails, as it should
    modules = tuple(os.path.join(os.path.abspath(each), "") for each in sys.path if each)

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = given
            module = isinstance(path, str) and path.startswith(modules)
            if (
                not module
                or not str(path).endswith((".py", ".pyc", ".so"))
                or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))
            ):
                raise PermissionError(13, "Permission denied", str(path))
        elif event.startswith(_FORBIDDEN) and event not in _ALLOWED:
            raise PermissionError(1, f"Operation not permitted: {event}")

    sys.addaudithook(watch)


_LINUX = sys.platform == "linux"


def grant(pid: int, seconds: float) -> None:
    """Let a process have its share of the processor, since it began so many seconds ago."""
    if _LINUX:
        soft = min(MOST, BURST + int(seconds * SHARE))
        resource.prlimit(pid, resource.RLIMIT_CPU, (soft, MOST))
