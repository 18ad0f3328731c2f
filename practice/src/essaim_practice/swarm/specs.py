"""Reads a stored service spec, with SwarmKit's defaults for absent fields (api/defaults)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from essaim_practice.store.objects import Json, Node, Port, Service, State, Task
from essaim_practice.swarm import constraints

SECOND = 10**9  # nanoseconds, in which the API counts durations


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """The conditions under which an ended task is replaced."""

    condition: str = "any"  # any, on-failure, none
    delay: float = 5.0  # seconds
    max_attempts: int = 0  # 0: no limit
    window: float = 0.0  # seconds within which attempts count; 0: for ever


@dataclass(frozen=True, slots=True)
class UpdateConfig:
    """How the tasks of a service are replaced by those of a new spec."""

    parallelism: int = 1  # 0: all at once
    delay: float = 0.0  # seconds
    failure_action: str = "pause"  # pause, continue, rollback
    monitor: float = 5.0  # seconds
    max_failure_ratio: float = 0.0
    order: str = "stop-first"  # stop-first, start-first


def section(spec: Json, *path: str) -> Json:
    """A nested object of a spec; empty where it or anything above it is absent."""
    for name in path:
        found = spec.get(name)
        spec = found if isinstance(found, dict) else {}
    return spec


def is_global(spec: Json) -> bool:
    """Whether every node gets a task: a global service or global job."""
    return bool({"Global", "GlobalJob"} & set(section(spec, "Mode")))


def is_replicated(spec: Json) -> bool:
    return "Replicated" in section(spec, "Mode")


def is_job(spec: Json) -> bool:
    """Whether its tasks run to completion, not for ever."""
    return bool({"ReplicatedJob", "GlobalJob"} & set(section(spec, "Mode")))


def job_sizes(spec: Json) -> tuple[int, int]:
    """MaxConcurrent and TotalCompletions of a replicated job."""
    sizes = section(spec, "Mode", "ReplicatedJob")
    total = int(sizes.get("TotalCompletions") or 0)
    return int(sizes.get("MaxConcurrent") or 0) or total, total


def mode(spec: Json) -> str:
    """replicated, global, replicated-job or global-job."""
    names = {"Global": "global", "ReplicatedJob": "replicated-job", "GlobalJob": "global-job"}
    return next((names[name] for name in section(spec, "Mode") if name in names), "replicated")


def replicas(spec: Json) -> int:
    """How many replicas a replicated service asks for."""
    return int(section(spec, "Mode", "Replicated").get("Replicas") or 0)


def restart_policy(template: Json) -> RestartPolicy:
    policy = section(template, "RestartPolicy")
    return RestartPolicy(
        condition=str(policy.get("Condition") or "any"),
        delay=_seconds(policy, "Delay", 5.0),
        max_attempts=int(policy.get("MaxAttempts") or 0),
        window=_seconds(policy, "Window", 0.0),
    )


def update_config(spec: Json, rolling_back: bool) -> UpdateConfig:
    config = spec.get("RollbackConfig" if rolling_back else "UpdateConfig")
    if config is None:
        return UpdateConfig()
    return UpdateConfig(
        parallelism=int(config.get("Parallelism") or 0),
        delay=_seconds(config, "Delay", 0.0),
        failure_action=str(config.get("FailureAction") or "pause"),
        monitor=_seconds(config, "Monitor", 5.0),
        max_failure_ratio=float(config.get("MaxFailureRatio") or 0.0),
        order=str(config.get("Order") or "stop-first"),
    )


def ports(spec: Json) -> tuple[Port, ...]:
    """The ports a service publishes, as its spec has them (published 0: any)."""
    return tuple(
        Port(
            target=int(port.get("TargetPort") or 0),
            published=int(port.get("PublishedPort") or 0),
            protocol=str(port.get("Protocol") or "tcp"),
            mode=str(port.get("PublishMode") or "ingress"),
        )
        for port in section(spec, "EndpointSpec").get("Ports") or ()
    )


def networks(spec: Json) -> tuple[str, ...]:
    """The ids of the networks a service's tasks are attached to, ingress apart."""
    attached = section(spec, "TaskTemplate").get("Networks") or spec.get("Networks") or ()
    return tuple(str(network["Target"]) for network in attached)


def placement_constraints(template: Json) -> tuple[str, ...]:
    return tuple(section(template, "Placement").get("Constraints") or ())


def matches(template: Json, node: Node) -> bool:
    return all(constraints.holds(text, node) for text in placement_constraints(template))


def should_restart(task: Task) -> bool:
    """Whether the task's restart policy allows its slot another task."""
    policy = restart_policy(task.spec)
    if policy.condition == "none":
        return False
    if policy.condition == "on-failure" and task.state == State.COMPLETE:
        return False
    if not policy.max_attempts:
        return True
    counted = task.restarts
    if policy.window:
        counted = tuple(at for at in counted if at > task.timestamp - policy.window)
    return len(counted) < policy.max_attempts


def is_dirty(service: Service, task: Task, node: Node | None) -> bool:
    """Whether a task was made from a template other than the service's present one.

    Templates are compared as they are stored: an explicit default differs from an absent one, as
    in SwarmKit. A change of placement constraints alone leaves tasks on nodes that still match.
    """
    if service.spec_version == task.spec_version:
        return False
    template: Json = service.spec["TaskTemplate"]
    if task.endpoint is not None and task.endpoint != service.spec.get("EndpointSpec"):
        return True
    if template == task.spec:
        return False
    return not (
        node is not None
        and _without_constraints(template) == _without_constraints(task.spec)
        and matches(template, node)
    )


def _without_constraints(template: Json) -> dict[str, Any]:
    placement = {k: v for k, v in section(template, "Placement").items() if k != "Constraints"}
    return {**template, "Placement": placement}


def _seconds(section: Json, name: str, default: float) -> float:
    value = section.get(name)
    return default if value is None else float(value) / SECOND
