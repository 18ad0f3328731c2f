"""A compose file written again, as ``docker stack config`` does."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import yaml

from core.cluster.engine_json import Json
from core.commands.compose import Composed
from core.commands.compose_values import listed, pairs, shell_words, volume
from core.commands.service_ports import ports
from core.commands.values import size

_DEPLOY = (
    "mode", "replicas", "labels", "update_config", "rollback_config", "resources",
    "restart_policy", "placement", "endpoint_mode",
)  # fmt: skip
_VERSION = "3.13"


class _Dumper(yaml.SafeDumper):
    """Texts that YAML would read as something else stand between double quotes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> Any:
    tag = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    plain = tag == "tag:yaml.org,2002:str"
    ambiguous = text.lower() in ("y", "n") or not text
    style = "|" if "\n" in text else '"' if not plain or ambiguous else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def written(file: Composed, here: str, environment: Mapping[str, str]) -> str:
    """The whole file. here: the folder that its paths start at."""
    whole: Json = {
        "version": _VERSION,
        "services": {name: _service(file.services[name], here) for name in sorted(file.services)},
    }
    for key in ("networks", "volumes", "secrets", "configs"):
        section = getattr(file, key)
        if section:
            whole[key] = {name: _object(name, section[name], here) for name in sorted(section)}
    text = yaml.dump(whole, Dumper=_Dumper, sort_keys=False, width=10**6, allow_unicode=True)
    return text.replace(f"version: '{_VERSION}'", f'version: "{_VERSION}"').rstrip("\n")


def _object(name: str, options: Json, here: str) -> Json:
    made = dict(options)
    if "file" in made:
        made["file"] = posixpath.normpath(posixpath.join(here, str(made["file"])))
    if made.get("external") is True:
        made.pop("external")
        return {"name": made.get("name", name), **made, "external": True}
    return made


def _service(raw: Json, here: str) -> Json:
    made = {key: _value(key, raw[key], here) for key in sorted(raw)}
    return {key: value for key, value in made.items() if value not in (None, [], {})}


def _value(key: str, value: Any, here: str) -> Any:
    match key:
        case "command" | "entrypoint":
            return shell_words(value, key)
        case "environment":
            if isinstance(value, list):
                split = (str(each).partition("=") for each in value)
                value = {name: text if equals else None for name, equals, text in split}
            return {name: None if v is None else _scalar(v) for name, v in sorted(value.items())}
        case "labels" | "sysctls":
            return dict(sorted(pairs(value, key).items()))
        case "ports":
            return [port for each in value for port in _ports(each)]
        case "volumes":
            return [_mount(each, here) for each in value]
        case "secrets" | "configs":
            return [{"source": each} if isinstance(each, str) else each for each in value]
        case "networks" if isinstance(value, list):
            return dict.fromkeys(sorted(value))
        case "dns" | "dns_search" | "env_file" | "tmpfs":
            return listed(value)
        case "deploy":
            return {name: _deploy(name, value[name]) for name in _DEPLOY if name in value}
    return value


def _deploy(name: str, value: Any) -> Any:
    if name == "labels":
        return dict(sorted(pairs(value, name).items()))
    if name == "resources":
        return {kind: _resources(limits or {}) for kind, limits in sorted(value.items())}
    return value


def _resources(limits: Json) -> Json:
    made = dict(limits)
    if "memory" in made:
        made["memory"] = str(size(str(made["memory"])))
    if "cpus" in made:
        made["cpus"] = str(made["cpus"])
    return made


def _ports(raw: Any) -> list[Json]:
    if isinstance(raw, dict):
        return [{k: raw[k] for k in ("mode", "target", "published", "protocol") if k in raw}]
    return [
        {
            "mode": port["PublishMode"],
            "target": port["TargetPort"],
            **({"published": port["PublishedPort"]} if "PublishedPort" in port else {}),
            "protocol": port["Protocol"],
        }
        for port in ports(str(raw))
    ]


def _mount(raw: Any, here: str) -> Json:
    given = volume(raw) if isinstance(raw, str) else raw
    made = {
        key: given[key]
        for key in ("type", "source", "target", "read_only", "bind", "volume", "tmpfs")
        if key in given
    }
    if made.get("type") == "bind":
        made["source"] = posixpath.normpath(posixpath.join(here, str(made["source"])))
    return made


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
