"""What a class may predict of a lesson's next step, and which prediction the step bears out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.i18n import Translate
from core.i18n import later as _
from core.lessons.placement import Placement
from core.lessons.results import Kind, Load, Result

#: How many times sooner an answer comes that comes much sooner.
MUCH = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One prediction.

    text: may name {node}. holds: of the results before and after the step, and the node.
    """

    text: str
    holds: Callable[[Result, Result, str], bool]

    def said(self, node: str, translate: Translate) -> str:
        return translate(self.text).format(node=node)


def options(kind: Kind, step: str) -> tuple[Option, ...]:
    """What may be predicted of a step; () of one that is not asked about."""
    return _OPTIONS.get((kind, step), ())


def _placements(holds: Callable[[Placement, Placement, str], bool]) -> Callable[..., bool]:
    def both(before: Result, after: Result, node: str) -> bool:
        return (
            isinstance(before, Placement)
            and isinstance(after, Placement)
            and holds(before, after, node)
        )

    return both


def _loads(holds: Callable[[Load, Load], bool]) -> Callable[..., bool]:
    def both(before: Result, after: Result, _node: str) -> bool:
        return isinstance(before, Load) and isinstance(after, Load) and holds(before, after)

    return both


def _left(before: Placement, after: Placement, node: str) -> bool:
    """Whether the node has none, and others have as many more."""
    return after.on(node) == 0 and after.replicas == before.replicas


def _even(placement: Placement) -> bool:
    """Whether no node that takes tasks has two more than another."""
    counts = [count for node, count in placement.spread if node not in placement.drained]
    return max(counts, default=0) - min(counts, default=0) <= 1


def _shared(load: Load) -> bool:
    """Whether several replicas answered, none of them twice as often as another."""
    counts = load.status.by_task.values()
    return len(counts) > 1 and max(counts) < 2 * min(counts)


def _alone(load: Load) -> bool:
    return len(load.status.by_task) == 1


def _sooner(before: Load, after: Load) -> bool:
    """Whether half of the answers came MUCH sooner than half of those before."""
    was, now = before.status.percentiles[0], after.status.percentiles[0]
    return was is not None and now is not None and now * MUCH < was


_OPTIONS: dict[tuple[Kind, str], tuple[Option, ...]] = {
    ("rebalance", "drained"): (
        Option(
            _("Where they are: only new ones avoid {node}"),
            _placements(lambda before, after, node: after.on(node) > 0),
        ),
        Option(_("On the other nodes, as many as before"), _placements(_left)),
        Option(
            _("On the other nodes, fewer than before"),
            _placements(lambda b, a, node: a.on(node) == 0 and a.replicas < b.replicas),
        ),
    ),
    ("rebalance", "activated"): (
        Option(
            _("Its share of them"),
            _placements(lambda before, after, node: after.on(node) > 0 and _even(after)),
        ),
        Option(_("None at all"), _placements(lambda before, after, node: after.on(node) == 0)),
        Option(
            _("A few, and fewer than the others"),
            _placements(lambda before, after, node: after.on(node) > 0 and not _even(after)),
        ),
    ),
    ("rebalance", "forced"): (
        Option(
            _("Where they are"),
            _placements(lambda before, after, node: after.spread == before.spread),
        ),
        Option(
            _("All on {node}"),
            _placements(lambda before, after, node: after.on(node) == after.replicas > 1),
        ),
        Option(
            _("As many on each node"),
            _placements(lambda before, after, node: after.spread != before.spread and _even(after)),
        ),
    ),
    ("plain", "drained"): (
        Option(
            _("All move to other nodes"),
            _placements(lambda b, a, node: a.plain not in ("", node) and _left(b, a, node)),
        ),
        Option(
            _("The container stops, the replicas move"),
            _placements(lambda b, a, node: not a.plain and _left(b, a, node)),
        ),
        Option(
            _("The container stays, the replicas move"),
            _placements(lambda b, a, node: a.plain == node and _left(b, a, node)),
        ),
    ),
    ("many", "many"): (
        Option(_("Each answer comes much sooner"), _loads(_sooner)),
        Option(
            _("Each replica has less to do, no answer comes much sooner"),
            _loads(lambda before, after: not _alone(after) and not _sooner(before, after)),
        ),
        Option(
            _("One replica answers all, the others wait"),
            _loads(lambda before, after: _alone(after)),
        ),
    ),
    ("kept", "kept"): (
        Option(_("All of them, in turn"), _loads(lambda before, after: _shared(after))),
        Option(_("One of them alone"), _loads(lambda before, after: _alone(after))),
        Option(
            _("All of them, one more than the others"),
            _loads(lambda before, after: not _alone(after) and not _shared(after)),
        ),
    ),
}
