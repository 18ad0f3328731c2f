"""Checks that several labs share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from core.cluster.snapshot import Service
from core.labs.lab import Facts, Verdict, green, red, repository


def web(facts: Facts) -> Service | None:
    """The lab's service: the one named web, or else the only one that runs nginx."""
    nginx = [s for s in facts.snapshot.services if repository(s.image) == "nginx"]
    return facts.snapshot.service("web") or (nginx[0] if len(nginx) == 1 else None)


def of_web(check: Callable[[Facts, Service], Verdict]) -> Callable[[Facts], Verdict]:
    """A check of the lab's service. Without that service it is red, with the remark ``gone``."""

    @wraps(check)
    def checked(facts: Facts) -> Verdict:
        service = web(facts)
        return check(facts, service) if service else red("gone")

    return checked


def complete(facts: Facts, service: Service) -> bool:
    """True when as many replicas run as are wanted."""
    return len(facts.running(service)) == service.replicas


def web_removed(facts: Facts) -> Verdict:
    return Verdict(web(facts) is None)


def running(facts: Facts) -> list[str]:
    """The names of the learner's containers that run."""
    return [c.name for c in facts.containers if c.state == "running"]


def all_stopped(facts: Facts) -> Verdict:
    names = running(facts)
    return red("running", names=", ".join(names)) if names else green()


def all_removed(facts: Facts) -> Verdict:
    count = len(facts.containers)
    return red("left", count=count) if count else green()
