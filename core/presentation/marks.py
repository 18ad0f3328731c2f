"""What was done to the cluster, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.cluster.history import Mark
from core.i18n import Translate
from core.i18n import later as _

#: Seconds: a slider that passes 8 and 11 in this time, on its way from 3 to 15, made one change.
SLIDE_SECONDS = 2.0


#: The states of a service's update: Docker's words, for translations.
_UPDATES = (
    _("updating"),
    _("paused"),
    _("completed"),
    _("rollback_started"),
    _("rollback_paused"),
    _("rollback_completed"),
)


def update(state: str, translate: Translate) -> str:
    """The state of a service's update, in the viewer's words."""
    return translate(state) if state in _UPDATES else state


def joined(marks: Sequence[Mark]) -> list[Mark]:
    """The marks, with the steps of one move of a slider as one mark, at the time of its first.

    Steps up and steps down, or with something else done to the service between them, are no one
    move: to tell only where they led would say what never was.
    """
    kept: list[Mark] = []
    latest: dict[str, int] = {}  # by subject: its place in kept
    for mark in marks:
        at = latest.get(mark.subject)
        if at is not None and _one_move(kept[at], mark):
            kept[at] = replace(kept[at], new=mark.new)
        else:
            latest[mark.subject] = len(kept)
            kept.append(mark)
    return kept


def describe(moment: Sequence[Mark], _: Translate) -> str:
    """What was done at about the same time, on one line: ``web 3 → 15 · node2 drain``."""
    return " · ".join(tell(mark, _) for mark in joined(moment))


def _one_move(first: Mark, then: Mark) -> bool:
    steps = (first.old, first.new, then.old, then.new)
    if not first.kind == then.kind == "replicas" or not all(step.isdecimal() for step in steps):
        return False
    old, between, again, new = map(int, steps)
    onward = old < between < new or old > between > new
    return between == again and onward and then.time - first.time < SLIDE_SECONDS


def tell(mark: Mark, _: Translate) -> str:
    """What was done, in a few words."""
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
