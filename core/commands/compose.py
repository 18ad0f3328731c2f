"""A compose file, as far as a stack of the course goes, made into the API's words.

The names, labels and defaults are those of the docker command (docker CLI, cli/compose/convert), so
that each of the two can go on with a stack that the other has deployed. Keys that are not played
here are refused by name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from core.cluster.engine_json import Json
from core.commands.ports import publication
from core.commands.values import nanoseconds
from core.errors import InvalidCommand, InvalidValue
from core.i18n import later as _

#: Labels by which the docker command knows the services of a stack, and their images.
NAMESPACE = "com.docker.stack.namespace"
IMAGE = "com.docker.stack.image"

#: Keys of the file, each with its name in the API and the function that reads its value.
_Words = Mapping[str, tuple[str, Callable[[Any], Any]]]

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_MEMORY = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of a stack, under the names that they have in the Swarm.

    networks: those to create, with docker-py's keywords. secrets: those to create, with the file
    that each comes from. services: docker-py's keywords for create_service, with images not pinned
    yet and secrets that lack their ids.
    """

    networks: dict[str, Json]
    secrets: dict[str, str]
    services: tuple[Json, ...]


def plan(stack: str, text: str) -> Plan:
    """Read a compose file. Raises InvalidCommand with one sentence on the first thing wrong."""
    if re.search(r"(?<!\$)\$[\w{]", text):
        raise InvalidCommand(_("Variables ($NAME) are not filled in here: write the value itself."))
    try:
        raw = yaml.safe_load(text.replace("$$", "$"))
    except yaml.YAMLError as error:
        if mark := getattr(error, "problem_mark", None):
            sentence = _("The compose file is no YAML: see line {line}.")
            raise InvalidCommand(sentence, line=mark.line + 1) from None
        raise InvalidCommand(_("The compose file is no YAML.")) from None
    file = raw if isinstance(raw, dict) else {}
    known = {"version", "name", "services", "networks", "secrets"}
    _only({key: file[key] for key in file if not str(key).startswith("x-")}, known, "")
    services = _mapping(file.get("services") or {}, "services")
    if not services:
        raise InvalidCommand(_("The compose file has no services."))
    names = {name: _mapping(s, f"services.{name}") for name, s in services.items()}
    networks = _external_or(file, "networks", {"driver", "attachable", "internal", "labels"})
    secrets = _external_or(file, "secrets", {"file", "labels"})
    if any("networks" not in service for service in names.values()):
        networks.setdefault("default", {})
    reader = _Reader(stack, networks, secrets)
    return Plan(
        {reader.called(n, o): reader.network(o) for n, o in networks.items() if not _external(o)},
        {reader.called(n, o): reader.file(n, o) for n, o in secrets.items() if not _external(o)},
        tuple(reader.service(name, service) for name, service in names.items()),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of one file, which refer to its networks and secrets."""

    stack: str
    networks: dict[str, Json]
    secrets: dict[str, Json]

    def called(self, name: str, options: Json) -> str:
        """The name in the Swarm: the stack's own are prefixed, those of others are not."""
        return str(options.get("name") or (name if _external(options) else f"{self.stack}_{name}"))

    def network(self, options: Json) -> Json:
        labels = _pairs(options.get("labels") or {}, "labels") | {NAMESPACE: self.stack}
        switches = {key: True for key in ("attachable", "internal") if options.get(key)}
        return {"driver": options.get("driver", "overlay"), "labels": labels, **switches}

    def file(self, name: str, options: Json) -> str:
        if not options.get("file"):
            raise InvalidCommand(_("secrets.{name} wants file: or external: true."), name=name)
        return str(options["file"])

    def service(self, name: str, raw: Json) -> Json:
        where = f"services.{name}"
        _only(raw, _SERVICE, where)
        if not raw.get("image"):
            raise InvalidCommand(_("{where} wants an image: a Swarm builds none."), where=where)
        deploy = _mapping(raw.get("deploy") or {}, f"{where}.deploy")
        _only(deploy, _DEPLOY, f"{where}.deploy")
        labels = _pairs(deploy.get("labels") or {}, f"{where}.deploy.labels")
        made: Json = {
            "name": f"{self.stack}_{name}",
            "labels": labels | {IMAGE: raw["image"], NAMESPACE: self.stack},
            "mode": _mode(deploy, f"{where}.deploy"),
            "task_template": self._task(name, raw, deploy, where),
            "endpoint_spec": {
                "Ports": [_port(each, where) for each in raw.get("ports") or ()],
                "Mode": "vip",
            },
        }
        for key in ("update_config", "rollback_config"):
            if key in deploy:
                made[key] = _update(deploy[key], f"{where}.deploy.{key}")
        return made

    def _task(self, name: str, raw: Json, deploy: Json, where: str) -> Json:
        container: Json = {
            "Image": raw["image"],
            "Labels": _pairs(raw.get("labels") or {}, f"{where}.labels") | {NAMESPACE: self.stack},
            "Privileges": {},
            "Isolation": "default",
        }
        environment = _pairs(raw.get("environment") or {}, f"{where}.environment")
        optional = {
            "Command": _words(raw.get("entrypoint"), f"{where}.entrypoint"),
            "Args": _words(raw.get("command"), f"{where}.command"),
            "Env": sorted(f"{key}={value}" for key, value in environment.items()),
            "Hostname": raw.get("hostname"),
            "User": raw.get("user"),
            "Dir": raw.get("working_dir"),
            "Secrets": [self._secret(each, where) for each in raw.get("secrets") or ()],
        }
        task: Json = {
            "ContainerSpec": container | {key: value for key, value in optional.items() if value},
            "Resources": _resources(deploy.get("resources") or {}, f"{where}.deploy.resources"),
            "Networks": [
                {"Target": self._network(each, where), "Aliases": [name]}
                for each in raw.get("networks") or ("default",)
            ],
        }
        if "restart_policy" in deploy:
            task["RestartPolicy"] = _restart(
                deploy["restart_policy"], f"{where}.deploy.restart_policy"
            )
        placement = _mapping(deploy.get("placement") or {}, f"{where}.deploy.placement")
        _only(placement, {"constraints"}, f"{where}.deploy.placement")
        if placement.get("constraints"):
            task["Placement"] = {"Constraints": list(placement["constraints"])}
        return task

    def _network(self, name: str, where: str) -> str:
        if name not in self.networks:
            sentence = _("{where}: the file declares no network {name}.")
            raise InvalidCommand(sentence, where=where, name=name)
        return self.called(name, self.networks[name])

    def _secret(self, raw: Any, where: str) -> Json:
        fields = {"source": raw} if isinstance(raw, str) else _mapping(raw, f"{where}.secrets")
        _only(fields, {"source", "target", "uid", "gid", "mode"}, f"{where}.secrets")
        source = fields.get("source")
        if source not in self.secrets:
            sentence = _("{where}: the file declares no secret {name}.")
            raise InvalidCommand(sentence, where=where, name=source)
        return {
            "File": {
                "Name": fields.get("target") or source,
                "UID": str(fields.get("uid", "0")),
                "GID": str(fields.get("gid", "0")),
                "Mode": fields.get("mode", 0o444),
            },
            "SecretName": self.called(source, self.secrets[source]),
        }


_SERVICE = {
    "image", "command", "entrypoint", "environment", "ports", "labels", "secrets", "networks",
    "hostname", "user", "working_dir", "deploy",
}  # fmt: skip
_DEPLOY = {
    "mode", "replicas", "labels", "placement", "update_config", "rollback_config",
    "restart_policy", "resources",
}  # fmt: skip


def _mapping(raw: Any, where: str) -> Json:
    if not isinstance(raw, dict):
        sentence = _("{where} should be names with a colon each, and what they stand for.")
        raise InvalidCommand(sentence, where=where)
    return raw


def _only(raw: Json, known: set[str], where: str) -> None:
    for key in raw:
        if key not in known:
            path = f"{where}.{key}" if where else str(key)
            sentence = _("{path} is not played here; known: {known}.")
            raise InvalidCommand(sentence, path=path, known=", ".join(sorted(known)))


def _external_or(file: Json, kind: str, known: set[str]) -> dict[str, Json]:
    found = {}
    for name, options in _mapping(file.get(kind) or {}, kind).items():
        found[name] = _mapping(options or {}, f"{kind}.{name}")
        _only(found[name], known | {"external", "name"}, f"{kind}.{name}")
    return found


def _external(options: Json) -> bool:
    return bool(options.get("external"))


def _pairs(raw: Any, where: str) -> dict[str, str]:
    """``{KEY: value}`` or ``[KEY=value]``."""
    if isinstance(raw, list):
        raw = dict(str(each).partition("=")[::2] for each in raw)
    return {str(key): _scalar(value) for key, value in _mapping(raw, where).items()}


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _words(raw: Any, where: str) -> list[str]:
    """A command as the file has it: a line, or its words."""
    try:
        return shlex.split(raw) if isinstance(raw, str) else [_scalar(each) for each in raw or ()]
    except ValueError:
        raise InvalidCommand(_("{where}: a quote is never closed."), where=where) from None


def _mode(deploy: Json, where: str) -> Json:
    mode = deploy.get("mode", "replicated")
    if mode not in ("replicated", "global"):
        sentence = _("{where}.mode is replicated or global, not {mode}.")
        raise InvalidCommand(sentence, where=where, mode=mode)
    if mode == "global":
        return {"Global": {}}
    return {"Replicated": {"Replicas": _whole(deploy.get("replicas", 1), f"{where}.replicas")}}


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidCommand(_("{where} should be a whole number, 0 or more."), where=where)
    return value


def _port(raw: Any, where: str) -> Json:
    if isinstance(raw, dict):
        raw = ",".join(f"{key}={value}" for key, value in raw.items())
    return dict(_read(lambda: publication(str(raw)).spec(), f"{where}.ports"))


def _read(make: Callable[[], Any], where: str) -> Any:
    try:
        return make()
    except InvalidValue as error:
        raise InvalidCommand(_("{where}: {why}."), where=where, why=error) from None


def _update(raw: Any, where: str) -> Json:
    words: _Words = {
        "parallelism": ("Parallelism", lambda value: _whole(value, where)),
        "delay": ("Delay", _duration),
        "monitor": ("Monitor", _duration),
        "failure_action": ("FailureAction", str),
        "order": ("Order", str),
        "max_failure_ratio": ("MaxFailureRatio", _number),
    }
    return {"Parallelism": 1, "MaxFailureRatio": 0} | _fields(raw, words, where)


def _restart(raw: Any, where: str) -> Json:
    words: _Words = {
        "condition": ("Condition", str),
        "delay": ("Delay", _duration),
        "max_attempts": ("MaxAttempts", lambda value: _whole(value, where)),
        "window": ("Window", _duration),
    }
    return _fields(raw, words, where)


def _resources(raw: Any, where: str) -> Json:
    words: _Words = {"cpus": ("NanoCPUs", _cpus), "memory": ("MemoryBytes", _bytes)}
    _only(_mapping(raw, where), {"limits", "reservations"}, where)
    return {
        key.capitalize(): _fields(raw[key], words, f"{where}.{key}")
        for key in ("limits", "reservations")
        if key in raw
    }


def _fields(raw: Any, words: _Words, where: str) -> Json:
    _only(_mapping(raw, where), set(words), where)
    made = {}
    for key, value in raw.items():
        name, read = words[key]
        made[name] = _read(partial(read, value), f"{where}.{key}")
    return made


def _duration(value: Any) -> int:
    return nanoseconds(str(value))


def _number(value: Any) -> float:
    if not re.fullmatch(_NUMBER, str(value)):
        raise InvalidValue(_("{word!r} is no number: write 0.5 or 2"), word=value)
    return float(value)


def _cpus(value: Any) -> int:
    return int(_number(value) * 1e9)


def _bytes(value: Any) -> int:
    found = re.fullmatch(rf"({_NUMBER})\s*([bkmg]?)b?", str(value).lower())
    if not found:
        raise InvalidValue(_("{word!r} is no size: write 64M or 1G"), word=value)
    return int(float(found[1]) * _MEMORY[found[2]])
