"""What was done to the cluster, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.cluster.history import Mark
from core.i18n import Translate


def describe(moment: Sequence[Mark], _: Translate) -> str:
    """What was done at about the same time, on one line: ``web 3 → 15 · node2 drain``."""
    return " · ".join(told(moment, _))


def told(moment: Sequence[Mark], _: Translate) -> list[str]:
    """What was done at about the same time, each in a few words."""
    kept: dict[tuple[str, str], Mark] = {}
    for mark in moment:
        # A slider that passes 8 and 11 on its way from 3 to 15 has made one change.
        first = kept.get((mark.kind, mark.subject), mark)
        kept[mark.kind, mark.subject] = replace(mark, old=first.old)
    return [_describe(mark, _) for mark in kept.values()]


def _describe(mark: Mark, _: Translate) -> str:
    match mark.kind:
        case "replicas":
            return f"{mark.subject} {mark.old} → {mark.new}"
        case "availability" | "state":
            return f"{mark.subject} {mark.new}"
        case "image":
            return f"{mark.subject} {mark.new}"
        case "forced":
            return _("{service} rebalanced").format(service=mark.subject)
        case "created":
            return _("{service} created").format(service=mark.subject)
        case "removed":
            return _("{service} removed").format(service=mark.subject)
        case "joined":
            return _("{node} joined").format(node=mark.subject)
        case "left":
            return _("{node} left").format(node=mark.subject)
    return f"{mark.subject} {mark.kind}"
