"""The reason of an outage, in the viewer's language."""

from __future__ import annotations

from core.cluster.snapshot import Outage
from core.i18n import Translate


def explain(outage: Outage | None, _: Translate) -> str:
    """One sentence; '' without an outage. An unknown reason is told in the engine's own words."""
    if outage is None:
        return ""
    if "does not have a leader" in outage.message:
        return _("The Swarm has no leader: more than half of its managers must be up.")
    return outage.why.said(_)
