"""Streamlit in a process of its own, which ends with the one that started it.

``python child.py PORT`` serves on the loopback until its input comes to an end. It has no right to
much memory or to large files, and sees nothing of its parent's environment.
"""

import os
import runpy
import shutil
import sys
import threading
from pathlib import Path

MEMORY = 4 << 30  # bytes of addresses, of which a twentieth is used
LARGEST_FILE = 1 << 20  # bytes


def main(port: str) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.enableXsrfProtection": "false",  # nothing is uploaded, no cookie comes through
        "browser.gatherUsageStats": "false",
    }
    script = str(Path(__file__).with_name("app.py"))
    flags = [f"--{name}={value}" for name, value in options.items()]
    sys.argv = ["streamlit", "run", script, *flags]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["ESSAIM_APPS"], ignore_errors=True)  # a killed parent cannot
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
