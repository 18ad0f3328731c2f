"""docker login, logout and search: the registries that images come from.

A login is checked by the engine. One that is typed on a machine is kept there, as docker does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from core.cluster.engine_json import Json, text
from core.commands import logins
from core.commands.api import Request
from core.commands.command import Client, Command, Report, command, no_report
from core.commands.grammar import argument, option, options, switch
from core.commands.listing import Column, Listing
from core.commands.source import Call, given, literal
from core.commands.streams import Streams
from core.commands.table import cut
from core.commands.values import FILTER, INTEGER, SECRET, filters
from core.errors import DockerRefused

_OTHER = """\
Info → To login with a different account, run 'docker logout' followed by 'docker login'

"""
_NO_TERMINAL = "Error: Cannot perform an interactive login from a non TTY device"
_ASKED = """\
Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't \
have a Docker ID, head over to https://hub.docker.com/ to create one.
You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT \
grants better security and is required for organizations using SSO. Learn more at \
https://docs.docker.com/go/access-tokens/
"""


@command("login", changes=True)
class Login(Command):
    """Ask a registry whether a name and a password are right; a machine keeps them."""

    password: str = option("--password", "-p", value=SECRET)
    password_stdin: bool = switch("--password-stdin")
    username: str = option("--username", "-u")
    server: str = argument("SERVER", optional=True)

    def _python(self) -> str:
        password = literal(self.password) if self.password else "getpass.getpass()"
        first = "" if self.password else "import getpass\n\n"
        name = literal(self.username) if self.username else 'input("Username: ")'
        at = f", registry={literal(self.server)}" if self.server else ""
        return f"{first}answer = client.login({name}, {password}{at})\nprint(answer)\n"

    def _checked(self, client: Client, name: str, password: str) -> str:
        """The registry's answer. Raises docker.errors.APIError."""
        server = self.server if self.server not in ("", "docker.io") else logins.HUB
        body = {"username": name, "password": password, "serveraddress": server}
        answer: Json = Request("post", "/auth", body=body).json(client)
        return text(answer, "Status")

    def _run(self, client: Client, report: Report) -> str:
        if not (self.username and self.password):
            raise DockerRefused(_NO_TERMINAL)
        return self._checked(client, self.username, self.password)

    def _play(self, client: Client, streams: Streams) -> int:
        if self._again(client, streams):
            return 0
        name, password = self.username, self.password
        if password:
            streams.warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
            if self.password_stdin:
                raise DockerRefused("--password and --password-stdin are mutually exclusive")
        if self.password_stdin:
            if not name:
                raise DockerRefused("the --password-stdin option requires --username to be set")
            password = streams.read().decode(errors="replace").removesuffix("\n").removesuffix("\r")
        if not (name and password):
            if not streams.in_is_terminal:
                raise DockerRefused(_NO_TERMINAL)
            if not name:
                streams.print(_ASKED if not self.server else "")
                streams.write(b"Username: ")
                name = streams.line().strip()
                if not name:
                    raise DockerRefused("Error: Non-null Username Required")
            if not password:
                password = streams.hidden_line(b"Password: ")
                streams.write(b"\n")
                if not password:
                    raise DockerRefused("Error: Password Required")
        answer = self._checked(client, name, password)
        logins.keep(streams, self.server, name, password)
        streams.print(answer)
        return 0

    def _again(self, client: Client, streams: Streams) -> bool:
        """Whether the login that is kept is right still."""
        name, password = logins.kept(streams, self.server)
        if not password or self.password or self.password_stdin or self.username not in ("", name):
            return False
        streams.print(f"Authenticating with existing credentials... [Username: {name}]\n")
        streams.print(_OTHER)
        streams.print(self._checked(client, name, password))
        return True


@command("logout")
class Logout(Command):
    """Forget a login that a machine keeps."""

    server: str = argument("SERVER", optional=True)

    def _python(self) -> str:
        return "# docker-py keeps a login as long as its client: there is nothing to remove.\n"

    def _run(self, client: Client, report: Report) -> str:
        return f"Removing login credentials for {logins.key(self.server)}"

    def _play(self, client: Client, streams: Streams) -> int:
        streams.print(self._run(client, no_report))
        logins.forget(streams, self.server)
        return 0


def _described(found: Json) -> str:
    return text(found, "description").replace("\n", " ").replace("\r", " ")


@command("search")
class Search(Listing):
    """Look for images on Docker Hub; a practice engine knows those that it can pull."""

    columns = (
        Column("Description", "DESCRIPTION", lambda it: cut(_described(it), 45), _described),
        Column(
            "IsOfficial",
            "OFFICIAL",
            lambda it: "[OK]" if it.get("is_official") else "",
            json=lambda it: str(bool(it.get("is_official"))).lower(),
        ),
        Column("Name", "NAME", lambda it: text(it, "name")),
        Column("StarCount", "STARS", lambda it: str(it.get("star_count") or 0)),
    )
    shown = ("Name", "Description", "StarCount", "IsOfficial")
    kind = "*registry.searchContext"
    loop = ("image", 'print(image["name"], image["description"])')
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    limit: int = option("--limit", value=INTEGER, default=0)
    no_trunc: bool = switch("--no-trunc")
    term: str = argument("TERM")

    def _call(self) -> Call:
        return Call("client.images.search", self.term, **given(limit=self.limit or None))

    def _request(self) -> Request:
        asked = {"term": self.term, **given(limit=self.limit or None)}
        if self.filter:
            asked["filters"] = json.dumps(filters(self.filter))
        return Request("get", "/images/search", asked)

    def _python(self) -> str:
        if self.filter:
            thing, line = self.loop
            return self._request().text(f"for {thing} in answer.json():\n    {line}")
        return Listing._python(self)

    def _found(self, client: Client) -> Iterable[Json]:
        found: list[Json] = self._request().json(client) or []
        return found
