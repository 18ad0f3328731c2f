"""The texts of a vote: its question, and the reason of the right answer."""

from __future__ import annotations

from core.i18n import Translate
from core.i18n import later as _
from core.votes.model import Counts, Kind, Question

#: For one replica, and for several.
_QUESTIONS: dict[Kind, tuple[str, str]] = {
    "scale": (
        _("1 replica of {service}, {nodes} nodes: where will it go?"),
        _("{replicas} replicas of {service}, {nodes} nodes: where will they go?"),
    ),
    "drain": (
        _("We drain {node}: where will the replica of {service} be?"),
        _("We drain {node}: where will the {replicas} replicas of {service} be?"),
    ),
    "activate": (
        _("We activate {node} again: where will the replica be?"),
        _("We activate {node} again: where will the {replicas} replicas be?"),
    ),
    "rebalance": (
        _("We force an update of {service}: where will its replica be?"),
        _("We force an update of {service}: where will its {replicas} replicas be?"),
    ),
}
_REASONS: dict[Kind, str] = {
    "scale": _(
        "Swarm puts each new replica on the node that has the fewest of this service, "
        "among those that take tasks. Those that run stay where they are."
    ),
    "drain": _(
        "A drained node keeps none. Its replicas are stopped, and as many new ones start "
        "on the other nodes, where there are fewest first."
    ),
    "activate": _(
        "Nothing moves, by design: Swarm never moves replicas that run. {node} fills only "
        "when new ones are made, by a scale or a forced update."
    ),
    "rebalance": _(
        "A forced update replaces every replica, one by one. Each new one goes where there "
        "are fewest, so they spread evenly again."
    ),
}


def ask_text(question: Question, translate: Translate) -> str:
    """The question as a teacher asks it."""
    one, several = _QUESTIONS[question.kind]
    return translate(one if question.replicas == 1 else several).format(
        service=question.name,
        replicas=question.replicas,
        nodes=len(question.nodes),
        node=question.node_name,
    )


def why_text(question: Question, translate: Translate) -> str:
    """The reason of the right answer."""
    return translate(_REASONS[question.kind]).format(node=question.node_name)


def order_text(question: Question, truth: Counts, translate: Translate) -> str:
    """Between which nodes the order does not count; "" where it counts. truth: () if not known."""
    groups = question.alike(truth)
    if groups and not truth:
        return translate(_("Between nodes that are alike now, the order does not count."))
    told = translate(
        _("{nodes} were alike before: Swarm chooses which gets more, their order does not count.")
    )
    return " ".join(told.format(nodes=", ".join(names)) for names in groups)
