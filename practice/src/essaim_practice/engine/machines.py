"""The machines that the engines run on, as their own shells have them: programs, files, network.

A machine is no container. No record of the store tells of what runs in its shells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from essaim_practice.engine import machine_processes
from essaim_practice.engine.contexts import machine_hosts
from essaim_practice.engine.runtime import Runtime
from essaim_practice.files import machine_tree
from essaim_practice.files.container_files import ContainerFiles
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.files.rights import UNBOUND
from essaim_practice.network.machine_net import MachineNet
from essaim_practice.programs import base as programs
from essaim_practice.programs.base import MACHINE, Running, StartError
from essaim_practice.programs.docker_lines import NO_DOCKER, Docker
from essaim_practice.programs.processes import PROCESS
from essaim_practice.store.memory import VALUE
from essaim_practice.store.objects import Engine, Image
from essaim_practice.store.store import Change, Store

LOGIN_SHELL = ("/bin/ash", "-l")
_MOST_LINES = 200  # docker lines that are remembered of a machine
_LONGEST_LINE = 4096  # characters of one
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_IMAGE = Image("", "", "", (), (), 0, 0.0, (), (), {}, "", machine_tree.MACHINE, base=MACHINE)


@dataclass(frozen=True, slots=True)
class DockerLine:
    """A docker line that was typed on a machine, and has ended.

    number: grows from line to line, also over a restart of the worker. at: simulated seconds since
    1970.
    """

    number: int
    argv: tuple[str, ...]
    cwd: str
    code: int
    at: float


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of an engine."""

    engine: str
    address: str

    @property
    def id(self) -> str:
        """What its processes and files are known by, as a container's by its id."""
        return id_of(self.engine)


def id_of(engine: str) -> str:
    return f"machine/{engine}"


class Machines:
    """The machine of each engine, the processes of its shells, and its docker lines."""

    def __init__(self, store: Store, files: ContainerFiles, runtime: Runtime) -> None:
        self._store = store
        self._files = files
        self._runtime = runtime
        self._lines: dict[str, deque[DockerLine]] = {}  # by engine, oldest first
        self._last = 0
        self.docker: Callable[[Machine], Docker] = lambda machine: NO_DOCKER
        self._watchers: list[Callable[[], None]] = []
        self._up_since: dict[str, float] = {}
        self.weight = 0  # bytes of the docker lines
        store.memory.join(self)
        for engine in store.all(Engine):
            self._up_since[engine.id] = store.clock.now()
        store.watch(self._on_engine, Engine)

    def of(self, engine: str) -> Machine:
        """The machine of an engine."""
        record = self._store.get(Engine, engine)
        return Machine(engine, record.address if record else "127.0.0.1")

    def disk(self, machine: Machine) -> FileSystem:
        return self._files.machine(machine.engine)

    def context(self, machine: Machine) -> programs.Context:
        """The context of a program in its shell. Raises StartError without memory for one."""
        if not self._store.memory.take(PROCESS):
            raise StartError("fork/exec: cannot allocate memory", 126)
        engine = self._store.get(Engine, machine.engine)
        if engine is None or not engine.up:
            raise StartError(f"{machine.engine} is down", 126)
        hosts = partial(machine_hosts, self._files, machine.engine)
        env = {"HOME": "/root", "HOSTNAME": machine.engine, "LOGNAME": "root", "PATH": _PATH}
        return programs.Context(
            image=_IMAGE,
            hostname=machine.engine,
            env={**env, "SHELL": "/bin/ash", "USER": "root"},
            cwd="/root",
            now=self._store.clock.now,
            interactive=True,
            inside=_Inside(machine, self),
            net=MachineNet(self._store, self._runtime.mesh, machine.engine, hosts),
            docker=self.docker(machine),
            bounds=UNBOUND,
        )

    def end(self) -> None:
        """End all that runs in the machines' shells: the cluster is no more."""
        for engine in self._store.all(Engine):
            self._runtime.processes.end(id_of(engine.id))

    # Docker lines

    def tell(self, machine: Machine, argv: Sequence[str], cwd: str, code: int) -> None:
        """A docker line has ended on a machine; argv: ``docker`` first."""
        now, words, left = self._store.clock.now(), list[str](), _LONGEST_LINE
        for word in argv:
            if len(word) > left:
                words.append(f"{word[:left]}…")
                break
            words.append(word)
            left -= len(word) + 1
        self._last = max(self._last + 1, int(now))  # after a restart, what comes is later
        line = DockerLine(self._last, tuple(words), cwd, code, now)
        kept = self._lines.setdefault(machine.engine, deque())
        kept.append(line)
        growth = _weight(line)
        self._store.memory.grow(growth)
        if len(kept) > _MOST_LINES:
            growth -= _weight(kept.popleft())
        self.weight += growth
        for heard in self._watchers:
            heard()

    def watch(self, heard: Callable[[], None]) -> None:
        """Let somebody hear that a docker line has ended, on whichever machine."""
        self._watchers.append(heard)

    def lines(self, machine: Machine, since: int = 0) -> list[DockerLine]:
        """The docker lines of a machine after the one of that number, oldest first."""
        return [line for line in self._lines.get(machine.engine, ()) if line.number > since]

    # Processes

    def processes(self, machine: Machine) -> list[Running]:
        """All that runs on a machine, with what runs in its containers."""
        since = self._up_since.get(machine.engine, 0.0)
        processes = self._runtime.processes
        return machine_processes.running(self._store, processes, machine.engine, since)

    def kill(self, machine: Machine, pid: int, number: int) -> None:
        """Raises ProcessLookupError; PermissionError for what the machine cannot be without."""
        if any(pid == own for own, _ in machine_processes.SYSTEM):
            raise PermissionError(1, "Operation not permitted")
        for place in machine_processes.places(self._store, machine.engine):
            for outside, running in self._runtime.processes.running(place):
                if outside != pid:
                    continue
                if place != machine.id and running.pid == 1:
                    self._runtime.processes.signal(place, number)
                else:
                    self._runtime.processes.kill(place, running.pid, number)
                return
        raise ProcessLookupError(3, "No such process")

    def new_pid(self) -> int:
        """A number for a process of a shell's, which no container's process has."""
        return self._runtime.next_pid()

    def adopt(self, machine: Machine, program: programs.Program) -> None:
        """Let a program go on whose shell has ended."""
        self._runtime.processes.adopt(machine.id, program, self._runtime.next_pid(), "root")

    def _on_engine(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(new, Engine) or (isinstance(old, Engine) and old.up == new.up):
            return
        if new.up:
            self._up_since[new.id] = self._store.clock.now()
        else:
            self._runtime.processes.end(id_of(new.id))
        if new.gone:
            for line in self._lines.pop(new.id, ()):
                self.weight -= _weight(line)


def _weight(line: DockerLine) -> int:
    return VALUE * (len(line.argv) + 4) + sum(map(len, line.argv)) + len(line.cwd)


class _Inside:
    """A machine, as programs ask for it."""

    __slots__ = ("_machine", "_machines")

    def __init__(self, machine: Machine, machines: Machines) -> None:
        self._machine = machine
        self._machines = machines

    def disk(self) -> FileSystem:
        return self._machines.disk(self._machine)

    def view(self) -> FileSystem:
        return self.disk()

    def window(self) -> tuple[int, int]:
        return 0, 0

    def processes(self) -> list[Running]:
        return self._machines.processes(self._machine)

    def kill(self, pid: int, number: int) -> None:
        self._machines.kill(self._machine, pid, number)

    def new_pid(self) -> int:
        return self._machines.new_pid()

    def adopt(self, program: programs.Program) -> None:
        self._machines.adopt(self._machine, program)
