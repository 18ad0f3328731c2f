"""The changes that ``docker service update`` and ``scale`` can make to a stored spec."""

from __future__ import annotations

from collections.abc import Sequence

from core.commands.command import Json
from core.commands.ports import Publication
from core.commands.source import call, literal
from core.commands.stored import Edit
from core.errors import InvalidCommand
from core.i18n import later as _


def set_replicas(service: str, count: int) -> Edit:
    def make(spec: Json) -> None:
        if "Replicated" not in spec["Mode"]:
            sentence = _("{service}: scale can only be used with replicated mode")
            raise InvalidCommand(sentence, service=service)
        spec["Mode"]["Replicated"]["Replicas"] = count

    return Edit(f'spec["Mode"]["Replicated"]["Replicas"] = {count}', make)


def set_image(image: str, platforms: Sequence[tuple[str, str]]) -> Edit:
    def make(spec: Json) -> None:
        task = spec["TaskTemplate"]
        task["ContainerSpec"]["Image"] = image
        task.setdefault("Placement", {})["Platforms"] = [
            {"Architecture": architecture, "OS": system} for architecture, system in platforms
        ]

    text = f"""\
spec["TaskTemplate"]["ContainerSpec"]["Image"] = {literal(image)}
spec["TaskTemplate"].setdefault("Placement", {{}})["Platforms"] = [
    {{"Architecture": architecture, "OS": system}} for architecture, system in {literal(platforms)}
]"""
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
        task["ForceUpdate"] = task.get("ForceUpdate", 0) + 1

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
    container["Env"] = [e for e in container.get("Env", []) if e.partition("=")[0] != key]
    kept: list[str] = container["Env"]
    return kept


def _without_env_text(key: str) -> str:
    return f"""\
container = spec["TaskTemplate"]["ContainerSpec"]
container["Env"] = [e for e in container.get("Env", []) if e.partition("=")[0] != {literal(key)}]"""


def add_port(port: Publication) -> Edit:
    def make(spec: Json) -> None:
        endpoint = spec.setdefault("EndpointSpec", {"Mode": "vip"})
        endpoint.setdefault("Ports", []).append(port.spec())

    text = f"""\
endpoint = spec.setdefault("EndpointSpec", {{"Mode": "vip"}})
{call('endpoint.setdefault("Ports", []).append', port.spec())}"""
    return Edit(text, make)


def remove_port(target: int) -> Edit:
    """Of the container's port, as the docker command counts."""

    def make(spec: Json) -> None:
        endpoint = spec.setdefault("EndpointSpec", {"Mode": "vip"})
        endpoint["Ports"] = [p for p in endpoint.get("Ports", []) if p["TargetPort"] != target]

    text = f"""\
endpoint = spec.setdefault("EndpointSpec", {{"Mode": "vip"}})
endpoint["Ports"] = [p for p in endpoint.get("Ports", []) if p["TargetPort"] != {target}]"""
    return Edit(text, make)


def set_constraints(added: Sequence[str], removed: Sequence[str]) -> Edit:
    def make(spec: Json) -> None:
        placement = spec["TaskTemplate"].setdefault("Placement", {})
        kept = [c for c in placement.get("Constraints", []) if c not in (*removed, *added)]
        placement["Constraints"] = [*kept, *added]

    text = f"""\
placement = spec["TaskTemplate"].setdefault("Placement", {{}})
kept = [c for c in placement.get("Constraints", []) if c not in {literal([*removed, *added])}]
placement["Constraints"] = kept + {literal(list(added))}"""
    return Edit(text, make)


def add_label(text: str) -> Edit:
    key, _, value = text.partition("=")

    def make(spec: Json) -> None:
        spec.setdefault("Labels", {})[key] = value

    return Edit(f'spec.setdefault("Labels", {{}})[{literal(key)}] = {literal(value)}', make)


def remove_label(key: str) -> Edit:
    def make(spec: Json) -> None:
        spec.get("Labels", {}).pop(key, None)

    return Edit(f'spec.get("Labels", {{}}).pop({literal(key)}, None)', make)
