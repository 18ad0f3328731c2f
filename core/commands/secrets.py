"""docker secret and docker config: texts for containers; a secret is never shown again."""

from __future__ import annotations

import base64
import dataclasses
from typing import ClassVar

from core.cluster.engine_json import Json, part, text
from core.commands.command import Client, Command, Report, command
from core.commands.folder import DEMO, machine
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.inspections import Inspection, labels
from core.commands.kinds import OnEach
from core.commands.listing import Column, Listing
from core.commands.source import Call, Code, given, literal
from core.commands.streams import Streams
from core.commands.table import ago
from core.commands.values import FILTER, MARK, filters, pairs
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _
from core.templates.moments import moment


class _Creation(Command):
    """Give the Swarm a text, from a file or from the standard input."""

    __slots__ = ()

    kind: ClassVar[str]  # secret or config
    file: str
    label: tuple[str, ...]
    name: str
    template_driver: str

    def _create(self, client: Client, data: bytes) -> str:
        if not self._beyond_docker_py:
            return str(self._creation().on(client, name=self.name, data=data)["ID"])
        api = client.api
        body = self._body() | {"Data": base64.b64encode(data).decode()}
        url = f"{api.base_url}/v{api.api_version}/secrets/create"
        answer = api.post(url, json=body, timeout=api.timeout)
        answer.raise_for_status()
        return str(answer.json()["ID"])

    def _body(self) -> Json:
        driver = getattr(self, "driver", "")
        body: Json = {"Name": self.name, "Labels": pairs(self.label)}
        body |= given(Driver={"Name": driver} if driver else None)
        return body | {"Templating": {"Name": self.template_driver}}

    def _creation(self) -> Call:
        """The call, where ``name`` and ``data`` are names."""
        driver, templating = getattr(self, "driver", ""), self.template_driver
        return Call(
            f"client.api.create_{self.kind}",
            Code("name"),
            Code("data"),
            pairs(self.label),
            **given(
                driver={"Name": driver} if driver else None,
                templating={"Name": templating} if templating else None,
            ),
        )

    @property
    def _beyond_docker_py(self) -> bool:
        """Whether docker-py has no call for it: it knows templates of configs alone."""
        return self.kind == "secret" and bool(self.template_driver)

    def _python(self) -> str:
        read = f"{Call('Path', self.file)}.read_bytes()"
        source = "import sys\n" if self.file in ("", "-") else "from pathlib import Path\n"
        data = "sys.stdin.buffer.read()" if self.file in ("", "-") else read
        if self._beyond_docker_py:
            return f"""\
import base64
{source}
data = {data}
body = {literal(self._body())}
# docker-py has no templates for secrets; its session speaks to the engine's API all the same.
answer = client.api.post(
    f"{{client.api.base_url}}/v{{client.api.api_version}}/secrets/create",
    json=body | {{"Data": base64.b64encode(data).decode()}},
)
answer.raise_for_status()
print(answer.json()["ID"])
"""
        create = self._creation()
        return f'{source}\nname = {literal(self.name)}\ndata = {data}\nprint({create}["ID"])\n'

    def _play(self, client: Client, streams: Streams) -> int:
        streams.print(self._create(client, self._read(streams)))
        return 0

    def _read(self, streams: Streams) -> bytes:
        where, file = "STDIN", self.file
        driver = getattr(self, "driver", "")
        if driver and file:
            raise DockerRefused("When using secret driver secret data must be empty")
        data = b""
        if file == "-":
            data = streams.read()
        elif file:
            where = file
            try:
                data = machine(streams).read(file)
            except DockerRefused as refused:
                raise DockerRefused(self._unread(f"error reading from {file}: {refused}")) from None
        elif not driver:
            raise DockerRefused("secret file is required")
        if file and not data:
            raise DockerRefused(self._unread(f"error reading from {where}: data is empty"))
        return data

    def _unread(self, why: str) -> str:
        return why


@command("secret create", changes=True)
class CreateSecret(_Creation):
    """Give the Swarm a secret, from a file.

    text: stands in for the standard input of ``docker secret create NAME -``. It is no part of the
    docker line, and is never written down.
    """

    kind = "secret"
    driver: str = option("-d", "--driver")
    label: tuple[str, ...] = options("-l", "--label", value=MARK)
    template_driver: str = option("--template-driver")
    name: str = argument("SECRET")
    file: str = argument("FILE", optional=True)
    text: str = dataclasses.field(default="", compare=False, repr=False)

    def _run(self, client: Client, report: Report) -> str:
        if self.file == "-" and not self.text:
            raise InvalidCommand(
                _(
                    "There is nobody to type the secret for -: name a file, as in docker secret "
                    "create {name} stack/password.txt"
                ),
                name=self.name,
            )
        return self._create(client, self.text.encode() if self.text else DEMO.read(self.file))


@command("config create", changes=True)
class CreateConfig(_Creation):
    """Give the Swarm a config, from a file."""

    kind = "config"
    label: tuple[str, ...] = options("-l", "--label", value=MARK)
    template_driver: str = option("--template-driver")
    name: str = argument("CONFIG")
    file: str = argument("FILE")

    def _run(self, client: Client, report: Report) -> str:
        return self._create(client, DEMO.read(self.file))

    def _unread(self, why: str) -> str:
        return f'Error reading content from "{self.file}": {why}'


_ID = Column("ID", "ID", lambda thing: thing["ID"])
_NAME = Column("Name", "NAME", lambda thing: text(thing, "Spec", "Name"))
_LABELS = Column(
    "Labels",
    "LABELS",
    lambda thing: ",".join(f"{k}={v}" for k, v in part(thing, "Spec", "Labels").items()),
)
_TIMES = (
    Column("CreatedAt", "CREATED", lambda thing: ago(thing["CreatedAt"])),
    Column("UpdatedAt", "UPDATED", lambda thing: ago(thing["UpdatedAt"])),
)


@command("secret ls", "secret list")
class ListSecrets(Listing):
    """List the secrets by name; what they hold nobody can read back."""

    columns = (
        _ID,
        _NAME,
        Column("Driver", "DRIVER", lambda secret: text(secret, "Spec", "Driver", "Name")),
        *_TIMES,
        _LABELS,
    )
    shown = ("ID", "Name", "Driver", "CreatedAt", "UpdatedAt")
    kind = "*secret.secretContext"
    loop = ("secret", 'print(secret["ID"], secret["Spec"]["Name"])')
    quiet: bool = switch("--quiet", "-q")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)

    def _call(self) -> Call:
        return Call("client.api.secrets", **given(filters=filters(self.filter)))


@command("config ls", "config list")
class ListConfigs(Listing):
    """List the configs by name."""

    columns = (_ID, _NAME, *_TIMES, _LABELS)
    shown = ("ID", "Name", "CreatedAt", "UpdatedAt")
    kind = "*config.configContext"
    loop = ("config", 'print(config["ID"], config["Spec"]["Name"])')
    quiet: bool = switch("--quiet", "-q")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)

    def _call(self) -> Call:
        return Call("client.api.configs", **given(filters=filters(self.filter)))


@command("secret inspect", reveals=True)
class InspectSecrets(Inspection):
    """Show all that the Swarm tells about secrets, but for what they hold."""

    struct = "swarm.Secret"
    method = "api.inspect_secret"
    format: str = option("--format", "-f")
    pretty: bool = switch("--pretty")
    secrets: tuple[str, ...] = arguments("SECRET")

    def _told(self, client: Client, thing: Json) -> str:
        driver = text(thing, "Spec", "Driver", "Name")
        lines = [*_named(thing, 14 * " "), f"Driver:            {driver}", *_dated(thing, 8 * " ")]
        return "\n".join([*lines, ""])


@command("config inspect", reveals=True)
class InspectConfigs(Inspection):
    """Show all that the Swarm knows about configs, what they hold included."""

    struct = "swarm.Config"
    method = "api.inspect_config"
    format: str = option("--format", "-f")
    pretty: bool = switch("--pretty")
    configs: tuple[str, ...] = arguments("CONFIG")

    def _told(self, client: Client, thing: Json) -> str:
        held = base64.b64decode(text(thing, "Spec", "Data")).decode(errors="replace")
        dates = _dated(thing, 12 * " " + "\t")
        return "\n".join([*_named(thing, "\t\t\t"), *dates, "Data:", held, ""])


def _named(thing: Json, gap: str) -> list[str]:
    marks = labels(part(thing, "Spec", "Labels"), " - ")
    names = [f"ID:{gap}{thing['ID']}", f"Name:{gap}{text(thing, 'Spec', 'Name')}"]
    return [*names, *(["Labels:", *marks] if marks else [])]


def _dated(thing: Json, gap: str) -> list[str]:
    words = (("Created", "CreatedAt"), ("Updated", "UpdatedAt"))
    return [f"{word} at:{gap}{moment(thing[key]).lower()}" for word, key in words]


@command("secret rm", "secret remove", changes=True, destructive=True)
class RemoveSecrets(OnEach):
    """Remove secrets that no service uses."""

    method = "api.remove_secret"
    secrets: tuple[str, ...] = arguments("SECRET")


@command("config rm", "config remove", changes=True, destructive=True)
class RemoveConfigs(OnEach):
    """Remove configs that no service uses."""

    method = "api.remove_config"
    configs: tuple[str, ...] = arguments("CONFIG")
