"""Why nothing newer is shown, in a viewer's language: pure."""

from __future__ import annotations

from core.cluster.snapshot import Outage
from core.i18n import Translate


def explain(outage: Outage | None, _: Translate) -> str:
    """One sentence; '' without outage. What we have no words for is said in the daemon's own."""
    if outage is None:
        return ""
    if "does not have a leader" in outage.message:
        return _("The Swarm has no leader: more than half of its managers must be up.")
    return outage.why.said(_)
