"""What the practice engine alone can do; the only module that imports ``essaim_practice``.

It imports public names only. The engine itself is loaded once a cluster is made in this process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import essaim_practice
from core.cluster.failures import daemon_errors, refusal
from core.errors import EngineUnreachable
from core.i18n import later as _
from essaim_practice import Call, Machine, PracticeClient, PublishedPort, TooManyClusters, calls

if TYPE_CHECKING:
    from essaim_practice import Clusters, PracticeServer

__all__ = [
    "Call",
    "Clusters",
    "Machine",
    "PracticeServer",
    "PublishedPort",
    "TooManyClusters",
    "calls",
]

T = TypeVar("T")


def clusters(formed: bool, most: int) -> Clusters:
    """Clusters of this process, none yet. See Clusters and Settings of ``essaim_practice``."""
    settings = essaim_practice.Settings(formed=formed, bind_ports=False)  # all would want port 80
    # Whoever holds these clusters knows better than they do whether somebody looks at one.
    return essaim_practice.Clusters(settings, most=most, idle_after=None)


def send(host: str, call: Call[T], timeout: float) -> T:
    """Make a call that only a practice engine answers.

    host: a DOCKER_HOST value. timeout: in seconds. Raises EngineRejected and EngineUnreachable.
    """
    with daemon_errors():
        try:
            return PracticeClient(host, timeout).send(call)
        except essaim_practice.RequestRefused as error:
            raise refusal(error.message, error.status) from error
        except ValueError as error:  # an address of another kind
            why = _("The engine does not answer: {words}.")
            raise EngineUnreachable(why, words=error) from error


def lines(host: str, call: Call[Any]) -> tuple[str, str]:
    """What makes the same call at a shell's prompt, and in Python."""
    url, body = f"{host.replace('tcp://', 'http://', 1)}/_practice/{call.path}", dict(call.body)
    data = f" -d '{json.dumps(body)}'" if body else ""
    given = f", json={body!r}" if body else ""
    return (
        f"curl -X {call.method}{data} {url}",
        f'import requests\n\nrequests.{call.method.lower()}("{url}"{given})\n',
    )
