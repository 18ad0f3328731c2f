"""Making a container: its image is fetched where it is missing, and what is odd is warned of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import docker.errors

from core.cluster.engine_json import Json, items, part
from core.cluster.failures import daemon_errors
from core.cluster.references import reference, tagged
from core.commands.command import Client, spoken
from core.commands.container_flags import NewContainer
from core.commands.container_parts import refused
from core.commands.image_tree import API_OF_29, speaks
from core.commands.streams import Streams
from core.errors import DockerRefused, EngineRejected, EssaimError

_LOOPBACK = re.compile(r"127\.([0-9]{1,3}\.){2}[0-9]{1,3}|::1$")
#: Lists that the docker command sends where they are empty, too: ``inspect`` shows [] then.
_NEVER_NULL = (
    "Dns", "DnsOptions", "DnsSearch", "BlkioWeightDevice", "BlkioDeviceReadBps",
    "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "Devices", "Ulimits",
)  # fmt: skip
_PULLS = ("always", "missing", "never")


@contextmanager
def with_help(verb: str, code: Callable[[str], int] = lambda words: 125) -> Iterator[None]:
    """Refusals in the form that ``docker run`` gives them; code: of the words of one."""
    try:
        with daemon_errors():
            yield
    except EssaimError as error:
        words = spoken(error)
        more = f"Run 'docker {verb} --help' for more information"
        raise DockerRefused(f"docker: {words}\n\n{more}", code=code(words)) from error


def check_windows(new: NewContainer) -> None:
    """Raise DockerRefused for flags of which a Linux engine knows nothing."""
    flags = ("cpu_count", "cpu_percent", "io_maxbandwidth", "io_maxiops")
    only = "only supported on a Docker daemon running on windows, but the Docker daemon is running"
    lines = [
        f'"--{flag.replace("_", "-")}" is {only} on linux' for flag in flags if getattr(new, flag)
    ]
    if lines:
        raise DockerRefused("\n".join(lines))


def check_pull(new: NewContainer) -> None:
    """Raise DockerRefused for a ``--pull`` that is none."""
    if new.pull not in ("", *_PULLS):
        one, two, three = (f'"{word}"' for word in _PULLS)
        raise refused(f"invalid pull option: '{new.pull}': must be one of {one}, {two} or {three}")


def create(
    new: NewContainer,
    body: Json,
    client: Client,
    warn: Callable[[str], None],
    fetch: Callable[[], None],
) -> str:
    """Make the container that the body describes, and return its id.

    warn: hears the warnings. fetch: pulls its image. Raises docker-py's exceptions, DockerRefused.
    """
    host: Json = {name: [] for name in _NEVER_NULL} | part(body, "HostConfig")
    body = body | {"HostConfig": host}
    if host.get("OomKillDisable") and not host.get("Memory"):
        danger = "without setting a '-m/--memory' limit may be dangerous."
        warn(f"WARNING: Disabling the OOM killer on containers {danger}")
    for address in items(host, "Dns"):
        if _LOOPBACK.search(address):
            warn(f"WARNING: Localhost DNS setting (--dns={address}) may fail in containers.")
            break
    is_id = re.fullmatch(r"(sha256:)?[0-9a-f]{64}", new.image)
    try:
        if not is_id:
            reference(new.image)
    except ValueError as error:
        raise refused(str(error)) from None
    if new.platform:
        _check_platform(new.platform)

    def make() -> Any:
        named = {"name": new.name} if new.name else {}
        return client.api.create_container_from_config(body, platform=new.platform or None, **named)

    if new.pull == "always":
        fetch()
    try:
        made = make()
    except docker.errors.NotFound:
        if new.pull not in ("missing", "") or is_id:
            raise
        if not new.quiet:
            warn(f"Unable to find image '{tagged(new.image)}' locally")
        fetch()
        made = make()
    for warning in made.get("Warnings") or ():
        warn(f"WARNING: {warning}")
    return str(made["Id"])


def _check_platform(word: str) -> None:
    """The words are those of containerd/platforms, Parse."""
    parts = word.split("/")
    why = ""
    for component in parts:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", component):
            why = f'"{component}" is an invalid component of "{word}"'
            form = "platform specifier component must match"
            why = f'{why}: {form} "^[A-Za-z0-9_.-]+$": invalid argument'
            break
    if not why and len(parts) > 3:
        why = f'"{word}": cannot parse platform specifier: invalid argument'
    if not why and len(parts) == 1 and word.lower() not in _SYSTEMS:
        why = f'"{word}": unknown operating system or architecture: invalid argument'
    if why:
        raise refused(f"error parsing specified platform: {why}")


_SYSTEMS = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "windows",
        "zos",
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "ppc64",
        "ppc64le",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
        "x86_64",
        "x86-64",
        "aarch64",
        "armhf",
        "armel",
        "i386",
    ]
)


def pulled(new: NewContainer, client: Client, streams: Streams) -> None:
    """Fetch the image, and tell how on the standard error. Raises EngineRejected."""
    more = {"platform": new.platform} if new.platform else {}
    terse = speaks(client, API_OF_29) and not streams.out_is_terminal
    for message in client.api.pull(new.image, stream=True, decode=True, **more):
        if "error" in message:
            raise EngineRejected(str(message["error"]).strip())
        hidden = part(message, "progressDetail") or (terse and "progressDetail" in message)
        if not new.quiet and not hidden:
            layer = f"{message['id']}: " if message.get("id") else ""
            streams.warn(f"{layer}{message.get('status', '')}")


class IdFile:
    """The file of ``--cidfile``. Raises DockerRefused where there is one already."""

    def __init__(self, path: str, streams: Streams) -> None:
        self._path, self._folder = path, streams.folder
        if not path:
            return
        try:
            self._folder.read(path)
        except IsADirectoryError:
            pass
        except OSError:
            return
        what = "make sure the other container isn't running or delete"
        raise refused(f"container ID file found, {what} {path}")

    def write(self, id: str) -> None:
        if self._path:
            try:
                self._folder.write(self._path, [id.encode()])
            except OSError as error:
                words = (error.strerror or "").lower()
                why = f"failed to create the container ID file: open {self._path}: {words}"
                raise refused(why) from None
