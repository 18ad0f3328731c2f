"""The one place where the exceptions of docker-py and requests become ours."""

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

#: How the daemon begins its refusal of a cluster call, on a worker and outside any Swarm.
_NOT_A_MANAGER = "This node is not a swarm manager"
#: What the practice engine says where a cluster has no room: its words are ours, not Docker's.
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
    """Turn what goes wrong between us and the engine into an EssaimError.

    Raises:
        EngineUnreachable: nobody answered, or the answer broke off.
        NotAManager: a cluster call reached a node that cannot answer for the cluster.
        EngineRejected: any other refusal, in the daemon's own words.
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
    """The one sentence for what nobody foresaw; its traceback is in the log from here on.

    An error of ours comes back as it is: it has its sentence, and was logged where it was made.
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
    """Name the innermost cause: it says "Connection refused" where the outer ones say URLs."""
    cause = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    if isinstance(cause, TimeoutError):
        return EngineUnreachable(_("The engine does not answer in time."))
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return EngineUnreachable(_("The engine does not answer: {words}."), words=words)
