"""Builds the context of a program from its container, and finds a container's main program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from essaim_practice.engine import machine_processes
from essaim_practice.engine.container_facts import ContainerFacts
from essaim_practice.engine.overviews import overview_of
from essaim_practice.files import books
from essaim_practice.files.container_files import ContainerFiles
from essaim_practice.files.engine_files import Books, hostname_of
from essaim_practice.files.engine_files import books as books_of
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.files.rights import bounds_of
from essaim_practice.network import links, names, topology
from essaim_practice.network.machine_net import MachineNet
from essaim_practice.network.mesh import Mesh
from essaim_practice.network.net import ContainerNet
from essaim_practice.programs import base as programs
from essaim_practice.programs.hosts import Net
from essaim_practice.programs.processes import PROCESS, Processes
from essaim_practice.programs.users import check_known, check_user
from essaim_practice.store.objects import Container, Image
from essaim_practice.store.store import Store
from essaim_practice.text.encoding import decoded

#: Devices of every machine that containers may use.
_DEVICES = frozenset((
    "/dev/full", "/dev/fuse", "/dev/kmsg", "/dev/null", "/dev/ptmx", "/dev/random", "/dev/tty",
    "/dev/urandom", "/dev/zero",
))  # fmt: skip


class Contexts:
    """Builds the Context of each program in a container."""

    def __init__(
        self, store: Store, files: ContainerFiles, processes: Processes, mesh: Mesh
    ) -> None:
        self._store = store
        self._files = files
        self._processes = processes
        self._mesh = mesh
        self._now = store.clock.now  # one for all
        self._booted = store.clock.now()
        files.books = self._books
        files.facts = self._facts

    def of(self, container: Container, image: Image) -> programs.Context:
        """The context of a program in this container. Raises StartError without memory for one."""
        if not self._store.memory.take(PROCESS):
            raise programs.StartError("fork/exec /proc/self/exe: cannot allocate memory", 126)
        inside = _Inside(container, self._store, self._files, self._processes)
        config = container.config
        owner = topology.owner(self._store, container)
        hostname = hostname_of(owner)
        own = programs.environment(image, config.get("Env"))
        env = {**links.variables(self._store, container), "HOSTNAME": hostname, **own}
        context = programs.Context(
            image=image,
            hostname=hostname,
            env=env,
            cwd=str(config.get("WorkingDir") or image.config.get("WorkingDir") or "/"),
            now=self._now,
            interactive=bool(config.get("OpenStdin")),
            user=str(config.get("User") or image.config.get("User") or "root"),
            groups=tuple(str(name) for name in container.host_config.get("GroupAdd") or ()),
            tty=bool(config.get("Tty")),
            inside=inside,
            net=self._net(container),
            bounds=bounds_of(container.host_config),
            pid=self._processes.first_pid(container),
            parent=int(bool(container.host_config.get("Init"))),
            overview=partial(overview_of, self._store, container.id),
        )
        env.setdefault("HOME", context.rights.home)
        return context

    def _facts(self, container: Container) -> ContainerFacts:
        """What /proc and /sys tell of a container."""
        inside = _Inside(container, self._store, self._files, self._processes)
        net = partial(self._net, container)
        return ContainerFacts(self._store, container, inside, net, self._booted)

    def _net(self, container: Container) -> Net:
        if topology.is_machines(topology.owner(self._store, container)):
            hosts = partial(machine_hosts, self._files, container.engine)
            return MachineNet(self._store, self._mesh, container.engine, hosts)
        return ContainerNet(self._store, self._mesh, container.id)

    def _books(self, container: Container) -> Books:
        """The files that the engine writes into a container: those of its network's owner."""
        owner = topology.owner(self._store, container)
        rows = names.host_rows(self._store, owner)
        found = books_of(owner, rows, names.has_service(self._store, owner))
        if topology.is_machines(owner):
            hosts = self._files.machine(owner.engine).read("/etc/hosts")
            found = replace(found, hosts=decoded(hosts))
        return found

    def program(self, container: Container, image: Image) -> programs.Program:
        """The container's main program. Raises StartError in the daemon's words."""
        context, argv = self.of(container, image), programs.argv_of(container, image)
        if context.user != "root":
            self.check_user(container, context.user)
        self._check_extras(container)
        try:
            # The engine makes the folder that a container works in.
            if not context.view.is_folder(context.cwd):
                context.inside.disk().make_folder(context.cwd, parents=True)
            program = programs.program(argv, context)
        except programs.StartError as error:
            raise programs.StartError(programs.not_created(error), error.exit_code) from None
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise programs.StartError(f"mkdir {context.cwd}: {reason}", 126) from None
        return program if program.processes else replace(program, processes=(" ".join(argv),))

    def check_user(self, container: Container, user: str) -> None:
        """Raises StartError in the daemon's words if the container has no such user."""
        check_user(self._files.of(container), user)

    def _check_extras(self, container: Container) -> None:
        """Raises StartError in the daemon's words for missing devices, groups and namespaces."""
        host = container.host_config
        for name in host.get("GroupAdd") or ():
            check_known(self._files.of(container), str(name), "group", programs.NOT_STARTED)
        for device in host.get("Devices") or ():
            path = str(device.get("PathOnHost") or "")
            if path not in _DEVICES:
                text = f'error gathering device information while adding custom device "{path}"'
                raise programs.StartError(
                    f"{text}: no such file or directory", programs.NOT_STARTED
                )
        for field, what in (("IpcMode", "IPC"), ("PidMode", "PID")):
            kind, _, id = str(host.get(field) or "").partition(":")
            other = self._store.get(Container, id) if kind == "container" else None
            if other is not None and (problem := _not_joined(other, what)):
                text = f"failed to join {what} namespace: container {id}{problem}"
                raise programs.StartError(text, programs.NOT_STARTED)
        for asked in host.get("DeviceRequests") or ():
            wanted = " ".join(f"[{' '.join(c)}]" for c in asked.get("Capabilities") or ())
            driver = asked.get("Driver") or ""
            text = f'could not select device driver "{driver}" with capabilities: [{wanted}]'
            raise programs.StartError(text, programs.NOT_STARTED)


def _not_joined(other: Container, what: str) -> str:
    """Why a container's namespace cannot be joined; '' where it can."""
    if other.state != "running":
        return " is not running"
    mode = str(other.host_config.get("IpcMode") or "private")
    if what == "IPC" and mode not in ("host", "shareable"):
        return ": non-shareable IPC (hint: use IpcMode:shareable for the donor container)"
    return ""


def machine_hosts(files: ContainerFiles, engine: str) -> Mapping[str, str]:
    """Addresses by name, as the /etc/hosts of an engine's machine has them."""
    lines = books.lines(files.machine(engine), "/etc/hosts")
    rows = (row.partition("#")[0].split() for row in reversed(lines))
    return {name: row[0] for row in rows for name in row[1:] if ":" not in row[0]}


class _Inside:
    """A container of the store; each call reads its current record."""

    __slots__ = ("_container", "_files", "_processes", "_store")

    def __init__(
        self, container: Container, store: Store, files: ContainerFiles, processes: Processes
    ) -> None:
        self._container = container
        self._store = store
        self._files = files
        self._processes = processes

    def disk(self) -> FileSystem:
        return self._files.of(self._now())

    def view(self) -> FileSystem:
        return self._files.view(self._now())

    def window(self) -> tuple[int, int]:
        return self._processes.streams(self._container).window

    def processes(self) -> list[programs.Running]:
        container = self._container
        if container.host_config.get("PidMode") == "host":
            return machine_processes.running(self._store, self._processes, container.engine)
        return self._processes.seen(container.id)

    def kill(self, pid: int, number: int) -> None:
        self._processes.kill(self._container.id, pid, number)

    def new_pid(self) -> int:
        return self._processes.new_pid(self._container.id)

    def adopt(self, program: programs.Program) -> None:
        container = self._now()
        pid = container.pid + self._processes.next_pid(container.id)
        self._processes.adopt(
            container.id, program, pid, str(container.config.get("User") or "root")
        )

    def _now(self) -> Container:
        return self._store.get(Container, self._container.id) or self._container
