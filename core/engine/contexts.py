"""The docker command's own search for its engine: environment, contexts, usual sockets.

It follows the docker command, version 28, as measured. docker-py reads contexts, too; but it takes
a bad file for none, ignores TLS with a CA alone, and reads the process's environment only. See
docs/decisions/0007-contexts.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.errors import Worded
from core.i18n import later as _

#: The docker command's own default, and the context that stands for it.
SOCKET = "/var/run/docker.sock"
DEFAULT = "default"
#: The port where an address names none; the port where TLS is wanted without an address.
PORT, TLS_PORT = 2375, 2376

_SCHEMES = ("unix", "tcp", "ssh", "http", "https", "npipe")
#: A user with a password, in an address.
_USER = re.compile(r"(?<=//)[^/@]*:[^/]*@")


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates and a key. verify: the engine has to prove its identity."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True

    def fault(self) -> Worded | None:
        """The reason why these files cannot be used; docker takes no key with a password either."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        where: object = self.ca
        try:
            if self.ca:
                self.ca.read_bytes()  # for an error with a name in it
                context.load_verify_locations(self.ca)
            if self.cert and self.key:
                for path in (self.cert, self.key):
                    where = path
                    path.read_bytes()
                where = f"{self.cert}, {self.key}"
                context.load_cert_chain(self.cert, self.key, password=_nobody_is_asked)
        except ssl.SSLError:
            return Worded(_("{path}: no certificate, or no key without a password"), path=where)
        except OSError as error:
            return Worded(
                _("{where}: {why}"), where=error.filename or where, why=error.strerror or error
            )
        return None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address at which an engine may answer.

    named: the source of the choice, for a person. host: as docker writes it, without a password; ''
    for none. fault: the reason why it cannot be used.
    """

    named: Worded | str
    host: str
    tls: Tls | None = None
    fault: Worded | None = None


def chosen(environ: Mapping[str, str], home: Path) -> Endpoint | None:
    """The endpoint that the user has chosen; None for none.

    The order is docker's: DOCKER_HOST, the context in DOCKER_CONTEXT, the current context. The
    context ``default`` is no choice.
    """
    config = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    tls = _tls_of_environment(environ, config)
    if host := environ.get("DOCKER_HOST", "").strip():
        return _endpoint_at("DOCKER_HOST", host, tls)
    if name := environ.get("DOCKER_CONTEXT", ""):
        named = Worded(_("The context {name} of DOCKER_CONTEXT"), name=name)
    elif name := _current(config):
        named = Worded(_("The current context {name}"), name=name)
    if name and name != DEFAULT:
        return _context(config, name, named)
    if tls:
        variable = "DOCKER_TLS_VERIFY" if environ.get("DOCKER_TLS_VERIFY") else "DOCKER_TLS"
        return _endpoint_at(variable, f"tcp://localhost:{TLS_PORT}", tls)
    return None


def sockets(environ: Mapping[str, str], home: Path) -> tuple[Endpoint, ...]:
    """The usual sockets of this machine: docker's, then those of others."""
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    found = (
        (Path(SOCKET), "Docker"),
        (home / ".docker/run/docker.sock", "Docker Desktop"),
        (home / ".colima/default/docker.sock", "Colima"),
        (runtime / "docker.sock", "Docker, rootless"),
        (runtime / "podman/podman.sock", "Podman, rootless"),
        (Path("/run/podman/podman.sock"), "Podman"),
    )
    return tuple(Endpoint(who, f"unix://{path}") for path, who in found)


def _nobody_is_asked() -> str:
    raise ssl.SSLError("a key with a password")


def _tls_of_environment(environ: Mapping[str, str], config: Path) -> Tls | None:
    """The TLS of docker's variables, in which any word means yes."""
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not (verify or environ.get("DOCKER_TLS")):
        return None
    folder = Path(environ.get("DOCKER_CERT_PATH") or config)
    return Tls(folder / "ca.pem", *_pair(folder), verify)


def _pair(folder: Path) -> tuple[Path | None, Path | None]:
    """The client's certificate and key, if both exist."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    return (cert, key) if cert.exists() and key.exists() else (None, None)


def _current(config: Path) -> str:
    """The current context; '' for none, or a file that cannot be read, as for docker."""
    try:
        found = json.loads((config / "config.json").read_bytes())["currentContext"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def _context(config: Path, name: str, named: Worded) -> Endpoint:
    id = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    meta, folder = (config / "contexts" / kind / id for kind in ("meta", "tls"))
    file, files = meta / "meta.json", set[str]()
    try:
        host, skip = _endpoint(json.loads(file.read_bytes()))
        if folder.exists():
            files = {path.name for path in (folder / "docker").iterdir()}
    except FileNotFoundError:
        fault = Worded(_("there is no such context; docker context ls shows those that are there"))
    except OSError as error:
        fault = Worded(_("{where}: {why}"), where=error.filename or file, why=error.strerror)
    except (ValueError, LookupError, TypeError):
        fault = Worded(_("{path}: this is no context"), path=file)
    else:
        ca = folder / "docker/ca.pem" if "ca.pem" in files else None
        tls = Tls(ca, *_pair(folder / "docker"), verify=not skip) if files or skip else None
        return _endpoint_at(named, host, tls)
    return Endpoint(named, "", fault=fault)


def _endpoint(meta: Any) -> tuple[str, bool]:
    """The engine's address in a meta.json, and its SkipTLSVerify."""
    endpoint = {"Host": "", "SkipTLSVerify": False, **meta["Endpoints"]["docker"]}
    host, skip = endpoint["Host"], endpoint["SkipTLSVerify"]
    if not isinstance(host, str) or not isinstance(skip, bool):
        raise TypeError
    return host, skip


def _endpoint_at(named: Worded | str, host: str, tls: Tls | None) -> Endpoint:
    """The endpoint at an address that the user wrote, which may be wrong."""
    shown = _USER.sub("…@", host)
    try:
        parts = urlsplit(host if "://" in host else f"tcp://{host}" if host else "unix://")
        if parts.password is not None:
            raise ValueError
        whole = _whole(parts)
    except ValueError:
        fault = Worded(
            _("this is no address of an engine: write unix:///PATH, tcp://HOST:PORT or ssh://HOST")
        )
        return Endpoint(named, shown, fault=fault)
    return Endpoint(named, whole, tls if parts.scheme in ("tcp", "http", "https") else None)


def _whole(parts: SplitResult) -> str:
    """A complete address, with docker's defaults. Raises ValueError for a wrong one."""
    if parts.scheme not in _SCHEMES or parts.query or parts.fragment:
        raise ValueError
    if parts.scheme == "npipe":
        return parts.geturl()
    if parts.scheme == "unix":
        path = parts.netloc + parts.path
        return f"unix:///{path.removeprefix('/')}" if path else f"unix://{SOCKET}"
    port = parts.port  # raises ValueError for no number, or too large a one
    if port == 0 or (parts.scheme == "ssh" and not parts.hostname):
        raise ValueError
    if parts.scheme == "ssh":
        return parts.geturl()
    host = parts.hostname or "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port or PORT}{parts.path}".rstrip("/")
