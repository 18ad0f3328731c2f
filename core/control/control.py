"""One cluster under control: its state, and the only way to act on it.

A Control joins the rooms below it: the connection, the collector with its history, the hub that
pushes to browsers, the rights, and the journal. Pages read ``snapshot`` and call ``submit``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import docker

from core.cluster.collector import Collector
from core.cluster.failures import daemon_errors
from core.cluster.history import History
from core.cluster.public import PublicView, check_filters, redact, with_safe_words
from core.cluster.snapshot import ClusterSnapshot
from core.commands.command import Command, Interrupt, Report, no_report
from core.commands.journal import Journal
from core.control import protection, topics
from core.control.access import READ_ONLY, Access, Action
from core.control.beat import Beat
from core.control.guard import guard
from core.control.keeping import Keeping
from core.control.notice import Notice
from core.control.rights import NONE, Right
from core.engine.connection import Connection
from core.engine.worker import Return
from core.errors import EssaimError, NotAllowed
from core.i18n import later as _
from core.labs.progress import Labs
from core.labs.queries import EngineQueries
from core.live.hub import Hub
from core.machines.watch import MachineWatch
from core.storage.storage import Storage
from core.terminal.stream import Stream, opened
from core.timeline.recorder import Recorder
from core.traffic.plan import Plan
from core.traffic.run import Run
from core.traffic.traffic import Traffic
from core.votes.model import Votes


class Control:
    """A cluster, from ``start()`` until ``stop()``.

    keeping: takes up what was done in it before a restart, and keeps what is done now.
    """

    read_only = False  # its viewers may only look

    def __init__(
        self, connection: Connection, access: Access, keeping: Keeping | None = None
    ) -> None:
        self.connection, self.access = connection, access
        self.keeping = keeping or Keeping(Storage(None), "")
        self._traces, self._public = protection.traces(), PublicView()
        self.collector = Collector(connection.api, hinted=connection.practice)
        self.notice = Notice(lambda: (*self.keeping.warnings, connection.unkept))
        self.history, self.hub = History(), Hub()
        self.journal = Journal(private=lambda: not self.practice, added=self._recorded)
        self.machines = MachineWatch(connection, self.journal)
        self.timeline = Recorder(added=lambda: self.keeping.grew("timeline"))
        self.votes, self._beat = Votes(lambda: self._told("votes")), Beat(self._due)
        self._acting = set[object]()  # commands that run now
        self.labs = Labs(
            lambda: self.whole if self.practice else with_safe_words(self.whole),
            self.journal,
            EngineQueries(connection.api),
            lambda: self._told("labs"),
            lambda: self.hub.viewers > 0,
            machines=self.machines.current,
        )
        self._pictured = self.snapshot  # in the latest message on the engine
        self.traffic = Traffic(
            connection,
            lambda: self.snapshot,
            lambda: self.hub.viewers > 0,
            lambda: self.hub.publish("traffic"),
        )
        topics.announce(
            self.hub,
            lambda: self.snapshot,
            lambda: self.whole,
            self.notice,
            self.history,
            self.votes,
            self.labs,
            self.traffic,
        )
        self.keeping.restore(
            self.labs, self.votes, self.journal, self.timeline, lambda: not self.practice
        )
        self.collector.subscribe(self._changed)
        connection.listen(self.collector.hint, self._came_back)

    def _recorded(self) -> None:
        """The journal has one record more."""
        self.keeping.grew("journal")
        self.labs.feed()  # the last snapshot may have come before it

    def _told(self, topic: str) -> None:
        """A part that is kept has changed."""
        self.hub.publish(topic)
        self.keeping.changed()

    @property
    def snapshot(self) -> ClusterSnapshot:
        """The public part: of a real engine no arguments, environments and labels."""
        return self._shown(self.whole)

    @property
    def whole(self) -> ClusterSnapshot:
        """All of it, for viewers with a right, and for checks that show none of it."""
        return self.collector.snapshot

    def seen(self, right: Right) -> ClusterSnapshot:
        """The part that a viewer with this right may see."""
        return self.whole if right.held and not self.read_only else self.snapshot

    def _shown(self, whole: ClusterSnapshot) -> ClusterSnapshot:
        return whole if self.practice else self._public.of(whole)

    @property
    def practice(self) -> bool:
        """Whether the engine is a practice one; an unknown one counts as real."""
        engine = self.whole.engine
        return self.connection.practice or (engine is not None and engine.practice)

    @property
    def watched(self) -> bool:
        """Whether it has viewers, or a command still runs."""
        return self.hub.viewers > 0 or bool(self._acting)

    def start(self) -> None:
        self.collector.start()
        self._beat.resume()

    def stop(self) -> None:
        self._beat.rest()
        self.labs.stop()
        self.traffic.stop()
        self.collector.stop()

    def rest(self) -> None:
        """Do and ask nothing until ``resume``: nobody looks. No thread is left meanwhile."""
        self._beat.rest()
        self.collector.rest()

    def resume(self) -> None:
        """End a rest."""
        self._beat.resume()
        self.collector.resume()

    def as_read_only(self) -> Control:
        """The same cluster for viewers who may neither change it nor see what is private."""
        seen = object.__new__(_ReadOnlyControl)
        seen.__dict__ = self.__dict__  # they share all state
        return seen

    def may(self, action: Action | type[Action], right: Right = NONE) -> bool:
        """Whether a viewer with this right may do it."""
        practice = self.practice  # where nobody needs a right
        unlocked = not practice and right.held
        return self.access.allows(
            action, practice=practice, unlocked=unlocked, read_only=self.read_only
        )

    @property
    def own(self) -> protection.Own:
        """The objects of the cluster that belong to a dashboard."""
        return protection.own(self.whole, self._traces)

    def require(self, action: Action, right: Right = NONE, confirmed: bool = False) -> None:
        """Raise NotAllowed unless ``may`` is true and the dashboard itself is left alone.

        confirmed: the password was typed again for this action.
        """
        if self.may(action, right):
            if isinstance(action, Command) and not self.practice:
                protection.require(action, self.whole, self.own, confirmed)
            return
        if not self.read_only and right.why != "never":
            right.require()  # raises with the reason of its end
        self.access.require(action, practice=False, unlocked=False, read_only=self.read_only)

    def still(self, right: Right) -> None:
        """Raise NotAllowed where an action begun with this right must not go on."""
        if not self.practice:
            right.require()

    def require_practice(self, refusal: NotAllowed) -> None:
        """The same for actions that only practice has. refusal: raised on a real engine."""
        if not self.practice:
            raise refusal
        if self.read_only:
            raise NotAllowed(READ_ONLY)

    def submit(
        self,
        command: Command,
        who: str,
        right: Right,
        report: Report = no_report,
        interrupt: Interrupt | None = None,
        again: str | None = None,
    ) -> str:
        """Do it, if this viewer may, and write it into the journal.

        again: the password, typed once more for what takes away the dashboard's own node. Answers
        what the docker CLI would print. Raises EssaimError; the journal holds a refusal, too. Each
        step that is reported asks the right again; its end lets go of a command that goes on.
        """
        client = self._begin(command, who, right, again)
        try:
            with self._act(), self._under(right, command, report, interrupt) as asking:
                return self.journal.run(command, client, who, asking, interrupt)
        finally:
            client.close()
            self.collector.stir()

    def attach(
        self, command: Command, who: str, right: Right, report: Report = no_report
    ) -> Stream:
        """The same for a command that somebody types to: its stream, to be closed after use.

        The right's end closes it.
        """
        client = self._begin(command, who, right)
        told, streams = self.journal.masked(command), list[Stream]()
        try:
            with self._under(right, command, report) as asking:
                self.journal.note(
                    told.line(),
                    told.python(),
                    who,
                    lambda: streams.append(opened(command, client, asking)),
                )
        except BaseException:
            client.close()
            raise
        finally:
            self.collector.stir()
        if not self.practice:
            right.covers(streams[0].close)
        return streams[0]

    def look(self, command: Command, right: Right) -> str:
        """The same for a command that only looks; the journal does not get it."""
        client = self._client(command, right)
        try:
            with self._act():
                return command.run(client)
        finally:
            client.close()

    def send(self, plan: Plan, who: str, right: Right) -> Run:
        """Begin a run of traffic, and write it into the journal; it ends with the right.

        Raises NotAllowed and InvalidCommand.
        """
        self.require(plan, right)
        run = self.traffic.prepare(plan)
        ways = [endpoint.way for endpoint in run.endpoints]
        self.journal.note(plan.line(ways), plan.python(ways), who, lambda: self.traffic.start(run))
        if not self.practice:
            right.covers(run.stop)
        return run

    @contextmanager
    def _under(
        self, right: Right, command: Command, report: Report, interrupt: Interrupt | None = None
    ) -> Iterator[Report]:
        """While a command runs: a report that checks the right first."""
        if self.practice or not (command.changes or command.reveals):
            yield report
            return
        with right.during(lambda: interrupt.press(2) if interrupt else None):
            yield right.before(report)
        if command.goes_on:  # the end of the right made it answer
            right.require()

    @contextmanager
    def _act(self) -> Iterator[None]:
        this = object()
        self._acting.add(this)
        try:
            yield
        finally:
            self._acting.discard(this)

    def _begin(
        self, command: Command, who: str, right: Right, again: str | None = None
    ) -> docker.DockerClient:
        """A client for the command; a refusal is in the journal. again: see ``submit``."""
        try:
            if again is not None and not self.access.check(again, who):
                raise NotAllowed(_("That is not the password."))
            return self._client(command, right, confirmed=again is not None)
        except EssaimError as error:
            self.journal.refused(command, who, error)
            raise

    def _client(
        self, command: Command, right: Right, confirmed: bool = False
    ) -> docker.DockerClient:
        self.require(command, right, confirmed)
        redacted = not self.practice and not right.held
        if redacted:
            check_filters(getattr(command, "filter", ()))
        with daemon_errors():
            client = self.connection.client()
        if redacted:
            redact(client)
        if not self.practice:
            guard(client, self.whole, self.own, self.access.privileged)
        return client

    def _changed(self, whole: ClusterSnapshot) -> None:
        snapshot = self._shown(whole)
        self.history.add(snapshot)
        self.labs.feed()
        self.timeline.add(snapshot, self.journal.records())
        self.votes.see(snapshot, time.monotonic())
        self.hub.publish("cluster")
        before, self._pictured = self._pictured, snapshot
        if (before.containers, before.images) != (snapshot.containers, snapshot.images):
            self.hub.publish("engine")

    def _came_back(self, what: Return) -> None:
        if not what.kept:
            self.history.clear()
        self.notice.note(what)
        self.hub.publish("cluster")

    def _due(self) -> Iterator[Callable[[], None]]:
        """The actions of each beat."""
        yield lambda: self.timeline.add(self.snapshot, self.journal.records())
        yield lambda: self.votes.see(self.snapshot, time.monotonic())
        yield lambda: self.hub.publish("cluster") if self.notice.changed() else None
        yield lambda: self.hub.publish("pulse")
        yield lambda: self.hub.publish("history")
        if self.traffic.moving:
            yield lambda: self.hub.publish("traffic_charts")


class _ReadOnlyControl(Control):
    read_only = True
