"""docker stack: services that belong together, deployed from one file and removed in one go."""

from __future__ import annotations

from collections import Counter
from dataclasses import field, replace
from typing import Any, Self

from core.cluster.engine_json import Json, count, natural, text
from core.cluster.public import redacted
from core.commands import folder
from core.commands.command import Client, Command, Report, command
from core.commands.compose import IMAGE, NAMESPACE, Plan, plan
from core.commands.grammar import argument, arguments, option, switch
from core.commands.service_edits import platform_specs
from core.commands.service_views import ListServices, ServiceTasks
from core.commands.services import pinned
from core.commands.source import literal
from core.commands.table import by_name, table
from core.errors import EngineRejected, InvalidCommand
from core.i18n import later as _


def _of(stack: str) -> dict[str, str]:
    return {"label": f"{NAMESPACE}={stack}"}


def _services(client: Client, stack: str) -> list[Json]:
    return by_name(client.api.services(filters=_of(stack)))


@command("stack deploy", "stack up", changes=True)
class DeployStack(Command):
    """Make what a compose file of the demo folder describes, or make it so again.

    hidden: redacts the Python text, which has all of the file in it, for everybody to read.
    """

    compose_file: str = option("-c", "--compose-file")
    prune: bool = switch("--prune")
    detach: bool = switch("-d", "--detach")
    stack: str = argument("STACK")
    hidden: bool = field(default=False, compare=False, repr=False)

    def masked(self, private: bool = False) -> Self:
        return replace(self, hidden=True) if private else self

    def _plan(self) -> Plan:
        if not self.compose_file:
            raise InvalidCommand(
                _("{called} wants a file: {called} -c stack/stack.yml {stack}"),
                called="docker stack deploy",
                stack=self.stack,
            )
        try:
            text = folder.read(self.compose_file).decode()
        except UnicodeDecodeError:
            raise InvalidCommand(_("{file} is no text."), file=self.compose_file) from None
        return plan(self.stack, text)

    def keys(self) -> frozenset[str]:
        """The names of the secrets that its services would read. Raises InvalidCommand."""
        return frozenset(
            secret["SecretName"]
            for spec in self._plan().services
            for secret in spec["task_template"]["ContainerSpec"].get("Secrets") or ()
        )

    def _python(self) -> str:
        try:
            made = self._plan()
        except InvalidCommand as error:
            return f"raise SystemExit({literal(str(error))})\n"
        files = {
            name: folder.beside(self.compose_file, file) for name, file in made.secrets.items()
        }
        prune = _PRUNE_TEXT if self.prune else ""
        networks, services = (
            redacted(part) if self.hidden else part for part in (made.networks, list(made.services))
        )
        return f"""\
from pathlib import Path

stack = {literal(self.stack)}
of_stack = {{"label": "{NAMESPACE}=" + stack}}
networks = {literal(networks)}
files = {literal(files)}
services = {literal(services)}
{_DEPLOY_TEXT}{prune}"""

    def _run(self, client: Client, report: Report) -> str:
        made = self._plan()
        api, said = client.api, []
        there = {network["Name"] for network in api.networks(filters=_of(self.stack)) or ()}
        for name, options in made.networks.items():
            if name not in there:
                api.create_network(name, **options)
                said.append(f"Creating network {name}")
        secrets = {_name(secret): secret["ID"] for secret in api.secrets() or ()}
        for name, file in made.secrets.items():
            if name not in secrets:
                data = folder.read(folder.beside(self.compose_file, file))
                secrets[name] = api.create_secret(name, data, {NAMESPACE: self.stack})["ID"]
                said.append(f"Creating secret {name}")
        known = {_name(service): service for service in _services(client, self.stack)}
        if self.prune:
            for name in known.keys() - {service["name"] for service in made.services}:
                api.remove_service(name)
                said.append(f"Removing service {name}")
        for spec in made.services:
            said.append(_put(client, spec, secrets, known.get(spec["name"])))
        return "\n".join(said)


def _put(client: Client, spec: Json, secrets: dict[str, str], old: Json | None) -> str:
    """Create a service, or change the one that is there."""
    task = spec["task_template"]
    container = task["ContainerSpec"]
    for secret in container.get("Secrets", ()):
        if secret["SecretName"] not in secrets:
            raise EngineRejected(f"secret not found: {secret['SecretName']}", 404)
        secret["SecretID"] = secrets[secret["SecretName"]]
    container["Image"], platforms = pinned(client, container["Image"])
    if platforms:
        task.setdefault("Placement", {})["Platforms"] = platform_specs(platforms)
    if old is None:
        client.api.create_service(**spec)
        return f"Creating service {spec['name']}"
    # A forced update is no change of the file's, and must not be taken back by it.
    task["ForceUpdate"] = count(old, "Spec", "TaskTemplate", "ForceUpdate")
    client.api.update_service(old["ID"], old["Version"]["Index"], **spec)
    return f"Updating service {spec['name']} (id: {old['ID']})"


_DEPLOY_TEXT = f"""\
there = {{network["Name"] for network in client.api.networks(filters=of_stack)}}
for name, options in networks.items():
    if name not in there:
        client.api.create_network(name, **options)
secrets = {{secret["Spec"]["Name"]: secret["ID"] for secret in client.api.secrets()}}
for name, file in files.items():
    if name not in secrets:
        data, labels = Path(file).read_bytes(), {{"{NAMESPACE}": stack}}
        secrets[name] = client.api.create_secret(name, data, labels)["ID"]
known = {{s["Spec"]["Name"]: s for s in client.api.services(filters=of_stack)}}
for spec in services:
    task = spec["task_template"]
    container = task["ContainerSpec"]
    for secret in container.get("Secrets", []):
        secret["SecretID"] = secrets[secret["SecretName"]]
    try:  # the digest that the image's tag has now
        registry = client.images.get_registry_data(spec["labels"]["{IMAGE}"])
        image = container["Image"] if ":" in container["Image"] else container["Image"] + ":latest"
        container["Image"] = image + "@" + registry.id
        task.setdefault("Placement", {{}})["Platforms"] = [
            {{"Architecture": p.get("architecture", ""), "OS": p.get("os", "")}}
            for p in registry.attrs.get("Platforms") or []
        ]
    except docker.errors.APIError:
        pass  # on no registry: each node takes its own copy
    old = known.get(spec["name"])
    if old:
        task["ForceUpdate"] = old["Spec"]["TaskTemplate"].get("ForceUpdate", 0)
        client.api.update_service(old["ID"], old["Version"]["Index"], **spec)
    else:
        client.api.create_service(**spec)
"""

_PRUNE_TEXT = """\
for name in known.keys() - {spec["name"] for spec in services}:
    client.api.remove_service(name)
"""


@command("stack ls", "stack list")
class ListStacks(Command):
    """List the stacks, with how many services each has."""

    def _python(self) -> str:
        return f"""\
from collections import Counter

services = client.api.services(filters={{"label": "{NAMESPACE}"}})
for stack, count in Counter(s["Spec"]["Labels"]["{NAMESPACE}"] for s in services).items():
    print(stack, count)
"""

    def _run(self, client: Client, report: Report) -> str:
        services = client.api.services(filters={"label": NAMESPACE}) or ()
        counts = Counter(text(service, "Spec", "Labels", NAMESPACE) for service in services)
        rows = [(name, str(counts[name])) for name in sorted(counts, key=natural)]
        return table(("NAME", "SERVICES"), rows)


@command("stack services")
class StackServices(Command):
    """List the services of a stack, with how many of their replicas run."""

    quiet: bool = switch("--quiet", "-q")
    stack: str = argument("STACK")

    def _python(self) -> str:
        return f"""\
stack = {literal(self.stack)}
for service in client.api.services(filters={{"label": "{NAMESPACE}=" + stack}}, status=True):
    status = service["ServiceStatus"]
    print(service["Spec"]["Name"], status["RunningTasks"], "of", status["DesiredTasks"])
"""

    def _run(self, client: Client, report: Report) -> str:
        if not _services(client, self.stack):
            return f"Nothing found in stack: {self.stack}"
        label = f"label={NAMESPACE}={self.stack}"
        return ListServices(quiet=self.quiet, filter=(label,)).run(client)


@command("stack ps")
class StackTasks(Command):
    """List the tasks of a stack."""

    no_trunc: bool = switch("--no-trunc")
    stack: str = argument("STACK")

    def _python(self) -> str:
        return f"""\
stack = {literal(self.stack)}
for service in client.services.list(filters={{"label": "{NAMESPACE}=" + stack}}):
    for task in service.tasks():
        print(service.name, task.get("Slot"), task.get("NodeID"), task["Status"]["State"])
"""

    def _run(self, client: Client, report: Report) -> str:
        names = tuple(_name(service) for service in _services(client, self.stack))
        if not names:
            raise EngineRejected(f"nothing found in stack: {self.stack}", 404)
        return ServiceTasks(no_trunc=self.no_trunc, services=names).run(client)


@command("stack rm", "stack remove", "stack down", changes=True, destructive=True)
class RemoveStacks(Command):
    """Remove stacks: their services, secrets, configs and networks."""

    stacks: tuple[str, ...] = arguments("STACK")

    def _python(self) -> str:
        return f"""\
for stack in {literal(list(self.stacks))}:
    of_stack = {{"label": "{NAMESPACE}=" + stack}}
    for service in client.api.services(filters=of_stack):
        client.api.remove_service(service["ID"])
    for secret in client.api.secrets(filters=of_stack):
        client.api.remove_secret(secret["ID"])
    for config in client.api.configs(filters=of_stack):
        client.api.remove_config(config["ID"])
    for network in client.api.networks(filters=of_stack):
        client.api.remove_network(network["Id"])
"""

    def _run(self, client: Client, report: Report) -> str:
        said = [line for stack in self.stacks for line in _removed(client.api, stack)]
        return "\n".join(said)


def _removed(api: Any, stack: str) -> list[str]:
    """Remove one stack, and return docker's lines about it."""
    said = []
    for kind in ("service", "secret", "config", "network"):
        found = getattr(api, f"{kind}s")(filters=_of(stack)) or ()
        ids = {_name(thing): thing.get("ID") or thing["Id"] for thing in found}
        for name in sorted(ids, key=natural):
            getattr(api, f"remove_{kind}")(ids[name])
            said.append(f"Removing {kind} {name}")
    return said or [f"Nothing found in stack: {stack}"]


def _name(thing: Json) -> str:
    return text(thing, "Spec", "Name") or text(thing, "Name")
