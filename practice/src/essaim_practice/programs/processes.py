"""The processes of containers: one main process each, and those of exec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from essaim_practice.programs import signals
from essaim_practice.programs.base import Program, Running
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.logs import LogBook
from essaim_practice.programs.process import Process
from essaim_practice.programs.sockets import Sockets
from essaim_practice.programs.stdio import Streams
from essaim_practice.programs.talk import Talks
from essaim_practice.store.clock import Clock
from essaim_practice.store.memory import UNBOUNDED, Budget, Confined
from essaim_practice.store.objects import Container

_THREADS = 5  # of runc, which take numbers after that of each process that it starts
PROCESS = 16 * 1024  # bytes of one, with its generators


class Processes:
    """Processes by container id; calls ``ended`` with the exit code of each main process."""

    def __init__(
        self,
        clock: Clock,
        logs: LogBook,
        ended: Callable[[str, int], None],
        memory: Budget = UNBOUNDED,
    ) -> None:
        self._clock = clock
        self._logs = logs
        self._ended = ended
        self._memory = memory
        memory.join(self)
        self._streams: dict[str, Streams] = {}  # of main processes, those to come among them
        #: Of those that have ended, while somebody is still told what they wrote.
        self._lately: WeakValueDictionary[str, Streams] = WeakValueDictionary()
        self._main: dict[str, Process] = {}
        self._others: dict[str, dict[int, Process]] = {}  # by container, and by pid inside it
        self._last: dict[str, int] = {}  # pid inside a container, by whose numbers count there
        self._first: dict[str, int] = {}  # the pid inside of each main process
        self._space: dict[str, str] = {}  # whose numbers count, of one that shares another's
        self.sockets = Sockets()  # ports that programs open while they run
        self._init: dict[str, Running] = {}  # what starts the main process, and stands before it
        self._confined: dict[str, Confined] = {}  # of containers with a memory limit

    @property
    def weight(self) -> int:
        """Bytes that the processes take, besides what they hold."""
        return PROCESS * (len(self._main) + sum(map(len, self._others.values())))

    # Coming and going

    def streams(self, container: Container) -> Streams:
        """The streams of the main process, also before it runs."""
        streams = self._streams.get(container.id)
        if streams is None:
            config, log = container.config, partial(self._logs.write, container.id)
            memory = self.memory(container)
            log_config = container.host_config.get("LogConfig") or {}
            self._logs.turn(container.id, log_config.get("Config") or {})
            tty, is_open = bool(config.get("Tty")), bool(config.get("OpenStdin"))
            streams = Streams(tty, is_open, log, memory, endless=tty)
            self._streams[container.id] = streams
        return streams

    def is_telling(self, container_id: str) -> bool:
        """Whether a client is still being sent what the container's main process wrote."""
        found = self._streams.get(container_id) or self._lately.get(container_id)
        return found is not None and found.telling > 0

    def memory(self, container: Container) -> Budget:
        """What the container's programs count in: one of its own, if it has a limit."""
        limit = int(container.host_config.get("Memory") or 0)
        if not limit:
            return self._memory
        if container.id not in self._confined:
            self._confined[container.id] = Confined(limit, self._memory)
        return self._confined[container.id]

    def overran(self, container_id: str) -> bool:
        """Whether a program of the container was killed for what it held."""
        confined = self._confined.get(container_id)
        return confined is not None and confined.overrun

    def add(self, container: Container, program: Program, pid: int, user: str = "root") -> None:
        """Add the main program of a container; ``go_on`` starts it."""
        ended, first = partial(self._ended, container.id), self.first_pid(container)
        if space := self._shared(container):
            self._space[container.id] = space
        init = bool(container.host_config.get("Init")) and not space
        if init:
            argv = f"/sbin/docker-init -- {(program.processes or ('',))[0]}"
            self._init[container.id] = Running(1, user, self._clock.now(), argv)
        self._main[container.id] = Process(
            program, self.streams(container), self._clock, ended, pid, user, first=first == 1
        )
        self._first[container.id] = first
        self._last[self._space.get(container.id, container.id)] = (
            first if init else first + _THREADS
        )

    def first_pid(self, container: Container) -> int:
        """The pid that the main process of a container has inside it, or will have."""
        if container.id in self._first:
            return self._first[container.id]
        if space := self._shared(container):
            return self.next_pid(space)
        return 2 + _THREADS if container.host_config.get("Init") else 1

    def _shared(self, container: Container) -> str:
        """The container whose processes this one sees with its own; "" of most."""
        kind, _, other = str(container.host_config.get("PidMode") or "").partition(":")
        return self._space.get(other, other) if kind == "container" else ""

    def join(
        self,
        container_id: str,
        program: Program,
        streams: Streams,
        ended: Callable[[int], None],
        pid: int,
        user: str,
        inside: int = 0,
    ) -> Process:
        """Add a process to a running container; its ``go_on`` starts it.

        inside: the pid that it has there; 0: the next one.
        """
        counted = not inside
        inside = inside or self.next_pid(container_id)
        self._last[self._space.get(container_id, container_id)] = inside + _THREADS * counted

        def over(code: int) -> None:
            self._others.get(container_id, {}).pop(inside, None)
            ended(code)

        process = Process(program, streams, self._clock, over, pid, user)
        self._others.setdefault(container_id, {})[inside] = process
        return process

    def next_pid(self, container_id: str) -> int:
        """The pid, inside the container, of the next process."""
        return self._last.get(self._space.get(container_id, container_id), 1) + 1

    def new_pid(self, container_id: str) -> int:
        """A number inside the container for a process of a shell's."""
        space = self._space.get(container_id, container_id)
        self._last[space] = self.next_pid(container_id)
        return self._last[space]

    def adopt(self, container_id: str, program: Program, pid: int, user: str) -> None:
        """Let a program go on whose shell has ended; a container that has ended has none."""
        if self._space.get(container_id, container_id) not in self._last:
            program.steps.close()
            return
        streams = Streams(tty=False, is_open=False, memory=self._memory)
        process = self.join(container_id, program, streams, lambda code: None, pid, user)
        self._clock.call_later(0.0, process.go_on)

    def go_on(self, container_id: str, paused: bool) -> None:
        """Start or resume the processes that wait for nothing; hold those of a paused container."""
        for process in list(self._all(container_id).values()):
            process.go_on(paused)

    def end(self, container_id: str) -> None:
        """Kill all processes of a container that stopped, and end all followers."""
        self.sockets.end(container_id)
        for process in list(self._others.pop(container_id, {}).values()):
            process.signal(signals.KILL)
        if main := self._main.pop(container_id, None):
            main.end()
        for known in (self._last, self._first, self._space, self._init):
            known.pop(container_id, None)

    def detach(self, container_id: str) -> None:
        """End the streams of the main process: it ended, or never began."""
        if streams := self._streams.pop(container_id, None):
            self._lately[container_id] = streams
            streams.end()
        self._confined.pop(container_id, None)

    # Asking

    def program(self, container_id: str) -> Program | None:
        process = self._main.get(container_id)
        return process.program if process else None

    def running(self, container_id: str) -> list[tuple[int, Running]]:
        """The processes as ``ps`` shows them, each with its pid on the machine."""
        shown = []
        if (init := self._init.get(container_id)) and (main := self._main.get(container_id)):
            shown.append((main.pid, init))
        for inside, process in self._all(container_id).items():
            parent = 1 if init is not None and inside == self._first.get(container_id) else 0
            jobs = process.program.jobs
            for number, title in enumerate(process.program.processes):
                entry = Running(
                    inside + number,
                    process.user,
                    process.started,
                    title if jobs is None or number else jobs.title or title,
                    inside if number else parent,
                    jobs.name if jobs is not None and not number else "",
                )
                shown.append((process.pid + number + parent, entry))
            for child in jobs.running() if jobs is not None else ():
                entry = replace(child, user=process.user)
                shown.append((process.pid + child.pid - inside, entry))
        return shown

    def seen(self, container_id: str) -> list[Running]:
        """What a process of the container sees: its own, and those of who shares its numbers."""
        space = self._space.get(container_id, container_id)
        shown = [one for _, one in self.running(space)]
        for other, whose in self._space.items():
            if whose == space:
                shown += [one for _, one in self.running(other)]
        return sorted(shown, key=lambda one: one.pid)

    def listens(self, container_id: str, port: int) -> bool:
        """Whether a program in the container listens on a port."""
        running = (process.program for process in self._all(container_id).values())
        fixed = any(port in program.ports or port in program.talks for program in running)
        return fixed or port in self.sockets.of(container_id)

    def talks(self, container_id: str, port: int) -> Talks | None:
        """What opens connections to the program that listens there, if it speaks no HTTP."""
        for process in self._all(container_id).values():
            if opened := process.program.talks.get(port):
                return opened
        socket = self.sockets.of(container_id).get(port)
        return socket.talks if socket else None

    def ports(self, container_id: str) -> frozenset[int]:
        """The ports that programs in the container listen on."""
        every = [p.program for p in self._all(container_id).values()]
        return frozenset(port for program in every for port in (*program.ports, *program.talks))

    def request(
        self, container_id: str, request: HttpRequest, port: int = 0
    ) -> HttpResponse | None:
        """The answer to a request, which is logged; None if no program answers."""
        socket = self.sockets.of(container_id).get(port)
        if socket is not None:
            return socket.site(request) if socket.site else None
        for process in self._all(container_id).values():
            if process.program.site is not None:
                page = process.program.site(request)
                for written in page.log:
                    process.streams.write(written.data, written.stream)
                return page
        return None

    def script(self, container_id: str) -> str | None:
        """The source of the Streamlit app that a program in the container runs, if one does."""
        for process in self._all(container_id).values():
            if process.program.script is not None:
                return process.program.script()
        return None

    # Signals

    def signal(self, container_id: str, number: int) -> None:
        """Send a signal to the container's main process."""
        if process := self._main.get(container_id):
            process.signal(number)

    def resize(self, container_id: str, rows: int, columns: int) -> None:
        """Give the main process's terminal, if it has one, another size."""
        if process := self._main.get(container_id):
            process.streams.resize(rows, columns)
            process.resized()

    def kill(self, container_id: str, pid: int, number: int) -> None:
        """Send a signal by pid inside the container. Raises ProcessLookupError."""
        every = self._all(container_id)
        for other, space in self._space.items():
            if self._space.get(container_id, container_id) in (space, other):
                every = {**self._all(other), **self._all(space), **every}
        if pid == 1 and container_id in self._init:  # which hands it on
            pid = self._first[container_id]
            if number == signals.KILL:
                return
        process = every.get(pid)
        if process is None:
            for one in every.values():
                if one.program.jobs is not None and one.program.jobs.signal(pid, number):
                    one.signal(signals.CONT)  # it looks at its jobs
                    return
            raise ProcessLookupError(3, "No such process")
        if number and not (pid == 1 and number == signals.KILL):  # which its own cannot do
            process.signal(number)

    def _all(self, container_id: str) -> dict[int, Process]:
        main = self._main.get(container_id)
        others = self._others.get(container_id)
        found = {self._first[container_id]: main} if main is not None else {}
        return found | others if others else found
