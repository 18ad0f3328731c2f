"""A simulated Docker Swarm that speaks the Docker Engine API over HTTP.

Names in ``__all__`` are public; everything else may change at any time. The engine itself is
loaded when a server is first asked for. ``python -m essaim_practice`` starts one for the docker
command; the pytest fixture ``swarm`` gives each test its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from essaim_practice.client import calls
from essaim_practice.client.calls import Call, KnownImage, Machine, PublishedPort, Registry, Time
from essaim_practice.client.exceptions import (
    EngineUnreachable,
    PracticeError,
    RequestRefused,
    TooManyClusters,
)
from essaim_practice.hosting.settings import Settings
from essaim_practice.store.limits import Limits

if TYPE_CHECKING:
    from essaim_practice.client.client import Clock, Faults, PracticeClient
    from essaim_practice.client.worker import (
        Changed,
        Changes,
        ClusterStatus,
        Heartbeat,
        Opened,
        WorkerClient,
        WorkerStatus,
    )
    from essaim_practice.hosting.clusters import Clusters
    from essaim_practice.hosting.server import PracticeServer

__version__ = "0.2.0"

__all__ = [
    "Call",
    "Changed",
    "Changes",
    "Clock",
    "ClusterStatus",
    "Clusters",
    "EngineUnreachable",
    "Faults",
    "Heartbeat",
    "KnownImage",
    "Limits",
    "Machine",
    "Opened",
    "PracticeClient",
    "PracticeError",
    "PracticeServer",
    "PublishedPort",
    "Registry",
    "RequestRefused",
    "Settings",
    "Time",
    "TooManyClusters",
    "WorkerClient",
    "WorkerStatus",
    "__version__",
    "calls",
]

_OF_WORKERS = (
    *("Changed", "Changes", "ClusterStatus", "Heartbeat", "Opened", "WorkerClient"),
    "WorkerStatus",
)
#: Loaded on first use, by the module that holds them.
_LAZY = {
    **dict.fromkeys(("Clock", "Faults", "PracticeClient"), "essaim_practice.client.client"),
    **dict.fromkeys(_OF_WORKERS, "essaim_practice.client.worker"),
    "Clusters": "essaim_practice.hosting.clusters",
    "PracticeServer": "essaim_practice.hosting.server",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(_LAZY[name]), name)
    found.__module__ = __name__
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


for _name in __all__:  # who reads a traceback or a repr sees the name to import
    if isinstance(_found := globals().get(_name), type):
        _found.__module__ = __name__
del _name, _found
