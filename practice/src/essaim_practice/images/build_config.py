"""Applies Dockerfile instructions to an image's configuration, and words them for its history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import join, normpath
from typing import Any

from essaim_practice.images import healthcheck
from essaim_practice.images.dockerfile import Instruction, json_words, pairs
from essaim_practice.images.dockerfile_words import expand
from essaim_practice.programs import signals
from essaim_practice.programs.base import too_long
from essaim_practice.store.errors import ApiError

Config = Mapping[str, Any]

_PORT = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_LAST_PORT = 65535
_MOST_PORTS = 1000  # of one range; the daemon sets no limit


def configure(
    step: Instruction, config: Config, variables: Mapping[str, str], commanded: bool = False
) -> Config:
    """The configuration after an instruction. commanded: a CMD came before, in the same stage."""
    match step.name:
        case "WORKDIR":
            folder = expand(step.words[0], variables)
            folder = normpath(join(str(config.get("WorkingDir") or "/"), folder))
            return {**config, "WorkingDir": folder}
        case "ENV":
            env = dict(str(pair).split("=", 1) for pair in config.get("Env") or ())
            env |= _expanded(step, variables)
            if too_long((), env):
                raise ApiError(400, f"argument list too long: {step.text[:80]}")
            return {**config, "Env": [f"{name}={value}" for name, value in env.items()]}
        case "LABEL":
            labels = {**(config.get("Labels") or {}), **_expanded(step, variables)}
            return {**config, "Labels": labels}
        case "EXPOSE":
            ports: Config = {name: {} for name in _ports(_words(step, variables))}
            return {**config, "ExposedPorts": {**(config.get("ExposedPorts") or {}), **ports}}
        case "VOLUME":
            paths: Config = {expand(word, variables): {} for word in step.words}
            return {**config, "Volumes": {**(config.get("Volumes") or {}), **paths}}
        case "USER":
            return {**config, "User": expand(step.words[0], variables)}
        case "STOPSIGNAL":
            signal = expand(step.words[0], variables)
            signals.check(signal)
            return {**config, "StopSignal": signal}
        case "SHELL":
            return {**config, "Shell": list(step.words)}
        case "CMD":
            return {**config, "Cmd": _command(step, config)}
        case "ENTRYPOINT":
            # An entrypoint of its own makes the base image's command meaningless.
            command = _command(step, config) if step.rest else None
            after = config.get("Cmd") if commanded else None
            return {**config, "Entrypoint": command, "Cmd": after}
        case "HEALTHCHECK":
            return {**config, "Healthcheck": _health(step)}
        case "ONBUILD":
            return {**config, "OnBuild": [*(config.get("OnBuild") or ()), step.rest]}
    return config


def said_of(
    step: Instruction,
    config: Config,
    after: Config,
    variables: Mapping[str, str],
    arguments: Mapping[str, str],
    source: str,
) -> str:
    """The CREATED BY of a step's image; it is also the key of the build cache.

    config, after: the configuration before the step and after it. source: of what is copied.
    """
    shell = " ".join(config.get("Shell") or ("/bin/sh", "-c"))
    if step.name == "RUN":
        given = f"|{len(arguments)} " + " ".join(f"{k}={v}" for k, v in arguments.items())
        prefix = f"{given} " if arguments else ""
        return (
            f"{prefix}{' '.join(step.words)}" if step.json_form else f"{prefix}{shell} {step.rest}"
        )
    match step.name:
        case "COPY" | "ADD":
            target = expand(step.words[-1], variables)
            owner = f"--chown={owner} " if (owner := step.flags.get("chown", "")) else ""
            return f"{shell} #(nop) {step.name} {owner}{source} in {target} "
        case "WORKDIR":
            return f"{shell} #(nop) WORKDIR {after['WorkingDir']}"
        case "CMD" | "ENTRYPOINT":
            listed = after["Cmd" if step.name == "CMD" else "Entrypoint"] or []
            what = "[" + " ".join(f'"{word}"' for word in listed) + "]"
        case "ENV" | "LABEL":
            what = " ".join(f"{name}={value}" for name, value in _expanded(step, variables).items())
        case "ARG":
            what = " ".join(expand(word, variables) for word in step.words)
        case "EXPOSE":
            what = " ".join(sorted(_words(step, variables)))
        case "USER" | "STOPSIGNAL":
            what = str(after["User" if step.name == "USER" else "StopSignal"])
        case "VOLUME":
            what = f"[{' '.join(expand(word, variables) for word in step.words)}]"
        case "HEALTHCHECK":
            what = healthcheck.said(after["Healthcheck"])
        case "SHELL":
            shell = " ".join(step.words)
            what = f"[{shell}]"
        case _:
            what = step.rest
    return f"{shell} #(nop)  {step.name} {what}"


def _expanded(step: Instruction, variables: Mapping[str, str]) -> dict[str, str]:
    """The names and values of ENV and LABEL."""
    read = ((expand(n, variables), expand(v, variables)) for n, v in pairs(step))
    return dict(read)


def _words(step: Instruction, variables: Mapping[str, str]) -> list[str]:
    return [part for word in step.words for part in expand(word, variables).split()]


def _command(step: Instruction, config: Config) -> list[str]:
    if step.json_form:
        return list(step.words)
    return [*(config.get("Shell") or ("/bin/sh", "-c")), *((step.rest,) if step.rest else ())]


def _ports(words: list[str]) -> list[str]:
    named = []
    for word in words:
        number, _, protocol = word.partition("/")
        if (protocol or "tcp").lower() not in ("tcp", "udp", "sctp"):
            raise ApiError(400, f"Invalid proto: {protocol}")
        found = _PORT.fullmatch(number)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last <= min(_LAST_PORT, first + _MOST_PORTS):
            raise ApiError(400, f"Invalid containerPort: {number}")
        named += [f"{port}/{(protocol or 'tcp').lower()}" for port in range(first, last + 1)]
    return named


def _health(step: Instruction) -> dict[str, Any]:
    if step.words[0].upper() == "NONE":
        return {"Test": ["NONE"]}
    command = step.rest[len("CMD") :].strip()
    words = json_words(command)
    test = ["CMD-SHELL", command] if words is None else ["CMD", *words]
    return {"Test": test, **healthcheck.times(step.flags)}
