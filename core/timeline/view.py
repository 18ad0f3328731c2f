"""A recording as the browser component takes it: its changes, with texts in a language."""

from __future__ import annotations

from typing import Any

from core.cluster.history import Mark
from core.cluster.public import readable
from core.i18n import Translate
from core.presentation.marks import tell
from core.timeline.files import plain
from core.timeline.recording import MAX_TEXT, Action, Change, OutageState, Recording, ReplicaState


def picture(recording: Recording, _: Translate) -> dict[str, Any]:
    """The recording as JSON holds it. The value of a mark, and a refusal, is one text."""
    changes = [_translated(change, _) for change in recording.changes]
    return {"start": recording.start, "end": recording.end, "changes": changes}


def _translated(change: Change, _: Translate) -> dict[str, Any]:
    made, value = plain(change), change.value
    match value:
        case Mark():
            made["value"] = {"text": tell(value, _), "subject": value.subject}
            if value.kind == "replicas":  # a step of a slider's move, as in marks.joined
                made["value"] |= {"from": value.old, "to": value.new}
        case OutageState(why=why) if why:
            made["value"]["message"] = why.said(_)[:MAX_TEXT]
        case Action(why=why) if why:
            made["value"]["error"] = why.said(_)[:MAX_TEXT]
        case ReplicaState():
            for part in ("message", "last_error"):
                made["value"][part] = readable(made["value"][part], _)
    return made
