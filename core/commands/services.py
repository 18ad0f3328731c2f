"""docker service: create a service, change it, remove it."""

from __future__ import annotations

from typing import Any

import docker.errors

from core.cluster.engine_json import Json, items, text
from core.cluster.references import tagged
from core.cluster.snapshot import ClusterSnapshot
from core.commands.command import Client, Command, Report, command, each
from core.commands.grammar import argument, arguments, option, options, rest, switch
from core.commands.kinds import OnEach
from core.commands.ports import PORT, publication
from core.commands.service_edits import (
    UPDATE_DEFAULTS,
    add_port,
    force,
    remove_label,
    remove_port,
    scale,
    set_constraints,
    set_env,
    set_image,
    set_replicas,
    set_update,
)
from core.commands.source import Call, Code, given, literal
from core.commands.specs import (
    Edit,
    add_label,
    asks_nothing,
    holds,
    update_service,
    update_service_text,
)
from core.commands.values import DURATION, ENV, LABEL, NUMBER, REPLICAS, nanoseconds, one_of, pairs
from core.errors import InvalidCommand
from core.i18n import later as _


@command("service create", changes=True)
class CreateService(Command):
    """Ask the Swarm to keep replicas of an image running. Returns at once, as with --detach."""

    detach: bool = switch("--detach", "-d")
    name: str = option("--name")
    mode: str = option("--mode", value=one_of("replicated", "global"), default="replicated")
    replicas: int | None = option("--replicas", value=NUMBER, default=None)
    publish: tuple[str, ...] = options("-p", "--publish", value=PORT)
    env: tuple[str, ...] = options("--env", "-e", value=ENV)
    constraint: tuple[str, ...] = options("--constraint")
    label: tuple[str, ...] = options("--label", "-l", value=LABEL)
    update_parallelism: int | None = option("--update-parallelism", value=NUMBER, default=None)
    update_delay: str = option("--update-delay", value=DURATION)
    image: str = argument("IMAGE")
    args: tuple[str, ...] = rest("COMMAND")

    def __post_init__(self) -> None:
        Command.__post_init__(self)
        if self.mode == "global" and self.replicas is not None:
            raise InvalidCommand(_("replicas can only be used with replicated mode"))

    def _call(self) -> Call:
        """The call, where ``image`` and ``platforms`` are names."""
        mode = None
        if self.mode == "global" or self.replicas is not None:
            replicas = {} if self.replicas is None else {"replicas": self.replicas}
            mode = Call("docker.types.ServiceMode", self.mode, **replicas)
        ports = Call("docker.types.EndpointSpec", ports=_ports(self.publish))
        update = _update_config(self.update_parallelism, self.update_delay)
        return Call(
            "client.services.create",
            Code("image"),
            **given(
                name=self.name,
                args=list(self.args),
                mode=mode,
                endpoint_spec=ports if self.publish else None,
                env=list(self.env),
                constraints=list(self.constraint),
                labels=pairs(self.label),
                update_config=UPDATE_DEFAULTS | update if update else None,
                platforms=Code("platforms"),
            ),
        )

    def _python(self) -> str:
        return f"{pinned_text(self.image)}service = {self._call()}\nprint(service.id)\n"

    def _run(self, client: Client, report: Report) -> str:
        image, platforms = pinned(client, self.image)
        return str(self._call().on(client, image=image, platforms=platforms).id)


def _update_config(parallelism: int | None, delay: str) -> Json:
    """The update's settings that the line has, in the API's words."""
    return given(Parallelism=parallelism, Delay=nanoseconds(delay) if delay else None)


def _ports(texts: tuple[str, ...]) -> dict[int, Any] | list[dict[str, object]]:
    """docker-py's {published: target}, where the line says every published port; else specs."""
    ports = [publication(text) for text in texts]
    if len({port.published for port in ports} - {0}) < len(ports):
        return [port.spec() for port in ports]
    return {port.published: port.brief() for port in ports}


def pinned(client: Client, image: str) -> tuple[str, list[tuple[str, str]]]:
    """The image with the digest that its tag has on the registry now, and its platforms.

    Docker's client does the same (moby, client/service_create.go), so that every node runs the
    same bytes. A platform is (architecture, OS), where '' means any. An image that no registry
    knows keeps its tag alone, and may run anywhere; so may one that names no platforms.
    """
    if "@" in image:
        return image, []
    try:
        registry = client.images.get_registry_data(image)
    except docker.errors.APIError:
        return tagged(image), []
    digest = text(registry.attrs, "Descriptor", "digest")
    if not digest:
        return tagged(image), []
    platforms = [
        (text(p, "architecture"), text(p, "os")) for p in items(registry.attrs, "Platforms")
    ]
    return f"{tagged(image)}@{digest}", platforms


def pinned_text(image: str) -> str:
    """The Python text of ``pinned``: it sets ``image`` and ``platforms``."""
    if "@" in image:
        return f"image, platforms = {literal(image)}, []\n"
    return f"""\
try:
    registry = client.images.get_registry_data({literal(image)})
    image = {literal(tagged(image) + "@")} + registry.id
    known = registry.attrs.get("Platforms") or []  # null where the image does not say
    platforms = [(p.get("architecture", ""), p.get("os", "")) for p in known]
except docker.errors.APIError:
    image, platforms = {literal(tagged(image))}, []  # on no registry: each node takes its own copy
"""


@command("service scale", changes=True)
class ScaleServices(Command):
    """Change how many replicas services keep. Those that run go on running."""

    detach: bool = switch("--detach", "-d")
    replicas: tuple[tuple[str, int], ...] = arguments("SERVICE=REPLICAS", value=REPLICAS)

    def _python(self) -> str:
        return "\n".join(
            update_service_text(name, [scale(name, count)]) for name, count in self.replicas
        )

    def _run(self, client: Client, report: Report) -> str:
        wanted = dict(self.replicas)

        def act(name: str) -> str:
            update_service(client, name, [scale(name, wanted[name])])
            return f"{name} scaled to {wanted[name]}"

        return each(wanted, act)

    def is_noop(self, snapshot: ClusterSnapshot) -> bool:
        found = [(snapshot.service(name), count) for name, count in self.replicas]
        return all(service and service.replicas == count for service, count in found)


@command("service update", changes=True)
class UpdateService(Command):
    """Change a service; its replicas are replaced one by one where the change needs it."""

    detach: bool = switch("--detach", "-d")
    image: str = option("--image")
    replicas: int | None = option("--replicas", value=NUMBER, default=None)
    env_add: tuple[str, ...] = options("--env-add", value=ENV)
    env_rm: tuple[str, ...] = options("--env-rm")
    publish_add: tuple[str, ...] = options("--publish-add", value=PORT)
    publish_rm: tuple[int, ...] = options("--publish-rm", value=NUMBER)
    constraint_add: tuple[str, ...] = options("--constraint-add")
    constraint_rm: tuple[str, ...] = options("--constraint-rm")
    label_add: tuple[str, ...] = options("--label-add", value=LABEL)
    label_rm: tuple[str, ...] = options("--label-rm")
    update_parallelism: int | None = option("--update-parallelism", value=NUMBER, default=None)
    update_delay: str = option("--update-delay", value=DURATION)
    force: bool = switch("--force")
    service: str = argument("SERVICE")

    def _edits(self, image: str, platforms: list[tuple[str, str]]) -> list[Edit]:
        """The edits, removals before additions, so that a thing can be replaced in one go."""
        edits = [set_image(image, platforms)] if image else []
        if self.replicas is not None:
            edits.append(set_replicas(self.replicas))
        if change := _update_config(self.update_parallelism, self.update_delay):
            edits.append(set_update(change))
        edits += map(set_env, self.env_rm)
        edits += [set_env(text.partition("=")[0], text) for text in self.env_add]
        edits += map(remove_port, self.publish_rm)
        edits += [add_port(publication(text)) for text in self.publish_add]
        if self.constraint_add or self.constraint_rm:
            edits.append(set_constraints(self.constraint_add, self.constraint_rm))
        edits += map(remove_label, self.label_rm)
        edits += map(add_label, self.label_add)
        return edits + ([force()] if self.force else [])

    def _python(self) -> str:
        if not self.image:
            return update_service_text(self.service, self._edits("", []))
        edits = self._edits(Code("image"), Code("platforms"))  # type: ignore[arg-type]
        return pinned_text(self.image) + update_service_text(self.service, edits)

    def _run(self, client: Client, report: Report) -> str:
        image, platforms = pinned(client, self.image) if self.image else ("", [])
        update_service(client, self.service, self._edits(image, platforms))
        return self.service

    def is_noop(self, snapshot: ClusterSnapshot) -> bool:
        service = snapshot.service(self.service)
        if service is None:
            return False
        return asks_nothing(
            self,
            "service",
            "detach",
            image=not self.image or tagged(self.image) == tagged(service.image),
            replicas=self.replicas in (None, service.replicas),
            env_add=holds(service.env, self.env_add),
            env_rm=not set(self.env_rm) & dict(service.env).keys(),
            label_add=holds(service.labels, self.label_add),
            label_rm=not set(self.label_rm) & dict(service.labels).keys(),
        )


@command("service rollback", changes=True)
class RollbackService(Command):
    """Put back the spec that a service had before its last change, a scale included."""

    detach: bool = switch("--detach", "-d")
    service: str = argument("SERVICE")

    def _python(self) -> str:
        return f"""\
service = client.api.inspect_service({literal(self.service)})
# docker-py has no call for this; its session speaks to the engine's API all the same.
answer = client.api.post(
    f"{{client.api.base_url}}/v{{client.api.api_version}}/services/{{service['ID']}}/update",
    params={{"version": service["Version"]["Index"], "rollback": "previous"}},
    json=service["Spec"],
)
answer.raise_for_status()
"""

    def _run(self, client: Client, report: Report) -> str:
        api = client.api
        service = api.inspect_service(self.service)
        answer = api.post(
            f"{api.base_url}/v{api.api_version}/services/{service['ID']}/update",
            params={"version": service["Version"]["Index"], "rollback": "previous"},
            json=service["Spec"],
            timeout=api.timeout,
        )
        answer.raise_for_status()
        return self.service


@command("service rm", "service remove", changes=True, destructive=True)
class RemoveServices(OnEach):
    """Remove services with all their tasks."""

    method = "api.remove_service"
    services: tuple[str, ...] = arguments("SERVICE")
