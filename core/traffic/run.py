"""One run of traffic: sends the requests of a plan at their times, and keeps the ledger."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import docker

from core.cluster.failures import unforeseen
from core.cluster.snapshot import ClusterSnapshot
from core.threads.supervised import SupervisedThread
from core.traffic import client
from core.traffic.attribution import Replica, Replicas, clues
from core.traffic.endpoints import Endpoint, open_ports
from core.traffic.fairness import Fairness
from core.traffic.ledger import Ledger, Request
from core.traffic.logs import LogReader
from core.traffic.plan import TAG, Plan
from core.traffic.status import State, Status
from core.traffic.story import Story

TICK = 0.1  # seconds between two statuses
UNWATCHED = 10.0  # seconds without a viewer after which a run ends
LOG_WAIT = 3.0  # seconds that the log may come after the last answer
MOST_WAITING = 1000  # requests without an answer
BEHIND = 1.0  # seconds that a late sender catches up at most
LATE = 60.0  # seconds beyond the plan in which a busy machine may send the rest
FOLLOW = 60.0  # seconds after its end in which an open report is followed
SLACK = 1.0  # seconds by which the managers tell of a change after requests have met it
DOTS = 60  # newest requests that a browser draws
DOTS_PER_SECOND = 40


class Run:
    """From ``start()`` until it ends by itself or by ``stop()``, on a thread of its own.

    id: the beginning of its requests' tags. service: its name. endpoints: never empty. snapshot:
    answers the latest. logs: a new client of the engine. watched: whether somebody looks. changed:
    called after each new status, on any thread.
    """

    def __init__(
        self,
        id: str,
        plan: Plan,
        service: str,
        endpoints: Sequence[Endpoint],
        *,
        snapshot: Callable[[], ClusterSnapshot],
        logs: Callable[[], docker.APIClient],
        watched: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        self.id = id
        self.plan = plan
        self.service = service
        self.endpoints = tuple(endpoints)
        self._snapshot = snapshot
        self._watched = watched
        self._changed = changed
        self._state: State = "running"
        self._why = ""
        self._ledger = Ledger(time.time())
        self._fairness = Fairness()
        self._replicas = Replicas(plan.service)
        self._story = Story(plan.service)
        self._logs = LogReader(logs, plan.service, id, self._heard)
        self._clues: dict[int, tuple[str, ...]] = {}
        self._client = client.Client(id, plan.keep_alive)
        self._ended_at: dict[int, float] = {}  # of the unknown: when their answer came
        self._dots: deque[tuple[int, Request]] = deque(maxlen=DOTS)
        self._drawn = 0
        self._latest: Request | None = None
        self._active = 0.0
        self._follow_until: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = SupervisedThread("traffic", self._work, self._failed)
        self.status = self._stand()

    def start(self) -> None:
        self._thread.start()

    def pause(self) -> None:
        if self._state == "running":
            self._state = "paused"

    def resume(self) -> None:
        if self._state == "paused":
            self._state = "running"

    def stop(self, why: str = "stopped") -> None:
        if self._state in ("running", "paused"):
            self._why, self._state = why, "ending"

    @property
    def ended(self) -> bool:
        """Whether ``status`` is the last one."""
        return self.status.state == "ended"

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request; call once it has ended."""
        return tuple(self._ledger.requests)

    def join(self, seconds: float) -> bool:
        """Wait for the end; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        asyncio.run(self._main())

    def _failed(self, error: BaseException | None) -> None:
        """End the run that a fault has met: the last status stays, with the error."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if error:
            failure = unforeseen(error).kept()
            self.status = replace(self.status, state="ended", why="failed", error=failure)
            self._changed()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:  # a fault in one of them ends all
            tasks.create_task(self._tick())
            try:
                await self._send(tasks)
                self._state = "ending"
                await self._settle()
            finally:
                self._client.close()
                self._logs.stop()
            self._follow_until = time.monotonic() + FOLLOW
            self._state = "ended"

    async def _send(self, tasks: asyncio.TaskGroup) -> None:
        """Send each request at its time, until all are sent or the run is stopped."""
        flying: set[asyncio.Task[None]] = set()
        due = before = time.monotonic()
        while self._state in ("running", "paused"):
            now = time.monotonic()
            if self._state == "paused":
                due += now - before
            else:
                self._active += now - before
                due = max(due, now - BEHIND)
            before = now
            sent = len(self._ledger.requests)
            if sent >= self.plan.requests or self._active > self.plan.seconds + LATE:
                self._why = self._why or "done"
                break
            if self._state == "running" and due <= now:
                due += 1 / self.plan.rate
                if len(flying) < MOST_WAITING:
                    task = tasks.create_task(self._one(self.endpoints[sent % len(self.endpoints)]))
                    flying.add(task)
                    task.add_done_callback(flying.discard)
            await asyncio.sleep(min(TICK, max(0.0, due - time.monotonic())))
        if flying:
            await asyncio.wait(flying)

    async def _one(self, endpoint: Endpoint) -> None:
        number = self._ledger.send(time.time(), endpoint.name)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(client.TIMEOUT):
                answer = await self._client.get(endpoint, f"{TAG}={self.id}-{number}")
        except Exception as error:
            self._ledger.fail(number, time.perf_counter() - began, client.failure(error))
            self._draw(number)
            return
        self._ledger.answer(number, time.perf_counter() - began, answer.status)
        if said := clues(answer.headers, answer.body):
            self._clues[number] = said
        self._ended_at[number] = time.time()
        self._attribute(number)

    def _heard(self, number: int, task: str) -> None:
        """From the log reader's thread: this task logged that request."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told, number, task)

    def _told(self, number: int, task: str) -> None:
        if number < len(self._ledger.requests):
            self._clues[number] = (task, *self._clues.get(number, ()))
            self._attribute(number)

    def _attribute(self, number: int) -> None:
        if number not in self._ledger.unknown and number not in self._ledger.unblamed:
            return
        replica = self._replicas.find(self._clues.get(number, ()))
        if replica is None:
            return
        self._ledger.attribute(number, replica)
        request = self._ledger.requests[number]
        if request.outcome == "answered":
            self._fairness.count(request)
        self._clues.pop(number, None)
        if self._ended_at.pop(number, None) is not None:
            self._draw(number)
        newer = self._latest is None or number > self._latest.number
        if newer and request.outcome == "answered":
            self._latest = request

    @property
    def _nameless(self) -> bool:
        """Whether the replica of some answer is unknown."""
        return bool(self._ledger.unknown or self._ledger.unblamed)

    def _draw(self, number: int) -> None:
        """Keep the request to be drawn: each that failed, and a sample of the answered."""
        step = max(1, round(self.plan.rate / DOTS_PER_SECOND))
        request = self._ledger.requests[number]
        if request.outcome == "failed" or number % step == 0:
            self._drawn += 1
            self._dots.append((self._drawn, request))

    async def _tick(self) -> None:
        """Make a status every TICK and tell it, until the run and its story have ended."""
        telling: asyncio.Task[None] | None = None
        seen = time.monotonic()
        while True:
            over = self._follow_until is not None and time.monotonic() > self._follow_until
            told = over or not self._story.open or self._why == "gone"
            last = self._state == "ended" and told
            self._look()
            seen = time.monotonic() if self._watched() else seen
            if time.monotonic() - seen > UNWATCHED:
                self.stop("unwatched")
            self.status = self._stand()
            if telling is None or telling.done() or last:
                if telling is not None:
                    await telling
                telling = asyncio.create_task(asyncio.to_thread(self._changed))
            if last:
                return await telling
            await asyncio.sleep(TICK)

    def _look(self) -> None:
        snapshot, now = self._snapshot(), time.time()
        self._replicas.see(snapshot)
        self._story.see(snapshot, now)
        service = snapshot.service(self.plan.service)
        ports = open_ports(service) if service else ()
        if self.plan.port not in {port.published for port in ports}:
            self.stop("gone")  # another service may answer there now
            return
        self._fairness.members(
            now,
            tuple(
                Replica(task.id, snapshot.replica(task), snapshot.hostname(task.node_id))
                for task in snapshot.tasks
                if task.service_id == self.plan.service and task.state == "running" and task.live
            ),
        )
        for number in list(self._clues):
            self._attribute(number)
        if self._nameless:
            self._logs.start()
        for number, at in list(self._ended_at.items()):
            if now - at > LOG_WAIT:  # drawn as unknown; its log line may still come
                del self._ended_at[number]
                self._draw(number)

    async def _settle(self) -> None:
        """Wait for the log to name the last replicas; then read all of it once."""
        end = time.monotonic() + LOG_WAIT
        while self._nameless and time.monotonic() < end:
            await asyncio.sleep(TICK)
        if self._nameless:
            await asyncio.to_thread(self._logs.catch_up, self.plan.requests)
            await asyncio.sleep(TICK)

    def _stand(self) -> Status:
        book, now = self._ledger, time.time()
        return Status(
            id=self.id,
            plan=self.plan,
            service=self.service,
            endpoints=self.endpoints,
            state=self._state,
            why=self._why if self._state in ("ending", "ended") else "",
            now=now,
            begun=book.begun,
            active=min(self._active, self.plan.seconds),
            totals=book.totals,
            by_task=dict(book.by_task),
            by_place=dict(book.by_place),
            by_entry=dict(book.by_entry),
            errors=dict(book.errors),
            culprits=dict(book.by_culprit),
            percentiles=book.percentiles(),
            shares=self._fairness.shares,
            seconds=tuple(book.seconds()),
            dots=tuple(self._dots),
            latest=self._latest,
            reports=tuple(
                (report, *book.ended_between(report.began - SLACK, (report.well or now) + SLACK))
                for report in self._story.reports
            ),
        )
