"""Commands in containers and on machines: each is created first, then started once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from essaim_practice.engine.events import EventLog
from essaim_practice.engine.machines import Machine, Machines
from essaim_practice.engine.runtime import Runtime
from essaim_practice.files.rights import UNBOUND
from essaim_practice.programs import base as programs
from essaim_practice.programs import signals
from essaim_practice.programs.base import StartError
from essaim_practice.programs.process import Process
from essaim_practice.programs.stdio import Streams
from essaim_practice.programs.users import check_user
from essaim_practice.store.formats import hex_id
from essaim_practice.store.memory import weigh
from essaim_practice.store.objects import Container, Image, Json
from essaim_practice.store.store import Change, Store

_KEPT = 300.0  # seconds that an exec is kept after its end
_MOST = 200  # execs remembered per container
_EXEC = 2048  # bytes of one besides its configuration


@dataclass(slots=True)
class Exec:
    """One command in one container, or on one machine."""

    id: str
    container_id: str  # or that of a Machine
    config: Json  # as POST /containers/{id}/exec sent it
    streams: Streams
    begun: bool = False  # its start was asked for
    running: bool = False
    exit_code: int | None = None
    pid: int = 0
    ended: float = 0.0
    process: Process | None = None
    over: list[Callable[[int], None]] = field(default_factory=list)  # told of the exit code
    machine: Machine | None = None

    @property
    def argv(self) -> list[str]:
        return [str(word) for word in self.config["Cmd"]]

    @property
    def tty(self) -> bool:
        return bool(self.config.get("Tty"))

    def as_json(self) -> dict[str, Any]:
        """GET /exec/{id}/json."""
        first, *others = self.argv
        process: dict[str, Any] = {"tty": self.tty, "entrypoint": first, "arguments": others}
        if user := self.config.get("User"):
            process["user"] = user
        return {
            "ID": self.id,
            "Running": self.running,
            "ExitCode": self.exit_code,
            "ProcessConfig": {**process, "privileged": bool(self.config.get("Privileged"))},
            "OpenStdin": bool(self.config.get("AttachStdin")),
            "OpenStderr": bool(self.config.get("AttachStderr")),
            "OpenStdout": bool(self.config.get("AttachStdout")),
            "CanRemove": False,
            "ContainerID": self.container_id,
            "DetachKeys": str(self.config.get("DetachKeys") or ""),
            "Pid": self.pid,
        }


class Execs:
    """Every exec by its id."""

    def __init__(
        self, store: Store, runtime: Runtime, events: EventLog, machines: Machines
    ) -> None:
        self._store = store
        self._runtime = runtime
        self._machines = machines
        self._events = events
        self._execs: dict[str, Exec] = {}
        self._of: dict[str, list[str]] = {}  # ids by container, oldest first
        self.weight = 0  # bytes of all that are remembered
        store.memory.join(self)
        store.watch(self._on_container, Container)

    def get(self, exec_id: str) -> Exec | None:
        return self._execs.get(exec_id)

    def ids(self, container_id: str) -> list[str] | None:
        """Ids of the container's execs that have not ended; None without one."""
        open_ = (id for id in self._of.get(container_id, ()) if self._execs[id].exit_code is None)
        return list(open_) or None

    def create(self, place: Container | Machine, config: Json) -> Exec:
        """Create a command in a container or on a machine. Raises StartError for an unknown user.

        config: as POST /containers/{id}/exec has it.
        """
        machine = place if isinstance(place, Machine) else None
        if user := str(config.get("User") or ""):
            if isinstance(place, Machine):
                check_user(self._machines.disk(place), user)
            else:
                self._runtime.contexts.check_user(place, user)
        self._tidy(place.id)
        tty, reads = bool(config.get("Tty")), bool(config.get("AttachStdin"))
        exec_id = hex_id(self._runtime.random)
        memory = self._store.memory
        if not isinstance(place, Machine):
            memory = self._runtime.processes.memory(place)
        streams = Streams(tty, reads, memory=memory)
        made = Exec(exec_id, place.id, config, streams, machine=machine)
        self._grow(made, 1)
        self._execs[exec_id] = made
        self._of.setdefault(place.id, []).append(exec_id)
        self._tell(made, f"exec_create: {_told(made)}")
        return made

    def start(self, one: Exec) -> None:
        """Start the command. Raises StartError in the runtime's words if it cannot start."""
        one.begun = True
        self._tell(one, f"exec_start: {_told(one)}")
        pid = self._runtime.next_pid()
        try:
            program, user = self._program(one, pid)
        except StartError as error:
            one.exit_code = error.exit_code
            self._end(one, error.exit_code)
            text = f"OCI runtime exec failed: exec failed: {programs.UNABLE}: {error.message}"
            raise StartError(text, error.exit_code) from None
        one.running = True
        one.pid = pid

        def ended(code: int) -> None:
            one.running = False
            self._end(one, code)

        join = self._runtime.processes.join
        inside = pid if one.machine else 0
        one.process = join(one.container_id, program, one.streams, ended, pid, user, inside)
        one.process.go_on()

    def kill(self, one: Exec) -> None:
        if one.process is not None:
            one.process.signal(signals.KILL)

    def hang_up(self, one: Exec) -> None:
        """Its terminal is gone: what runs in it hears of that."""
        if one.process is not None:
            one.process.signal(signals.HUP)

    def _context(self, one: Exec, pid: int) -> programs.Context:
        if one.machine is not None:
            return replace(self._machines.context(one.machine), pid=pid)
        container, image = self._store.get(Container, one.container_id), None
        if container is not None:
            image = self._store.get(Image, f"{container.engine}/{container.image_id}")
        if container is None or image is None or container.state != "running":
            raise StartError("the container is gone", 126)
        context = self._runtime.contexts.of(container, image)
        return replace(context, pid=self._runtime.processes.next_pid(container.id), parent=0)

    def _program(self, one: Exec, pid: int) -> tuple[programs.Program, str]:
        context, config = self._context(one, pid), one.config
        folder = str(config.get("WorkingDir") or context.cwd)
        if config.get("WorkingDir") and not context.fs.is_folder(folder):
            reason = "not a directory" if context.fs.exists(folder) else "no such file or directory"
            raise StartError(f'chdir to cwd ("{folder}") set in config.json failed: {reason}', 127)
        pairs = (str(pair).partition("=") for pair in config.get("Env") or ())
        env = {**context.env, **{name: value for name, equals, value in pairs if equals}}
        if one.tty:
            env.setdefault("TERM", "xterm")
        user = str(config.get("User") or context.user)
        bounds = UNBOUND if config.get("Privileged") else context.bounds
        inside = replace(
            context,
            env=env,
            cwd=folder,
            user=user,
            tty=one.tty,
            interactive=bool(config.get("AttachStdin")),
            window=lambda: one.streams.window,
            bounds=bounds,
        )
        if env.get("HOME") == context.rights.home:  # which nobody chose
            env["HOME"] = inside.rights.home
        made = programs.program(one.argv, inside)
        if not made.processes:
            made = replace(made, processes=(" ".join(one.argv),))
        return made, user

    def _end(self, one: Exec, code: int) -> None:
        one.exit_code, one.ended = code, self._store.clock.now()
        one.streams.end()
        self._tell(one, "exec_die", exitCode=str(code))
        for told in one.over:
            told(code)
        one.over.clear()

    def _tell(self, one: Exec, action: str, **more: str) -> None:
        container = self._store.get(Container, one.container_id)
        if container is not None:
            self._events.emit_container(container, action, execID=one.id, **more)

    def _tidy(self, container_id: str) -> None:
        """Forget execs that ended long ago, and the oldest beyond the limit."""
        ids, now = self._of.get(container_id, []), self._store.clock.now()
        for exec_id in list(ids):
            one = self._execs[exec_id]
            old = one.exit_code is not None and now - one.ended > _KEPT
            if old or (len(ids) >= _MOST and not one.running):
                ids.remove(exec_id)
                self._grow(self._execs.pop(exec_id), -1)

    def _on_container(self, change: Change) -> None:
        if change.new is None:
            for exec_id in self._of.pop(change.subject.id, ()):
                self._grow(self._execs.pop(exec_id), -1)

    def _grow(self, one: Exec, sign: int) -> None:
        weight = _EXEC + weigh(one.config)
        self.weight += sign * weight
        if sign > 0:
            self._store.memory.grow(weight)


def _told(one: Exec) -> str:
    """The command as its events show it: a space always follows the name."""
    return f"{one.argv[0]} {' '.join(one.argv[1:])}"
