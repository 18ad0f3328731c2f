"""The errors of docker-py and requests made into errors of ours, in this one place."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import docker.errors
import requests
import urllib3.exceptions

from core.errors import EngineRejected, EngineUnreachable, EssaimError, NotAManager, Worded
from core.i18n import later as _

log = logging.getLogger(__name__)

#: The start of the refusal of a cluster call, on a worker or outside a Swarm (moby daemon/cluster).
_NOT_A_MANAGER = "This node is not a swarm manager"
#: The practice engine's refusal where a cluster is full: its words are ours, not Docker's.
_FULL = re.compile(r"this practice cluster holds at most (\d+) (\w+): remove some first")
_KINDS = {
    "engines": Worded(_("instances")),
    "containers": Worded(_("containers")),
    "images": Worded(_("images")),
    "volumes": Worded(_("volumes")),
    "networks": Worded(_("networks")),
    "services": Worded(_("services")),
    "secrets": Worded(_("secrets")),
    "configs": Worded(_("configs")),
}


@contextmanager
def daemon_errors() -> Iterator[None]:
    """Turn failures of calls to the engine into errors of ours.

    Raises:
        EngineUnreachable: no answer, or an incomplete one.
        NotAManager: a cluster call to a node that is no manager.
        EngineRejected: any other refusal, in the engine's own words.
    """
    try:
        yield
    except docker.errors.APIError as error:
        raise refusal(error.explanation or str(error), error.status_code or 0) from error
    except requests.HTTPError as error:
        raise refusal(_words(error.response), error.response.status_code) from error
    except docker.errors.DockerException as error:
        # docker-py wraps a failed first contact in a bare DockerException.
        if isinstance(error.__context__, EssaimError):
            raise error.__context__ from error
        if isinstance(error.__context__, requests.RequestException):
            raise _unreachable(error.__context__) from error
        raise EngineRejected(str(error)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise _unreachable(error) from error


def unforeseen(error: BaseException) -> EssaimError:
    """The error to show for an unforeseen one, whose traceback goes to the log.

    An error of ours is returned as it is.
    """
    if isinstance(error, EssaimError):
        return error
    log.error("Essaim itself failed", exc_info=error)
    words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return EssaimError(_("Essaim itself failed here: {words}"), words=words)


def refusal(message: str, status: int) -> EssaimError:
    """The error for an engine's refusal. status: that of its HTTP answer."""
    if message.startswith(_NOT_A_MANAGER):
        return NotAManager(message, status)
    if full := _FULL.search(message):
        most, kind = full.groups()
        told = _("This practice cluster holds at most {most} {kind}: remove some first.")
        return EngineRejected(told, status, most=most, kind=_KINDS.get(kind, kind))
    return EngineRejected(message.strip(), status)


def _words(response: requests.Response) -> str:
    try:
        return str(response.json()["message"])
    except (json.JSONDecodeError, requests.JSONDecodeError, KeyError, TypeError):
        return response.text.strip() or response.reason


def _unreachable(error: BaseException) -> EngineUnreachable:
    """Name the innermost cause: it says "Connection refused"; the outer ones say URLs.

    What the engine refused before is no cause: docker-py pulls an image while it handles a 404.
    """
    cause = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        if isinstance(inner, (docker.errors.APIError, requests.HTTPError)):
            break
        cause = inner
    if isinstance(cause, TimeoutError):
        return EngineUnreachable(_("The engine does not answer in time."))
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return EngineUnreachable(_("The engine does not answer: {words}."), words=words)
