"""Health checks of containers: command, times and retries."""

from __future__ import annotations

from dataclasses import dataclass

from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Image, Json

_NANOSECOND = 1e-9
_LEAST = 10**6  # nanoseconds


@dataclass(frozen=True, slots=True)
class Check:
    """A health check; times in seconds."""

    argv: tuple[str, ...]
    interval: float
    timeout: float
    start_period: float
    start_interval: float
    retries: int


def validate(spec: Json) -> None:
    """Raises ApiError 400 for invalid times and counts of a health check."""
    for name in ("Interval", "Timeout", "StartPeriod", "StartInterval"):
        if spec.get(name) and spec[name] < _LEAST:
            raise ApiError(400, f"{name} in Healthcheck cannot be less than 1ms")
    if (spec.get("Retries") or 0) < 0:
        raise ApiError(400, "Retries in Healthcheck cannot be negative")


def check_of(container: Container, image: Image | None) -> Check | None:
    """The health check of a container, completed from its image's; None without one."""
    asked = container.config.get("Healthcheck") or {}
    inherited = (image.config.get("Healthcheck") if image else None) or {}
    if not asked and not inherited:
        return None
    spec = {
        **inherited,
        **{name: value for name, value in asked.items() if value},
    }
    test = spec.get("Test") or []
    if len(test) < 2 or test[0] not in ("CMD", "CMD-SHELL"):
        return None
    shell = (image.config.get("Shell") if image else None) or ("/bin/sh", "-c")
    argv = tuple(test[1:]) if test[0] == "CMD" else (*shell, test[1])

    def seconds(name: str, default: int) -> float:
        return float((spec.get(name) or default * 10**9) * _NANOSECOND)

    return Check(
        argv,
        seconds("Interval", 30),
        seconds("Timeout", 30),
        seconds("StartPeriod", 0),
        seconds("StartInterval", 5),
        spec.get("Retries") or 3,
    )
