"""docker version: that of the docker command, and of the engine that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from core.cluster.engine_json import Json, items, part, text
from core.cluster.failures import daemon_errors
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import option
from core.commands.streams import Streams
from core.errors import DockerRefused, EngineUnreachable, TemplateError
from core.templates.structs import Struct
from core.templates.template import Template

VERSION = "29.8.0"  # of the docker command that is played
_BEFORE = ("28.5.2", "1.51")  # and that of before, where the engine is of its time
COMMIT = "unknown-commit"  # docker's word where its build has not told it
API_VERSION = "1.56"  # the latest that it speaks
#: As above; and this one is written in Python.
_CLIENT = {
    "GitCommit": COMMIT, "GoVersion": "none", "Os": "linux", "Arch": "amd64",
    "BuildTime": "unknown-buildtime",
}  # fmt: skip
#: The order of the engine's part in JSON.
_SERVER = (
    "Platform", "Components", "Version", "ApiVersion", "MinAPIVersion", "GitCommit", "GoVersion",
    "Os", "Arch", "KernelVersion", "Experimental", "BuildTime",
)  # fmt: skip
_ENGINE = ("ApiVersion", "MinAPIVersion", "GoVersion", "GitCommit", "BuildTime", "Os", "Arch")


def of_its_time(api_version: str) -> tuple[str, str]:
    """Version and API version of the docker command beside an engine of a version of the API."""
    old = api_version and [int(number) for number in api_version.split(".")] < [1, 52]
    return _BEFORE if old else (VERSION, API_VERSION)


def client_version(api_version: str) -> dict[str, str]:
    """The docker command's own part, in the order of its JSON."""
    spoken = {"ApiVersion": api_version} if api_version else {}
    version, latest = of_its_time(api_version)
    first = {"Version": version, **spoken, "DefaultAPIVersion": latest}
    return {**first, **_CLIENT, "Context": "default"}


def client_fields(own: dict[str, str]) -> dict[str, Any]:
    """The same as a template names them."""
    fields: dict[str, Any] = {"APIVersion": "", "Platform": None}
    return fields | {"APIVersion" if key == "ApiVersion" else key: own[key] for key in own}


def rendered(form: str, thing: Struct, name: str = "") -> str:
    """``--format`` of version and info. Raises DockerRefused."""
    try:
        template = Template("{{json .}}" if form == "json" else form)
    except TemplateError as error:
        words = str(error).replace("template: :", f"template: {name}:", 1)
        raise DockerRefused(f"template parsing error: {words}", code=64) from error
    try:
        return template.render(thing)
    except TemplateError as error:
        words = str(error)
        if name:
            words = words.replace("template: :", f"template: {name}:", 1)
            words = words.replace('executing ""', f'executing "{name}"', 1)
        refusal = DockerRefused(words)
        refusal.printed = error.printed
        raise refusal from error


@contextmanager
def its_line(streams: Streams) -> Iterator[None]:
    """docker ends the line of a template that cannot be executed, though nothing stands in it."""
    try:
        yield
    except DockerRefused as refusal:
        if refusal.code == 1:
            streams.write(f"{refusal.printed}\n".encode())
            refusal.printed = ""
        raise


@command("version")
class Version(Command):
    """Show the versions of the docker command and of the engine."""

    format: str = option("--format", "-f")

    def _python(self) -> str:
        return 'version = client.version()\nprint(version["Version"], version["ApiVersion"])\n'

    def _run(self, client: Client, report: Report) -> str:
        return self._text(client, client.version())

    def _play(self, client: Client, streams: Streams) -> int:
        """The docker command's own version is known where no engine answers, too."""
        try:
            with daemon_errors():
                server = client.version()
        except EngineUnreachable:
            streams.print(self._text(client, None))
            raise
        with its_line(streams):
            streams.print(self._text(client, server))
        return 0

    def _text(self, client: Client, server: Json | None) -> str:
        own = client_version(str(client.api.api_version))
        if not self.format:
            lines = _client_lines(own)
            return "\n".join(lines if server is None else [*lines, "", *_server_lines(server)])
        known = None if server is None else _as_struct(server)
        fields = {"Client": Struct("system.clientVersion", client_fields(own), own)}
        as_json = {"Client": own, "Server": known}
        whole = Struct("system.versionInfo", fields | {"Server": known}, as_json)
        return rendered(self.format, whole, "version")


def _as_struct(server: Json) -> Struct:
    same = ("Platform", "Components", "Version", "GitCommit", "GoVersion", "Os", "Arch")
    fields = {name: server.get(name, "") for name in same}
    fields |= {"APIVersion": server.get("ApiVersion", ""), "MinAPIVersion": _least(server)}
    fields |= {
        "KernelVersion": text(server, "KernelVersion"),
        "BuildTime": text(server, "BuildTime"),
    }
    fields |= {"Experimental": bool(server.get("Experimental"))}
    known = [key for key in _SERVER if key in server]
    in_order = {key: server[key] for key in (*known, *(key for key in server if key not in known))}
    in_order["Components"] = [
        component | {"Details": dict(sorted(part(component, "Details").items()))}
        for component in items(server, "Components")
    ]
    return Struct("*types.Version", fields, in_order)


def _least(server: Json) -> str:
    return text(server, "MinAPIVersion")


def _client_lines(own: dict[str, str]) -> list[str]:
    spoken, latest = own.get("ApiVersion", ""), own["DefaultAPIVersion"]
    lowered = f" (downgraded from {latest})" if spoken != latest else ""
    return [
        "Client:",
        *_aligned(
            " ",
            ("Version", own["Version"]),
            ("API version", spoken + lowered),
            ("Go version", own["GoVersion"]),
            ("Git commit", own["GitCommit"]),
            ("Built", own["BuildTime"]),
            ("OS/Arch", f"{own['Os']}/{own['Arch']}"),
            ("Context", own["Context"]),
        ),
    ]


def _server_lines(server: Json) -> list[str]:
    name = text(server, "Platform", "Name")
    lines = ["Server:" + (f" {name}" if name else "")]
    components = items(server, "Components")
    if not any(text(component, "Name") == "Engine" for component in components):
        details = {key: text(server, key) for key in _ENGINE}
        details["Experimental"] = str(bool(server.get("Experimental"))).lower()
        engine = {"Name": "Engine", "Version": text(server, "Version"), "Details": details}
        components = [*components, engine]
    for component in components:
        lines.append(f" {text(component, 'Name')}:")
        details = part(component, "Details")
        shown = [("Version", text(component, "Version"))]
        if text(component, "Name") == "Engine":
            least = f"(minimum version {text(details, 'MinAPIVersion')})"
            shown += [
                ("API version", f"{text(details, 'ApiVersion')} {least}"),
                ("Go version", text(details, "GoVersion")),
                ("Git commit", text(details, "GitCommit")),
                ("Built", _date(text(details, "BuildTime"))),
                ("OS/Arch", f"{text(details, 'Os')}/{text(details, 'Arch')}"),
                ("Experimental", text(details, "Experimental")),
            ]
        else:
            shown += [(key, text(details, key)) for key in sorted(details)]
        lines += _aligned("  ", *shown)
    return lines


def _aligned(indent: str, *rows: tuple[str, str]) -> list[str]:
    return [f"{f'{indent}{name}:':20}{value}" for name, value in rows]


def _date(built: str) -> str:
    """``Mon Nov 30 13:00:00 2026``; what is no date as it is."""
    try:
        return f"{datetime.fromisoformat(built):%a %b %e %H:%M:%S %Y}"
    except ValueError:
        return built
