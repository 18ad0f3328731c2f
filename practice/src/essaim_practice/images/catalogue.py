"""The catalogue of the registry: the images that can be pulled.

What is known of them stands in recipes (``files/recipes``). Digests are invented, because the
layers are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from essaim_practice.files import image_trees, recipe
from essaim_practice.files.bases import AUGUST
from essaim_practice.files.image_trees import Made
from essaim_practice.files.recipe import MB, Recipe, numbers
from essaim_practice.files.versions import version
from essaim_practice.images.reference import Reference
from essaim_practice.store.file_tree import Tree
from essaim_practice.store.objects import Json
from essaim_practice.store.time_slices import Sliced

_MANY = ("linux/386", "linux/arm", "linux/arm64", "linux/ppc64le", "linux/riscv64", "linux/s390x")
_SECOND = 10**9  # nanoseconds
_STEP = 60 * 86400.0  # seconds that one version of an image is older than the next, about
_PACKED = 0.38  # what is left of an image's layers when they are compressed, about
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


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


@dataclass(frozen=True)
class Published:
    """One image in the registry."""

    made: Made
    platform: str = ""  # linux/arm64; "" for linux/amd64
    own: bool = False  # a user of the cluster has declared it

    @property
    def repository(self) -> str:
        return self.made.recipe.repository

    @property
    def name(self) -> str:
        """What identifies it, whatever tag it is asked for by."""
        return f"{self.repository}:{self.made.version.name} {self.platform}".rstrip()

    @property
    def behaviour(self) -> str:
        return self.made.recipe.behaviour

    @property
    def base(self) -> str:
        return self.made.base.name

    @property
    def created(self) -> float:
        return AUGUST - _STEP * self.made.version.age

    @property
    def digest(self) -> str:
        """Of its index; of its manifest, where it is not for the engines' own platform."""
        pinned = "" if self.made.version.age or self.platform else self.made.recipe.pinned
        return pinned or digest_of(f"manifest {self._key}")

    @property
    def image_id(self) -> str:
        return digest_of(f"config {self._key}")

    @property
    def _key(self) -> str:
        """What its digests are made of: a user may declare an image anew, as another one."""
        return f"{self.name} {self.made.recipe}" if self.own else self.name

    @property
    def size(self) -> int:
        return sum(layer.size for layer in self.layers)

    def tree(self) -> Tree:
        return self._own_tree if self.own else image_trees.tree_of(self.made)

    @cached_property
    def _own_tree(self) -> Tree:
        return self.made.tree()

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The base's, one of all that is installed, and small ones of single files."""
        return tuple(_layers(self))

    @cached_property
    def config(self) -> Json:
        return _config(self.made)

    def history(self, image_id: str) -> tuple[dict[str, Any], ...]:
        """As GET /images/{name}/history answers: newest first, only the newest has an id."""
        steps = [(layer.created_by, layer.size) for layer in self.layers]
        steps += [(text, 0) for text in _settings(self.config)]
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


def _layers(published: Published) -> Iterator[Layer]:
    made, own = published.made, published.made.recipe
    other = f"{published.platform} ".lstrip()
    download, size = made.base.sizes if made.base.name else (0, 0)
    if size:
        name = f"{other}{made.base.name} {made.base.release}"
        yield Layer(name, download, size, made.base.history)
    whole = round(own.size * MB) - size - sum(unpacked for _, _, unpacked in own.layers)
    if whole > 0:
        packed = round(own.download * MB) - download - sum(each for _, each, _ in own.layers)
        text = f"RUN /bin/sh -c set -eux; install {own.repository} # buildkit"
        if made.base.name == "":
            text = f"COPY {made.program()} / # buildkit"
        packed = packed if own.download else max(1, round(whole * _PACKED))
        yield Layer(f"{published.name}", packed, whole, text)
    for text, packed, unpacked in own.layers:
        yield Layer(f"{published.name} {text}", packed, unpacked, f"COPY {text} # buildkit")


def _config(made: Made) -> dict[str, Any]:
    own = made.recipe
    path = f"PATH={own.path}:{_PATH}" if own.path else f"PATH={_PATH}"
    config: dict[str, Any] = {
        "Entrypoint": [made.spelled(word) for word in own.entrypoint] or None,
        "Labels": {key: made.spelled(value) for key, value in own.labels.items()} or None,
        "OnBuild": None,
        "User": own.user,
        "Volumes": {volume: {} for volume in own.volumes} or None,
        "Env": [path, *map(made.spelled, own.env)],
        "Cmd": [made.spelled(word) for word in own.cmd] or None,
        "WorkingDir": made.spelled(own.workdir),
    }
    if own.ports:
        config["ExposedPorts"] = {p if "/" in p else f"{p}/tcp": {} for p in own.ports}
    if own.stop_signal:
        config["StopSignal"] = own.stop_signal
    if own.healthy is not None:
        every = {"Interval": 2 * _SECOND, "Timeout": _SECOND, "Retries": 3}
        config["Healthcheck"] = {"Test": ["CMD", image_trees.HEALTH], **every}
    if own.healthcheck:
        listed = {k: list(v) if isinstance(v, tuple) else v for k, v in own.healthcheck.items()}
        config["Healthcheck"] = listed
    return config


def _settings(config: Json) -> Iterator[str]:
    """The lines of a history that made no layer."""
    for setting in (config["Env"] or ())[1:]:
        yield f"ENV {setting}"
    if config["Volumes"]:
        yield f"VOLUME [{' '.join(config['Volumes'])}]"
    if config["WorkingDir"] not in ("", "/"):
        yield f"WORKDIR {config['WorkingDir']}"
    if config["Entrypoint"]:
        yield f"ENTRYPOINT {_listed(config['Entrypoint'])}"
    if ports := config.get("ExposedPorts"):
        yield f"EXPOSE map[{' '.join(f'{port}:{{}}' for port in ports)}]"
    if signal := config.get("StopSignal"):
        yield f"STOPSIGNAL {signal}"
    if config["User"]:
        yield f"USER {config['User']}"
    if config["Cmd"]:
        yield f"CMD {_listed(config['Cmd'])}"


def _listed(words: list[str]) -> str:
    """As Go prints a list of texts."""
    return f"[{' '.join(json.dumps(word) for word in words)}]"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the list of all repositories says of one."""

    repository: str
    description: str
    behaviour: str
    measured: bool


_ENTRIES: dict[str, Entry] = {}


def entries() -> Sliced[tuple[Entry, ...]]:
    """Every repository. The first time, it takes long: a file is read for each."""
    names = tuple(recipe.names())
    for name in names:
        if name not in _ENTRIES and (known := recipe.find(name)):
            _ENTRIES[name] = Entry(name, known.description, known.behaviour, known.measured)
        yield
    return tuple(_ENTRIES[name] for name in names if name in _ENTRIES)


def has_repository(repository: str) -> bool:
    return recipe.find(repository) is not None


def platforms(repository: str) -> tuple[str, ...]:
    """Those that its images are made for, besides linux/amd64: of official ones, all usual ones."""
    return ("linux/arm64",) if "/" in repository else _MANY


def look_up(reference: Reference, platform: str = "") -> Published | None:
    """The image of a reference, by its digest if it has one; None if it is not published."""
    if reference.digest:
        named = _by_tag(reference.repository, reference.tag, platform) if reference.tag else None
        if named is not None and named.digest == reference.digest:  # as a service asks
            return named
        return _by_digest(reference.repository, reference.digest, platform)
    return _by_tag(reference.repository, reference.tag, platform)


@lru_cache(maxsize=256)
def _by_tag(repository: str, tag: str, platform: str) -> Published | None:
    made = image_trees.find(repository, tag)
    return Published(made, platform) if made else None


@lru_cache(maxsize=64)
def _by_digest(repository: str, digest: str, platform: str) -> Published | None:
    """Only what is tagged now, and the last of each older line, is looked through."""
    tag = _tags_by_digest(repository).get(digest)
    if tag is None and (known := recipe.find(repository)) and digest == known.pinned:
        tag = known.tags.split()[0]
    return _by_tag(repository, tag, platform) if tag else None


@lru_cache(maxsize=64)
def _tags_by_digest(repository: str) -> dict[str, str]:
    """A tag of each digest."""
    known = recipe.find(repository)
    if known is None:
        return {}
    tags = f"{known.tags} {known.older}".split()
    counted = {tag: len(numbers(tag.partition("-")[0])) for tag in tags}
    most = max(counted.values())  # a shorter number is another name of a whole one
    found = ((tag, version(known, tag)) for tag in tags if counted[tag] in (0, most))
    return {digest_of(f"manifest {repository}:{v.name}"): tag for tag, v in found if v}


def of_table(table: Mapping[str, Any]) -> Recipe:
    """The recipe of an image that a user declares. Raises ValueError."""
    fields = {name: value for name, value in table.items() if name != "name"}
    known = recipe.of_table(str(table["name"]), {"behaviour": "", **fields})
    image_trees.made(known, known.tags.split()[0])
    return known


@lru_cache(maxsize=256)
def declared(table: str, tag: str, platform: str = "") -> Published | None:
    """The image of a tag of a declared recipe, which is given as JSON; None if it has no such."""
    known = of_table(json.loads(table))
    made = image_trees.made(known, tag) if tag in known.tags.split() else None
    return Published(made, platform, own=True) if made else None
