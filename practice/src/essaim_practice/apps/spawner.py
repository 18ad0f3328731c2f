"""Streamlit in processes of its own, forked from one that has it loaded already.

``python spawner.py`` reads a line of JSON at a time and answers each with a number:
``{"start": [PORT, FOLDER]}`` with the pid of a process that serves the scripts of a folder on a
port of the loopback, ``{"alive": [PID]}`` with the pid or 0, ``{"end": [PID]}`` with the pid. It
ends with its input, and its processes with it. They have no right to much memory, time or large
files, and see nothing of the environment of who started it.
"""

import gc
import json
import os
import runpy
import shutil
import sys
import threading
import time
from multiprocessing import get_context
from pathlib import Path

#: Bytes of data that a process may have; a page of the course takes 210 million.
MEMORY = 512 << 20
LARGEST_FILE = 1 << 20  # bytes
CPU = 1800  # seconds of a core, in all its life; a page of the course takes one
NICE = 5  # the dashboard comes first


def main() -> None:
    forks = sys.platform == "linux"  # elsewhere a fork of loaded libraries is not safe
    context = get_context("fork") if forks else get_context("spawn")
    if forks:
        import pandas  # noqa: F401
        import streamlit.web.bootstrap
        import streamlit.web.cli  # noqa: F401

        gc.collect()
        gc.freeze()  # what is never looked at again stays shared
    processes, folders = {}, [os.environ["HOME"]]
    for line in sys.stdin:
        ((verb, arguments),) = json.loads(line).items()
        answer = 0
        if verb == "start":
            process = context.Process(target=serve, args=(*arguments, os.getpid()), daemon=True)
            process.start()
            answer = process.pid or 0
            processes[answer] = process
            folders.append(arguments[1])
        elif arguments[0] in processes:
            process = processes[arguments[0]]
            if verb == "end":
                process.kill()
                process.join()
            if process.is_alive() or verb == "end":
                answer = arguments[0]
            if not process.is_alive():
                del processes[arguments[0]]
        print(answer, flush=True)
    for process in processes.values():
        process.kill()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)  # a killed parent cannot


def serve(port: int, folder: str, spawner: int) -> None:
    """Streamlit on a port, for ever. spawner: the pid of who started it."""
    sink = os.open(os.devnull, os.O_RDWR)
    os.dup2(sink, 1)  # the spawner's answers go there
    os.environ["ESSAIM_APPS"] = folder
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(NICE)
        threading.Thread(target=_end_with, args=(spawner,), daemon=True).start()
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


def _end_with(spawner: int) -> None:
    """A spawner that was killed cannot end its processes."""
    while os.getppid() == spawner:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
