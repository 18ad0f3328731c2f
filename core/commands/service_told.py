"""A service as ``docker service inspect --pretty`` tells of it (docker/cli, formatter.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.cluster.engine_json import Json, count, items, part, text
from core.commands.inspections import labels
from core.commands.table import ago, memory
from core.templates.moments import spelled
from core.templates.values import printed


def pretty(service: Json, networks: Mapping[str, str]) -> str:
    """networks: names by id."""
    spec = part(service, "Spec")
    task = part(spec, "TaskTemplate")
    parts = (
        ("", f"ID:\t\t{service['ID']}", f"Name:\t\t{text(spec, 'Name')}"),
        _under("Labels:", labels(part(spec, "Labels"), " ")),
        _mode(part(spec, "Mode")),
        _update_status(part(service, "UpdateStatus")),
        _placement(part(task, "Placement")),
        _update(spec, "Update", "Update order:      "),
        _update(spec, "Rollback", "Rollback order:    "),
        _container(part(task, "ContainerSpec")),
        _log(task),
        _resources(task),
        _networks(task, networks),
        [f"Endpoint Mode:\t{text(spec, 'EndpointSpec', 'Mode')}"],
    )
    body = "\n".join(line for lines in parts for line in lines)
    ports = "".join(_ports(service))
    health = part(task, "ContainerSpec", "Healthcheck")
    return f"{body}{f'{chr(10)}Ports:{ports} ' if ports else ''}{_health(health)}\n\n"


def _under(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []


def _mode(mode: Json) -> list[str]:
    if "Global" in mode:
        return ["Service Mode:\tGlobal"]
    if "Replicated" in mode:
        replicas = part(mode, "Replicated").get("Replicas")
        known = [] if replicas is None else [f" Replicas:\t{replicas}"]
        return ["Service Mode:\tReplicated", *known]
    return ["Service Mode:"]


def _update_status(status: Json) -> Iterator[str]:
    if not text(status, "State"):
        return
    yield "UpdateStatus:"
    yield f" State:\t\t{status['State']}"
    if status.get("StartedAt"):
        yield f" Started:\t{ago(status['StartedAt'])}"
    if status["State"] == "completed" and status.get("CompletedAt"):
        yield f" Completed:\t{ago(status['CompletedAt'])}"
    yield f" Message:\t{text(status, 'Message')}"


def _placement(placement: Json) -> Iterator[str]:
    yield "Placement:"
    if found := items(placement, "Constraints"):
        yield f" Constraints:\t{printed(found)}"
    spreads = [text(p, "Spread", "SpreadDescriptor") for p in items(placement, "Preferences")]
    if spreads:
        yield f" Preferences:   {printed([f'spread={spread}' for spread in spreads])}"
    if most := count(placement, "MaxReplicas"):
        yield f" Max Replicas Per Node:   {most}"


def _update(spec: Json, kind: str, order: str) -> Iterator[str]:
    config = spec.get(f"{kind}Config")
    if config is None:
        return
    yield f"{kind}Config:"
    yield f" Parallelism:\t{count(config, 'Parallelism')}"
    if delay := count(config, "Delay"):
        yield f" Delay:\t\t{spelled(delay)}"
    yield f" On failure:\t{text(config, 'FailureAction')}"
    if monitor := count(config, "Monitor"):
        yield f" Monitoring Period: {spelled(monitor)}"
    yield f" Max failure ratio: {printed(config.get('MaxFailureRatio') or 0)}"
    yield f" {order}{text(config, 'Order')}"


def _container(container: Json) -> Iterator[str]:
    yield "ContainerSpec:"
    yield f" Image:\t\t{text(container, 'Image')}"
    for name in ("Args", "Env"):
        if words := items(container, name):
            yield f" {name}:\t\t{''.join(f'{word} ' for word in words)}"
    if folder := text(container, "Dir"):
        yield f" Dir:\t\t{folder}"
    if container.get("Init") is not None:
        yield f" Init:\t\t{printed(container['Init'])}"
    if user := text(container, "User"):
        yield f" User: {user}"
    adds, drops = items(container, "CapabilityAdd"), items(container, "CapabilityDrop")
    if adds or drops:
        yield "Capabilities:"
        yield from ([f" Add: {', '.join(adds)}"] if adds else [])
        yield from ([f" Drop: {', '.join(drops)}"] if drops else [])
    settings = part(container, "Sysctls")
    yield from _under("SysCtls:", [_setting(settings, key, " ") for key in sorted(settings)])
    limits = {
        limit["Name"]: f"{count(limit, 'Soft')}:{count(limit, 'Hard')}"
        for limit in items(container, "Ulimits")
    }
    yield from _under("Ulimits:", [f" {name}: {limits[name]}" for name in sorted(limits)])
    yield from _under("Mounts:", [line for m in items(container, "Mounts") for line in _mount(m)])
    for kind in ("Config", "Secret"):
        things = items(container, f"{kind}s")
        lines = [
            line
            for thing in things
            for line in (
                f" Target:\t{text(thing, 'File', 'Name')}",
                f"  Source:\t{text(thing, f'{kind}Name')}",
            )
        ]
        yield from _under(f"{kind}s:", lines)


def _setting(settings: Json, key: str, before: str, between: str = ": ") -> str:
    return f"{before}{key}{f'{between}{settings[key]}' if settings[key] else ''}"


def _mount(mount: Json) -> tuple[str, ...]:
    return (
        f" Target:\t{text(mount, 'Target')}",
        f"  Source:\t{text(mount, 'Source')}",
        f"  ReadOnly:\t{printed(bool(mount.get('ReadOnly')))}",
        f"  Type:\t\t{text(mount, 'Type')}",
    )


def _log(task: Json) -> Iterator[str]:
    driver = task.get("LogDriver")
    if driver is None:
        return
    yield "Log Driver:"
    if name := text(driver, "Name"):
        yield f" Name:\t\t{name}"
    settings = part(driver, "Options")
    lines = [_setting(settings, key, "  ", ":       ") for key in sorted(settings)]
    yield from _under(" LogOpts:", lines)
    yield ""


def _resources(task: Json) -> Iterator[str]:
    if task.get("Resources") is None:
        return
    yield "Resources:"
    for kind, names in (
        ("Reservations", ("NanoCPUs", "MemoryBytes")),
        ("Limits", ("NanoCPUs", "MemoryBytes", "Pids")),
    ):
        found = part(task, "Resources", kind)
        if any(count(found, name) for name in names):
            yield f" {kind}:"
            if cpus := count(found, "NanoCPUs"):
                yield f"  CPU:\t\t{printed(cpus / 1e9)}"
            if size := count(found, "MemoryBytes"):
                yield f"  Memory:\t{memory(size)}"
    if most := count(task, "Resources", "Limits", "Pids"):
        yield f"  PIDs:\t\t{most}"


def _networks(task: Json, names: Mapping[str, str]) -> list[str]:
    found = [text(network, "Target") for network in items(task, "Networks")]
    return [f"Networks:{''.join(f' {names.get(id, id)}' for id in found)} "] if found else []


def _ports(service: Json) -> Iterator[str]:
    for port in items(service, "Endpoint", "Ports"):
        for before, name in (
            (" ", "PublishedPort"), ("  ", "Protocol"), ("  ", "TargetPort"), ("  ", "PublishMode"),
        ):  # fmt: skip
            yield f"\n{before}{name} = {port.get(name, 0 if name.endswith('Port') else '')}"


def _health(health: Json) -> str:
    if not health:
        return ""
    lines = (
        "",
        " Healthcheck:",
        f"  Interval = {spelled(count(health, 'Interval'))}",
        f"  Retries = {count(health, 'Retries')}",
        f"  StartPeriod =\t{spelled(count(health, 'StartPeriod'))}",
        f"  Timeout =\t{spelled(count(health, 'Timeout'))}",
        *_under("  Tests:", [f"\t Test = {word}" for word in items(health, "Test")]),
    )
    return "\n".join(lines) + (" " if items(health, "Test") else "")
