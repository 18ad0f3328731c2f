"""Changing a spec in the Swarm: read it as it is stored, make the edits, post it whole.

docker-py's own ``Service.scale`` and ``Service.update`` post a spec with the defaults filled in, or
without the fields that nobody named. Swarm takes either for another task template and restarts
every replica. So each change here starts from the stored spec, without inserted defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields

import docker.errors

from core.cluster.engine_json import Json, part
from core.commands.command import Client, Command
from core.commands.source import Call, literal
from core.commands.values import pairs

#: How often to start again when another client changed the object in between.
_ATTEMPTS = 3

#: docker-py's keywords for a service, and the fields of its spec; those in _ALWAYS are never left
#: out of a stored spec.
_SERVICE = {
    "task_template": "TaskTemplate", "name": "Name", "labels": "Labels", "mode": "Mode",
    "update_config": "UpdateConfig", "rollback_config": "RollbackConfig",
    "endpoint_spec": "EndpointSpec",
}  # fmt: skip
_ALWAYS = {"TaskTemplate", "Name", "Mode"}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a spec: as Python text about ``spec``, and as a function that changes it."""

    text: str
    make: Callable[[Json], object]


def add_label(label: str) -> Edit:
    """Add ``key=value`` to the labels of a service or a node."""
    added = pairs([label])
    return Edit(
        f'spec["Labels"] = (spec.get("Labels") or {{}}) | {literal(added)}',
        lambda spec: spec.update(Labels=part(spec, "Labels") | added),
    )


def update_service(client: Client, reference: str, edits: Sequence[Edit]) -> None:
    """Edit the stored spec of a service. reference: its id or name."""

    def post(id: str, version: int, spec: Json) -> None:
        named = {key: spec.get(field) for key, field in _SERVICE.items()}
        client.api.update_service(id, version, **named)

    _update(lambda: client.api.inspect_service(reference), edits, post)


def update_service_text(reference: str, edits: Iterable[Edit]) -> str:
    """The Python text of ``update_service``."""
    lines = "\n".join(edit.text for edit in edits)
    named = "".join(
        f'    {key}=spec["{field}"],\n' if field in _ALWAYS else f'    {key}=spec.get("{field}"),\n'
        for key, field in _SERVICE.items()
    )
    return f"""\
service = client.api.inspect_service({literal(reference)})
spec = service["Spec"]
{lines}
# The whole spec goes back: what is left out would be removed, and its replicas restarted.
client.api.update_service(
    service["ID"],
    service["Version"]["Index"],
{named})
"""


def update_node(client: Client, reference: str, edits: Sequence[Edit]) -> None:
    """Edit the stored spec of a node. reference: its id or name, or Code for it."""
    inspect = Call("client.api.inspect_node", reference)
    _update(lambda: inspect.on(client), edits, client.api.update_node)


def update_node_text(reference: str, edits: Iterable[Edit]) -> str:
    """The Python text of ``update_node``."""
    lines = "\n".join(edit.text for edit in edits)
    return f"""\
node = client.api.inspect_node({literal(reference)})
spec = node["Spec"]
{lines}
# The whole spec goes back: a role or a label that is left out would be lost.
client.api.update_node(node["ID"], node["Version"]["Index"], spec)
"""


def _update(
    inspect: Callable[[], Json], edits: Sequence[Edit], post: Callable[[str, int, Json], object]
) -> None:
    """Start again from a fresh read when the object changed between the read and the write."""
    for left in reversed(range(_ATTEMPTS)):
        stored = inspect()
        for edit in edits:
            edit.make(stored["Spec"])
        try:
            post(stored["ID"], stored["Version"]["Index"], stored["Spec"])
        except docker.errors.APIError as error:
            if not left or "update out of sequence" not in (error.explanation or ""):
                raise
        else:
            return


def holds(known: Iterable[tuple[str, str]], added: Iterable[str]) -> bool:
    """Whether each ``key=value`` is among the known pairs."""
    values = dict(known)
    split = (text.partition("=") for text in added)
    return all(values.get(key) == value for key, _, value in split)


def asks_nothing(command: Command, *names: str, **kept: bool) -> bool:
    """Whether the fields are kept as they are, and no other field differs from its default.

    names: fields that ask for no change by themselves. kept: by field, whether it keeps its part.
    """
    others = (f for f in fields(command) if f.name not in {*names, *kept})  # type: ignore[arg-type]
    return all(kept.values()) and all(getattr(command, f.name) == f.default for f in others)
