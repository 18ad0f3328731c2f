"""The values in a compose file made into the API's words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core.cluster.engine_json import Json
from core.commands.compose import mapping, wrong
from core.commands.quantities import cpus, duration
from core.commands.service_ports import ports
from core.commands.values import size
from core.errors import InvalidValue
from core.i18n import later as _

#: Keys of the file, each with its name in the API and the function that reads its value.
_Words = Mapping[str, tuple[str, Callable[[Any], Any]]]
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_RESTARTS = {"always": "any", "unless-stopped": "any", "on-failure": "on-failure"}


def volume(text: str) -> Json:
    """``data:/data:ro`` as its long form (docker/cli, cli/compose/loader/volume.go)."""
    source, colon, rest = text.partition(":")
    if not colon or (len(source) == 1 and source.isalpha()):  # of Windows, it names a drive
        return {"type": "volume", "target": text}
    target, _colon, modes = rest.partition(":")
    made: Json = {"source": source, "target": target}
    made["type"] = "bind" if source[:1] in (".", "/", "~") else "volume"
    for mode in filter(None, modes.split(",")):
        if mode == "ro":
            made["read_only"] = True
        elif mode == "nocopy":
            made["volume"] = {"nocopy": True}
        elif mode.lstrip("r") in ("shared", "slave", "private"):
            made["bind"] = {"propagation": mode}
    return made


def listed(raw: Any) -> list[str]:
    return [raw] if isinstance(raw, str) else [str(each) for each in raw or ()]


def pairs(raw: Any, where: str) -> dict[str, str]:
    """``{KEY: value}`` or ``[KEY=value]``."""
    if isinstance(raw, list):
        raw = dict(str(each).partition("=")[::2] for each in raw)
    return {str(key): scalar(value) for key, value in mapping(raw, where).items()}


def scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def shell_words(raw: Any, where: str) -> list[str]:
    """A command as the file has it: a line, or its words."""
    try:
        return shlex.split(raw) if isinstance(raw, str) else [scalar(each) for each in raw or ()]
    except ValueError:
        spoken = "invalid command line string"
        raise wrong(_("{where}: a quote is never closed."), spoken, where=where) from None


def mode(deploy: Json, where: str) -> Json:
    mode, replicas = deploy.get("mode") or "replicated", deploy.get("replicas")
    kinds = {
        "replicated": "Replicated",
        "global": "Global",
        "replicated-job": "ReplicatedJob",
        "global-job": "GlobalJob",
    }
    if mode not in kinds:
        sentence = _("{where}.mode is replicated or global, not {mode}.")
        raise wrong(sentence, f"unknown mode: {mode}", where=where, mode=mode)
    if replicas is None:
        return {kinds[mode]: {}}
    count = _whole(replicas, f"{where}.replicas")
    if mode.startswith("global"):
        words = "replicas can only be used with replicated or replicated-job mode"
        raise wrong(_("replicas can only be used with replicated or replicated-job mode"), words)
    if mode == "replicated-job":
        return {"ReplicatedJob": {"MaxConcurrent": count, "TotalCompletions": count}}
    return {"Replicated": {"Replicas": count}}


def _whole(value: Any, where: str) -> int:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        sentence = _("{where} should be a whole number, 0 or more.")
        raise wrong(sentence, f"{where} must be a integer", where=where)
    return value


def published(raw: Any, where: str) -> list[Json]:
    if isinstance(raw, dict):
        raw = ",".join(f"{key}={value}" for key, value in raw.items())
    elif not re.match(r"[0-9.:\[]", str(raw)):
        sentence = _("{where}: {port!r} is no port.")
        raise wrong(
            sentence, f"{where}.ports.0 Does not match format 'ports'", where=where, port=raw
        )
    return _read(lambda: ports(str(raw)), f"{where}.ports")  # type: ignore[no-any-return]


def _read(make: Callable[[], Any], where: str) -> Any:
    try:
        return make()
    except InvalidValue as error:
        raise wrong(
            _("{where}: {why}."), error.spoken or str(error), where=where, why=error
        ) from None


def update_config(raw: Any, where: str) -> Json:
    words: _Words = {
        "parallelism": ("Parallelism", lambda value: _whole(value, where)),
        "delay": ("Delay", _duration),
        "monitor": ("Monitor", _duration),
        "failure_action": ("FailureAction", str),
        "order": ("Order", str),
        "max_failure_ratio": ("MaxFailureRatio", _number),
    }
    given = {"Parallelism": 1, "MaxFailureRatio": 0} | _fields(raw, words, where)
    order = ("Parallelism", "Delay", "FailureAction", "Monitor", "MaxFailureRatio", "Order")
    return {name: given[name] for name in order if name in given}


def restart_policy(deploy: Json, raw: Json, where: str) -> Json | None:
    where = f"{where}.deploy.restart_policy"
    if "restart_policy" in deploy:
        words: _Words = {
            "condition": ("Condition", str),
            "delay": ("Delay", _duration),
            "max_attempts": ("MaxAttempts", lambda value: _whole(value, where)),
            "window": ("Window", _duration),
        }
        return _fields(deploy["restart_policy"], words, where)
    name, _colon, most = str(raw.get("restart") or "").partition(":")
    if name not in _RESTARTS:
        return None
    return {"Condition": _RESTARTS[name]} | ({"MaxAttempts": int(most)} if most.isdigit() else {})


def resources(raw: Any, where: str) -> Json:
    words: _Words = {
        "cpus": ("NanoCPUs", lambda value: cpus(str(value))),
        "memory": ("MemoryBytes", lambda value: size(str(value))),
        "pids": ("Pids", lambda value: _whole(value, where)),
        "generic_resources": ("GenericResources", _generic),
    }
    return {
        key.capitalize(): _fields(raw[key] or {}, words, f"{where}.{key}")
        for key in ("limits", "reservations")
        if key in mapping(raw, where)
    }


def _generic(raw: Any) -> list[Json]:
    found = [each.get("discrete_resource_spec") or {} for each in raw]
    return [
        {"DiscreteResourceSpec": {"Kind": each.get("kind"), "Value": each.get("value")}}
        for each in found
    ]


def health_check(raw: Any, where: str) -> Json | None:
    if raw is None:
        return None
    test = raw.get("test") or []
    if raw.get("disable"):
        return {"Test": ["NONE"]}
    words: _Words = {
        "interval": ("Interval", _duration),
        "timeout": ("Timeout", _duration),
        "start_period": ("StartPeriod", _duration),
        "start_interval": ("StartInterval", _duration),
        "retries": ("Retries", lambda value: _whole(value, where)),
    }
    rest = {key: value for key, value in raw.items() if key not in ("test", "disable")}
    made = _fields(rest, words, where)
    return {"Test": ["CMD-SHELL", test] if isinstance(test, str) else list(test)} | made


def hosts(raw: Any) -> list[str]:
    """``name:address``, in a list or as names with colons, as Swarm keeps them."""
    texts = [f"{k}:{v}" for k, v in raw.items()] if isinstance(raw, dict) else list(raw)
    return [f"{address} {name}" for name, _colon, address in (t.partition(":") for t in texts)]


def ulimits(raw: Json) -> list[Json]:
    found = []
    for name in sorted(raw):
        given = raw[name] if isinstance(raw[name], dict) else {"soft": raw[name], "hard": raw[name]}
        found.append({"Name": name, "Hard": given.get("hard"), "Soft": given.get("soft")})
    return found


def _fields(raw: Any, words: _Words, where: str) -> Json:
    made = {}
    for key, value in mapping(raw, where).items():
        if key not in words:
            sentence = _("{path} is not played here; known: {known}.")
            spoken = f"{where} Additional property {key} is not allowed"
            raise wrong(sentence, spoken, path=f"{where}.{key}", known=", ".join(sorted(words)))
        name, read = words[key]
        made[name] = _read(partial(read, value), f"{where}.{key}")
    return made


def _duration(value: Any) -> int:
    return duration(str(value))


def span(value: Any, where: str) -> int:
    return int(_read(partial(_duration, value), where))


def _number(value: Any) -> float:
    if not re.fullmatch(_NUMBER, str(value)):
        raise InvalidValue(_("{word!r} is no number: write 0.5 or 2"), word=value)
    return float(value)
