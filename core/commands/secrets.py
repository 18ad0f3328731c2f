"""docker secret: what containers must know and nobody else should."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import docker

from core.commands import folder
from core.commands.command import Command, Json, Report, each
from core.commands.engine_json import text
from core.commands.grammar import argument, arguments, options, switch
from core.commands.source import call, given, literal
from core.commands.table import ago, natural, table
from core.commands.values import LABEL, filters
from core.errors import InvalidCommand
from core.i18n import later as _


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSecret(Command):
    """Give the Swarm a secret, from a file of the demo folder.

    text: stands in for the standard input of ``docker secret create NAME -``. It is no part of the
    docker line, and is never written down.
    """

    verb: ClassVar[tuple[str, ...]] = ("secret", "create")
    changes: ClassVar[bool] = True

    label: tuple[str, ...] = options("-l", "--label", value=LABEL)
    name: str = argument("SECRET")
    file: str = argument("FILE")
    text: str = dataclasses.field(default="", compare=False, repr=False)

    def _labels(self) -> dict[str, str]:
        return dict(text.split("=", 1) for text in self.label)

    def _python(self) -> str:
        read = call("Path", self.file) + ".read_bytes()"
        source = "import sys\n" if self.file == "-" else "from pathlib import Path\n"
        data = "sys.stdin.buffer.read()" if self.file == "-" else read
        create = f"client.api.create_secret(name, data, {literal(self._labels())})"
        return f'{source}\nname = {literal(self.name)}\ndata = {data}\nprint({create}["ID"])\n'

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        if self.file == "-" and not self.text:
            raise InvalidCommand(
                _(
                    "There is nobody to type the secret for -: name a file, as in docker secret "
                    "create {name} stack/password.txt"
                ),
                name=self.name,
            )
        data = self.text.encode() if self.file == "-" else folder.read(self.file)
        return str(client.api.create_secret(self.name, data, self._labels())["ID"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSecrets(Command):
    """List the secrets by name; what they hold nobody can read back."""

    verb: ClassVar[tuple[str, ...]] = ("secret", "ls")

    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)

    def _python(self) -> str:
        listing = call("client.api.secrets", **given(filters=filters(self.filter)))
        return f"""\
for secret in {listing}:
    print(secret["ID"], secret["Spec"]["Name"])
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        secrets = client.api.secrets(**given(filters=filters(self.filter))) or []
        secrets.sort(key=lambda secret: natural(text(secret, "Spec", "Name")))
        if self.quiet:
            return "\n".join(secret["ID"] for secret in secrets)
        return table(("ID", "NAME", "DRIVER", "CREATED", "UPDATED"), map(_row, secrets))


def _row(secret: Json) -> tuple[str, ...]:
    return (
        secret["ID"],
        text(secret, "Spec", "Name"),
        text(secret, "Spec", "Driver", "Name"),
        ago(secret["CreatedAt"]),
        ago(secret["UpdatedAt"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSecrets(Command):
    """Remove secrets that no service uses."""

    verb: ClassVar[tuple[str, ...]] = ("secret", "rm")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    secrets: tuple[str, ...] = arguments("SECRET")

    def _python(self) -> str:
        return "\n".join(call("client.api.remove_secret", name) for name in self.secrets)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        def remove(name: str) -> None:
            client.api.remove_secret(name)

        return each(self.secrets, remove)
