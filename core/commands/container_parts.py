"""Parts of a new container that are checked before the engine is asked: files, devices, health.

The words of refusals are those of docker/cli, container/opts.go.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from core.cluster.engine_json import Json
from core.commands.container_flags import NewContainer
from core.commands.quantities import duration
from core.commands.source import given
from core.errors import DockerRefused


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that a line is typed on: its files, and the environment of its shell.

    read: raises OSError.
    """

    read: Callable[[str], bytes]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def here(self) -> str:
        """The folder that the line is typed in."""
        return self.environment.get("PWD", "/")


def refused(words: str) -> DockerRefused:
    """docker's refusal of a line that it has read."""
    return DockerRefused(words, code=125)


def environment(files: Iterable[str], words: Iterable[str], machine: Machine) -> list[str]:
    """A bare name gets the shell's value; one of a file that has none is left out.

    Raises DockerRefused.
    """
    shell = machine.environment
    found = [line for line in lines(files, machine) if "=" in line or line in shell]
    return [
        f"{word}={shell[word]}" if "=" not in word and word in shell else word
        for word in (*found, *words)
    ]


def lines(paths: Iterable[str], machine: Machine) -> Iterator[str]:
    """Those of files with KEY=VALUE in each line (docker/cli, pkg/kvfile)."""
    for path in paths:
        try:
            content = machine.read(path)
        except IsADirectoryError:
            raise refused(f"invalid env file ({path}): read {path}: is a directory") from None
        except OSError as error:
            raise refused(f"open {path}: {os.strerror(error.errno or 2).lower()}") from None
        for line in content.decode(errors="replace").removeprefix("\ufeff").splitlines():
            text = line.lstrip()
            if not text or text.startswith("#"):
                continue
            name = text.partition("=")[0]
            if not name:
                raise refused(f"invalid env file ({path}): no variable name on line '{text}'")
            if any(map(str.isspace, name)):
                why = f"variable '{name}' contains whitespaces"
                raise refused(f"invalid env file ({path}): {why}")
            yield text


def health(new: NewContainer) -> Json:
    times = {
        name: duration(word) if word else 0
        for name, word in (
            ("interval", new.health_interval),
            ("timeout", new.health_timeout),
            ("start-period", new.health_start_period),
            ("start-interval", new.health_start_interval),
        )
    }
    said = new.health_cmd or any(times.values()) or new.health_retries
    if new.no_healthcheck:
        if said:
            raise refused("--no-healthcheck conflicts with --health-* options")
        return {"Test": ["NONE"]}
    for name, length in (*list(times.items())[:2], ("retries", new.health_retries), *times.items()):
        if length < 0:
            raise refused(f"--health-{name} cannot be negative")
    return given(
        Test=["CMD-SHELL", new.health_cmd] if new.health_cmd else None,
        Interval=times["interval"] or None,
        Timeout=times["timeout"] or None,
        StartPeriod=times["start-period"] or None,
        StartInterval=times["start-interval"] or None,
        Retries=new.health_retries or None,
    )


def security(words: Iterable[str], machine: Machine) -> tuple[list[str], Json]:
    """The options for the engine, and what one that is not for it stands for."""
    kept: list[str] = []
    paths: Json = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals and word != "no-new-privileges":
            key, colon, value = word.partition(":")
            if not colon:
                raise refused(f'Invalid --security-opt: "{word}"')
        if word == "systempaths=unconfined":
            paths = {"MaskedPaths": [], "ReadonlyPaths": []}
        elif key == "seccomp" and value not in ("unconfined", "builtin"):
            kept.append(f"seccomp={_profile(value, machine)}")
        else:
            kept.append(word)
    return kept, paths


def _profile(path: str, machine: Machine) -> str:
    content = b""
    try:
        content = machine.read(path)
        return json.dumps(json.loads(content), separators=(",", ":"))
    except OSError as error:
        why = f"open {path}: {os.strerror(error.errno or 2).lower()}"
        raise refused(f"opening seccomp profile ({path}) failed: {why}") from None
    except ValueError:
        first = content.decode(errors="replace").strip()[:1]
        why = f"invalid character '{first}' looking for beginning of value"
        why = why if first else "unexpected end of JSON input"
        raise refused(f"compacting json for seccomp profile ({path}) failed: {why}") from None


def device(word: str) -> Json:
    """``/dev/fuse:/dev/fuse:rwm`` in the API's words; a name with = is of a driver (CDI)."""
    if "=" in word and not word.startswith("/"):
        return {"Driver": "cdi", "DeviceIDs": [word]}
    source, *more = word.split(":")
    if len(more) > 2 or not source:
        raise refused(f"bad format for path: {word}")
    inside, rights = source, "rwm"
    if len(more) == 2:
        inside, rights = more
        if not _rights(rights):
            raise refused(f"bad mode specified: {rights}")
    elif more and _rights(more[0]):
        rights = more[0]
    elif more:
        inside = more[0]
    if not inside.startswith("/"):
        raise refused(f"{inside} is not an absolute path")
    if len(more) < 2:
        inside = posixpath.normpath(inside)
        source = source if more and not _rights(more[0]) else inside
    return {"PathOnHost": source, "PathInContainer": inside, "CgroupPermissions": rights}


def _rights(word: str) -> bool:
    return bool(word) and set(word) <= set("rwm") and len(set(word)) == len(word)
