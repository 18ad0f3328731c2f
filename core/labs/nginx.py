"""What several labs look at: the service that serves nginx, and whether all of it runs."""

from __future__ import annotations

from core.cluster.snapshot import Service
from core.labs.lab import Facts, repository


def web(facts: Facts) -> Service | None:
    """The lab's service: called web, or else the only one that runs nginx."""
    nginx = [s for s in facts.snapshot.services if repository(s.image) == "nginx"]
    return facts.snapshot.service("web") or (nginx[0] if len(nginx) == 1 else None)


def complete(facts: Facts, service: Service) -> bool:
    """Whether as many replicas run as are wanted."""
    return len(facts.running(service)) == service.replicas
