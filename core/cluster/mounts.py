"""Which mounts of a container open the engine that it runs on, and with it all of its machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Where engines keep their sockets and their files, tasks' secrets among them.
_SOCKETS = ("/run/docker.sock", "/var/run/docker.sock")
_ENGINE_FILES = (
    *("/var/lib/docker/", "/var/lib/containerd/"),
    *("/run/docker/", "/run/containerd/", "/run/user/"),
)


def opens_engine(mount: Mapping[str, Any]) -> bool:
    """Whether it holds an engine's socket or files: by any name, or in a folder above.

    mount: as the API lists it.
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
