"""The docker-py text that makes a container: by its keywords where it has them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from core.cluster.engine_json import Json
from core.commands.container_flags import NewContainer
from core.commands.container_parts import Machine
from core.commands.container_ports import bindings
from core.commands.container_request import body, restart
from core.commands.quantities import cpus
from core.commands.source import Call, Code, given, literal
from core.commands.values import pairs

_Keyword = tuple[str, Callable[[Any], object]]


def _same(value: Any) -> object:
    return list(value) if isinstance(value, tuple) else value


#: docker-py's keywords for the fields that it has keywords for.
_KEYWORDS: dict[str, _Keyword] = {
    "remove": ("auto_remove", _same),
    "interactive": ("stdin_open", _same),
    "tty": ("tty", _same),
    "publish": ("ports", lambda words: _ports(words)),
    "publish_all": ("publish_all_ports", _same),
    "env": ("environment", _same),
    "name": ("name", _same),
    "volume": ("volumes", _same),
    "network": ("network", lambda words: words[0]),
    "hostname": ("hostname", _same),
    "workdir": ("working_dir", _same),
    "user": ("user", _same),
    "entrypoint": ("entrypoint", lambda word: [word]),
    "label": ("labels", pairs),
    "restart": ("restart_policy", restart),
    "memory": ("mem_limit", _same),
    "memory_reservation": ("mem_reservation", _same),
    "cpus": ("nano_cpus", cpus),
    "cpu_shares": ("cpu_shares", _same),
    "cpuset_cpus": ("cpuset_cpus", _same),
    "pids_limit": ("pids_limit", _same),
    "privileged": ("privileged", _same),
    "read_only": ("read_only", _same),
    "cap_add": ("cap_add", _same),
    "cap_drop": ("cap_drop", _same),
    "dns": ("dns", _same),
    "init": ("init", _same),
    "stop_signal": ("stop_signal", _same),
    "platform": ("platform", _same),
}
#: Fields that say nothing of the container itself.
_BESIDE = {"image", "command", "detach", "detach_keys", "sig_proxy", "pull", "quiet", "attach"}
_BESIDE |= {"cidfile", "disable_content_trust"}


def keywords(new: NewContainer) -> dict[str, object] | None:
    """docker-py's keywords for it; None where docker-py has none for one of its flags.

    Raises DockerRefused.
    """
    found: dict[str, object] = {}
    for field in fields(new):
        value = getattr(new, field.name)
        if value == field.default or field.name in _BESIDE:
            continue
        if field.name not in _KEYWORDS:
            return None
        name, read = _KEYWORDS[field.name]
        found[name] = read(value)
    plain = (
        len(new.network) < 2
        and not any("=" in word for word in new.network)
        and all(":" in word and not word.startswith(".") for word in new.volume)
        and new.entrypoint != ""
    )
    return found if plain else None


def creation(new: NewContainer) -> str:
    """Python that makes it, not started, as ``container``. Raises DockerRefused."""
    named = keywords(new)
    if named is not None:
        words = [list(new.command)] if new.command else []
        return f"container = {Call('client.containers.create', new.image, *words, **named)}"
    more = given(name=new.name, platform=new.platform)
    make = Call("client.api.create_container_from_config", _body(new), **more)
    return f'made = {make}\ncontainer = client.containers.get(made["Id"])'


def _body(new: NewContainer) -> Json:
    """The request's body; what files hold is read by the text."""

    def unread(path: str) -> bytes:
        return b"{}"

    said = body(replace(new, env_file=(), label_file=()), Machine(unread))
    for key, files in (("Env", new.env_file), ("Labels", new.label_file)):
        if files:
            read = f"for file in {literal(list(files))} for k, v in parse_env_file(file).items()"
            read = read.replace("parse_env_file", "docker.utils.parse_env_file")
            held = f'[f"{{k}}={{v}}" {read}]' if key == "Env" else f"{{k: v {read}}}"
            also = said.get(key)
            join = "+" if key == "Env" else "|"
            said[key] = Code(f"{held} {join} {literal(also)}" if also else held)
    return said


def _ports(words: tuple[str, ...]) -> dict[str, object]:
    """docker-py's words for the published ports: {"80/tcp": 8080}."""
    made: dict[str, object] = {}
    for port, places in bindings(words, ())[1].items():
        all_of: list[object] = []
        for place in places:
            at = place["HostPort"]
            at = int(at) if at.isdigit() else at or None
            all_of.append((place["HostIp"], at) if place["HostIp"] else at)
        made[port] = all_of if len(all_of) > 1 else all_of[0]
    return made
