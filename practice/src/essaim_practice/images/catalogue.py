"""The catalogue of the registry: the images that can be pulled.

Names, sizes, configurations and histories follow those of the images on Docker Hub. Digests are
invented, because the layers are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from essaim_practice.files import known_trees
from essaim_practice.images.reference import Reference
from essaim_practice.store.objects import Json


def digest_of(text: str) -> str:
    """An invented digest, always the same for a text: ``sha256:…``."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer in the registry."""

    name: str
    download: int  # bytes, compressed
    size: int  # bytes, unpacked
    created_by: str

    @property
    def blob(self) -> str:
        """Digest of the compressed layer; a pull shows its first 12 digits."""
        return digest_of(f"blob {self.name}")

    @property
    def diff_id(self) -> str:
        return digest_of(f"diff {self.name}")


@dataclass(frozen=True, slots=True)
class Published:
    """One image in the registry."""

    repository: str
    tags: tuple[str, ...]
    created: float
    layers: tuple[Layer, ...]
    config: Json
    behaviour: str  # whose main programs it has
    settings: tuple[str, ...] = ()  # history lines that made no layer, newest last
    description: str = "in the practice engine's catalogue"
    pinned: str = ""  # its digest, where scripts of the world ask for it by that

    @property
    def base(self) -> str:
        return known_trees.BASES.get(self.behaviour, "")

    @property
    def digest(self) -> str:
        return self.pinned or digest_of(f"manifest {self.repository}:{self.tags[0]}")

    @property
    def image_id(self) -> str:
        return digest_of(f"config {self.repository}:{self.tags[0]}")

    @property
    def size(self) -> int:
        return sum(layer.size for layer in self.layers)

    def history(self, image_id: str) -> tuple[dict[str, Any], ...]:
        """As GET /images/{name}/history answers: newest first, only the newest has an id."""
        steps = [(layer.created_by, layer.size) for layer in self.layers]
        steps += [(text, 0) for text in self.settings]
        return tuple(
            {
                "Comment": "buildkit.dockerfile.v0",
                "Created": int(self.created),
                "CreatedBy": text,
                "Id": image_id if number == len(steps) else "<missing>",
                "Size": size,
                "Tags": None,
            }
            for number, (text, size) in reversed(list(enumerate(steps, 1)))
        )


_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_AUTUMN = 1_762_300_800.0  # 5 November 2025: when the images of the catalogue were made
_MONTH = 30 * 86400.0

_DEBIAN = Layer(
    "debian trixie-slim", 29_777_766, 78_642_688, "# debian.sh --arch 'amd64' out/ 'trixie'"
)


def _config(**fields: object) -> Mapping[str, Any]:
    empty = {"Entrypoint": None, "Labels": None, "OnBuild": None, "User": "", "Volumes": None}
    return {**empty, "Env": [_PATH], "Cmd": None, "WorkingDir": "", **fields}


def _alpine(version: str, age: float, *more: str) -> Published:
    add = f"ADD alpine-minirootfs-{version}.0-x86_64.tar.gz / # buildkit"
    return Published(
        "alpine",
        (version, *more),
        _AUTUMN - age,
        (Layer(f"alpine {version}", 3_802_452, 8_314_880, add),),
        _config(Cmd=["/bin/sh"], WorkingDir="/"),
        "alpine",
        ('CMD ["/bin/sh"]',),
    )


def _nginx(version: str, age: float, *more: str) -> Published:
    copies = (
        "docker-entrypoint.sh /",
        "10-listen-on-ipv6-by-default.sh /docker-entrypoint.d",
        "20-envsubst-on-templates.sh /docker-entrypoint.d",
        "30-tune-worker-processes.sh /docker-entrypoint.d",
    )
    sizes = ((627, 1620), (955, 2125), (404, 389), (1210, 4616))
    install = (
        "RUN /bin/sh -c set -x && groupadd --system --gid 101 nginx && apt-get update # buildkit"
    )
    return Published(
        "nginx",
        (version, *more),
        _AUTUMN - age,
        (
            _DEBIAN,
            Layer(f"nginx {version}", 29_972_711, 73_298_432, install),
            *(
                Layer(f"nginx {version} {copy}", *size, f"COPY {copy} # buildkit")
                for copy, size in zip(copies, sizes, strict=True)
            ),
        ),
        _config(
            Cmd=["nginx", "-g", "daemon off;"],
            Entrypoint=["/docker-entrypoint.sh"],
            Env=[_PATH, f"NGINX_VERSION={version}.3", "PKG_RELEASE=1~trixie"],
            ExposedPorts={"80/tcp": {}},
            Labels={"maintainer": "NGINX Docker Maintainers <docker-maint@nginx.com>"},
            StopSignal="SIGQUIT",
        ),
        "nginx",
        (
            'ENTRYPOINT ["/docker-entrypoint.sh"]',
            "EXPOSE map[80/tcp:{}]",
            "STOPSIGNAL SIGQUIT",
            'CMD ["nginx" "-g" "daemon off;"]',
        ),
    )


def _python(version: str, patch: str, *more: str) -> Published:
    runtime = (
        "RUN /bin/sh -c set -eux; apt-get update; apt-get install -y ca-certificates # buildkit"
    )
    build = f"RUN /bin/sh -c set -eux; wget -O python.tar.xz Python-{patch}.tar.xz # buildkit"
    links = "RUN /bin/sh -c set -eux; for src in idle3 pip3 pydoc3 python3; do ln -s # buildkit"
    return Published(
        "python",
        (f"{version}-slim", f"{patch}-slim", *more),
        _AUTUMN,
        (
            _DEBIAN,
            Layer(f"python {version} runtime", 1_292_834, 3_809_280, runtime),
            Layer(f"python {version} build", 14_361_232, 41_959_424, build),
            Layer(f"python {version} links", 248, 36, links),
        ),
        _config(
            Cmd=["python3"],
            Env=[f"PATH=/usr/local/bin:{_PATH[5:]}", "LANG=C.UTF-8", f"PYTHON_VERSION={patch}"],
        ),
        "python",
        ('CMD ["python3"]',),
    )


def _whoami(repository: str) -> Published:
    return Published(
        repository,
        ("latest", "v1.11"),
        _AUTUMN - _MONTH,
        (
            Layer("whoami ca-certificates", 143_124, 240_640, "COPY /etc/ssl/certs/ # buildkit"),
            Layer("whoami zoneinfo", 309_761, 1_536_000, "COPY /usr/share/zoneinfo . # buildkit"),
            Layer("whoami", 2_391_808, 6_619_136, "COPY /whoami . # buildkit"),
        ),
        _config(Entrypoint=["/whoami"], ExposedPorts={"80/tcp": {}}, WorkingDir="/"),
        "whoami",
        ('ENTRYPOINT ["/whoami"]', "EXPOSE map[80/tcp:{}]"),
    )


_SECOND = 10**9  # nanoseconds
_CHECK = {"Test": ["CMD", "/healthy"], "Interval": 2 * _SECOND, "Timeout": _SECOND, "Retries": 3}
_SLOWLY = {"StartPeriod": 30 * _SECOND, "StartInterval": _SECOND}
_WEB: Json = {"ExposedPorts": {"80/tcp": {}}}


def _faulty(name: str, command: str, description: str, **config: object) -> Published:
    return Published(
        f"essaim/{name}",
        ("latest",),
        _AUTUMN,
        (Layer("essaim misbehaving", 2_156_518, 4_282_880, "COPY programs / # buildkit"),),
        _config(Cmd=command.split(), WorkingDir="/", **config),
        "faulty",
        (f"CMD {json.dumps(command.split())}",),
        description,
    )


#: No registry of the world has these: their containers fail, each in its own way.
FAULTY: tuple[Published, ...] = (
    _faulty("crash", "/crash 3 1", "exits with 1 after 3 seconds"),
    _faulty("crash-start", "/crash 0 1", "exits with 1 at once"),
    _faulty(
        "never-healthy",
        "/serve",
        "runs, but its health check never passes",
        Healthcheck=_CHECK,
        **_WEB,
    ),
    _faulty(
        "slow-start",
        "/serve 10",
        "takes 10 seconds to become healthy",
        Healthcheck={**_CHECK, **_SLOWLY},
        **_WEB,
    ),
    _faulty("flaky", "/flaky", "answers every third request with 500", **_WEB),
)

CATALOGUE: tuple[Published, ...] = (
    _alpine("3.22", _MONTH, "latest", "3"),
    _alpine("3.21", 8 * _MONTH),
    _alpine("3.20", 14 * _MONTH),
    _alpine("3.10", 77 * _MONTH),
    _nginx("1.29", 0.0, "latest", "1", "mainline"),
    _nginx("1.28", 4 * _MONTH, "stable"),
    _nginx("1.27", 7 * _MONTH),
    _python("3.11", "3.11.14"),
    _python("3.12", "3.12.12"),
    _python("3.13", "3.13.9", "slim", "3-slim"),
    Published(
        "hello-world",
        ("latest", "linux"),
        _AUTUMN - 3 * _MONTH,
        (Layer("hello-world", 2_380, 10_072, "COPY hello / # buildkit"),),
        _config(Cmd=["/hello"], WorkingDir="/"),
        "hello-world",
        ('CMD ["/hello"]',),
        pinned="sha256:083de497cff944f969d8499ab94f07134c50bcf5e6b9559b27182d3fa80ce3f7",
    ),
    Published(
        "busybox",
        ("latest", "1", "1.37", "1.36", "stable", "musl", "glibc", "uclibc"),
        _AUTUMN - 13 * _MONTH,
        (Layer("busybox", 2_156_518, 4_282_880, "BusyBox 1.37.0 (glibc), Debian 13"),),
        _config(Cmd=["sh"]),
        "busybox",
    ),
    _whoami("traefik/whoami"),
    _whoami("whoami"),
    *FAULTY,
)

_BY_NAME = {(image.repository, tag): image for image in CATALOGUE for tag in image.tags}
_BY_DIGEST = {(image.repository, image.digest): image for image in CATALOGUE}
_REPOSITORIES = {image.repository for image in CATALOGUE}


def has_repository(repository: str) -> bool:
    return repository in _REPOSITORIES


def look_up(reference: Reference) -> Published | None:
    """The image of a reference, by its digest if it has one; None if it is not published."""
    if reference.digest:
        return _BY_DIGEST.get((reference.repository, reference.digest))
    return _BY_NAME.get((reference.repository, reference.tag))
