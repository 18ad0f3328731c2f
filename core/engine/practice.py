"""What the practice engine alone can do; the only module that imports ``essaim_practice``.

It imports public names only. The engine itself is never loaded in this process.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from core.cluster.failures import daemon_errors, refusal
from core.engine.way import Way
from core.errors import EngineUnreachable
from core.i18n import later as _
from essaim_practice import (
    Call,
    Changed,
    Changes,
    Machine,
    PracticeClient,
    PublishedPort,
    RequestRefused,
    WorkerClient,
    calls,
)
from essaim_practice import EngineUnreachable as NoAnswer

__all__ = [
    "Call",
    "Changed",
    "Changes",
    "Machine",
    "NoAnswer",
    "PublishedPort",
    "RequestRefused",
    "WorkerClient",
    "calls",
    "lines",
    "send",
]

T = TypeVar("T")


def send(host: str, call: Call[T], timeout: float, secret: str = "") -> T:
    """Make a call that only a practice engine answers.

    host: a DOCKER_HOST value. timeout: in seconds. secret: of the worker that answers, if any.
    Raises EngineRejected and EngineUnreachable.
    """
    with daemon_errors():
        try:
            return PracticeClient(host, timeout, secret=secret).send(call)
        except RequestRefused as error:
            raise refusal(error.message, error.status) from error
        except ValueError as error:  # an address of another kind
            why = _("The engine does not answer: {words}.")
            raise EngineUnreachable(why, words=error) from error


def lines(host: str, call: Call[Any], secret: str = "") -> tuple[str, str]:
    """What makes the same call at a shell's prompt, and in Python."""
    try:
        way = Way.to(host, secret)
        url, options = way.url, way.curl
    except ValueError:  # an address of another kind, where nobody makes such a call
        url, options = host, ""
    body = dict(call.body)
    data = f" -d '{json.dumps(body)}'" if body else ""
    given = f", json={body!r}" if body else ""
    return (
        f"curl -X {call.method}{data} {options}{url}/_practice/{call.path}",
        "import docker\n\n"
        f'client = docker.APIClient(base_url="{host}")\n'
        f'client.{call.method.lower()}(f"{{client.base_url}}/_practice/{call.path}"{given})\n',
    )
