"""Specs as the real engine stores them: without the empty values that a client posts.

The daemon turns the JSON of a spec into Protocol Buffers and back. On the way null, "", 0, false
and empty lists vanish, empty objects stay where the field is a message of its own, and a few fields
get their default at once. The rest of the defaults are inserted only when a client asks for them.
"""

from __future__ import annotations

import copy
from typing import Any

from essaim_practice.store.objects import Json

# Maps whose values belong to the user.
_VERBATIM = {"Labels", "Options", "Sysctls"}
# Fields with a presence of their own: zero differs from absent.
_PRESENT = {"Init", "Replicas", "StopGracePeriod", "Window", "MaxConcurrent", "TotalCompletions"}
_MESSAGES = {
    *("ContainerSpec", "DNSConfig", "Healthcheck", "Privileges", "Resources", "Limits"),
    *("Reservations", "Placement", "RestartPolicy", "UpdateConfig", "RollbackConfig"),
    *("EndpointSpec", "LogDriver", "Mode", "Replicated", "Global", "ReplicatedJob", "GlobalJob"),
    *("DriverConfig", "BindOptions", "VolumeOptions", "TmpfsOptions", "TaskTemplate", "Spread"),
    *("File", "Runtime"),
}
_FILE = {"Name": "", "UID": "", "GID": "", "Mode": 0}
_UPDATE = {"Parallelism": 0, "FailureAction": "pause", "MaxFailureRatio": 0, "Order": "stop-first"}
_UPDATE_DEFAULT = {**_UPDATE, "Parallelism": 1, "Monitor": 5_000_000_000}
_RESTART_DEFAULT = {"Condition": "any", "Delay": 5_000_000_000, "MaxAttempts": 0}


def stored(posted: Json) -> dict[str, Any]:
    """The stored form of a posted service spec whose shape has been checked."""
    # The daemon reads names in any case, and docker-py writes these two in lower case.
    mode = {kind[:1].upper() + kind[1:]: v for kind, v in (posted.get("Mode") or {}).items()}
    posted = {**posted, "Mode": mode}
    spec: dict[str, Any] = {"Name": posted.get("Name") or "", "Labels": posted.get("Labels") or {}}
    spec |= {k: v for k, v in _prune(posted).items() if k not in spec}
    template = spec.setdefault("TaskTemplate", {})
    if "ContainerSpec" in template:
        container = template["ContainerSpec"]
        _fill(container, {"Isolation": "default"})
        for reference in (*container.get("Secrets", ()), *container.get("Configs", ())):
            _fill(reference.get("File"), _FILE)
    _fill(template, {"ForceUpdate": 0, "Runtime": "container"})
    if "RestartPolicy" in template:
        # A delay of zero is one; only an absent delay means five seconds.
        delay = posted["TaskTemplate"]["RestartPolicy"].get("Delay")
        _fill(template["RestartPolicy"], {} if delay is None else {"Delay": delay})
        _fill(template["RestartPolicy"], {"Condition": "any", "MaxAttempts": 0})
    _fill(spec.get("UpdateConfig"), _UPDATE)
    _fill(spec.get("RollbackConfig"), _UPDATE)
    _fill(spec.get("EndpointSpec"), {"Mode": "vip"})
    for port in spec.get("EndpointSpec", {}).get("Ports", ()):
        _fill(port, {"Protocol": "tcp", "PublishMode": "ingress"})
    if not mode:
        spec["Mode"]["Replicated"] = {}
    _fill(spec["Mode"].get("Replicated"), {"Replicas": 1})
    if (job := spec["Mode"].get("ReplicatedJob")) is not None:
        _fill(job, {"MaxConcurrent": 1})
        _fill(job, {"TotalCompletions": job["MaxConcurrent"]})
    return spec


def with_defaults(spec: Json) -> dict[str, Any]:
    """A stored spec with every default inserted, as ``docker service inspect`` shows it."""
    full: dict[str, Any] = copy.deepcopy(dict(spec))
    template = full["TaskTemplate"]
    container = template.get("ContainerSpec")
    _fill(container, {"StopGracePeriod": 10_000_000_000, "DNSConfig": {}})
    _fill(template, {"Resources": {}, "RestartPolicy": {}, "Placement": {}})
    _fill(template["RestartPolicy"], _RESTART_DEFAULT)
    for name in ("UpdateConfig", "RollbackConfig"):
        if name in full:
            _fill(full[name], {"Monitor": 5_000_000_000})
        else:
            full[name] = dict(_UPDATE_DEFAULT)
    return full


def _fill(section: dict[str, Any] | None, defaults: Json) -> None:
    if section is not None:
        for name, value in defaults.items():
            section.setdefault(name, copy.copy(value))


def _prune(section: Json) -> dict[str, Any]:
    kept = {}
    for name, value in section.items():
        pruned = value if name in _VERBATIM else _pruned(value)
        if value is None:
            continue
        if pruned or name in _PRESENT or (name in _MESSAGES and isinstance(value, dict)):
            kept[name] = pruned
    return kept


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return _prune(value)
    if isinstance(value, list):
        return [_prune(item) if isinstance(item, dict) else item for item in value]
    return value
