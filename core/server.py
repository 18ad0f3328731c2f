"""What the server does beside Streamlit: its start and end, and all routes of our own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from starlette.routing import BaseRoute

from core.control import Control, control
from core.errors import EssaimError
from core.live import messages
from core.live.routes import routes as live_routes
from core.presentation import tables
from core.published import routes as published_routes
from core.timeline.routes import routes as timeline_routes


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Find the engine before the first viewer comes, and leave it when the server ends."""
    try:
        started = await anyio.to_thread.run_sync(control)
    except (EssaimError, ValueError) as error:
        print(f"Essaim cannot start. {error}", file=sys.stderr, flush=True)
        os._exit(1)  # an exception would only bury the sentence under the server's own
    threading.Thread(target=_warm_up, args=(started,), daemon=True).start()
    if not started.practice and started.access.generated:
        print(started.access.announcement(), flush=True)  # as Jupyter does
    yield {}
    started.stop()


def routes() -> list[BaseRoute]:
    return [
        *live_routes(
            lambda: control().hub, lambda headers: control().access.origin_allowed(headers)
        ),
        *timeline_routes(
            lambda request: control().timeline,
            lambda headers: control().access.origin_allowed(headers),
        ),
        *published_routes(lambda: control()),
    ]


def _warm_up(cluster: Control) -> None:
    """Draw once for nobody: the libraries that it loads would keep the first viewer waiting."""
    messages.cluster(cluster.snapshot, str)
    tables.nodes(cluster.snapshot, str)
