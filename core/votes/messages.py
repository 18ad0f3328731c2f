"""The vote as browsers get it."""

from __future__ import annotations

import json

from core.i18n import Translate
from core.votes.model import Poll
from core.votes.texts import ask_text, why_text

#: How many different answers the reveal lists.
MAX_ANSWERS = 8


def votes(poll: Poll, _: Translate) -> str:
    """Topic ``votes``, as JSON text. Before the reveal it tells how many voted, and not what."""
    content: dict[str, object] = {"topic": "votes", "phase": poll.phase, "votes": poll.votes}
    if poll.question:
        content |= {
            "asked": poll.question.asked,
            "question": ask_text(poll.question, _),
            "replicas": poll.question.replicas,
            "kind": poll.question.kind,
            "nodes": [{"name": node.name, "before": node.before} for node in poll.question.nodes],
        }
    if poll.question and poll.phase == "revealed":
        content |= {
            "truth": poll.truth,
            "right": poll.right,
            "answers": [
                {"counts": counts, "votes": votes, "right": poll.foreseen(counts)}
                for counts, votes in poll.answers[:MAX_ANSWERS]
            ],
            # A browser knows its own vote; whether that was right, only the rule here can say.
            "all_right": [counts for counts, _n in poll.answers if poll.foreseen(counts)],
            "why": why_text(poll.question, _),
        }
    return json.dumps(content, separators=(",", ":"))
