"""Validates service specs, in the managers' words."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from essaim_practice.images.reference import parse
from essaim_practice.programs import checks
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Json, Network, Port, Service
from essaim_practice.store.store import Store
from essaim_practice.swarm import constraints, expansion, payloads, specs
from essaim_practice.swarm.access import invalid, refuse
from essaim_practice.swarm.templates import TemplateError

_NAME = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*\Z")
_LEAST_MEMORY = 4 * 2**20
_LAST_PORT = 65535
_MOUNTS = ("bind", "volume", "tmpfs", "npipe", "cluster", "image")
_LEAST_CPU = 10**6  # nanoCPUs


def check_shape(posted: Json) -> None:
    """What the daemon refuses before it asks a manager."""
    template = posted.get("TaskTemplate")
    container = template.get("ContainerSpec") if isinstance(template, dict) else None
    if not isinstance(template, dict) or not isinstance(container, dict):
        raise ApiError(400, "mismatched Runtime and *Spec fields")
    payloads.check_targets(container)
    mode = posted.get("Mode") or {}
    if len([name for name, value in mode.items() if value is not None]) > 1:
        raise ApiError(400, "must specify only one service mode")
    resolution = specs.section(posted, "EndpointSpec").get("Mode")
    if resolution not in (None, "", "vip", "dnsrr"):
        raise ApiError(400, f'invalid resolution mode: "{resolution}"')
    for mount in container.get("Mounts") or ():
        if (kind := mount.get("Type")) not in _MOUNTS:
            raise ApiError(400, f'invalid MountType: "{kind or ""}"')
    condition = specs.section(template, "RestartPolicy").get("Condition")
    if condition not in (None, "", "none", "on-failure", "any"):
        raise ApiError(400, f'invalid RestartCondition: "{condition}"')
    for name in ("UpdateConfig", "RollbackConfig"):
        config = specs.section(posted, name)
        action = config.get("FailureAction")
        if action not in (None, "", "pause", "continue", "rollback"):
            raise ApiError(400, f"unrecognized update failure action {action}")
        if (order := config.get("Order")) not in (None, "", "stop-first", "start-first"):
            raise ApiError(400, f"unrecognized update order {order}")


def check(store: Store, spec: Json, own_id: str = "") -> None:
    """Raises ApiError for a stored spec that a manager refuses. own_id: the service, on update."""
    name = str(spec["Name"])
    check_name(name)
    template = spec["TaskTemplate"]
    _check_replicas(store, spec, own_id)
    if specs.is_job(spec) and "UpdateConfig" in spec:
        raise invalid("Jobs may not have an update config")
    _check_resources(template)
    _check_times(spec)
    _check_container(template["ContainerSpec"])
    try:
        checks.validate(specs.section(template, "ContainerSpec", "Healthcheck"))
    except ApiError as error:
        words = error.message.replace("Healthcheck", "HealthConfig")
        raise invalid(f"ContainerSpec: {words}") from None
    _check_endpoint(spec)
    payloads.check_references(template["ContainerSpec"])
    _check_networks(store, spec)
    for text in specs.placement_constraints(template):
        try:
            constraints.parse(text)
        except constraints.ConstraintError as error:
            raise refuse(500, "Unknown", str(error)) from None
    payloads.check_existence(store, template["ContainerSpec"])
    if any(other.name == name and other.id != own_id for other in store.all(Service)):
        conflict = f"name conflicts with an existing object: service {name} already exists"
        raise refuse(409, "AlreadyExists", conflict)
    _check_free(store, specs.ports(spec), own_id)


def _check_replicas(store: Store, spec: Json, own_id: str) -> None:
    """Raises ApiError if all services together ask for more replicas than the limit."""
    others = (_asked(other.spec) for other in store.all(Service) if other.id != own_id)
    most = store.limits.replicas
    if _asked(spec) and _asked(spec) + sum(others) > most:
        reason = f"the services of this practice cluster may ask for at most {most} replicas in all"
        raise ApiError(400, reason)


def _asked(spec: Json) -> int:
    """The number of replicas of a service, or of completions of a job."""
    return specs.replicas(spec) + specs.job_sizes(spec)[1]


def check_name(name: str) -> None:
    """Raises ApiError 400 for an invalid name of a service or network."""
    if not _NAME.match(name):
        raise invalid("name must be valid as a DNS name component")
    if len(name) > 63:
        raise invalid("name must be 63 characters or fewer")


def with_network_ids(store: Store, spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with its networks by id. Raises ApiError 500 for unknown networks."""
    for attached in (spec["TaskTemplate"].get("Networks") or (), spec.get("Networks") or ()):
        for network in attached:
            target = str(network.get("Target") or "")
            candidates = [n for n in store.all(Network) if target in (n.id, n.name)]
            shared = [n for n in candidates if n.scope == "swarm"] or candidates
            if not shared:
                raise ApiError(500, f"network {target} not found")
            network["Target"] = shared[0].id
    return spec


def _check_resources(template: Json) -> None:
    for kind in ("Limits", "Reservations"):
        asked = specs.section(template, "Resources", kind)
        cpu, memory = asked.get("NanoCPUs") or 0, asked.get("MemoryBytes") or 0
        if cpu and cpu < _LEAST_CPU:
            raise invalid(f"invalid cpu value {cpu / 1e9:g}: Must be at least 0.001")
        if memory and memory < _LEAST_MEMORY:
            raise invalid(f"invalid memory value {memory}: Must be at least 4MiB")


def _check_times(spec: Json) -> None:
    policy = specs.section(spec, "TaskTemplate", "RestartPolicy")
    for field in ("Delay", "Window"):
        if (policy.get(field) or 0) < 0:
            raise invalid(f"TaskSpec: restart-{field.lower()} cannot be negative")
    for name in ("UpdateConfig", "RollbackConfig"):
        config = specs.section(spec, name)
        for field in ("Delay", "Monitor"):
            if (config.get(field) or 0) < 0:
                raise invalid(f"TaskSpec: update-{field.lower()} cannot be negative")
        if not 0 <= (config.get("MaxFailureRatio") or 0) <= 1:
            reason = "update-maxfailureratio cannot be less than 0 or bigger than 1"
            raise invalid(f"TaskSpec: {reason}")


def _check_container(container: Json) -> None:
    image = str(container.get("Image") or "")
    if not image:
        raise invalid("ContainerSpec: image reference must be provided")
    try:
        parse(image)
    except ApiError:
        raise invalid(f'ContainerSpec: "{image}" is not a valid repository/tag') from None
    targets = Counter(str(mount.get("Target")) for mount in container.get("Mounts") or ())
    for target, count in targets.items():
        if count > 1:
            raise invalid(f"ContainerSpec: duplicate mount point: {target}")
    try:
        expansion.check(container)
    except TemplateError as error:
        raise invalid(str(error)) from None


def _check_endpoint(spec: Json) -> None:
    ports = specs.ports(spec)
    for port in ports:
        if max(port.target, port.published) > _LAST_PORT:
            reason = f"port {max(port.target, port.published)} is larger than {_LAST_PORT}"
            raise invalid(f"EndpointSpec: {reason}")
    by_ingress = any(port.mode == "ingress" for port in ports)
    if by_ingress and specs.section(spec, "EndpointSpec").get("Mode") == "dnsrr":
        reason = "port published with ingress mode can't be used with dnsrr mode"
        raise invalid(f"EndpointSpec: {reason}")
    published = Counter((p.published, p.protocol) for p in ports if p.published)
    if any(count > 1 for count in published.values()):
        raise invalid("EndpointSpec: duplicate published ports provided")


def _check_networks(store: Store, spec: Json) -> None:
    for id in specs.networks(spec):
        network = store.get(Network, id)
        if network is not None and network.ingress:
            reason = "Service cannot be explicitly attached to the ingress network"
            raise invalid(f'{reason} "{network.name}"')


def _check_free(store: Store, ports: tuple[Port, ...], own_id: str) -> None:
    """Raises ApiError for a port that another service publishes, in the mesh or in host mode."""
    for port in ports:
        for other in store.all(Service):
            if other.id == own_id or not port.published:
                continue
            for taken in other.ports or specs.ports(other.spec):
                same = (taken.published, taken.protocol) == (port.published, port.protocol)
                if same and "ingress" in (taken.mode, port.mode):
                    how = "an ingress" if taken.mode == "ingress" else "a host-published"
                    raise invalid(
                        f"port '{port.published}' is already in use by service '{other.name}' "
                        f"({other.id}) as {how} port"
                    )
