"""The templates of services: in a container's hostname, environment and mounts, and in payloads."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from posixpath import join
from typing import Any

from essaim_practice.store.mount import Mount
from essaim_practice.store.objects import Config, Json, Payload, Secret
from essaim_practice.store.store import Store
from essaim_practice.swarm import templates
from essaim_practice.swarm.template_values import Function, Record
from essaim_practice.swarm.templates import TemplateError

_SHARED = 64 * 1024  # characters of a payload that is decoded once
_LABELS = "map[string]string"
_SERVICE = f"struct {{ ID string; Name string; Labels {_LABELS} }}"
_NODE = "struct { ID string; Hostname string; Platform template.Platform }"
_TASK = "struct { ID string; Name string; Slot string }"


def context(
    service: tuple[str, str, Json],
    node: tuple[str, str],
    task: tuple[str, str, str],
) -> Record:
    """The values that a template can name.

    The service's id, name and labels; the node's id and hostname; the task's id, name and slot.
    """
    id, name, labels = service
    platform = Record("template.Platform", {"Architecture": "x86_64", "OS": "linux"})
    fields = {
        "Service": Record(_SERVICE, {"ID": id, "Name": name, "Labels": labels}),
        "Node": Record(_NODE, {"ID": node[0], "Hostname": node[1], "Platform": platform}),
        "Task": Record(_TASK, {"ID": task[0], "Name": task[1], "Slot": task[2]}),
    }
    return Record("*template.Context", fields)


# A task that does not exist: what a specification is tried with.
_TRIED = context(
    ("serviceID", "serviceName", {"service-label": "service-label-value"}),
    ("nodeID", "nodeHostname"),
    ("taskID", "taskName", "1"),
)


def check(spec: Json) -> None:
    """Raises TemplateError if a template of the container specification cannot be expanded."""
    expanded(spec, _TRIED)


def expanded(spec: Json, values: Record) -> dict[str, Any]:
    """The container specification with its templates expanded. Raises TemplateError."""
    left = templates.LONGEST

    def fill(text: str, what: str) -> str:
        nonlocal left
        left -= len(text)
        try:
            if left < 0:
                text = f"its templates are longer than {templates.LONGEST} bytes together"
                raise TemplateError(text)
            return templates.expand(text, values)
        except TemplateError as error:
            raise TemplateError(f"{what}{error}") from None

    after = dict(spec)
    if mounts := spec.get("Mounts"):
        after["Mounts"] = [
            mount
            | {
                field: fill(mount[field], _mount_words(field, mount[field]))
                for field in ("Source", "Target")
                if "{{" in str(mount.get(field))
            }
            for mount in mounts
        ]
    if spec.get("Env"):
        after["Env"] = [_variable(str(pair), fill) for pair in spec["Env"]]
    if "{{" in str(spec.get("Hostname")):
        after["Hostname"] = fill(spec["Hostname"], "expanding hostname failed: ")
    return after


def _mount_words(field: str, text: str) -> str:
    return f"expanding mounts failed: expanding mount {field.lower()} {json.dumps(text)}: "


def _variable(pair: str, fill: Callable[[str, str], str]) -> str:
    if "{{" not in pair:
        return pair
    name, equals, value = pair.partition("=")
    words = f"expanding env failed: expanding env {json.dumps(pair, ensure_ascii=False)}: "
    return name + equals + fill(value, words)


# Secrets and configs


def payload_mounts(store: Store, spec: Json, values: Record) -> Iterator[Mount]:
    """The mounts of a task's secrets and configs in its container.

    spec: the expanded container specification. A payload whose template fails becomes a mount with
    a problem, and the start of its container reports it.
    """
    if not spec.get("Secrets") and not spec.get("Configs"):
        return
    env = dict(str(pair).partition("=")[::2] for pair in spec.get("Env") or ())
    # The daemon does not tell payloads the node's hostname and platform.
    platform = Record("template.Platform", {"Architecture": "", "OS": ""})
    node: Record = values.fields["Node"]
    node = Record(node.kind, {**node.fields, "Hostname": "", "Platform": platform})
    dot = Record("*template.PayloadContext", {**values.fields, "Node": node})

    def reader(field: str, kind: type[Payload]) -> Callable[[str], str]:
        word = kind.__name__.lower()

        def read(target: str) -> str:
            for reference in spec.get(field) or ():
                file = reference.get("File") or {}
                payload = store.get(kind, str(reference.get(f"{kind.__name__}ID")))
                if file.get("Name") == target and payload is not None:
                    return _data(payload).decode(errors="replace")
            raise ValueError(f"{word} target {target} not found")

        return read

    functions: dict[str, Function] = {
        "env": lambda name: env.get(name, ""),
        "secret": reader("Secrets", Secret),
        "config": reader("Configs", Config),
    }
    for field, kind, folder in (("Secrets", Secret, "/run/secrets"), ("Configs", Config, "/")):
        for reference in spec.get(field) or ():
            payload = store.get(kind, str(reference.get(f"{kind.__name__}ID")))
            file = reference.get("File")
            if payload is not None and file:
                yield _mount(payload, file, folder, dot, functions)


def _mount(
    payload: Payload,
    file: Json,
    folder: str,
    dot: Record,
    functions: dict[str, Function],
) -> Mount:
    data, problem = _data(payload), ""
    if (payload.spec.get("Templating") or {}).get("Name") == "golang":
        try:
            data = templates.expand(data.decode(errors="replace"), dot, functions).encode()
        except TemplateError as error:
            word = type(payload).__name__.lower()
            problem = (
                f"unable to get {word} from {word} store: failed to expand templated {word} "
                f"{payload.id}: {error}"
            )
    mode = file.get("Mode")
    return Mount(
        "file",
        join(folder, str(file.get("Name") or payload.name)),
        writable=False,
        listed=False,
        permissions=(0o444 if mode is None else int(mode)) & 0o7777,
        owner=(_number(file.get("UID")), _number(file.get("GID"))),
        data=data,
        problem=problem,
    )


def _number(text: Any) -> int:
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _data(payload: Payload) -> bytes:
    return _decoded(str(payload.spec.get("Data") or ""))


def _decoded(text: str) -> bytes:
    """Cached where it is short, so that the containers of a service share the bytes."""
    return _decoded_once(text) if len(text) <= _SHARED else base64.b64decode(text)


@lru_cache(maxsize=64)
def _decoded_once(text: str) -> bytes:
    return base64.b64decode(text)
