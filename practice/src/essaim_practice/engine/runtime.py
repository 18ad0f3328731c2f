"""The container runtime: brings each container from its state to its desired state.

On an engine that is down nothing changes. When it starts again, it finds its containers dead.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from essaim_practice.engine import start_errors
from essaim_practice.engine.contexts import Contexts
from essaim_practice.files import mounts
from essaim_practice.files.container_files import ContainerFiles
from essaim_practice.images import local as images
from essaim_practice.images import pull, registry
from essaim_practice.images.reference import parse
from essaim_practice.network import addresses, publishing
from essaim_practice.network.mesh import Mesh
from essaim_practice.programs import base as programs
from essaim_practice.programs import checks, signals
from essaim_practice.programs.logs import LogBook
from essaim_practice.programs.processes import Processes
from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Engine, Image, changed
from essaim_practice.store.store import Change, Store

KILLED = 137  # exit code after SIGKILL
FOUND_DEAD = 255  # exit code of a container whose machine went down
_DYING = 0.02  # seconds
_REGISTRY_SAYS_NO = 0.8  # seconds


class Runtime:
    """Watches containers; writes their state, logs, process id and address."""

    def __init__(
        self, store: Store, clock: Clock, logs: LogBook, files: ContainerFiles, random: Random
    ) -> None:
        self._store = store
        self._clock = clock
        self._logs = logs
        self.random = random
        self._under_way: dict[str, tuple[str, Timer]] = {}
        self.processes = Processes(clock, logs, self._exit, store.memory)
        self._files = files
        self.mesh = Mesh(store, self.processes)
        self.contexts = Contexts(store, files, self.processes, self.mesh)
        self._backoff: dict[str, float] = {}
        self._by_hand: set[str] = set()  # containers that a user sent a signal
        self._last_pid = 1200
        store.watch(self._on_container, Container)
        store.watch(self._on_engine, Engine)

    # Deciding

    def _on_container(self, change: Change) -> None:
        container = change.new
        if not isinstance(container, Container):
            self._forget(change.subject.id)
            self._backoff.pop(change.subject.id, None)
            self._by_hand.discard(change.subject.id)
            self._logs.drop(change.subject.id)
            self.processes.detach(change.subject.id)
            return
        # The store may have moved on since this change was written.
        current = self._store.get(Container, container.id)
        if current is not None:
            self._reconcile(current)

    def _on_engine(self, change: Change) -> None:
        old, new = change.old, change.new
        if not (isinstance(old, Engine) and isinstance(new, Engine)) or old.up == new.up:
            return
        for container in self._store.where(Container, "engine", new.id):
            if not new.up:
                self._forget(container.id)
            elif container.state == "running":
                self._exit(container.id, FOUND_DEAD)
            elif container.desired == "stopped" and _restarts_at_boot(container):
                self._store.put(changed(container, desired="running"))
            else:
                self._reconcile(container)

    def _reconcile(self, container: Container) -> None:
        engine = self._store.get(Engine, container.engine)
        if engine is None or not engine.up:
            return
        asked, under_way = container.desired, self._step(container.id)
        if container.state == "new":
            if asked == "removed":
                self._store.delete(Container, container.id)
            elif under_way is None:
                self._begin(container.id, "create", self._jitter(0.06, 0.14), self._create)
        elif container.state == "running":
            self.processes.go_on(container.id, container.paused)
            if asked in ("stopped", "removed"):
                self._stop(container)
        elif asked == "removed":
            if under_way != "remove":
                self._begin(container.id, "remove", 0.03, self._remove)
        elif container.state == "dead":
            return
        elif asked == "running":
            if under_way is None:
                self._begin(container.id, "start", self._jitter(0.2, 0.4), self._start)
        elif under_way == "start":
            self._cancel(container.id)
            self._store.put(changed(container, restarting=False))

    # Creating

    def _create(self, container: Container) -> None:
        image = images.find(self._store, container.engine, container.image)
        if image is not None:
            self._created(container, image)
            return
        try:
            reference = parse(container.image)
            published = registry.find(self._store, reference) if container.pull else None
        except ApiError:
            published = None
        pull_failure = registry.pull_failure(self._store, container.engine)
        if published is None or pull_failure or registry.full(self._store, container.engine):
            delay = pull_failure.after if pull_failure else _REGISTRY_SAYS_NO
            wait = delay if container.pull else 0.0
            self._begin(container.id, "create", wait, self._no_image)
            return
        held = images.layers_on(self._store, container.engine)
        delay = pull.duration(published, held, registry.state(self._store).rate)

        def pulled(waiting: Container) -> None:
            image = images.add_pulled(self._store, waiting.engine, reference, published)
            self._created(waiting, image)

        self._begin(container.id, "create", delay, pulled)

    def _created(self, container: Container, image: Image) -> None:
        if registry.full(self._store, container.engine):
            folder = f"/var/lib/docker/overlay2/{container.id}-init"
            error = f"mkdir {folder}: no space left on device"
            self._store.put(changed(container, state="dead", error=error))
            return
        machine = self._files.machine(container.engine)
        try:
            made = mounts.make(self._store, self.random, machine, container, image)
        except ApiError as error:
            self._store.put(changed(container, state="dead", error=error.message))
            return
        created = changed(container, state="created", image_id=image.image_id, mounts=made)
        self._store.put(created)

    def _no_image(self, container: Container) -> None:
        name = images.spelled(container.image)
        told = registry.no_image(self._store, container.engine, name)
        error = told if container.pull else f"No such image: {name}"
        self._store.put(changed(container, state="dead", error=error))

    # Starting

    def _start(self, container: Container) -> None:
        key = f"{container.engine}/{container.image_id}"
        image = self._store.get(Image, key)
        try:
            if image is None:  # removed by force since
                raise programs.StartError(f"No such image: {container.image}", 125)
            addresses.require(self._store, container)
            for problem in (mount.problem for mount in container.mounts if mount.problem):
                raise programs.StartError(problem, programs.NOT_STARTED)
            if problem := start_errors.problem(container):
                raise programs.StartError(problem, programs.NOT_STARTED)
            ports = publishing.allocate(self._store, container, image, self.random, self.mesh)
            program = self.contexts.program(container, image)
        except programs.StartError as error:
            code = error.exit_code
            if code == programs.NOT_STARTED:  # as the daemon: only where there is none from before
                code = container.exit_code or code
            failed = changed(
                container,
                desired="removed" if container.host_config.get("AutoRemove") else "stopped",
                restarting=False,
                error=error.message,
                exit_code=code,
            )
            self._store.put(failed)
            self._logs.end(container.id)
            self.processes.detach(container.id)
            return
        pid = self.next_pid()
        user = str(container.config.get("User") or image.config.get("User") or "root")
        self.processes.add(container, program, pid, user)
        self._by_hand.discard(container.id)
        address, further = container.address, container.further
        if not (container.task_id and address):  # a task's are the Swarm's to give
            given = [addresses.free_address(self._store, container, n) for n in container.networks]
            address = given[0] if given else ""
            further = dict(zip(container.networks[1:], given[1:], strict=True))
        self._store.put(
            changed(
                container,
                state="running",
                restarting=False,
                restarts=container.restarts + container.restarting,
                started=self._clock.now(),
                exit_code=0,
                error="",
                pid=pid,
                ports=ports,
                address=address,
                further=further,
                health="starting" if checks.check_of(container, image) else "",
                oom_killed=False,
            )
        )

    def next_pid(self) -> int:
        """A process id on the machine."""
        self._last_pid += self.random.randrange(3, 90)
        return self._last_pid

    # Ending

    def _stop(self, container: Container) -> None:
        """End the program: by the stop signal after its delay, or by SIGKILL at once."""
        if container.kill_signal:
            self._begin(container.id, "kill", _DYING, self._kill)
        elif self._step(container.id) not in ("stop", "kill"):
            delay = container.stop_delay + self._jitter(0.05, 0.2)
            self._begin(container.id, "stop", delay, self._terminate)

    def _terminate(self, container: Container) -> None:
        self._begin(container.id, "stop", container.stop_grace, self._kill)
        self.processes.signal(container.id, self._stop_signal(container))

    def _stop_signal(self, container: Container) -> int:
        image = self._store.get(Image, f"{container.engine}/{container.image_id}")
        asked = container.config.get("StopSignal") or (image and image.config.get("StopSignal"))
        return signals.number(str(asked or "")) or signals.TERM

    def _kill(self, container: Container) -> None:
        self.processes.signal(container.id, signals.KILL)

    def signal(self, container: Container, number: int) -> None:
        """Send a signal as `docker kill` does; a restart policy never applies afterwards."""
        self._by_hand.add(container.id)
        self.processes.signal(container.id, number)

    def crash(self, container_id: str, code: int = KILLED) -> None:
        """End a container's program as a failure that nobody asked for."""
        self._exit(container_id, code)

    def _exit(self, container_id: str, code: int) -> None:
        container = self._store.get(Container, container_id)
        if container is None or container.state != "running":
            return
        self._forget(container_id)
        now = self._clock.now()
        by_hand = container_id in self._by_hand
        self._by_hand.discard(container_id)
        restarting = container.desired == "running" and not by_hand and _restarts(container, code)
        desired = container.desired
        if desired == "running" and not restarting:
            desired = "stopped"
        if not restarting and container.host_config.get("AutoRemove"):
            desired = "removed"
        if restarting:
            lasted = now - container.started
            wait = 0.1 if lasted > 10 else min(60.0, 2 * self._backoff.get(container_id, 0.05))
            self._backoff[container_id] = wait
            self._begin(container_id, "start", wait, self._start)
        self._store.put(
            changed(
                container,
                state="exited",
                desired=desired,
                restarting=restarting,
                exit_code=code,
                finished=now,
                pid=0,
                paused=False,
                health="",
                kill_signal="",
                oom_killed=self.processes.overran(container_id),
            )
        )
        if restarting:
            self._logs.flush(container_id)
        else:
            self._logs.end(container_id)
        self.processes.detach(container_id)

    def _remove(self, container: Container) -> None:
        if container.task_id or container.host_config.get("AutoRemove"):
            mounts.drop_anonymous(self._store, container)
        self._store.delete(Container, container.id)

    # What is under way

    def _step(self, container_id: str) -> str | None:
        entry = self._under_way.get(container_id)
        return entry[0] if entry else None

    def _begin(
        self, container_id: str, step: str, delay: float, then: Callable[[Container], None]
    ) -> None:
        """Call ``then`` after ``delay`` seconds; it replaces the step under way."""
        self._cancel(container_id)

        def due() -> None:
            del self._under_way[container_id]
            container = self._store.get(Container, container_id)
            if container is not None:
                then(container)

        self._under_way[container_id] = (step, self._clock.call_later(delay, due))

    def _cancel(self, container_id: str) -> None:
        entry = self._under_way.pop(container_id, None)
        if entry is not None:
            entry[1].cancel()

    def _forget(self, container_id: str) -> None:
        """Drop everything that runs or is under way for a container."""
        self._cancel(container_id)
        self.processes.end(container_id)

    def _jitter(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)


def _restarts_at_boot(container: Container) -> bool:
    """Whether one that had been stopped starts with its machine, as in moby's ``restore``.

    Only ``unless-stopped`` remembers that somebody stopped it.
    """
    policy = (container.host_config.get("RestartPolicy") or {}).get("Name")
    once = container.state == "exited" and container.started
    return bool(once) and policy != "unless-stopped" and _restarts(container, container.exit_code)


def _restarts(container: Container, code: int) -> bool:
    """Whether the restart policy of a plain container starts it again; tasks have no policy."""
    policy = container.host_config.get("RestartPolicy") or {}
    name, most = policy.get("Name") or "no", policy.get("MaximumRetryCount") or 0
    if name == "on-failure":
        return code != 0 and (not most or container.restarts < most)
    return name in ("always", "unless-stopped")
