"""The changes that ``docker service update`` and ``scale`` can make to a stored spec."""

from __future__ import annotations

from collections.abc import Sequence

from core.commands.command import Json
from core.commands.engine_json import count, items, part
from core.commands.ports import Publication
from core.commands.source import literal
from core.commands.stored import Edit
from core.errors import InvalidCommand
from core.i18n import later as _


def set_replicas(wanted: int) -> Edit:
    def make(spec: Json) -> None:
        if "Replicated" not in part(spec, "Mode"):
            raise InvalidCommand(_("replicas can only be used with replicated mode"))
        spec["Mode"]["Replicated"] = part(spec, "Mode", "Replicated") | {"Replicas": wanted}

    return Edit(f'spec["Mode"]["Replicated"]["Replicas"] = {wanted}', make)


def scale(service: str, wanted: int) -> Edit:
    """The same as docker service scale does it: of a job, so many completions, all done again."""

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


def set_image(image: str, platforms: Sequence[tuple[str, str]]) -> Edit:
    def make(spec: Json) -> None:
        task = spec["TaskTemplate"]
        task["ContainerSpec"]["Image"] = image
        known = [{"Architecture": architecture, "OS": system} for architecture, system in platforms]
        task["Placement"] = part(task, "Placement") | {"Platforms": known}

    text = f"""\
spec["TaskTemplate"]["ContainerSpec"]["Image"] = {literal(image)}
known = [{{"Architecture": a, "OS": system}} for a, system in {literal(platforms)}]
spec["TaskTemplate"]["Placement"] = (spec["TaskTemplate"].get("Placement") or {{}}) | {{
    "Platforms": known
}}"""
    return Edit(text, make)


#: How a service is updated when nobody says otherwise; the docker command spells it out as well.
UPDATE_DEFAULTS: Json = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5 * 10**9,  # nanoseconds
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}


def set_update(changes: Json) -> Edit:
    """How many replicas at a time, and how long to wait in between."""

    def make(spec: Json) -> None:
        spec["UpdateConfig"] = (spec.get("UpdateConfig") or UPDATE_DEFAULTS) | changes

    text = f"""\
defaults = {literal(UPDATE_DEFAULTS)}
spec["UpdateConfig"] = (spec.get("UpdateConfig") or defaults) | {literal(changes)}"""
    return Edit(text, make)


def force() -> Edit:
    """Another task template without another content: every replica is replaced."""

    def make(spec: Json) -> None:
        task = spec["TaskTemplate"]
        task["ForceUpdate"] = count(task, "ForceUpdate") + 1

    text = """\
spec["TaskTemplate"]["ForceUpdate"] = spec["TaskTemplate"].get("ForceUpdate", 0) + 1"""
    return Edit(text, make)


def add_env(text: str) -> Edit:
    key = text.partition("=")[0]

    def make(spec: Json) -> None:
        _without_env(spec, key).append(text)

    return Edit(f"{_without_env_text(key)} + [{literal(text)}]", make)


def remove_env(key: str) -> Edit:
    def make(spec: Json) -> None:
        _without_env(spec, key)

    return Edit(_without_env_text(key), make)


def _without_env(spec: Json, key: str) -> list[str]:
    container = spec["TaskTemplate"]["ContainerSpec"]
    container["Env"] = [e for e in items(container, "Env") if e.partition("=")[0] != key]
    kept: list[str] = container["Env"]
    return kept


def _without_env_text(key: str) -> str:
    return f"""\
container = spec["TaskTemplate"]["ContainerSpec"]
env = container.get("Env") or []
container["Env"] = [e for e in env if e.partition("=")[0] != {literal(key)}]"""


_ENDPOINT = 'endpoint = spec["EndpointSpec"] = spec.get("EndpointSpec") or {"Mode": "vip"}'


def _endpoint(spec: Json) -> Json:
    endpoint: Json = spec.get("EndpointSpec") or {"Mode": "vip"}
    spec["EndpointSpec"] = endpoint
    return endpoint


def add_port(port: Publication) -> Edit:
    def make(spec: Json) -> None:
        endpoint = _endpoint(spec)
        endpoint["Ports"] = [*items(endpoint, "Ports"), port.spec()]

    text = f"""\
{_ENDPOINT}
endpoint["Ports"] = (endpoint.get("Ports") or []) + [{literal(port.spec())}]"""
    return Edit(text, make)


def remove_port(target: int) -> Edit:
    """Of the container's port, as the docker command counts."""

    def make(spec: Json) -> None:
        endpoint = _endpoint(spec)
        endpoint["Ports"] = [p for p in items(endpoint, "Ports") if p["TargetPort"] != target]

    text = f"""\
{_ENDPOINT}
ports = endpoint.get("Ports") or []
endpoint["Ports"] = [p for p in ports if p["TargetPort"] != {target}]"""
    return Edit(text, make)


def set_constraints(added: Sequence[str], removed: Sequence[str]) -> Edit:
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


def add_label(text: str) -> Edit:
    key, _, value = text.partition("=")

    def make(spec: Json) -> None:
        spec["Labels"] = part(spec, "Labels") | {key: value}

    text = f'spec["Labels"] = (spec.get("Labels") or {{}}) | {literal({key: value})}'
    return Edit(text, make)


def remove_label(key: str) -> Edit:
    def make(spec: Json) -> None:
        part(spec, "Labels").pop(key, None)

    return Edit(f'(spec.get("Labels") or {{}}).pop({literal(key)}, None)', make)
