"""Logins that docker keeps in the file config.json of the machine where a line is typed."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import tarfile

from core.cluster.engine_json import Json
from core.commands.streams import Streams

#: The registry that is meant where none is named.
HUB = "https://index.docker.io/v1/"
_UNENCRYPTED = """
WARNING! Your credentials are stored unencrypted in '{path}'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/
"""


def key(server: str) -> str:
    """What a registry is kept under: its host; Docker Hub has a name of old."""
    host = server.partition("://")[2] or server
    host = host.partition("/")[0]
    return HUB if host in ("", "docker.io", "index.docker.io", "registry-1.docker.io") else host


def _folder(streams: Streams) -> str:
    home = streams.environment.get("HOME", "/root")
    return streams.environment.get("DOCKER_CONFIG") or posixpath.join(home, ".docker")


def _known(streams: Streams) -> Json:
    try:
        found = json.loads(streams.folder.read(posixpath.join(_folder(streams), "config.json")))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _logins(known: Json) -> Json:
    found = known.get("auths")
    return found if isinstance(found, dict) else {}


def kept(streams: Streams, server: str) -> tuple[str, str]:
    """The name and the password of a registry, both '' where none are kept."""
    entry = _logins(_known(streams)).get(key(server))
    coded = entry.get("auth") if isinstance(entry, dict) else ""
    try:
        name, _, password = base64.b64decode(str(coded)).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password


def keep(streams: Streams, server: str, name: str, password: str) -> None:
    """Keep a login, and warn of it as docker does. Raises OSError."""
    known = _known(streams)
    coded = base64.b64encode(f"{name}:{password}".encode()).decode()
    known["auths"] = _logins(known) | {key(server): {"auth": coded}}
    _write(streams, known)
    path = posixpath.join(_folder(streams), "config.json")
    streams.warn(_UNENCRYPTED.format(path=path))


def forget(streams: Streams, server: str) -> bool:
    """Whether there was a login to forget. Raises OSError."""
    known = _known(streams)
    left = _logins(known)
    if left.pop(key(server), None) is None:
        return False
    known["auths"] = left
    _write(streams, known)
    return True


def _write(streams: Streams, known: Json) -> None:
    content = json.dumps(known, indent="\t").encode()
    folder = _folder(streams)
    above, name = posixpath.split(folder.rstrip("/"))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        head = tarfile.TarInfo(name)
        head.type, head.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(head)
        head = tarfile.TarInfo(f"{name}/config.json")
        head.size, head.mode = len(content), 0o600
        tar.addfile(head, io.BytesIO(content))
    streams.folder.unpack(above or "/", made.getvalue())
