"""Compose files: read, with variables filled in and several laid over one another, and checked.

The rules and the words are those of the docker command (docker/cli, cli/compose/loader), which
keeps to version 3 of the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.cluster.engine_json import Json
from core.errors import InvalidCommand
from core.i18n import later as _

#: What a stack's file may have at its top.
_TOP = {"version", "name", "services", "networks", "volumes", "secrets", "configs"}
#: What a service may have (docker/cli, cli/compose/schema).
_SERVICE = {
    "build", "cap_add", "cap_drop", "cgroupns_mode", "cgroup_parent", "command", "configs",
    "container_name", "credential_spec", "depends_on", "deploy", "devices", "dns", "dns_search",
    "domainname", "entrypoint", "env_file", "environment", "expose", "external_links",
    "extra_hosts", "healthcheck", "hostname", "image", "init", "ipc", "isolation", "labels",
    "links", "logging", "mac_address", "networks", "network_mode", "oom_score_adj", "pid",
    "ports", "privileged", "read_only", "restart", "secrets", "security_opt", "shm_size",
    "stdin_open", "stop_grace_period", "stop_signal", "sysctls", "tmpfs", "tty", "ulimits",
    "user", "userns_mode", "volumes", "working_dir",
}  # fmt: skip
_DEPLOY = {
    "mode", "endpoint_mode", "replicas", "labels", "rollback_config", "update_config", "resources",
    "restart_policy", "placement",
}  # fmt: skip
#: What a Swarm does not do (docker/cli, cli/compose/types).
_IGNORED = (
    "build", "cgroupns_mode", "cgroup_parent", "devices", "domainname", "external_links", "ipc",
    "links", "mac_address", "network_mode", "pid", "privileged", "restart", "security_opt",
    "shm_size", "userns_mode",
)  # fmt: skip
_DEPRECATED = {
    "container_name": "Setting the container name is not supported.",
    "expose": "Exposing ports is unnecessary - services on the same network can access each "
    "other's containers on any port.",
}
_LIMITS = "Set resource limits using deploy.resources"
_FORBIDDEN = {
    "extends": "Support for `extends` is not implemented yet.",
    "volume_driver": "Instead of setting the volume driver on the service, define a volume using "
    "the top-level `volumes` option and specify the driver there.",
    "volumes_from": "To share a volume between services, define it using the top-level `volumes` "
    "option and reference it from each service that shares it using the service-level `volumes` "
    "option.",
    **dict.fromkeys(("cpu_quota", "cpu_shares", "cpuset", "mem_limit", "memswap_limit"), _LIMITS),
}
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[_a-zA-Z][_a-zA-Z0-9]*)"
    r"|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*)(?:(?P<how>:?[-?])(?P<word>[^}]*))?\}|(?P<wrong>))"
)


@dataclass(frozen=True, slots=True)
class Composed:
    """All files of a stack as one. warnings: what docker says of parts that a Swarm ignores."""

    services: dict[str, Json]
    networks: dict[str, Json]
    volumes: dict[str, Json]
    secrets: dict[str, Json]
    configs: dict[str, Json]
    warnings: str = ""


def wrong(sentence: str, spoken: str, **fields: object) -> InvalidCommand:
    """The refusal of a file. spoken: the words of the docker command."""
    error = InvalidCommand(sentence, **fields)
    error.spoken = spoken  # type: ignore[attr-defined]
    return error


def composed(texts: Iterable[str], environment: Mapping[str, str], fill: bool = True) -> Composed:
    """Read compose files, each of which goes over the ones before.

    fill: whether variables are filled in. Raises InvalidCommand on the first thing wrong.
    """
    whole: Json = {}
    for text in texts:
        raw = _loaded(text)
        forbidden = {
            key: _FORBIDDEN[key]
            for service in mapping(raw.get("services") or {}, "services").values()
            for key in (service if isinstance(service, dict) else ())
            if key in _FORBIDDEN
        }
        if forbidden:
            listed = "\n\n".join(f"{key}: {forbidden[key]}" for key in sorted(forbidden))
            words = f"Compose file contains unsupported options:\n\n{listed}\n"
            sentence = _("A stack cannot have these options: {names}.")
            raise wrong(sentence, words, names=", ".join(sorted(forbidden)))
        if fill:
            raw = {
                key: _filled(value, environment, key) if key in _TOP else value
                for key, value in raw.items()
            }
        _check(raw)
        whole = _over(whole, {k: v for k, v in raw.items() if not k.startswith("x-")})
    sections = {
        key: {name: dict(options or {}) for name, options in (whole.get(key) or {}).items()}
        for key in ("services", "networks", "volumes", "secrets", "configs")
    }
    return Composed(**sections, warnings=_warnings(sections["services"]))


def _loaded(text: str) -> Json:
    try:
        raw = _constructed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "could not be read"
        if mark is None:
            raise wrong(_("The compose file is no YAML."), f"yaml: {why}") from None
        line = mark.line + 1
        spoken = f"yaml: line {line}: {_GO.get(why.partition(',')[0], why)}"
        raise wrong(_("The compose file is no YAML: see line {line}."), spoken, line=line) from None
    except (ValueError, RecursionError):  # a number or a date that is none; lists in lists in lists
        raise wrong(_("The compose file is no YAML."), "yaml: could not be read") from None
    if not isinstance(raw, dict):
        words = "top-level object must be a mapping"
        raise wrong(_("The compose file has no services."), words)
    return raw


def _constructed(text: str) -> Any:
    """What YAML says. Raises yaml.YAMLError, ValueError and RecursionError."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        known: dict[int, int] = {}
        if _weight(node, known) > max(_MOST, 10 * len(known)):
            raise yaml.MarkedYAMLError(problem="document contains excessive aliasing")
        return loader.construct_document(node)
    finally:
        loader.dispose()


#: The parts of a file with all that its aliases stand for, beyond which they are too many: a few
#: lines can stand for more than there is memory.
_MOST = 100_000
_SIGNS = 64  # of a text that weigh as much as one part


def _weight(node: yaml.Node, known: dict[int, int]) -> int:
    """The parts of a node, written out. known: of nodes by id; endless while one is looked at."""
    if id(node) not in known:
        known[id(node)] = 10**9  # met again within itself
        if isinstance(node, yaml.ScalarNode):
            weight = 1 + len(node.value) // _SIGNS
        else:
            pairs = isinstance(node, yaml.MappingNode)
            held = (each for pair in node.value for each in pair) if pairs else node.value
            weight = 1 + sum(_weight(each, known) for each in held)
        known[id(node)] = weight
    return known[id(node)]


#: Where PyYAML and docker's library say the same in two ways.
_GO = {"expected the node content": "did not find expected node content"}


def _filled(value: Any, environment: Mapping[str, str], where: str) -> Any:
    """A value with the variables in its texts filled in."""
    if isinstance(value, dict):
        return {key: _filled(v, environment, f"{where}.{key}") for key, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, environment, f"{where}.[]") for v in value]
    if not isinstance(value, str) or "$" not in value:
        return value

    def fill(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        name = found["named"] or found["braced"]
        if name is None:
            raise _no_variable(where, value)
        known, how, word = environment.get(name), found["how"] or "", found["word"] or ""
        there = known is not None and not (how.startswith(":") and not known)
        if there or not how:
            return known or ""
        if how.endswith("?"):
            raise _no_variable(where, f"required variable {name} is missing a value: {word}")
        return word

    return _VARIABLE.sub(fill, value)


def _no_variable(where: str, what: str) -> InvalidCommand:
    path = where.replace(".[]", "")
    sentence = _("{where}: a variable cannot be filled in. A $ of the text itself is written $$.")
    spoken = (
        f'invalid interpolation format for {path}: "{what}"; '
        "you may need to escape any $ with another $"
    )
    return wrong(sentence, spoken, where=path)


def _check(raw: Json) -> None:
    """Refuse what no compose file may have."""
    version = str(raw.get("version") or "3")
    if not re.fullmatch(r"3(\.[0-9]+)?", version):
        sentence = _("The version of the compose file is 3, not {version}.")
        raise wrong(sentence, f"unsupported Compose file version: {version}", version=version)
    _only(raw, _TOP, "")
    for name, service in mapping(raw.get("services") or {}, "services").items():
        where = f"services.{name}"
        _only(mapping(service, where), _SERVICE, where)
        if "image" in service and not isinstance(service["image"], str):
            sentence = _("{where} should be a text.")
            raise wrong(sentence, f"{where}.image must be a string", where=f"{where}.image")
        deploy = mapping(service.get("deploy") or {}, f"{where}.deploy")
        _only(deploy, _DEPLOY, f"{where}.deploy")
    for section in ("networks", "volumes", "secrets", "configs"):
        for name, options in mapping(raw.get(section) or {}, section).items():
            mapping(options or {}, f"{section}.{name}")


def mapping(raw: Any, where: str) -> Json:
    """The value, if it has names. Raises InvalidCommand."""
    if not isinstance(raw, dict):
        sentence = _("{where} should be names with a colon each, and what they stand for.")
        raise wrong(sentence, f"{where} must be a mapping", where=where)
    return raw


def _only(raw: Json, known: set[str], where: str) -> None:
    for key in raw:
        if key not in known and not str(key).startswith("x-"):
            path = f"{where}.{key}" if where else str(key)
            sentence = _("{path} is not played here; known: {known}.")
            spoken = f"{where or '(root)'} Additional property {key} is not allowed"
            raise wrong(sentence, spoken, path=path, known=", ".join(sorted(known)))


#: Lists that grow where a later file has them, too; others are replaced.
_GROW = ("ports", "secrets", "configs", "volumes", "expose", "dns", "dns_search", "env_file")


def _over(below: Json, above: Json) -> Json:
    """One file over another."""
    made = dict(below)
    for key, value in above.items():
        old = made.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            made[key] = _over(old, value)
        elif isinstance(old, list) and isinstance(value, list) and key in _GROW:
            made[key] = [*(each for each in old if each not in value), *value]
        else:
            made[key] = value
    return made


def _warnings(services: Mapping[str, Json]) -> str:
    """What docker says of parts that it leaves out."""
    used = {key for service in services.values() for key in service}
    text = ""
    if ignored := sorted(used & set(_IGNORED)):
        text += f"Ignoring unsupported options: {', '.join(ignored)}\n\n"
    if old := sorted(used & _DEPRECATED.keys()):
        listed = "\n\n".join(f"{key}: {_DEPRECATED[key]}" for key in old)
        text += f"Ignoring deprecated options:\n\n{listed}\n\n"
    return text
