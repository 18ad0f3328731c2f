"""The dashboard as app.py makes it, where a file stands in for Swarm's name server.

ESSAIM_TEST_NAMES: that file, with an address of ``tasks.worker`` in each line. It is asked each
second, and a lost worker's clusters wait for its return as briefly, so that a test need not.
"""

import os
import socket
from pathlib import Path
from typing import Any

import streamlit as st

from core.engine import workers
from core.web.server import lifespan, middleware, routes
from tests.large.stack import NAME

_ask = socket.getaddrinfo


def resolve(host: Any, *asked: Any, **options: Any) -> list[Any]:
    """As ``socket.getaddrinfo``."""
    if host != NAME:
        return _ask(host, *asked, **options)
    known = Path(os.environ["ESSAIM_TEST_NAMES"]).read_text(encoding="ascii").split()
    if not known:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return [found for each in known for found in _ask(each, *asked, **options)]


socket.getaddrinfo = resolve
workers.GRACE = workers.RESOLVE = 1.0

app = st.App(
    str(Path(__file__).parents[2] / "app.py"),
    routes=routes(),
    middleware=middleware(),
    lifespan=lifespan,
)
