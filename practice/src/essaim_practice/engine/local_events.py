"""Local events that follow from a change in the store, and their attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from essaim_practice.images.reference import parse
from essaim_practice.network.addresses import PREDEFINED
from essaim_practice.programs import signals
from essaim_practice.store.objects import Container, Image, Network, Volume
from essaim_practice.store.store import Change, Stored

_KILLED = 128 + signals.KILL  # exit code of a program that ignored the first signal

Told = tuple[str, Stored, Mapping[str, str]]


def container_attributes(container: Container) -> dict[str, str]:
    """The attributes of every container event: image, name and all labels."""
    labels = container.config.get("Labels") or {}
    return {**labels, "image": container.image, "name": container.name}


def local_actions(change: Change) -> Iterator[Told]:
    """The events of one engine that follow from a change: action, subject, further attributes."""
    old, new = change.old, change.new
    if isinstance(change.subject, Container):
        yield from _container(old, new)
    elif isinstance(change.subject, Image):
        yield from _image(old, new)
    elif isinstance(change.subject, Volume):
        if old is None or new is None:
            yield ("create" if old is None else "destroy"), change.subject, {}
    elif (
        isinstance(change.subject, Network)
        and (old is None or new is None)
        and change.subject.name not in PREDEFINED
    ):
        yield ("create" if old is None else "destroy"), change.subject, {}


def _container(old: Stored | None, new: Stored | None) -> Iterator[Told]:
    if not isinstance(old, Container):
        return
    if not isinstance(new, Container):
        if old.image_id:
            yield "destroy", old, {}
        return
    if old.state == "new" and new.state == "created":
        yield "create", new, {}
    if new.state == "running" and old.state == "running":
        asked = (new.desired, new.kill_signal) != (old.desired, old.kill_signal)
        if asked and new.desired in ("stopped", "removed"):
            signal = new.kill_signal or str(new.config.get("StopSignal") or "SIGTERM")
            yield "kill", new, {"signal": str(signals.number(signal) or 9)}
    if old.state != "running" == new.state:
        yield from _volumes("mount", new)
        yield "connect", new, {}
        yield "start", new, {}
    if old.state == "running" != new.state:
        stopped = old.desired == "stopped" and not old.kill_signal
        if stopped and new.exit_code == _KILLED:
            yield "kill", new, {"signal": "9"}
        yield "disconnect", new, {}
        yield from _volumes("unmount", new)
        if stopped:
            yield "stop", new, {}
        lasted = str(int(new.finished - new.started))
        if new.oom_killed:
            yield "oom", new, {}
        yield "die", new, {"execDuration": lasted, "exitCode": str(new.exit_code)}
    elif old.paused != new.paused:
        yield ("pause" if new.paused else "unpause"), new, {}
    if old.name != new.name:
        yield "rename", new, {"oldName": f"/{old.name}"}
    if new.health in ("healthy", "unhealthy") and new.health != old.health:
        yield f"health_status: {new.health}", new, {}


def _volumes(action: str, container: Container) -> Iterator[Told]:
    for mount in container.mounts:
        if mount.kind == "volume":
            more = {"container": container.id, "driver": "local"}
            if action == "mount":
                writable = str(mount.writable).lower()
                more |= {"destination": mount.target, "propagation": "", "read/write": writable}
            yield action, container, {"volume": mount.source, **more}


def _image(old: Stored | None, new: Stored | None) -> Iterator[Told]:
    if isinstance(new, Image) and old is None and new.digests:
        reference = parse(new.digests[0])
        name = new.tags[0] if new.tags else new.digests[0]
        yield "pull", new, {"id": name, "name": reference.repository}
    if isinstance(old, Image) and new is None:
        yield "delete", old, {"id": old.image_id, "name": old.image_id}
