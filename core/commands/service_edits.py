"""The changes that ``docker service update`` and ``scale`` can make to a stored spec."""

from __future__ import annotations

from collections.abc import Sequence

from core.cluster.engine_json import Json, count, items, part
from core.commands.ports import Publication
from core.commands.source import literal
from core.commands.specs import Edit
from core.errors import InvalidCommand
from core.i18n import later as _

#: How a service is updated by default, as the docker command spells it out (docker CLI,
#: service/opts.go; swarmkit, api/defaults).
UPDATE_DEFAULTS: Json = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5 * 10**9,  # nanoseconds
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}


def set_replicas(wanted: int) -> Edit:
    """Set the number of replicas. Made, it raises InvalidCommand for any but a replicated one."""

    def make(spec: Json) -> None:
        if "Replicated" not in part(spec, "Mode"):
            raise InvalidCommand(_("replicas can only be used with replicated mode"))
        spec["Mode"]["Replicated"] = part(spec, "Mode", "Replicated") | {"Replicas": wanted}

    return Edit(f'spec["Mode"]["Replicated"]["Replicas"] = {wanted}', make)


def scale(service: str, wanted: int) -> Edit:
    """The same as ``docker service scale`` does it: of a job, the completions, all done again.

    Made, it raises InvalidCommand for a global service or job.
    """

    def make(spec: Json) -> None:
        mode = part(spec, "Mode")
        if "ReplicatedJob" in mode:
            mode["ReplicatedJob"] = part(mode, "ReplicatedJob") | {"TotalCompletions": wanted}
        elif "Replicated" in mode:
            mode["Replicated"] = part(mode, "Replicated") | {"Replicas": wanted}
        else:
            sentence = _("{service}: scale can only be used with replicated or replicated-job mode")
            raise InvalidCommand(sentence, service=service)

    text = f"""\
mode = spec["Mode"]
if "ReplicatedJob" in mode:
    mode["ReplicatedJob"]["TotalCompletions"] = {wanted}
else:
    mode["Replicated"]["Replicas"] = {wanted}"""
    return Edit(text, make)


def platform_specs(platforms: Sequence[tuple[str, str]]) -> list[Json]:
    """Pairs of (architecture, OS) in the API's words, as a placement has them."""
    return [{"Architecture": architecture, "OS": system} for architecture, system in platforms]


def set_image(image: str, platforms: Sequence[tuple[str, str]]) -> Edit:
    """Set the image, and the platforms it runs on: (architecture, OS)."""

    def make(spec: Json) -> None:
        task = spec["TaskTemplate"]
        task["ContainerSpec"]["Image"] = image
        task["Placement"] = part(task, "Placement") | {"Platforms": platform_specs(platforms)}

    text = f"""\
spec["TaskTemplate"]["ContainerSpec"]["Image"] = {literal(image)}
known = [{{"Architecture": a, "OS": system}} for a, system in {literal(platforms)}]
spec["TaskTemplate"]["Placement"] = (spec["TaskTemplate"].get("Placement") or {{}}) | {{
    "Platforms": known
}}"""
    return Edit(text, make)


def set_update(changes: Json) -> Edit:
    """Change how many replicas are updated at a time, and the delay in between."""
    text = f"""\
defaults = {literal(UPDATE_DEFAULTS)}
spec["UpdateConfig"] = (spec.get("UpdateConfig") or defaults) | {literal(changes)}"""
    return Edit(
        text,
        lambda spec: spec.update(
            UpdateConfig=(spec.get("UpdateConfig") or UPDATE_DEFAULTS) | changes
        ),
    )


def force() -> Edit:
    """Another task template with the same content: every replica is replaced."""
    return Edit(
        'spec["TaskTemplate"]["ForceUpdate"] = spec["TaskTemplate"].get("ForceUpdate", 0) + 1',
        lambda spec: spec["TaskTemplate"].update(
            ForceUpdate=count(spec, "TaskTemplate", "ForceUpdate") + 1
        ),
    )


def set_env(key: str, text: str = "") -> Edit:
    """Remove a variable, and add it again where a text is given: ``KEY=VALUE``."""
    added = [text] if text else []

    def make(spec: Json) -> None:
        container = spec["TaskTemplate"]["ContainerSpec"]
        kept = [e for e in items(container, "Env") if e.partition("=")[0] != key]
        container["Env"] = kept + added

    code = f"""\
container = spec["TaskTemplate"]["ContainerSpec"]
env = container.get("Env") or []
container["Env"] = [e for e in env if e.partition("=")[0] != {literal(key)}]"""
    return Edit(f"{code} + [{literal(text)}]" if text else code, make)


_ENDPOINT = 'endpoint = spec["EndpointSpec"] = spec.get("EndpointSpec") or {"Mode": "vip"}'


def _endpoint(spec: Json) -> Json:
    endpoint: Json = spec.get("EndpointSpec") or {"Mode": "vip"}
    spec["EndpointSpec"] = endpoint
    return endpoint


def add_port(port: Publication) -> Edit:
    """Publish one more port."""

    def make(spec: Json) -> None:
        endpoint = _endpoint(spec)
        endpoint["Ports"] = [*items(endpoint, "Ports"), port.spec()]

    text = f"""\
{_ENDPOINT}
endpoint["Ports"] = (endpoint.get("Ports") or []) + [{literal(port.spec())}]"""
    return Edit(text, make)


def remove_port(target: int) -> Edit:
    """Publish a port no longer. target: the container's port, as with the docker command."""

    def make(spec: Json) -> None:
        endpoint = _endpoint(spec)
        endpoint["Ports"] = [p for p in items(endpoint, "Ports") if p["TargetPort"] != target]

    text = f"""\
{_ENDPOINT}
ports = endpoint.get("Ports") or []
endpoint["Ports"] = [p for p in ports if p["TargetPort"] != {target}]"""
    return Edit(text, make)


def set_constraints(added: Sequence[str], removed: Sequence[str]) -> Edit:
    """Remove placement constraints, and add others: ``node.role==worker``."""

    def make(spec: Json) -> None:
        placement = part(spec, "TaskTemplate", "Placement")
        kept = [c for c in items(placement, "Constraints") if c not in (*removed, *added)]
        spec["TaskTemplate"]["Placement"] = placement | {"Constraints": [*kept, *added]}

    text = f"""\
placement = spec["TaskTemplate"].get("Placement") or {{}}
known = placement.get("Constraints") or []
kept = [c for c in known if c not in {literal([*removed, *added])}]
placement["Constraints"] = kept + {literal(list(added))}
spec["TaskTemplate"]["Placement"] = placement"""
    return Edit(text, make)


def remove_label(key: str) -> Edit:
    """Remove a label, if it is there."""
    return Edit(
        f'(spec.get("Labels") or {{}}).pop({literal(key)}, None)',
        lambda spec: part(spec, "Labels").pop(key, None),
    )
