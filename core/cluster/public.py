"""The public view of a real engine: without the texts that people write into it.

Arguments, environments and values of labels may hold passwords. So may the engine's words on a
failure, which quote arguments: only sentences that are known to quote names alone stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import docker

from core.cluster.snapshot import DASHBOARD, ClusterSnapshot, Container, Node, Service, Task
from core.errors import NotAllowed
from core.i18n import Translate
from core.i18n import later as _

#: In place of a hidden value.
MASK = "•••"
#: In place of hidden words of the engine; ``readable`` translates it.
HIDDEN = _("unlock to read this, on the Services page")
#: Labels that Docker and the dashboard write themselves.
OPEN_LABELS = frozenset(
    {
        DASHBOARD[0],
        "com.docker.stack.namespace",
        "com.docker.stack.image",
        *(
            f"com.docker.swarm.{key}"
            for key in ("node.id", "service.id", "service.name", "task", "task.id", "task.name")
        ),
    }
)

_NAME = r"[\w./:@+-]+"
#: Sentences of the engine, of SwarmKit and of docker-py that quote nothing but names and numbers.
_KNOWN = re.compile(
    "|".join(
        (
            # States of tasks, in SwarmKit's words.
            r"|created|allocated|pending task scheduling|scheduler assigned task to node",
            r"scheduler confirmed task can run on preassigned node|assigned|accepted|preparing",
            r"prepared|ready|starting|started|finished|shutdown|shutting down|removed|orphaned",
            r"task rejected by constraint enforcer|assigned node no longer meets constraints",
            r"Task belonged to a node that has been deleted|node is down|update is paused",
            # Reasons of failures.
            r"task: non-zero exit \(-?\d+\)(: dockerexec: unhealthy container)?",
            r"(dockerexec: )?unhealthy container|context (deadline exceeded|canceled)",
            r"no suitable node( \([a-z0-9 ,;-]*\))?",
            r"(starting container failed: )?driver failed programming external connectivity on "
            rf"endpoint {_NAME}( \([0-9a-f]+\))?: Bind for [0-9.:\[\]a-f]+ failed: port is already "
            r"allocated",
            # Missing objects, and conflicts of names.
            rf"No such (image|container|network|volume|exec instance): {_NAME}",
            rf"(service|node|secret|config|task|network|swarm) {_NAME} (not found|is ambiguous"
            r"( \(\d+ matches found\))?)",
            rf"pull access denied for {_NAME}, repository does not exist or may require 'docker "
            r"login'(: denied: requested access to the resource is denied)?",
            rf"manifest for {_NAME} not found(: manifest unknown)*",
            rf'failed to resolve reference "{_NAME}": {_NAME}: not found',
            r"(rpc error: code = \w+ desc = )?name conflicts with an existing object(: [\w.-]+)?",
            r'Conflict\. The container name "[\w./-]+" is already in use by container '
            r'"[0-9a-f]+"\. You have to remove \(or rename\) that container to be able to reuse '
            r"that name\.",
            rf"(Container|container) {_NAME} is (not running|not paused|already paused)",
            r"This node is not a swarm manager\. .*",
            r"This node is (already|not) part of a swarm\..*",
        )
    )
)

#: What the practice engine adds to the words of a real one: it names images of its catalogue.
_SIMULATED = re.compile(r"\n\(simulated: [\w ;:,./=-]+\)\Z")


@lru_cache(4096)
def safe_words(words: str) -> str:
    """The engine's words if they are harmless, else HIDDEN."""
    return words if _KNOWN.fullmatch(_SIMULATED.sub("", words)) else HIDDEN


def readable(words: str, translate: Translate) -> str:
    """Words that may be HIDDEN, in the viewer's language."""
    return translate(HIDDEN) if words == HIDDEN else words


def with_safe_words(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The snapshot without the engine's words on tasks that may hold secrets."""
    return replace(snapshot, tasks=tuple(map(_task, snapshot.tasks)))


def public(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The public view of a snapshot."""
    return replace(
        with_safe_words(snapshot),
        nodes=tuple(map(_node, snapshot.nodes)),
        services=tuple(map(_service, snapshot.services)),
        containers=tuple(map(_container, snapshot.containers)),
    )


class PublicView:
    """The public view of a cluster's latest snapshot, made once."""

    def __init__(self) -> None:
        self._latest: tuple[ClusterSnapshot, ClusterSnapshot] | None = None

    def of(self, whole: ClusterSnapshot) -> ClusterSnapshot:
        latest = self._latest
        if latest is None or latest[0] is not whole:
            latest = self._latest = whole, public(whole)
        return latest[1]


def check_filters(filters: Iterable[str]) -> None:
    """Raise NotAllowed for filters that would tell if a guess at a label's value is right."""
    for text in filters:
        kind, _equals, label = text.partition("=")
        key, valued, _value = label.partition("=")
        if kind in ("label", "label!", "node.label") and valued and key not in OPEN_LABELS:
            raise NotAllowed(
                _("This shows what a real engine keeps private: enter the password first.")
            )


def redact(client: docker.DockerClient) -> None:
    """Redact all answers of this client from now on."""
    plain = client.api._result

    def result(response: Any, json: bool = False, binary: bool = False) -> Any:
        found = plain(response, json, binary)
        return redacted(found) if json else found

    client.api._result = result


def redacted(answer: Any) -> Any:
    """The public view of JSON of the engine's API."""
    if isinstance(answer, list):
        return [redacted(each) for each in answer]
    if isinstance(answer, dict):
        return {key: _redacted(key, value) for key, value in answer.items()}
    return answer


def _redacted(key: str, value: Any) -> Any:
    if key in ("Labels", "labels"):
        if isinstance(value, Mapping):
            return {name: text if name in OPEN_LABELS else MASK for name, text in value.items()}
        return [f"{text.partition('=')[0]}={MASK}" for text in value or ()]
    if key in ("Command", "Cmd", "Entrypoint", "Args", "Env", "Test"):
        return value and (MASK if isinstance(value, str) else [MASK])
    if key in ("Err", "Error", "Message") and isinstance(value, str):
        return safe_words(value)
    return redacted(value)


def _pairs(
    pairs: tuple[tuple[str, str], ...], opened: frozenset[str] = frozenset()
) -> tuple[tuple[str, str], ...]:
    return tuple((key, value if key in opened else MASK) for key, value in pairs)


def _task(task: Task) -> Task:
    message, error = safe_words(task.message), safe_words(task.error)
    if (message, error) == (task.message, task.error):
        return task
    return replace(task, message=message, error=error)


def _node(node: Node) -> Node:
    return replace(node, labels=_pairs(node.labels, OPEN_LABELS)) if node.labels else node


def _service(service: Service) -> Service:
    if not (service.env or service.args or service.labels):
        return service
    return replace(
        service,
        env=_pairs(service.env),
        args=(MASK,) if service.args else (),
        labels=_pairs(service.labels, OPEN_LABELS),
    )


def _container(container: Container) -> Container:
    # Its first word, too: it is an argument if the image has an entry point.
    return replace(container, command=MASK) if container.command else container
