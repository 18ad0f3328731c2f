"""Streamlit in the process that runs the apps of all clusters of a worker.

``python process.py PORT FOLDER`` serves the scripts of a folder on a port of the loopback until its
input ends, as it does when its parent ends in whatever way; then it removes the folder. It has no
right to much memory, time or large files, and sees nothing of its parent's environment.
"""

import os
import runpy
import shutil
import sys
import threading
from contextlib import suppress
from pathlib import Path

#: Bytes of data that it may have, or the half of what the container may have: less than that.
MEMORY = 768 << 20
LARGEST_FILE = 1 << 20  # bytes
CPU = 4 * 3600  # seconds of a core, in all its life; a page of the course takes one
NICE = 5  # the clusters come first
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def main() -> None:
    port, folder = sys.argv[1:]
    threading.Thread(target=_end_with_input, args=(folder,), daemon=True).start()
    os.environ["ESSAIM_APPS"] = folder
    if sys.platform != "win32":
        import resource

        memory = most()
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(NICE)
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.maxMessageSize": 20,  # megabytes: what a browser can still draw
        "server.enableXsrfProtection": "false",  # nothing is uploaded, no cookie comes through
        "browser.gatherUsageStats": "false",
    }
    script = str(Path(__file__).with_name("app.py"))
    flags = [f"--{name}={value}" for name, value in options.items()]
    sys.argv = ["streamlit", "run", script, *flags]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def most(limits: tuple[str, ...] = _LIMITS) -> int:
    """Bytes of data that it may have: MEMORY, or half of what its container may."""
    found = MEMORY
    for path in limits:
        with suppress(OSError, ValueError):
            found = min(found, int(Path(path).read_text(encoding="ascii")) // 2)
    return found


def _end_with_input(folder: str) -> None:
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
