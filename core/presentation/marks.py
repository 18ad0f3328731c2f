"""The marks of the history, and updates, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.cluster.history import Mark
from core.i18n import Translate
from core.i18n import later as _

#: Seconds for one move of a slider: from 3 to 15 by way of 8 and 11 is one change.
SLIDE_SECONDS = 2.0

#: The states of a service's update: Docker's words, for translations.
_UPDATES = (
    *(_("updating"), _("paused"), _("completed")),
    *(_("rollback_started"), _("rollback_paused"), _("rollback_completed")),
)


def update(state: str, translate: Translate) -> str:
    """The state of a service's update, in the viewer's language."""
    return translate(state) if state in _UPDATES else state


def joined(marks: Sequence[Mark]) -> list[Mark]:
    """The marks; the steps of one move of a slider become one mark, at the time of the first.

    Steps in both directions, or with another mark of the same service between them, stay apart:
    joined, they would claim a change that nobody made.
    """
    kept: list[Mark] = []
    latest: dict[str, int] = {}  # index in kept, by subject
    for mark in marks:
        at = latest.get(mark.subject)
        if at is not None and _one_move(kept[at], mark):
            kept[at] = replace(kept[at], new=mark.new)
        else:
            latest[mark.subject] = len(kept)
            kept.append(mark)
    return kept


def describe(moment: Sequence[Mark], _: Translate) -> str:
    """Marks of about the same time, on one line: ``web 3 → 15 · node2 drain``."""
    return " · ".join(tell(mark, _) for mark in joined(moment))


def _one_move(first: Mark, then: Mark) -> bool:
    steps = (first.old, first.new, then.old, then.new)
    if not first.kind == then.kind == "replicas" or not all(step.isdecimal() for step in steps):
        return False
    old, between, again, new = map(int, steps)
    onward = old < between < new or old > between > new
    return between == again and onward and then.time - first.time < SLIDE_SECONDS


def tell(mark: Mark, _: Translate) -> str:
    """The mark in a few words."""
    match mark.kind:
        case "replicas":
            return f"{mark.subject} {mark.old} → {mark.new}"
        case "availability" | "state" | "image":
            return f"{mark.subject} {mark.new}"
        case "forced":
            text = _("{service} rebalanced")
        case "created":
            text = _("{service} created")
        case "removed":
            text = _("{service} removed")
        case "joined":
            text = _("{node} joined")
        case "left":
            text = _("{node} left")
        case kind:
            return f"{mark.subject} {kind}"
    return text.format(service=mark.subject, node=mark.subject)
