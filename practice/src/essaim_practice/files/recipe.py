"""Recipes: what is known of the images that people pull, one TOML file for each repository.

``recipes/redis.toml`` is Docker Hub's ``redis``, ``recipes/traefik/whoami.toml`` its
``traefik/whoami``. Facts come from the images' public Dockerfiles. A size is an estimate unless
the recipe says ``measured = true``. Texts may name ``{version}``, ``{major}`` and ``{minor}``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

MB = 1_000_000
_LONGEST = 80  # characters of a repository's name
_FOLDER = files("essaim_practice.files") / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The images of one repository. Names that a TOML file may give are those of the fields."""

    repository: str
    description: str = ""
    #: Whose main programs they have; "" for those of the base alone.
    behaviour: str = ""
    base: str = ""  # and its release: "debian trixie-slim", "alpine 3.22"; "" for nothing
    size: float = 0.0  # MB, unpacked, with its base
    download: float = 0.0  # MB, compressed; 0: estimated from the size
    measured: bool = False  # its sizes are those of the real image
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()  # NAME=value, beside PATH
    path: str = ""  # what comes before the usual PATH
    user: str = ""
    workdir: str = ""
    ports: tuple[str, ...] = ()  # 80, 53/udp
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = ""
    healthcheck: Mapping[str, Any] = field(default_factory=dict)  # as the API has it
    #: Executables: "/usr/bin: redis-cli redis-server /usr/local/bin: docker-entrypoint.sh".
    programs: str = ""
    folders: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    users: tuple[str, ...] = ()  # name:uid:gid:home
    tags: str = ""  # those of August 2026
    older: str = ""  # full versions of before: the last of each line that is known
    latest: str = ""  # its version; else the newest of the tags
    aliases: Mapping[str, str] = field(default_factory=dict)  # the versions of further words
    layers: tuple[tuple[str, int, int], ...] = ()  # small last ones: text, compressed, unpacked
    pinned: str = ""  # the digest of the latest, where scripts of the world ask for it by that
    log: tuple[str, ...] = ()  # what its main program says, where nothing else plays it
    answers: Mapping[str, str] = field(default_factory=dict)  # "node --version": what is printed
    exit_code: int | None = None  # with which its main program ends; None: it stays up
    serves: bool = False  # its ports answer HTTP with 200
    healthy: bool | None = None  # what its health check finds; None: it has none
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by word of the tag
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # of versions before one

    def variant(self, words: tuple[str, ...], version: str) -> Recipe:
        """The recipe of the images whose tags have these words, and this version."""
        changes: dict[str, Any] = {}
        for limit, table in self.before.items():
            if numbers(version) and numbers(version) < numbers(limit):
                changes |= table
        for word, table in self.variants.items():
            if any(each == word or each.rstrip("0123456789.") == word for each in words):
                changes |= table
        return replace(self, **_read(changes)) if changes else self


def numbers(version: str) -> tuple[int, ...]:
    """``1.29.3`` as numbers; () of what is no such version."""
    parts = version.removeprefix("v").split(".")
    fits = all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts)
    return tuple(map(int, parts)) if fits else ()


@lru_cache(maxsize=64)
def find(repository: str) -> Recipe | None:
    """The recipe of a repository of Docker Hub; None without one."""
    if len(repository) > _LONGEST:
        return None
    place: Traversable = _FOLDER
    *folders, name = repository.split("/")
    for each in (*folders, f"{name}.toml"):
        place = place / each
    if not place.is_file():
        return None
    return of_table(repository, tomllib.loads(place.read_text(encoding="utf-8")))


def names() -> Iterator[str]:
    """Every repository that has a recipe, in order."""
    yield from sorted(_names(_FOLDER, ""))


def _names(folder: Traversable, above: str) -> Iterator[str]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _names(each, f"{above}{each.name}/")
        elif each.name.endswith(".toml"):
            yield above + each.name.removesuffix(".toml")


_FIELDS = {each.name: each for each in fields(Recipe) if each.name != "repository"}


def of_table(repository: str, table: Mapping[str, Any]) -> Recipe:
    """A recipe from the fields of its file. Raises ValueError for one that no recipe has."""
    if unknown := sorted(set(table) - set(_FIELDS)):
        raise ValueError(f"a recipe has no field {unknown[0]}")
    usual = {"behaviour": repository.rpartition("/")[2]}
    return Recipe(repository, **usual | _read(table))


def _read(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuples(value) for name, value in table.items()}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
