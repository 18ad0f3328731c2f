"""Mounts that let a container control its engine, and with it the whole machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Sockets and files of engines; tasks' secrets are among the files.
_SOCKETS = ("/run/docker.sock", "/var/run/docker.sock")
_ENGINE_FILES = (
    *("/var/lib/docker/", "/var/lib/containerd/"),
    *("/run/docker/", "/run/containerd/", "/run/user/"),
)


def opens_engine(mount: Mapping[str, Any]) -> bool:
    """True if it holds an engine's socket or files, by any name, or a folder above them.

    mount: as GET /containers/json lists it.
    """
    if mount.get("Type", "bind") != "bind":
        return False
    source, target = (str(mount.get(key) or "") for key in ("Source", "Destination"))
    if any(path.endswith(".sock") for path in (source, target)):
        return True
    folder = f"{source.rstrip('/')}/"
    return folder.startswith(_ENGINE_FILES) or any(
        path.startswith(folder) for path in (*_ENGINE_FILES, *_SOCKETS)
    )
