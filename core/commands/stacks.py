"""docker stack: services that belong together, deployed from files and removed in one go."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from typing import Any, Self

import docker.errors

from core.cluster.engine_json import Json, natural, text
from core.cluster.public import redacted
from core.commands import folder
from core.commands.command import Client, Command, Report, command
from core.commands.compose import composed
from core.commands.compose_specs import NAMESPACE, Plan, plan
from core.commands.compose_text import written
from core.commands.convergence import waited_on_each
from core.commands.folder import Machine, machine
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.listing import Column, Listing
from core.commands.service_views import ListServices
from core.commands.source import Call, literal
from core.commands.stack_texts import DEPLOY_TEXT, PRUNE_TEXT
from core.commands.stacking import Deployment
from core.commands.streams import Streams
from core.commands.table import by_name
from core.commands.tasks import TaskListing
from core.commands.values import FILTER, STRINGS, filters, listed
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _


def of_stack(stack: str) -> dict[str, str]:
    """The filter by which the engine finds a stack's things."""
    return {"label": f"{NAMESPACE}={stack}"}


def _beside(files: Sequence[str]) -> str:
    """The folder of the first compose file."""
    return posixpath.dirname(listed(files)[0])


@command("stack deploy", "stack up", changes=True)
class DeployStack(Command):
    """Make what compose files describe, or make it so again.

    hidden: redacts the Python text, which has all of the file in it, for everybody to read.
    """

    compose_file: tuple[str, ...] = options("-c", "--compose-file", value=STRINGS)
    prune: bool = switch("--prune")
    detach: bool | None = switch("-d", "--detach", default=None)
    quiet: bool = switch("-q", "--quiet")
    resolve_image: str = option("--resolve-image", default="always")
    with_registry_auth: bool = switch("--with-registry-auth")
    stack: str = argument("STACK")
    hidden: bool = field(default=False, compare=False, repr=False)

    def masked(self, private: bool = False) -> Self:
        return replace(self, hidden=True) if private else self

    def _plan(self, files: Machine, streams: Streams | None = None) -> Plan:
        if not listed(self.compose_file):
            sentence = _("{called} wants a file: {called} -c stack/stack.yml {stack}")
            error = InvalidCommand(sentence, called="docker stack deploy", stack=self.stack)
            error.spoken = "Specify a Compose file (with --compose-file)"  # type: ignore[attr-defined]
            raise error
        beside = _beside(self.compose_file)
        if streams and files.here and not beside.startswith("/"):
            beside = posixpath.normpath(f"{files.here}/{beside}")
        texts = folder.texts(listed(self.compose_file), files, streams)

        def warn(text: str) -> None:
            if streams:
                streams.write_error(text.encode())

        return plan(self.stack, *texts, machine=files, beside=beside, warn=warn)

    def keys(self) -> frozenset[str]:
        """The names of the secrets that its services would read. Raises InvalidCommand."""
        return frozenset(
            secret["SecretName"]
            for spec in self._plan(folder.DEMO).services
            for secret in spec["task_template"]["ContainerSpec"].get("Secrets") or ()
        )

    def _python(self) -> str:
        try:
            made = self._plan(folder.DEMO)
        except InvalidCommand as error:
            return f"raise SystemExit({literal(str(error))})\n"
        first = listed(self.compose_file)[0]
        files = {
            kind: {name: folder.beside(first, file) for name, file in found.items()}
            for kind, found in (("secret", made.secrets), ("config", made.configs))
        }
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
{DEPLOY_TEXT}{PRUNE_TEXT if self.prune else ""}"""

    def _deploy(
        self, client: Client, made: Plan, files: Machine, say: Callable[[str], None]
    ) -> list[str]:
        """Make it so; the ids of the services."""
        return Deployment(client, self.stack, say, files).make(
            made, prune=self.prune, resolve=self.resolve_image
        )

    def _run(self, client: Client, report: Report) -> str:
        said: list[str] = []
        made = self._plan(folder.DEMO)
        beside = _beside(self.compose_file)
        demo = Machine(lambda path: folder.read(posixpath.join(beside, path)))
        self._deploy(client, made, demo, said.append)
        return "\n".join(said)

    def _play(self, client: Client, streams: Streams) -> int:
        files = machine(streams)
        made = self._plan(files, streams)
        if self.detach is None:
            streams.warn(_LATER)
        beside = _beside(self.compose_file)
        near = replace(files, read=lambda path: files.read(posixpath.join(beside, path)))
        ids = self._deploy(client, made, near, streams.print)
        if self.detach is not False:
            return 0
        if wrong := waited_on_each(client, ids, streams, self.quiet):
            raise DockerRefused("\n".join(wrong))
        return 0


_LATER = """\
Since --detach=false was not specified, tasks will be created in the background.
In a future release, --detach=false will become the default."""


@command("stack config")
class ShowStack(Command):
    """Show what compose files say, with variables filled in and laid over one another."""

    compose_file: tuple[str, ...] = options("-c", "--compose-file", value=STRINGS)
    skip_interpolation: bool = switch("--skip-interpolation")

    def _python(self) -> str:
        return f"""\
import yaml

# docker-py reads no compose files: each of these goes over the ones before.
for name in {literal(listed(self.compose_file))}:
    with open(name) as file:
        print(yaml.safe_dump(yaml.safe_load(file)))
"""

    def _shown(self, files: Machine, streams: Streams | None = None) -> str:
        if not listed(self.compose_file):
            raise DockerRefused("Specify a Compose file (with --compose-file)")
        texts = folder.texts(listed(self.compose_file), files, streams)
        made = composed(texts, files.environment, fill=not self.skip_interpolation)
        here = posixpath.normpath(f"{files.here}/{_beside(self.compose_file)}")
        return written(made, here, files.environment)

    def _run(self, client: Client, report: Report) -> str:
        return self._shown(folder.DEMO)

    def _play(self, client: Client, streams: Streams) -> int:
        streams.print(self._shown(machine(streams), streams))
        return 0


@command("stack ls", "stack list")
class ListStacks(Listing):
    """List the stacks, with how many services each has."""

    columns = (
        Column("Name", "NAME", lambda stack: stack["Name"]),
        Column("Services", "SERVICES", lambda stack: stack["Services"]),
    )
    shown = ("Name", "Services")
    kind = "*formatter.stackContext"
    format: str = option("--format")

    def _call(self) -> Call:
        return Call("client.api.services", filters={"label": NAMESPACE})

    def _python(self) -> str:
        return f"""\
from collections import Counter

services = client.api.services(filters={{"label": "{NAMESPACE}"}})
for stack, count in Counter(s["Spec"]["Labels"]["{NAMESPACE}"] for s in services).items():
    print(stack, count)
"""

    def _found(self, client: Client) -> list[Json]:
        services = self._call().on(client) or ()
        counts = Counter(text(service, "Spec", "Labels", NAMESPACE) for service in services)
        names = sorted(counts, key=natural)
        return [{"Name": name, "Services": str(counts[name])} for name in names]


@command("stack services")
class StackServices(Command):
    """List the services of a stack, with how many of their replicas run."""

    quiet: bool = switch("--quiet", "-q")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    stack: str = argument("STACK")

    def _python(self) -> str:
        chosen = filters(self.filter)
        more = f"{literal(chosen)} | " if chosen else ""
        return f"""\
stack = {literal(self.stack)}
chosen = {more}{{"label": ["{NAMESPACE}=" + stack]}}
for service in client.api.services(filters=chosen, status=True):
    status = service["ServiceStatus"]
    print(service["Spec"]["Name"], status["RunningTasks"], "of", status["DesiredTasks"])
"""

    def _listed(self, client: Client) -> str:
        """The table; '' where nothing is there."""
        chosen = (*self.filter, f"label={NAMESPACE}={self.stack}")
        asked = filters(chosen)
        found = by_name(client.api.services(filters=asked, status=True))
        return ListServices(quiet=self.quiet, format=self.format).listed(found) if found else ""

    def _run(self, client: Client, report: Report) -> str:
        return self._listed(client) or f"Nothing found in stack: {self.stack}"

    def _play(self, client: Client, streams: Streams) -> int:
        listed = self._listed(client)
        streams.print(listed)
        if not listed:
            streams.warn(f"Nothing found in stack: {self.stack}")
        return 0


@command("stack ps")
class StackTasks(TaskListing):
    """List the tasks of a stack."""

    quiet: bool = switch("--quiet", "-q")
    no_trunc: bool = switch("--no-trunc")
    no_resolve: bool = switch("--no-resolve")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    stack: str = argument("STACK")

    def _python(self) -> str:
        return f"""\
stack = {literal(self.stack)}
for service in client.services.list(filters={{"label": "{NAMESPACE}=" + stack}}):
    for task in service.tasks({literal(filters(self.filter)) if self.filter else ""}):
        print(service.name, task.get("Slot"), task.get("NodeID"), task["Status"]["State"])
"""

    def _tasks(self, client: Client) -> tuple[list[Json], Sequence[str]]:
        chosen = filters((*self.filter, f"label={NAMESPACE}={self.stack}"))
        tasks = client.api.tasks(filters=chosen) or []
        if not tasks:
            raise DockerRefused(f"nothing found in stack: {self.stack}", 404)
        return tasks, ()


@command("stack rm", "stack remove", "stack down", changes=True, destructive=True)
class RemoveStacks(Command):
    """Remove stacks: their services, secrets, configs and networks."""

    detach: bool = switch("-d", "--detach", default=True)
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
        said = []
        for stack in self.stacks:
            said += list(_removed(client.api, stack)) or [f"Nothing found in stack: {stack}"]
        return "\n".join(said)

    def _play(self, client: Client, streams: Streams) -> int:
        wrong = []
        for stack in self.stacks:
            found = False
            try:
                for line in _removed(client.api, stack):
                    found = True
                    streams.print(line)
            except docker.errors.APIError as error:
                streams.warn(_failure(error))
                wrong.append(f"failed to remove some resources from stack: {stack}")
            if not found:
                streams.warn(f"Nothing found in stack: {stack}")
        if wrong:
            raise DockerRefused("\n".join(wrong))
        return 0


def _failure(error: docker.errors.APIError) -> str:
    return f"Failed to remove: Error response from daemon: {error.explanation}"


def _removed(api: Any, stack: str) -> Iterator[str]:
    """Remove one stack; docker's line about each thing comes before it goes."""
    found = {
        kind: {
            _name(thing): thing.get("ID") or thing["Id"]
            for thing in getattr(api, f"{kind}s")(filters=of_stack(stack)) or ()
        }
        for kind in ("service", "secret", "config", "network")
    }
    for kind, ids in found.items():
        for name in sorted(ids, key=natural):
            yield f"Removing {kind} {name}"
            getattr(api, f"remove_{kind}")(ids[name])


def _name(thing: Json) -> str:
    return text(thing, "Spec", "Name") or text(thing, "Name")
