"""Why nothing newer is shown, in a viewer's language: pure."""

from __future__ import annotations

from core.cluster.snapshot import Trouble
from core.i18n import Translate


def told(trouble: Trouble | None, _: Translate) -> str:
    """One sentence; '' without trouble. What we have no words for is said in the daemon's own."""
    if trouble is None:
        return ""
    if "does not have a leader" in trouble.message:
        return _("The Swarm has no leader: more than half of its managers must be up.")
    return trouble.why.said(_)
