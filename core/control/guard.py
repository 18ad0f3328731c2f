"""Watches the requests of a command to a real engine: none takes over the machine or the dashboard.

``protection`` asks what a command names, before it begins. Here each request is asked, whichever
command makes it: so what an option, a stack file or a new command spells in its own way is found
all the same.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import docker
import requests

from core.cluster import host
from core.cluster.engine_json import Json, items, part, text
from core.cluster.references import canonical
from core.cluster.snapshot import ClusterSnapshot
from core.commands.compose_specs import NAMESPACE
from core.control.protection import Own, belongs, itself, require_image
from core.errors import NotAllowed
from core.i18n import later as _

_VERSION = re.compile(r"/v\d+\.\d+(?=/)")
#: Of containers, what shows more than the pages do.
_SHOWN = ("archive", "attach", "export", "logs", "top")
#: Networks of every engine.
_EVERYWHERE = ("", "default", "bridge", "none")


def guard(
    client: docker.DockerClient, snapshot: ClusterSnapshot, own: Own, privileged: bool
) -> None:
    """From now on, the client raises NotAllowed for a request that must not be made.

    privileged: who has the right may hand the machine to programs; see Access.
    """
    guarded = _Guard(client.api, client.api.send, snapshot, own, privileged)
    client.api.send = guarded.send


class _Guard:
    """plain: sends without being asked."""

    def __init__(
        self, api: Any, plain: Any, snapshot: ClusterSnapshot, own: Own, privileged: bool
    ) -> None:
        self._api, self._plain = api, plain
        self._snapshot, self._own, self._privileged = snapshot, own, privileged

    def send(self, request: requests.PreparedRequest, **how: Any) -> Any:
        address = urlsplit(request.url or "")
        path = posixpath.normpath(unquote(_VERSION.sub("", address.path, count=1)))
        asked = {key: " ".join(words) for key, words in parse_qs(address.query).items()}
        self._check(request.method or "", path.strip("/").split("/"), asked, _body(request))
        return self._plain(request, **how)

    def _check(self, method: str, way: list[str], asked: dict[str, str], body: Json) -> None:
        changes = method not in ("GET", "HEAD")
        match way:
            case ["containers", "create"] if changes:
                self._host(host.of_container(part(body, "HostConfig")))
                self._lent(part(body, "HostConfig"))
                joined = part(body, "NetworkingConfig", "EndpointsConfig")
                self._networks((text(body, "HostConfig", "NetworkMode"), *joined))
            case ["containers", "json" | "prune"]:
                pass
            case ["containers", name, *what]:
                if (changes and what != ["wait"]) or (what and what[0] in _SHOWN):
                    self._left_alone("container", name)
                if what == ["exec"] and body.get("Privileged"):
                    self._host(["--privileged"])
                if what in (["exec"], ["attach"], ["archive"]):
                    self._entered(name)
                if what == ["update"]:
                    self._host(host.of_container(body))
            case ["services", "create"]:
                self._task(part(body, "TaskTemplate"), {})
            case ["services", name, "update"]:
                current = self._get("services", name)
                self._left_alone("service", name)
                if asked.get("rollback") != "previous":
                    self._task(part(body, "TaskTemplate"), part(current, "Spec", "TaskTemplate"))
            case ["services" as kind, name, *what] if changes or what == ["logs"]:
                self._left_alone(kind[:-1], name)
            case ["secrets", name] if changes and name != "create":
                self._left_alone("secret", name)
            case ["volumes", "create"]:
                self._host(host.of_volume(body))
                self._volumes([text(body, "Name")])
            case ["volumes", name] if changes and name != "prune":
                self._volumes([name])
            case ["networks", "create"]:
                self._host(host.of_network(body))
            case ["networks", name, *what] if changes and name != "prune":
                self._networks([name])
                if container := text(body, "Container"):
                    self._left_alone("container", container)
            case ["tasks", name, *_]:
                self._left_alone("service", text(self._get("tasks", name), "ServiceID"))
            case ["configs", name] if name != "create":
                self._config(name)
            case ["images", "create"]:
                self._pulled(asked)
            case ["images", "load"]:
                self._host(["docker image load"])
            case ["images", *name, "tag"] if changes and name:
                self._image(f"{asked.get('repo', '')}:{asked.get('tag') or 'latest'}")
            case ["images", *name] if method == "DELETE":
                self._image("/".join(name))
            case ["commit"]:
                self._left_alone("container", asked.get("container", ""))
                if repository := asked.get("repo"):
                    self._image(f"{repository}:{asked.get('tag') or 'latest'}")
            case ["build"]:
                self._built(asked)
            case ["plugins" | "session" | "grpc", *_] if changes:
                self._host([way[0].removesuffix("s")])
            case _:
                pass

    def _host(self, handed: Iterable[str]) -> None:
        if self._privileged:
            return
        for what in handed:
            raise NotAllowed(
                _(
                    "{what} would hand the real machine, and with it this dashboard, to whoever "
                    "types this. Who runs the dashboard can allow it, by ESSAIM_PRIVILEGED=yes."
                ),
                what=what,
            )

    def _left_alone(self, kind: str, name: str) -> None:
        if belongs(kind, name, self._snapshot, self._own):
            raise itself(name)

    def _task(self, template: Json, current: Json) -> None:
        """Of a service. current: as it is; what the operator has given it, it keeps."""
        container = part(template, "ContainerSpec")
        for secret in items(container, "Secrets"):
            for name in (text(secret, "SecretID"), text(secret, "SecretName")):
                self._left_alone("secret", name)
        for config in items(container, "Configs"):
            self._config(text(config, "ConfigID"))
        mounts = [each for each in items(container, "Mounts") if each.get("Type") == "volume"]
        same = {"ForceUpdate": 0}
        if current and template | same == current | same:
            return
        self._volumes(text(each, "Source") for each in mounts)
        self._networks(text(each, "Target") for each in items(template, "Networks"))
        self._host(host.of_task(template))

    def _lent(self, config: Json) -> None:
        """What a new container gets of others: volumes, namespaces, environments of links."""
        binds = [word.partition(":")[0] for word in items(config, "Binds")]
        mounts = [each for each in items(config, "Mounts") if each.get("Type") == "volume"]
        self._volumes((*binds, *(text(each, "Source") for each in mounts)))
        for word in items(config, "Links"):
            self._left_alone("container", word.partition(":")[0])
        for word in items(config, "VolumesFrom"):
            self._entered(name := word.partition(":")[0])
            listed = items(self._get("containers", name, "json"), "Mounts")
            self._host(f"--volumes-from {name}" for each in listed if each.get("Type") == "bind")
            self._volumes(text(each, "Name") for each in listed)
        for key in ("NetworkMode", "PidMode", "IpcMode"):
            kind, colon, name = text(config, key).partition(":")
            if kind == "container" and colon:
                self._entered(name)

    def _entered(self, name: str) -> None:
        """A container whose files or programs are reached."""
        self._left_alone("container", name)
        self._left_alone("sockets", name)
        config = part(self._get("containers", name, "json"), "HostConfig")
        self._host(host.powers(config))

    def _volumes(self, names: Iterable[str]) -> None:
        for name in names:
            if name and belongs("volume", name, self._snapshot, self._own):
                raise itself(name)

    def _networks(self, names: Iterable[str]) -> None:
        for name in names:
            if name in _EVERYWHERE or name.startswith("container:"):
                continue
            network = self._get("networks", name)
            self._host(["--network host"] if "host" in (name, network.get("Driver")) else ())
            self._of_stack(network, name, "Labels")

    def _config(self, name: str) -> None:
        if name:
            self._of_stack(self._get("configs", name), name, "Spec", "Labels")

    def _of_stack(self, thing: Json, name: str, *keys: str) -> None:
        stack = part(thing, *keys).get(NAMESPACE)
        if stack and belongs("stack", stack, self._snapshot, self._own):
            raise itself(name)

    def _pulled(self, asked: dict[str, str]) -> None:
        name, tag = asked.get("fromImage") or asked.get("repo") or "", asked.get("tag") or ""
        if not name:
            return
        sign = "@" if ":" in tag else ":"
        every = asked.get("fromImage") and not tag and ":" not in name.rpartition("/")[2]
        self._image(f"{name}{sign}{tag}" if tag else name, bool(every))

    def _image(self, name: str, every: bool = False) -> None:
        """every: all of its tags."""
        require_image(name, self._snapshot, self._own)
        for tag in (tag for names in self._own.image for tag in names[1:]):
            if every and canonical(name).rpartition(":")[0] == tag.rpartition(":")[0]:
                require_image(tag, self._snapshot, self._own)

    def _built(self, asked: dict[str, str]) -> None:
        for tag in asked.get("t", "").split():
            self._image(tag)
        mode = asked.get("networkmode", "")
        if mode.startswith("container:"):
            self._entered(mode.partition(":")[2])
        self._networks([mode])
        flags = {"securityopt": "--security-opt", "cgroupparent": "--cgroup-parent"}
        self._host(flag for key, flag in flags.items() if asked.get(key))

    def _get(self, *way: str) -> Json:
        """What the engine says of one thing; empty where it has none.

        Raises docker.errors.APIError: what is not known is not let through.
        """
        at = "/".join(quote(each, safe=":@") for each in way)
        url = f"{self._api.base_url}/v{self._api.api_version}/{at}"
        request = self._api.prepare_request(requests.Request("GET", url))
        answer = self._plain(request, timeout=self._api.timeout)
        if answer.status_code == 404:
            return {}
        self._api._raise_for_status(answer)
        found: Json = answer.json()
        return found


def _body(request: requests.PreparedRequest) -> Json:
    """The object that is sent as JSON; empty for archives and for none."""
    try:
        found = json.loads(request.body or b"")
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
