"""Changing what the Swarm has stored: read the spec as it is, edit what was asked, post it whole.

docker-py's own ``Service.scale`` and ``Service.update`` post a spec with the defaults filled in, or
without the fields that nobody named. Swarm takes either for another task template and restarts
every replica. So each change here starts from the stored spec, without inserted defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import docker
import docker.errors

from core.commands.command import Json
from core.commands.source import literal

#: How often to start again when somebody else changed the object in between.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a spec, as Python text about ``spec`` and as the deed itself."""

    text: str
    make: Callable[[Json], None]


def update_service(client: docker.DockerClient, reference: str, edits: Sequence[Edit]) -> None:
    """Edit the stored spec of a service."""

    def attempt() -> None:
        id, version, spec = _edited(client.api.inspect_service(reference), edits)
        client.api.update_service(
            id,
            version,
            task_template=spec["TaskTemplate"],
            name=spec["Name"],
            labels=spec.get("Labels"),
            mode=spec["Mode"],
            update_config=spec.get("UpdateConfig"),
            rollback_config=spec.get("RollbackConfig"),
            endpoint_spec=spec.get("EndpointSpec"),
        )

    _in_sequence(attempt)


def update_service_text(reference: str, edits: Sequence[Edit]) -> str:
    lines = "\n".join(edit.text for edit in edits)
    return f"""\
service = client.api.inspect_service({literal(reference)})
spec = service["Spec"]
{lines}
# The whole spec goes back: what is left out would be removed, and its replicas restarted.
client.api.update_service(
    service["ID"],
    service["Version"]["Index"],
    task_template=spec["TaskTemplate"],
    name=spec["Name"],
    labels=spec.get("Labels"),
    mode=spec["Mode"],
    update_config=spec.get("UpdateConfig"),
    rollback_config=spec.get("RollbackConfig"),
    endpoint_spec=spec.get("EndpointSpec"),
)
"""


def update_node(client: docker.DockerClient, reference: str, edits: Sequence[Edit]) -> None:
    """Edit the stored spec of a node."""

    def attempt() -> None:
        client.api.update_node(*_edited(client.api.inspect_node(reference), edits))

    _in_sequence(attempt)


def update_node_text(reference: str, edits: Sequence[Edit]) -> str:
    lines = "\n".join(edit.text for edit in edits)
    return f"""\
node = client.api.inspect_node({literal(reference)})
spec = node["Spec"]
{lines}
# The whole spec goes back: a role or a label that is left out would be lost.
client.api.update_node(node["ID"], node["Version"]["Index"], spec)
"""


def _edited(stored: Json, edits: Sequence[Edit]) -> tuple[str, int, Json]:
    """The id, the version and the edited spec of what the Swarm has stored."""
    for edit in edits:
        edit.make(stored["Spec"])
    return stored["ID"], stored["Version"]["Index"], stored["Spec"]


def _in_sequence(attempt: Callable[[], Any]) -> None:
    """Try again from a fresh read when the object changed between the read and the write."""
    for left in reversed(range(_ATTEMPTS)):
        try:
            attempt()
        except docker.errors.APIError as error:
            if not left or "update out of sequence" not in (error.explanation or ""):
                raise
        else:
            return
