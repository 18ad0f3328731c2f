"""One cluster under control: what is known of it, and the one way in for every action.

A Control joins the rooms below it: the connection, the collector with its history, the hub that
pushes to browsers, the rights, and the journal. Pages read ``snapshot`` and call ``submit``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import docker

from core.access import Access
from core.cluster.collector import Collector
from core.cluster.failures import daemon_errors
from core.cluster.history import History
from core.cluster.snapshot import ClusterSnapshot
from core.commands.command import Command, Report, unheard
from core.commands.journal import Journal
from core.connection import Connection, choose
from core.errors import EssaimError
from core.i18n import translation
from core.live import messages
from core.live.hub import Hub
from core.traffic import message as traffic_message
from core.traffic.plan import Plan
from core.traffic.run import Run
from core.traffic.traffic import Traffic

#: Seconds between two pulses: how soon a viewer learns that the picture has grown old.
PULSE = 1.0


class Control:
    """A cluster, from ``start()`` until ``stop()``."""

    def __init__(self, connection: Connection, access: Access) -> None:
        self.connection = connection
        self.access = access
        self.collector = Collector(connection.api)
        self.history = History()
        self.journal = Journal()
        self.hub = Hub()
        self._stopped = threading.Event()
        self.hub.topic("cluster", lambda lang: messages.cluster(self.snapshot, _texts(lang)))
        self.hub.topic(
            "history", lambda lang: messages.history(self.history, self.snapshot, _texts(lang))
        )
        self.hub.topic("pulse", lambda _lang: messages.pulse(self.snapshot))
        self.traffic = Traffic(
            connection,
            lambda: self.snapshot,
            lambda: self.hub.viewers > 0,
            lambda: self.hub.publish("traffic"),
        )
        self.hub.topic("traffic", self._traffic)
        self.hub.topic("traffic_charts", self._traffic_charts)
        self.collector.subscribe(self._changed)

    @property
    def snapshot(self) -> ClusterSnapshot:
        return self.collector.snapshot

    @property
    def practice(self) -> bool:
        """Whether nothing real can be harmed: unknown counts as real."""
        if self.connection.practice:
            return True
        engine = self.snapshot.engine
        return engine is not None and engine.practice

    def start(self) -> None:
        self.collector.start()
        threading.Thread(target=self._beat, name="essaim_pulse", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self.traffic.stop()
        self.collector.stop()
        self.connection.close()

    def may(self, command: Command | type[Command], unlocked: bool) -> bool:
        return self.access.allows(command, practice=self.practice, unlocked=unlocked)

    def submit(
        self,
        command: Command,
        who: str,
        unlocked: bool,
        report: Report = unheard,
    ) -> str:
        """Do it, if this viewer may, and write it into the journal.

        Answers what the docker CLI would print. Raises one of core.errors; a refusal for want of
        rights and one by the engine are in the journal too.
        """
        try:
            client = self._client(command, unlocked)
        except EssaimError as error:
            self.journal.refused(command, who, error)
            raise
        try:
            return self.journal.run(command, client, who, report)
        finally:
            client.close()
            self.collector.stir()

    def look(self, command: Command, unlocked: bool) -> str:
        """The same for a command that only looks: the journal is for what is done."""
        client = self._client(command, unlocked)
        try:
            return command.run(client)
        finally:
            client.close()

    def send(self, plan: Plan, who: str, unlocked: bool) -> Run:
        """Begin a run of traffic, and write it into the journal. Raises one of core.errors."""
        self.access.require(plan, practice=self.practice, unlocked=unlocked)
        run = self.traffic.prepare(plan)
        addresses = [entry.address for entry in run.entries]
        self.journal.note(
            plan.line(addresses), plan.python(addresses), who, lambda: self.traffic.start(run)
        )
        return run

    def _traffic(self, language: str) -> str:
        return traffic_message.traffic(self.traffic.standing, self.snapshot, _texts(language))

    def _traffic_charts(self, language: str) -> str:
        return traffic_message.charts(
            self.traffic.standing, self.snapshot, self.history.marks, _texts(language)
        )

    def _client(self, command: Command, unlocked: bool) -> docker.DockerClient:
        self.access.require(command, practice=self.practice, unlocked=unlocked)
        with daemon_errors():
            return self.connection.client()

    def _changed(self, snapshot: ClusterSnapshot) -> None:
        self.history.add(snapshot)
        self.hub.publish("cluster")

    def _beat(self) -> None:
        while not self._stopped.wait(PULSE):
            self.hub.publish("pulse")
            self.hub.publish("history")
            if self.traffic.moving:
                self.hub.publish("traffic_charts")


def _texts(language: str) -> Callable[[str], str]:
    return translation(language).gettext


_current: Control | None = None
_lock = threading.Lock()


def control() -> Control:
    """This process's cluster, connected on first use."""
    global _current
    with _lock:
        if _current is None:
            _current = Control(choose(), Access(os.environ))
            _current.start()
        return _current
