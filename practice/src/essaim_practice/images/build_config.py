"""Applies Dockerfile instructions to an image's configuration, and words them for its history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import join, normpath
from typing import Any

from essaim_practice.images.dockerfile import Instruction, expand, json_words, pairs
from essaim_practice.programs.base import too_long
from essaim_practice.store.errors import ApiError

Config = Mapping[str, Any]

_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PORT = re.compile(r"[0-9]+(?:-[0-9]+)?(?:/(?:tcp|udp|sctp))?")


def configure(step: Instruction, config: Config, variables: Mapping[str, str]) -> Config:
    """The configuration after an instruction."""
    match step.name:
        case "WORKDIR":
            folder = expand(step.words[0], variables)
            folder = normpath(join(str(config.get("WorkingDir") or "/"), folder))
            return {**config, "WorkingDir": folder}
        case "ENV":
            env = dict(str(pair).split("=", 1) for pair in config.get("Env") or ())
            env |= {name: expand(value, variables) for name, value in pairs(step)}
            if too_long((), env):
                raise ApiError(400, f"argument list too long: {step.text[:80]}")
            return {**config, "Env": [f"{name}={value}" for name, value in env.items()]}
        case "LABEL":
            new = {name: expand(value, variables) for name, value in pairs(step)}
            return {**config, "Labels": {**(config.get("Labels") or {}), **new}}
        case "EXPOSE":
            words = [expand(word, variables) for word in step.words]
            ports: Config = {name: {} for name in _ports(words)}
            return {**config, "ExposedPorts": {**(config.get("ExposedPorts") or {}), **ports}}
        case "VOLUME":
            paths: Config = {expand(word, variables): {} for word in step.words}
            return {**config, "Volumes": {**(config.get("Volumes") or {}), **paths}}
        case "USER":
            return {**config, "User": expand(step.words[0], variables)}
        case "STOPSIGNAL":
            return {**config, "StopSignal": expand(step.words[0], variables)}
        case "SHELL":
            return {**config, "Shell": list(step.words)}
        case "CMD":
            return {**config, "Cmd": _command(step, config)}
        case "ENTRYPOINT":
            # An entrypoint of its own makes the base image's command meaningless.
            return {**config, "Entrypoint": _command(step, config), "Cmd": None}
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
            return f"{shell} #(nop) {step.name} {source} in {target} "
        case "WORKDIR":
            return f"{shell} #(nop) WORKDIR {after['WorkingDir']}"
        case "CMD" | "ENTRYPOINT":
            listed = after["Cmd" if step.name == "CMD" else "Entrypoint"] or []
            what = "[" + " ".join(f'"{word}"' for word in listed) + "]"
        case "ENV" | "LABEL":
            what = " ".join(f"{name}={expand(value, variables)}" for name, value in pairs(step))
        case "EXPOSE":
            what = " ".join(sorted(expand(word, variables) for word in step.words))
        case "VOLUME":
            what = f"[{' '.join(expand(word, variables) for word in step.words)}]"
        case "HEALTHCHECK":
            check = after["Healthcheck"]
            times = (check.get(name, 0) for name in ("Interval", "Timeout", "StartPeriod"))
            spans = " ".join(f"{span // 10**9}s" for span in times)
            what = f"&{{[{' '.join(check['Test'])}] {spans} 0s {check.get('Retries', 0)}}}"
        case "SHELL":
            shell = " ".join(step.words)
            what = f"[{shell}]"
        case _:
            what = step.rest
    return f"{shell} #(nop)  {step.name} {what}"


def _command(step: Instruction, config: Config) -> list[str]:
    if step.json_form:
        return list(step.words)
    return [*(config.get("Shell") or ("/bin/sh", "-c")), step.rest]


def _ports(words: list[str]) -> list[str]:
    named = []
    for word in words:
        if not _PORT.fullmatch(word):
            raise ApiError(400, f"Invalid containerPort: {word.partition('/')[0]}")
        named.append(word if "/" in word else f"{word}/tcp")
    return named


def _health(step: Instruction) -> dict[str, Any]:
    if step.words[0].upper() == "NONE":
        return {"Test": ["NONE"]}
    command = step.rest[len("CMD") :].strip()
    words = json_words(command)
    test = ["CMD-SHELL", command] if words is None else ["CMD", *words]
    check: dict[str, Any] = {"Test": test}
    names = {"interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod"}
    for flag, name in names.items():
        if value := step.flags.get(flag):
            check[name] = _nanoseconds(value)
    if retries := step.flags.get("retries"):
        if not (retries.isascii() and retries.isdigit() and len(retries) < 10):
            raise ApiError(400, f'strconv.ParseInt: parsing "{retries}": invalid syntax')
        check["Retries"] = int(retries)
    return check


def _nanoseconds(text: str) -> int:
    """A Go duration such as ``1m30s``."""
    if not re.fullmatch(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ns|us|ms|h|m|s))+", text):
        raise ApiError(400, f'time: invalid duration "{text}"')
    parts = re.findall(r"([0-9.]+)(ns|us|ms|h|m|s)", text)
    return sum(int(float(number) * _UNITS[unit]) for number, unit in parts)
