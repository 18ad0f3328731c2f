"""The live message of the vote."""

from __future__ import annotations

import json

from core.i18n import Translate
from core.votes.model import Poll
from core.votes.texts import ask_text, order_text, why_text

#: How many different answers the reveal lists.
MAX_ANSWERS = 8


def votes(poll: Poll, _: Translate) -> str:
    """Topic ``votes``, as JSON text. Until the reveal it holds the number of votes alone."""
    content: dict[str, object] = {"topic": "votes", "phase": poll.phase, "votes": poll.votes}
    if poll.question:
        content |= {
            "asked": poll.question.asked,
            "question": ask_text(poll.question, _),
            "replicas": poll.question.replicas,
            "kind": poll.question.kind,
            "service": poll.question.service,
            "order": order_text(poll.question, poll.truth, _),
            "nodes": [{"name": node.name, "before": node.before} for node in poll.question.nodes],
        }
    if poll.question and poll.phase == "revealed":
        content |= {
            "truth": poll.truth,
            "right": poll.right,
            "answers": [
                {
                    "counts": counts,
                    "votes": votes,
                    "right": poll.is_right(counts),
                    "swapped": poll.is_right(counts) and counts != poll.truth,
                }
                for counts, votes in poll.answers[:MAX_ANSWERS]
            ],
            # With these a browser tells if its own vote was right.
            "all_right": [counts for counts, _n in poll.answers if poll.is_right(counts)],
            "why": why_text(poll.question, _),
        }
    return json.dumps(content, separators=(",", ":"))
