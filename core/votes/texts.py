"""The texts of a vote: its question, and the explanation of the truth."""

from __future__ import annotations

from core.i18n import Translate
from core.votes.model import Question


def ask_text(question: Question, _: Translate) -> str:
    """The question as a teacher asks it."""
    fields = {
        "service": question.name,
        "replicas": question.replicas,
        "nodes": len(question.nodes),
        "node": question.node_name,
    }
    match question.kind:
        case "scale":
            text = (
                _("1 replica of {service}, {nodes} nodes: where will it go?")
                if question.replicas == 1
                else _("{replicas} replicas of {service}, {nodes} nodes: where will they go?")
            )
        case "drain":
            text = (
                _("We drain {node}: where will the replica of {service} be?")
                if question.replicas == 1
                else _("We drain {node}: where will the {replicas} replicas of {service} be?")
            )
        case "activate":
            text = (
                _("We activate {node} again: where will the replica be?")
                if question.replicas == 1
                else _("We activate {node} again: where will the {replicas} replicas be?")
            )
        case "rebalance":
            text = (
                _("We force an update of {service}: where will its replica be?")
                if question.replicas == 1
                else _("We force an update of {service}: where will its {replicas} replicas be?")
            )
    return text.format(**fields)


def why_text(question: Question, _: Translate) -> str:
    """Why the truth is what it is."""
    match question.kind:
        case "scale":
            text = _(
                "Swarm puts each new replica on the node that has the fewest of this service, "
                "among those that take tasks. Those that run stay where they are."
            )
        case "drain":
            text = _(
                "A drained node keeps none. Its replicas are stopped, and as many new ones start "
                "on the other nodes, where there are fewest first."
            )
        case "activate":
            text = _(
                "Nothing moves, by design: Swarm never moves replicas that run. {node} fills only "
                "when new ones are made, by a scale or a forced update."
            )
        case "rebalance":
            text = _(
                "A forced update replaces every replica, one by one. Each new one goes where there "
                "are fewest, so they spread evenly again."
            )
    return text.format(node=question.node_name)
