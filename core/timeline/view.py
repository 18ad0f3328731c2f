"""A recording as the browser component takes it: the same changes, with marks put into words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.cluster.history import Mark
from core.cluster.public import readable
from core.i18n import Translate
from core.presentation.marks import tell
from core.timeline.files import plain
from core.timeline.recording import MAX_TEXT, Action, Change, OutageState, Recording, ReplicaState


def picture(recording: Recording, _: Translate) -> dict[str, Any]:
    """start, end and changes, as JSON holds them; a mark's value is one text, as is a refusal's."""
    return {
        "start": recording.start,
        "end": recording.end,
        "changes": list(_told(recording.changes, _)),
    }


def _told(changes: Iterable[Change], _: Translate) -> Iterable[dict[str, Any]]:
    for change in changes:
        made = plain(change)
        if isinstance(change.value, Mark):
            mark = change.value
            made["value"] = {"text": tell(mark, _), "subject": mark.subject}
            if mark.kind == "replicas":  # what a move of a slider is made of, as in marks.joined
                made["value"] |= {"from": mark.old, "to": mark.new}
        elif isinstance(change.value, OutageState | Action) and (why := change.value.why):
            part = "message" if isinstance(change.value, OutageState) else "error"
            made["value"][part] = why.said(_)[:MAX_TEXT]
        elif isinstance(change.value, ReplicaState):
            for part in ("message", "last_error"):
                made["value"][part] = readable(made["value"][part], _)
        yield made
