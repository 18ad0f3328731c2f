"""A container runtime of a few lines, so that the Swarm's components can be tested alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from essaim_practice.store.objects import Container, Engine
from essaim_practice.store.store import Change, Store

STEP = 0.2  # seconds that every step takes


class FakeRuntime:
    """Moves each container to what is desired of it.

    Images: one that starts with ``missing`` is nowhere to be had; ``crash`` ends with 1 and
    ``once`` with 0 a second after its start; ``stubborn`` needs SIGKILL; anything else runs on.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        store.watch(self._on_container, Container)
        store.watch(self._on_engine, Engine)

    def end(self, container: Container, code: int) -> None:
        """Let a container's program end."""
        self._exit(container, code)

    def _on_engine(self, change: Change) -> None:
        engine = change.new
        if isinstance(engine, Engine) and engine.up:
            for container in self._store.all(Container):
                if container.engine == engine.id:
                    self._look(container)

    def _on_container(self, change: Change) -> None:
        container = self._store.get(Container, change.subject.id)
        if container is not None and change.new is not None:
            self._look(container)

    def _look(self, container: Container) -> None:
        if container.state == "new":
            self._later(container, STEP, self._create)
        elif container.desired == "running" and container.state == "created":
            self._later(container, STEP, self._start)
        elif container.desired in ("stopped", "removed") and container.state == "running":
            grace = container.stop_grace if container.image.startswith("stubborn") else STEP
            self._later(container, container.stop_delay + grace, self._stop)
        elif container.desired == "removed":
            self._later(container, 0, lambda gone: self._store.delete(Container, gone.id))

    def _create(self, container: Container) -> None:
        if container.state != "new":
            return
        if container.image.startswith("missing"):
            error = f"No such image: {container.image}"
            self._store.put(replace(container, state="dead", error=error))
        else:
            self._store.put(replace(container, state="created", image_id="sha256:0"))

    def _start(self, container: Container) -> None:
        if (container.state, container.desired) != ("created", "running"):
            return
        now = self._store.clock.now()
        self._store.put(replace(container, state="running", started=now, pid=100))
        for image, code in (("crash", 1), ("once", 0)):
            if container.image.startswith(image):
                self._later(container, 1.0, partial(self._exit, code=code))

    def _stop(self, container: Container) -> None:
        if container.desired in ("stopped", "removed"):
            code = 137 if container.image.startswith("stubborn") else 0
            self._exit(container, code)

    def _exit(self, container: Container, code: int) -> None:
        if container.state == "running":
            now = self._store.clock.now()
            ended = replace(container, state="exited", exit_code=code, finished=now)
            self._store.put(ended)

    def _later(
        self, container: Container, seconds: float, then: Callable[[Container], object]
    ) -> None:
        def due() -> None:
            latest = self._store.get(Container, container.id)
            engine = self._store.get(Engine, container.engine)
            if latest is not None and engine is not None and engine.up:
                then(latest)

        self._store.clock.call_later(seconds, due)
