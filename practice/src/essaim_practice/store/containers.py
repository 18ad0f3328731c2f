"""Finds containers of an engine by id or name, chooses names, and makes new records."""

from __future__ import annotations

import re
from random import Random

from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import hex_id
from essaim_practice.store.objects import Container, Json
from essaim_practice.store.store import Store

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")

_MOODS = (
    "amazing", "bold", "brave", "busy", "calm", "clever", "cool", "dreamy", "eager", "epic",
    "fervent", "focused", "friendly", "gallant", "gifted", "happy", "hopeful", "jolly", "keen",
    "kind", "laughing", "lucid", "mystifying", "nifty", "peaceful", "quirky", "serene", "sharp",
    "silly", "stoic", "sweet", "tender", "vibrant", "wizardly", "youthful", "zealous", "zen",
)  # fmt: skip
_PEOPLE = (
    "agnesi", "archimedes", "babbage", "bassi", "bell", "bohr", "chatelet", "cori", "curie",
    "darwin", "einstein", "elion", "euclid", "euler", "fermat", "franklin", "galois", "germain",
    "goodall", "hawking", "hopper", "hypatia", "johnson", "kepler", "lamarr", "lovelace",
    "mayer", "meitner", "mendel", "mirzakhani", "morse", "noether", "pascal", "pasteur",
    "ptolemy", "ride", "tesla", "turing", "villani", "wiles",
)  # fmt: skip


def on_engine(store: Store, engine: str) -> list[Container]:
    return store.where(Container, "engine", engine)


def find(store: Store, engine: str, text: str) -> Container | None:
    """The container with this id, name or id prefix. Raises ApiError 400 if it is ambiguous."""
    here = [container for container in on_engine(store, engine) if container.state != "new"]
    name = text.removeprefix("/")
    for container in here:
        if container.id == text:
            return container
    for container in here:
        if container.name == name:
            return container
    matches = [container for container in here if text and container.id.startswith(text)]
    if len(matches) > 1:
        raise ApiError(400, f"multiple IDs found with provided prefix: {text}")
    return matches[0] if matches else None


def get(store: Store, engine: str, text: str) -> Container:
    """As find; raises ApiError 404 in the daemon's words if there is none."""
    if not text:
        raise ApiError(400, 'invalid name or ID supplied: ""')
    container = find(store, engine, text)
    if container is None:
        raise ApiError(404, f"No such container: {text}")
    return container


def name_for(store: Store, random: Random, engine: str, wanted: str) -> str:
    """The wanted name, or a new one for ''. Raises ApiError 400 (invalid) and 409 (taken)."""
    taken = {container.name: container.id for container in on_engine(store, engine)}
    if not wanted:
        while (name := f"{random.choice(_MOODS)}_{random.choice(_PEOPLE)}") in taken:
            taken[name] = ""
            if len(taken) > len(_MOODS) * len(_PEOPLE):
                return f"{name}{random.randrange(10**6)}"
        return name
    if not _NAME.fullmatch(wanted):
        allowed = "[a-zA-Z0-9][a-zA-Z0-9_.-]"
        raise ApiError(400, f"Invalid container name ({wanted}), only {allowed} are allowed")
    name = wanted.removeprefix("/")
    if name in taken:
        raise ApiError(
            409,
            f'Conflict. The container name "/{name}" is already in use by container '
            f'"{taken[name]}". You have to remove (or rename) that container to be able to '
            "reuse that name.",
        )
    return name


def new(
    store: Store,
    random: Random,
    engine: str,
    name: str,
    body: Json,
    host_config: Json,
    networks: tuple[str, ...],
) -> Container:
    """A container as POST /containers/create asks for it; the caller puts it in the store."""
    config = {k: v for k, v in body.items() if k not in ("HostConfig", "NetworkingConfig")}
    if networks == ("host",) and not config.get("Hostname"):
        config["Hostname"] = engine  # as the machine is called
    endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig")
    if endpoints and networks and "default" in endpoints:
        endpoints = {networks[0]: endpoints["default"], **endpoints}
        del endpoints["default"]
    if networks and (mac := config.get("MacAddress")):  # the old place for the first network's
        first = (endpoints or {}).get(networks[0]) or {}
        endpoints = {**(endpoints or {}), networks[0]: {"MacAddress": mac, **first}}
    return Container(
        id=hex_id(random),
        engine=engine,
        name=name,
        image=str(body["Image"]),
        image_id="",
        config=config,
        host_config=_by_id(store, engine, host_config),
        networks=networks,
        endpoints=endpoints,
        created=store.clock.now(),
    )


def _by_id(store: Store, engine: str, host: Json) -> Json:
    """HostConfig whose ``container:NAME`` names the container by its id, if there is one."""
    found = {}
    for field in ("IpcMode", "NetworkMode", "PidMode"):
        kind, _, name = str(host.get(field) or "").partition(":")
        if kind == "container" and name and (other := find(store, engine, name)):
            found[field] = f"container:{other.id}"
    return {**host, **found} if found else host
