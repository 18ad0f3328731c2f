"""A cluster for the tests of databases, and programs that are run in its containers."""

from __future__ import annotations

import time
from dataclasses import replace

from docker.models.containers import Container as Made

from essaim_practice import PracticeServer
from essaim_practice.engine.cluster import Cluster
from essaim_practice.images.catalogue import digest_of
from essaim_practice.store.file_tree import File, Tree
from essaim_practice.store.objects import Image

_PROGRAMS = {
    "redis": ("redis-server", "redis-cli"),
}
_CONFIG = {
    "redis": {
        "Cmd": ["redis-server"],
        "Env": ["REDIS_VERSION=7.4.1"],
        "Volumes": {"/data": {}},
        "WorkingDir": "/data",
    },
}


def bring(server: PracticeServer, name: str) -> None:
    """Have an image on node1."""
    server.client.images.pull("nginx", "latest")

    def bring_(cluster: Cluster) -> None:
        nginx = next(each for each in cluster.store.all(Image) if each.behaviour == "nginx")
        programs = ("docker-entrypoint.sh", *_PROGRAMS[name])
        files = {f"/usr/local/bin/{program}": File(0o755, 0.0) for program in programs}
        image_id = digest_of(name)
        config = {**nginx.config, "Entrypoint": ["docker-entrypoint.sh"], "StopSignal": ""}
        image = replace(
            nginx,
            id=f"node1/{image_id}",
            image_id=image_id,
            tags=(f"{name}:latest",),
            digests=(),
            behaviour=name,
            files=Tree({**dict(nginx.files.items()), **files}),
            config={**config, "ExposedPorts": {}, **_CONFIG[name]},
        )
        cluster.store.put(image)

    server.call(bring_)


def said(container: Made, *argv: str, tty: bool = False, code: int = 0) -> str:
    """What a program says that is run in a container; its exit code must be this one."""
    result = container.exec_run(list(argv), tty=tty)
    text: str = result.output.decode()
    assert result.exit_code == code, text
    return text.replace("\r\n", "\n")


def logged(container: Made, words: str) -> str:
    """The whole log of a container, once it has these words."""

    def log() -> str:
        text: str = container.logs().decode()
        return text

    end = time.monotonic() + 60
    while words not in (text := log()):
        assert time.monotonic() < end, f"{words!r} was never logged: {text}"
        time.sleep(0.02)
    return text
