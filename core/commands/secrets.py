"""docker secret: texts for containers, which the Swarm never shows again."""

from __future__ import annotations

import dataclasses

from core.cluster.engine_json import text
from core.commands import folder
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, arguments, options, switch
from core.commands.kinds import Listing, OnEach
from core.commands.source import Call, given, literal
from core.commands.table import ago
from core.commands.values import LABEL, filters, pairs
from core.errors import InvalidCommand
from core.i18n import later as _


@command("secret create", changes=True)
class CreateSecret(Command):
    """Give the Swarm a secret, from a file of the demo folder.

    text: stands in for the standard input of ``docker secret create NAME -``. It is no part of the
    docker line, and is never written down.
    """

    label: tuple[str, ...] = options("-l", "--label", value=LABEL)
    name: str = argument("SECRET")
    file: str = argument("FILE")
    text: str = dataclasses.field(default="", compare=False, repr=False)

    def _python(self) -> str:
        read = f"{Call('Path', self.file)}.read_bytes()"
        source = "import sys\n" if self.file == "-" else "from pathlib import Path\n"
        data = "sys.stdin.buffer.read()" if self.file == "-" else read
        create = f"client.api.create_secret(name, data, {literal(pairs(self.label))})"
        return f'{source}\nname = {literal(self.name)}\ndata = {data}\nprint({create}["ID"])\n'

    def _run(self, client: Client, report: Report) -> str:
        if self.file == "-" and not self.text:
            raise InvalidCommand(
                _(
                    "There is nobody to type the secret for -: name a file, as in docker secret "
                    "create {name} stack/password.txt"
                ),
                name=self.name,
            )
        data = self.text.encode() if self.file == "-" else folder.read(self.file)
        return str(client.api.create_secret(self.name, data, pairs(self.label))["ID"])


@command("secret ls", "secret list")
class ListSecrets(Listing):
    """List the secrets by name; what they hold nobody can read back."""

    columns = (
        ("ID", lambda secret: secret["ID"]),
        ("NAME", lambda secret: text(secret, "Spec", "Name")),
        ("DRIVER", lambda secret: text(secret, "Spec", "Driver", "Name")),
        ("CREATED", lambda secret: ago(secret["CreatedAt"])),
        ("UPDATED", lambda secret: ago(secret["UpdatedAt"])),
    )
    loop = ("secret", 'print(secret["ID"], secret["Spec"]["Name"])')
    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)

    def _call(self) -> Call:
        return Call("client.api.secrets", **given(filters=filters(self.filter)))


@command("secret rm", "secret remove", changes=True, destructive=True)
class RemoveSecrets(OnEach):
    """Remove secrets that no service uses."""

    method = "api.remove_secret"
    secrets: tuple[str, ...] = arguments("SECRET")
