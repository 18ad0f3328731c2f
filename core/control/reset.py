"""Begins a practice cluster anew. No docker command does this: it is the practice engine's own."""

from __future__ import annotations

import json
from typing import Any

import requests

from core.cluster.failures import daemon_errors
from core.control.control import Control
from core.engine.connection import ACTION_TIMEOUT
from core.errors import NotAllowed
from core.i18n import later as _

#: As many as the course has machines.
NODES = 3


def lines(cluster: Control, formed: bool = True) -> tuple[str, str]:
    """The same for a shell, and in Python."""
    url, body = _url(cluster), _body(formed)
    return (
        f"curl -X POST {url} -d '{json.dumps(body)}'",
        f'import requests\n\nrequests.post("{url}", json={body}).raise_for_status()',
    )


def reset(cluster: Control, who: str, formed: bool = True) -> None:
    """Forget everything in the cluster, for everyone who uses it, and write it into the journal.

    formed: its three nodes are a Swarm again; else they are empty instances in none.
    Raises one of core.errors: NotAllowed on a real engine, whoever asks.
    """

    def do() -> None:
        cluster.require_practice(NotAllowed(_("Only a practice cluster can be reset.")))
        with daemon_errors():
            answer = requests.post(_url(cluster), json=_body(formed), timeout=ACTION_TIMEOUT)
            answer.raise_for_status()

    try:
        cluster.journal.note(*lines(cluster, formed), who, do)
    finally:
        cluster.collector.stir()
    cluster.history.clear()


def _body(formed: bool) -> dict[str, Any]:
    return {"nodes": NODES, "formed": formed}


def _url(cluster: Control) -> str:
    return cluster.connection.base_url.replace("tcp://", "http://", 1) + "/_practice/reset"
