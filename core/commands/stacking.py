"""The steps of ``docker stack deploy``: networks, secrets and configs, then services."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

import docker.errors

from core.cluster.engine_json import Json, count, part, text
from core.commands.command import Client
from core.commands.compose_specs import IMAGE, NAMESPACE, Plan
from core.commands.folder import Machine
from core.commands.service_specs import AskedIds, named, pinned, platform_specs
from core.errors import DockerRefused

_BUILT_IN = ("host", "bridge", "none", "default")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One stack on its way into the Swarm. say: hears docker's lines. files: where its own are."""

    client: Client
    stack: str
    say: Callable[[str], None]
    files: Machine

    def make(self, plan: Plan, *, prune: bool, resolve: str) -> list[str]:
        """Make it so; the ids of its services."""
        if not part(self.client.api.info(), "Swarm").get("ControlAvailable"):
            raise DockerRefused(
                'this node is not a swarm manager. Use "docker swarm init" or "docker swarm join" '
                "to connect this node to swarm and try again"
            )
        if prune:
            self._prune({service["name"] for service in plan.services})
        self._check(plan.external)
        self._networks(plan.networks)
        self._files("secret", plan.secrets)
        self._files("config", plan.configs)
        return self._services(plan, resolve)

    def _of_stack(self) -> dict[str, str]:
        return {"label": f"{NAMESPACE}={self.stack}"}

    def _known(self) -> dict[str, Json]:
        found = self.client.api.services(filters=self._of_stack()) or ()
        return {text(service, "Spec", "Name"): service for service in found}

    def _prune(self, wanted: set[str]) -> None:
        for name in sorted(self._known().keys() - wanted):
            self.say(f"Removing service {name}")
            self.client.api.remove_service(name)

    def _check(self, external: tuple[str, ...]) -> None:
        """Refuse networks of others that are not there."""
        for name in external:
            if name in _BUILT_IN:
                continue
            declared = f'network "{name}" is declared as external, but'
            try:
                scope = text(self.client.api.inspect_network(name), "Scope")
            except docker.errors.NotFound:
                raise DockerRefused(
                    f"{declared} could not be found. You need to create a swarm-scoped network "
                    "before the stack is deployed"
                ) from None
            if scope != "swarm":
                why = f'it is not in the right scope: "{scope}" instead of "swarm"'
                raise DockerRefused(f"{declared} {why}")

    def _networks(self, networks: dict[str, Json]) -> None:
        api = self.client.api
        there = {network["Name"] for network in api.networks(filters=self._of_stack()) or ()}
        for name, options in networks.items():
            if name not in there:
                self.say(f"Creating network {name}")
                try:
                    api.create_network(name, **options)
                except docker.errors.APIError as error:
                    raise _failed(f"create network {name}", error) from error

    def _files(self, kind: str, files: dict[str, str]) -> None:
        api = self.client.api
        there = {text(thing, "Spec", "Name") for thing in getattr(api, f"{kind}s")() or ()}
        for name, file in files.items():
            data = self.files.read(posixpath.join(self.files.here, file))
            if name not in there:
                self.say(f"Creating {kind} {name}")
                try:
                    getattr(api, f"create_{kind}")(name, data, {NAMESPACE: self.stack})
                except docker.errors.APIError as error:
                    raise _failed(f"create {kind} {name}", error) from error

    def _services(self, plan: Plan, resolve: str) -> list[str]:
        ids = AskedIds(self.client)
        for spec in plan.services:
            container = spec["task_template"]["ContainerSpec"]
            for kind in ("secret", "config"):
                for reference in container.get(f"{kind.capitalize()}s") or ():
                    name = reference[f"{kind.capitalize()}Name"]
                    try:
                        reference[f"{kind.capitalize()}ID"] = ids.named(kind, name)
                    except DockerRefused as refused:
                        service = spec["name"].removeprefix(f"{self.stack}_")
                        raise DockerRefused(f"service {service}: {refused}", 404) from None
        known = self._known()
        return [self._put(spec, known.get(spec["name"]), resolve) for spec in plan.services]

    def _put(self, spec: Json, old: Json | None, resolve: str) -> str:
        """Create a service, or change the one that is there; its id."""
        task = spec["task_template"]
        container = task["ContainerSpec"]
        image = container["Image"]
        same = old is not None and text(old, "Spec", "Labels", IMAGE) == image
        if same and old is not None and resolve != "always":
            container["Image"] = text(old, "Spec", "TaskTemplate", "ContainerSpec", "Image")
        elif resolve == "never":
            container["Image"] = named(image)
        else:
            container["Image"], platforms, _warning = pinned(self.client, image)
            if platforms:
                task["Placement"] = part(task, "Placement") | {
                    "Platforms": platform_specs(platforms)
                }
        name = spec["name"]
        try:
            if old is None:
                self.say(f"Creating service {name}")
                return str(self.client.api.create_service(**spec)["ID"])
            self.say(f"Updating service {name} (id: {old['ID']})")
            # A forced update is no change of the file's, and must not be taken back by it.
            task["ForceUpdate"] = count(old, "Spec", "TaskTemplate", "ForceUpdate")
            self.client.api.update_service(old["ID"], old["Version"]["Index"], **spec)
        except docker.errors.APIError as error:
            raise _failed(
                f"{'create' if old is None else 'update'} service {name}", error
            ) from error
        return str(old["ID"])


def _failed(what: str, error: docker.errors.APIError) -> DockerRefused:
    why = error.explanation or str(error)
    words = f"failed to {what}: Error response from daemon: {why}"
    return DockerRefused(words, error.status_code or 0)
