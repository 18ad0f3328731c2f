"""Where the docker command looks for its engine: the environment, its contexts, the usual sockets.

docker-py has a reader of contexts, too: it takes any bad file for no file, knows no context whose
TLS has a CA alone, and reads the environment of the process only. What is here follows the docker
command, version 28, as measured.
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
#: The port of a TCP address that names none; and of none at all, where TLS is wanted.
PORT, TLS_PORT = 2375, 2376

_SCHEMES = ("unix", "tcp", "ssh", "http", "https", "npipe")
#: What stands between a scheme and an @, which may be a password.
_USER = re.compile(r"(?<=//)[^/@]*:[^/]*@")


@dataclass(frozen=True, slots=True)
class Tls:
    """The files that prove who is who, where there are any. verify: whether the engine has to."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True

    def fault(self) -> Worded | None:
        """Why these files cannot be used, or None. A key with a password cannot, as for docker."""
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
    """Where an engine may answer.

    named: what names it, for a person. host: its address as docker writes it, without a password;
    '' where none is known. fault: why it cannot be asked at all.
    """

    named: Worded | str
    host: str
    tls: Tls | None = None
    fault: Worded | None = None


def chosen(environ: Mapping[str, str], home: Path) -> Endpoint | None:
    """The endpoint that somebody has chosen, by the docker command's own precedence; None for none.

    That is DOCKER_HOST, else the context that DOCKER_CONTEXT names, else the current one. The
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
    """Where engines of this machine answer that nobody has named: docker's, then others'."""
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
    """What docker makes of its variables: any word at all is a yes."""
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not (verify or environ.get("DOCKER_TLS")):
        return None
    folder = Path(environ.get("DOCKER_CERT_PATH") or config)
    return Tls(folder / "ca.pem", *_pair(folder), verify)


def _pair(folder: Path) -> tuple[Path | None, Path | None]:
    """The client's certificate and its key, where both are there."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    return (cert, key) if cert.exists() and key.exists() else (None, None)


def _current(config: Path) -> str:
    """The current context; '' for none. A file that cannot be read is none, for docker as well."""
    try:
        found = json.loads((config / "config.json").read_bytes())["currentContext"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def _context(config: Path, name: str, named: Worded) -> Endpoint:
    id = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    meta, folder = (config / "contexts" / kind / id for kind in ("meta", "tls"))
    file = meta / "meta.json"
    try:
        host, skip = _endpoint(json.loads(file.read_bytes()))
        files = {path.name for path in (folder / "docker").iterdir()} if folder.exists() else set()
    except FileNotFoundError:
        return Endpoint(
            named,
            "",
            fault=Worded(
                _("there is no such context; docker context ls shows those that are there")
            ),
        )
    except OSError as error:
        why = Worded(_("{where}: {why}"), where=error.filename or file, why=error.strerror)
        return Endpoint(named, "", fault=why)
    except (ValueError, LookupError, TypeError):
        return Endpoint(named, "", fault=Worded(_("{path}: this is no context"), path=file))
    pair = _pair(folder / "docker")
    ca = folder / "docker" / "ca.pem" if "ca.pem" in files else None
    tls = Tls(ca, *pair, verify=not skip) if files or skip else None
    return _endpoint_at(named, host, tls)


def _endpoint(meta: Any) -> tuple[str, bool]:
    """Of a meta.json, the engine's address, and whether it need not prove itself."""
    endpoint = {"Host": "", "SkipTLSVerify": False, **meta["Endpoints"]["docker"]}
    host, skip = endpoint["Host"], endpoint["SkipTLSVerify"]
    if not isinstance(host, str) or not isinstance(skip, bool):
        raise TypeError
    return host, skip


def _endpoint_at(named: Worded | str, host: str, tls: Tls | None) -> Endpoint:
    """The endpoint at an address that somebody wrote, which may be none."""
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
    """An address with what docker adds to it. Raises ValueError where it is none."""
    if parts.scheme not in _SCHEMES or parts.query or parts.fragment:
        raise ValueError
    if parts.scheme == "npipe":
        return parts.geturl()
    if parts.scheme == "unix":
        path = parts.netloc + parts.path
        return (
            f"unix://{path if path.startswith('/') else '/' + path}" if path else f"unix://{SOCKET}"
        )
    port = parts.port  # raises where it is no number, or too large
    if parts.scheme == "ssh":
        if not parts.hostname or port == 0:
            raise ValueError
        return parts.geturl()
    if port == 0:
        raise ValueError
    host = parts.hostname or "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port or PORT}{parts.path}".rstrip("/")
