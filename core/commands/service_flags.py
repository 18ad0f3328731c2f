"""The flags that ``docker service create`` and ``docker service update`` have in common.

None stands for a flag that the line does not have: an update leaves that part as it is.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from core.cluster.engine_json import Json
from core.commands.attachments import CREDENTIAL_SPEC
from core.commands.command import Client, Command
from core.commands.grammar import option, options, switch
from core.commands.image_tree import API_OF_29, want_api
from core.commands.quantities import (
    CPUS,
    FLOAT,
    POSITIVE,
    SPAN,
    UINT,
    checked,
    cpus,
    duration,
)
from core.commands.source import given
from core.commands.values import BYTES, INTEGER, PROGRAM, SETTING, SWAP, TEXT, Value, refused, size

#: How a service is updated and rolled back by default, as the docker command spells it out
#: (docker/cli, service/opts.go; swarmkit, api/defaults).
UPDATE_DEFAULTS: Json = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5 * 10**9,  # nanoseconds
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
RESTART_DEFAULTS: Json = {"Condition": "any", "Delay": 5 * 10**9, "MaxAttempts": 0}


def shell_words(text: str) -> list[str]:
    """The words of ``--entrypoint`` and ``--args``. Raises InvalidValue."""
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        raise refused("EOF found when expecting closing quote") from None


def _variable(word: str) -> str:
    if not word.partition("=")[0]:
        raise refused(f"invalid environment variable: {word}")
    return word


WORDS = checked("command", shell_words, str)
#: ``NAME`` alone takes the value that it has where the line is typed.
VARIABLE = Value("list", read=_variable, secret=lambda word: word.partition("=")[2])


def _maybe(*flags: str, value: Value = TEXT) -> Any:
    return option(*flags, value=value, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFlags(Command):
    """A command that makes or changes a service."""

    detach: bool = switch("--detach", "-d")
    quiet: bool = switch("--quiet", "-q")
    workdir: str | None = _maybe("--workdir", "-w")
    user: str | None = _maybe("--user", "-u")
    credential_spec: str | None = _maybe("--credential-spec", value=CREDENTIAL_SPEC)
    hostname: str | None = _maybe("--hostname")
    entrypoint: str | None = _maybe("--entrypoint", value=WORDS)
    cap_add: tuple[str, ...] = options("--cap-add")
    cap_drop: tuple[str, ...] = options("--cap-drop")
    limit_cpu: str | None = _maybe("--limit-cpu", value=CPUS)
    limit_memory: str | None = _maybe("--limit-memory", value=BYTES)
    limit_pids: int | None = _maybe("--limit-pids", value=INTEGER)
    reserve_cpu: str | None = _maybe("--reserve-cpu", value=CPUS)
    reserve_memory: str | None = _maybe("--reserve-memory", value=BYTES)
    memory_swap: str | None = _maybe("--memory-swap", value=SWAP)
    memory_swappiness: int | None = _maybe("--memory-swappiness", value=INTEGER)
    oom_score_adj: int | None = _maybe("--oom-score-adj", value=INTEGER)
    stop_grace_period: str | None = _maybe("--stop-grace-period", value=SPAN)
    stop_signal: str | None = _maybe("--stop-signal")
    replicas: int | None = option("--replicas", value=UINT, default=None, rank=-1)
    max_concurrent: int | None = _maybe("--max-concurrent", value=UINT)
    replicas_max_per_node: int | None = _maybe("--replicas-max-per-node", value=UINT)
    restart_condition: str | None = _maybe("--restart-condition")
    restart_delay: str | None = _maybe("--restart-delay", value=SPAN)
    restart_max_attempts: int | None = _maybe("--restart-max-attempts", value=UINT)
    restart_window: str | None = _maybe("--restart-window", value=SPAN)
    update_parallelism: int | None = _maybe("--update-parallelism", value=UINT)
    update_delay: str | None = _maybe("--update-delay", value=SPAN)
    update_monitor: str | None = _maybe("--update-monitor", value=SPAN)
    update_failure_action: str | None = _maybe("--update-failure-action")
    update_max_failure_ratio: float | None = _maybe("--update-max-failure-ratio", value=FLOAT)
    update_order: str | None = _maybe("--update-order")
    rollback_parallelism: int | None = _maybe("--rollback-parallelism", value=UINT)
    rollback_delay: str | None = _maybe("--rollback-delay", value=SPAN)
    rollback_monitor: str | None = _maybe("--rollback-monitor", value=SPAN)
    rollback_failure_action: str | None = _maybe("--rollback-failure-action")
    rollback_max_failure_ratio: float | None = _maybe("--rollback-max-failure-ratio", value=FLOAT)
    rollback_order: str | None = _maybe("--rollback-order")
    endpoint_mode: str | None = _maybe("--endpoint-mode")
    with_registry_auth: bool = switch("--with-registry-auth")
    no_resolve_image: bool = switch("--no-resolve-image")
    log_driver: str | None = _maybe("--log-driver")
    log_opt: tuple[str, ...] = options("--log-opt", value=SETTING)
    health_cmd: str | None = _maybe("--health-cmd", value=PROGRAM)
    health_interval: str | None = _maybe("--health-interval", value=POSITIVE)
    health_timeout: str | None = _maybe("--health-timeout", value=POSITIVE)
    health_retries: int | None = _maybe("--health-retries", value=INTEGER)
    health_start_period: str | None = _maybe("--health-start-period", value=POSITIVE)
    health_start_interval: str | None = _maybe("--health-start-interval", value=POSITIVE)
    no_healthcheck: bool = switch("--no-healthcheck")
    tty: bool | None = switch("--tty", "-t", default=None)
    read_only: bool | None = switch("--read-only", default=None)
    init: bool | None = switch("--init", default=None)
    isolation: str | None = _maybe("--isolation")

    def _limits(self) -> Json:
        """Those that the line has, in the API's words."""
        return held(
            NanoCPUs=_read(cpus, self.limit_cpu),
            MemoryBytes=_read(size, self.limit_memory),
            Pids=self.limit_pids,
        )

    def _reservations(self) -> Json:
        return held(
            NanoCPUs=_read(cpus, self.reserve_cpu), MemoryBytes=_read(size, self.reserve_memory)
        )

    def _swap(self) -> Json:
        return held(
            SwapBytes=_read(_swap, self.memory_swap), MemorySwappiness=self.memory_swappiness
        )

    def _check_api(self, client: Client) -> None:
        """Raise DockerRefused where the engine is older than a flag."""
        swap = {"--memory-swap": self.memory_swap, "--memory-swappiness": self.memory_swappiness}
        want_api(client, API_OF_29, *(flag for flag, said in swap.items() if said is not None))

    def _restart(self) -> Json:
        return held(
            Condition=self.restart_condition,
            Delay=_read(duration, self.restart_delay),
            MaxAttempts=self.restart_max_attempts,
            Window=_read(duration, self.restart_window),
        )

    def _updates(self, kind: str) -> Json:
        """kind: update or rollback."""

        def flag(name: str) -> Any:
            return getattr(self, f"{kind}_{name}")

        return held(
            Parallelism=flag("parallelism"),
            Delay=_read(duration, flag("delay")),
            FailureAction=flag("failure_action"),
            Monitor=_read(duration, flag("monitor")),
            MaxFailureRatio=flag("max_failure_ratio"),
            Order=flag("order"),
        )

    def _health(self) -> Json:
        """But for the command that checks."""
        return held(
            Interval=_read(duration, self.health_interval),
            Timeout=_read(duration, self.health_timeout),
            StartPeriod=_read(duration, self.health_start_period),
            StartInterval=_read(duration, self.health_start_interval),
            Retries=self.health_retries,
        )

    def _log(self) -> Json | None:
        """The driver of logs, with its options."""
        if not self.log_driver:
            return None
        return {"Name": self.log_driver} | given(Options=keyed(self.log_opt))


def update_config(changes: Json) -> Json:
    """All settings of an update, in the order in which docker sends them."""
    whole = UPDATE_DEFAULTS | {"Delay": 0} | changes
    names = ("Parallelism", "Delay", "FailureAction", "Monitor", "MaxFailureRatio", "Order")
    kept = ("Parallelism", "MaxFailureRatio")
    return {name: whole[name] for name in names if whole[name] or name in kept}


def held(**named: Any) -> Json:
    """The keywords that are not None."""
    return {name: value for name, value in named.items() if value is not None}


def _swap(word: str) -> int:
    return -1 if word == "-1" else size(word)


def _read(read: Any, word: str | None) -> int | None:
    return None if word is None else int(read(word))


def keyed(texts: tuple[str, ...]) -> dict[str, str]:
    """``("a=b", "c")`` as ``{"a": "b", "c": ""}``."""
    return dict(text.partition("=")[::2] for text in texts)
