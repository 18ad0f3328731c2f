"""The topics of a cluster's hub: what is pushed to browsers, and how each is made."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.history import History
from core.cluster.snapshot import ClusterSnapshot
from core.control.notice import Notice
from core.i18n import Translate, translation
from core.labs import messages as lab_messages
from core.labs.progress import Labs
from core.live import messages
from core.live.edition import Content
from core.live.hub import Hub
from core.traffic import message as traffic_message
from core.traffic.traffic import Traffic
from core.votes import messages as vote_messages
from core.votes.model import Votes


def announce(
    hub: Hub,
    snapshot: Callable[[], ClusterSnapshot],
    whole: Callable[[], ClusterSnapshot],
    notice: Notice,
    history: History,
    votes: Votes,
    labs: Labs,
    traffic: Traffic,
) -> None:
    """Declare the topics. snapshot, whole: see Control."""

    def topic(name: str, render: Callable[[Translate], str | Content]) -> None:
        hub.topic(name, lambda lang: render(translation(lang).gettext))

    topic("cluster", lambda _: messages.cluster(snapshot(), _, whole(), notice.shown))
    topic("history", lambda _: messages.history(history, snapshot(), _))
    topic("pulse", lambda _: messages.pulse(snapshot(), _))
    topic("votes", lambda _: vote_messages.votes(votes.poll, _))
    hub.topic("labs", lambda lang: lab_messages.labs(labs, lang))
    hub.topic("engine", lambda _lang: lab_messages.engine(snapshot()))
    topic(
        "traffic",
        lambda _: traffic_message.traffic(traffic.status, snapshot(), _, traffic.past),
    )
    topic(
        "traffic_charts",
        lambda _: traffic_message.charts(traffic.status, snapshot(), history.marks, _),
    )
