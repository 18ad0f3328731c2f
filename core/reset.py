"""Begins a practice cluster anew. No docker command does this: it is the practice engine's own."""

from __future__ import annotations

import requests

from core.cluster.failures import daemon_errors
from core.cluster.history import History
from core.connection import ACTION_TIMEOUT
from core.control import Control
from core.errors import NotAllowed


def lines(cluster: Control) -> tuple[str, str]:
    """The same for a shell, and in Python."""
    url = _url(cluster)
    return f"curl -X POST {url}", f'import requests\n\nrequests.post("{url}").raise_for_status()'


def reset(cluster: Control, who: str) -> None:
    """Forget everything in the cluster, for everyone who uses it, and write it into the journal.

    Raises one of core.errors: NotAllowed on a real engine, whoever asks.
    """

    def do() -> None:
        if not cluster.practice:
            raise NotAllowed("Only a practice cluster can be reset.")
        with daemon_errors():
            requests.post(_url(cluster), timeout=ACTION_TIMEOUT).raise_for_status()

    try:
        cluster.journal.note(*lines(cluster), who, do)
    finally:
        cluster.collector.stir()
    cluster.history = History()  # of a cluster that is no more


def _url(cluster: Control) -> str:
    return cluster.connection.base_url.replace("tcp://", "http://", 1) + "/_practice/reset"
