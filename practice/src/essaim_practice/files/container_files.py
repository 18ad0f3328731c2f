"""The file systems of containers and volumes, each made when first needed.

A container has its file system from creation to removal, running or not; so does a named volume.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from posixpath import dirname

from essaim_practice.files import machine_tree, proc_files, rootfs, sys_files, sysctls, volumes
from essaim_practice.files.diary import Diaries, FilesPart, SavedFiles
from essaim_practice.files.engine_files import OWN, Books, books, hostname_of, refresh
from essaim_practice.files.filesystem import EMPTY, NAME_COST, File, FileSystem, Folder, Tree
from essaim_practice.files.kernel_files import Facts, MadeFiles
from essaim_practice.files.shared import SharedFiles
from essaim_practice.store.mount import Mount
from essaim_practice.store.objects import Container, Engine, Image, Volume
from essaim_practice.store.store import Change, Store, Stored

_SHM = 64 * 2**20  # bytes of /dev/shm where nobody asks for another size
_NAMES = 2 * NAME_COST  # bytes for a tmpfs's own names
_OWN_LIMIT = 64 * 1024  # bytes: they are not on the disk, or a full one would let nothing start


class ContainerFiles:
    """FileSystems by container id and by volume id, within the limits of the store.

    saved: those of an earlier store, by kind and id: ``container/4f5e``, ``volume/node1/data``,
    ``machine/node1``. share: a folder of this computer that machines have at its path, read only.
    """

    def __init__(
        self,
        store: Store,
        saved: Mapping[str, SavedFiles] | None = None,
        share: Path | None = None,
    ) -> None:
        self._store = store
        self._share = SharedFiles(share) if share else None
        self._saved = dict(saved or {})  # until each is needed
        store.disk.join(self)
        store.disk.grow(self.weight)
        self._diaries: Diaries | None = None
        self.limit = store.limits.file_bytes
        self._disk = store.disk
        self._containers: dict[str, FileSystem] = {}
        self._volumes: dict[str, FileSystem] = {}
        self._machines: dict[str, FileSystem] = {}
        self._templates: dict[str, FileSystem] = {}  # by image
        self.books: Callable[[Container], Books] = books  # what the engine writes into each
        #: What /proc and /sys tell of each; None: the same of all.
        self.facts: Callable[[Container], Facts] | None = None
        self._books: dict[str, tuple[Container, Books]] = {}  # as last written
        store.watch(self._on_container, Container)
        store.watch(self._on_volume, Volume)
        store.watch(self._on_engine, Engine)

    def of(self, container: Container) -> FileSystem:
        """The container's file system; its /etc/hosts names the address that it has now."""
        system = self._containers.get(container.id)
        if system is None:
            system = self._containers[container.id] = self._make(container)
        record, written = self._books.get(container.id, (None, None))
        if record is not container or container.host_config.get("Links"):
            found = self.books(container)
            self._books[container.id] = container, found
            if written != found:
                refresh(system, found)
        return system

    def made(self, container: Container) -> FileSystem | None:
        """As ``of``, but None if it was never needed, so that nothing was written."""
        if f"container/{container.id}" in self._saved:
            return self.of(container)
        return self._containers.get(container.id)

    def view(self, container: Container) -> FileSystem:
        """As ``of``, only to be looked at, without the times and the words of the engine's files.

        All containers of an image share one until they need their own: most never do.
        """
        if container.mounts or self.made(container) is not None:
            return self.of(container)
        image = self._store.get(Image, f"{container.engine}/{container.image_id}")
        return self._template(container.image_id, image.files if image else EMPTY)

    def sizes(self, container: Container, image: Image | None) -> dict[str, int]:
        """SizeRw and SizeRootFs of the API, in bytes."""
        made = self.made(container)
        written = made.size if made else 0
        return {"SizeRw": written, "SizeRootFs": written + (image.size if image else 0)}

    def volume(self, volume_id: str) -> FileSystem:
        """The file system of a volume."""
        if volume_id not in self._volumes:
            saved = self._saved.pop(f"volume/{volume_id}", None)
            self._volumes[volume_id] = volume = self._room(tree=saved.tree if saved else None)
            volume.limit = self._room_on(volume_id.partition("/")[0])
            self._keep(f"volume/{volume_id}", volume, saved)
        return self._volumes[volume_id]

    def volume_size(self, volume_id: str) -> int:
        """Bytes that a volume holds."""
        if volume_id in self._volumes or f"volume/{volume_id}" in self._saved:
            return self.volume(volume_id).size
        return 0

    def machine(self, engine: str) -> FileSystem:
        """The files of the engine's machine: its shell has them, and bind mounts show them."""
        machine = self._machines.get(engine)
        if machine is None:
            now, record = self._store.clock.now, self._store.get(Engine, engine)
            address = record.address if record else ""
            machine = FileSystem(machine_tree.MACHINE, now, self.limit)
            machine.start_from(machine_tree.own_files(engine, address))
            machine.write_to(self._disk)
            self._machines[engine] = machine
            name = f"machine/{engine}"
            self._keep(name, machine, self._saved.pop(name, None))
            machine.version = int(now() * 1000)  # so that it grows over a restart, too
            _mount_kernel(machine, now())
            if self._share is not None:
                _mount(machine, self._share.folder, self._share, read_only=True)
            machine.limit = self._room_on(engine)
        return machine

    # Keeping

    def keep(self, diaries: Diaries) -> None:
        """Keep diaries of all file systems, those that are made later as well."""
        self._diaries = diaries
        for kind, systems in self._made().items():
            for id, system in systems.items():
                diaries.open(f"{kind}/{id}", system)

    def saved(self) -> Iterator[FilesPart]:
        """What was saved and not needed since."""
        for name, saved in self._saved.items():
            yield FilesPart(name, saved.tree, saved.entries)

    @property
    def weight(self) -> int:
        """Bytes of what was saved and not needed since."""
        return sum(saved.weight for saved in self._saved.values())

    def _made(self) -> dict[str, dict[str, FileSystem]]:
        return {
            "container": self._containers,
            "volume": self._volumes,
            "machine": self._machines,
        }

    def _keep(self, name: str, system: FileSystem, saved: SavedFiles | None) -> None:
        """Fill a new file system with what was saved of it, and keep a diary from then on."""
        if saved is not None:
            system.take_up(saved.entries)
        if self._diaries is not None:
            self._diaries.open(name, system, fresh=saved is None)

    def _forget(self, name: str) -> None:
        self._saved.pop(name, None)
        if self._diaries is not None:
            self._diaries.drop(name)

    # Making

    def _make(self, container: Container) -> FileSystem:
        name = f"container/{container.id}"
        saved = self._saved.pop(name, None)
        image = self._store.get(Image, f"{container.engine}/{container.image_id}")
        tree, now = image.files if image else EMPTY, self._store.clock.now
        if saved is not None:
            tree = saved.tree
        system = FileSystem(tree, lambda: container.created, self.limit)
        system.lay(self._template(container.image_id, tree).layer(), container.created)
        system.seal()
        system.write_to(self._disk)
        system.now = now
        self._keep(name, system, saved)
        _mount_made_up(system, container.created)
        self._containers[container.id] = system  # what follows may look at it
        if self.facts is not None:
            _mount_facts(system, self.facts(container), container.created)
        _mount_settings(system, container)
        shm = self._memory(0o1777, int(container.host_config.get("ShmSize") or _SHM))
        _mount(system, "/dev/shm", shm)  # noqa: S108 (not the host's)
        for mount in container.mounts:
            if not mount.problem:
                inside, root = self._mounted(container, mount, tree, fill=saved is None)
                _mount(system, mount.target, inside, not mount.writable, root)
        system.read_only = bool(container.host_config.get("ReadonlyRootfs"))
        system.limit = self._room_on(container.engine)
        return system

    def _template(self, image_id: str, tree: Tree) -> FileSystem:
        """The initial layer of every container of an image, made once; without times."""
        if image_id not in self._templates:
            if len(self._templates) > 100:  # images come and go
                self._templates.clear()
            template = FileSystem(tree, lambda: 0.0, self.limit)
            _settle(template)
            _mount_made_up(template, 0.0)
            _mount(template, sysctls.ROOT, sysctls.mounted({}, "", "", 0.0), read_only=True)
            template.keep()
            self._templates[image_id] = template
        return self._templates[image_id]

    def _mounted(
        self, container: Container, mount: Mount, tree: Tree, fill: bool
    ) -> tuple[FileSystem, str]:
        """The mounted file system, and the path inside it. fill: an empty volume."""
        if mount.kind == "bind":
            machine = self.machine(container.engine)
            root = machine.resolve(mount.source) if machine.exists(mount.source) else "/"
            below = self._share.below(root) if self._share else None
            if self._share is not None and below is not None:
                return self._share, below
            return machine, root
        if mount.kind == "tmpfs":
            return self._memory(mount.permissions, mount.size), "/"
        if mount.kind == "file":
            uid, gid = mount.owner
            file = File(mount.permissions, container.created, uid, gid, mount.data)
            return FileSystem(Tree({"/": file}), self._store.clock.now, self.limit), "/"
        volume = self.volume(f"{container.engine}/{mount.source}")
        if mount.copy and fill:
            with suppress(OSError):  # as much as there is room for
                volumes.fill(volume, tree, mount.target)
        return volume, "/"

    def _memory(self, mode: int, size: int) -> FileSystem:
        """A tmpfs of so many bytes, which a single file may fill; 0: as many as there may be."""
        room = self._room(mode, min(size + _NAMES, self.limit) if size else self.limit)
        room.in_memory = True
        return room

    def _room(self, mode: int = 0o755, limit: int = 0, tree: Tree | None = None) -> FileSystem:
        now = self._store.clock.now
        root = Tree({"/": Folder(mode, now())})
        room = FileSystem(tree or root, now, limit or self.limit)
        room.write_to(self._disk)
        return room

    # A disk that is full

    def _on_engine(self, change: Change) -> None:
        old, new = change.old, change.new
        if isinstance(new, Engine) and new.gone:
            self._machines.pop(new.id, None)
            self._forget(f"machine/{new.id}")
        elif isinstance(old, Engine) and isinstance(new, Engine) and old.full != new.full:
            here = self._store.where(Container, "engine", new.id)
            systems = [self._containers.get(container.id) for container in here]
            systems += [v for id, v in self._volumes.items() if id.startswith(f"{new.id}/")]
            for system in (*systems, self._machines.get(new.id)):
                if system is not None:
                    system.limit = self._room_on(new.id)

    def _room_on(self, engine: str) -> int:
        machine = self._store.get(Engine, engine)
        return 0 if machine is not None and machine.full else self.limit

    # Forgetting

    def _on_container(self, change: Change) -> None:
        container = change.new
        if container is None:
            self._containers.pop(change.subject.id, None)
            self._books.pop(change.subject.id, None)
            self._forget(f"container/{change.subject.id}")
        elif isinstance(container, Container):
            fills = _mounts_volumes(container) and not _mounts_volumes(change.old)
            if container.id in self._containers or (fills and change.old is not None):
                self.of(container)

    def _on_volume(self, change: Change) -> None:
        if change.new is None:
            self._volumes.pop(change.subject.id, None)
            self._forget(f"volume/{change.subject.id}")


def _mounts_volumes(stored: Stored | None) -> bool:
    """Whether a change creates a container with volumes; empty volumes are filled then."""
    if not isinstance(stored, Container) or not stored.mounts:
        return False
    return any(mount.kind == "volume" for mount in stored.mounts)


def _settle(system: FileSystem) -> None:
    """Write the files that the engine puts into every new container."""
    for path in ("/dev/pts", "/dev/shm", "/proc", "/sys", "/etc"):  # noqa: S108 (not the host's)
        with suppress(OSError):  # an image may have anything in their place
            system.make_folder(path, parents=True)
    for path in ("/dev/console", "/.dockerenv", *OWN):
        with suppress(OSError):
            if not system.exists(path):
                system.write(path, b"", mode=0o755)
    with suppress(OSError):
        system.link("/etc/mtab", "/proc/mounts")


def _mount_made_up(system: FileSystem, at: float) -> None:
    """Mount the files that the kernel and the engine provide (/proc, /sys, /dev)."""
    _mount_kernel(system, at)
    for path in OWN:
        owned = Tree({"/": File(0o644, at)})
        _mount(system, path, FileSystem(owned, system.now, _OWN_LIMIT))


def _mount_settings(system: FileSystem, container: Container) -> None:
    """Mount what depends on the HostConfig: /proc/sys, and devices of the machine."""
    host, domain = container.host_config, str(container.config.get("Domainname") or "")
    settings = sysctls.mounted(host, hostname_of(container), domain, container.created)
    _mount(system, sysctls.ROOT, settings, read_only=not host.get("Privileged"))
    for device in host.get("Devices") or ():
        with suppress(OSError):
            entry = system.entry(str(device.get("PathOnHost")))
            path = str(device.get("PathInContainer") or device.get("PathOnHost"))
            system.make_folder(dirname(path), parents=True)
            system.put(path, entry)


def _mount_kernel(system: FileSystem, at: float) -> None:
    """Mount /proc, /sys and /dev. What is written into /dev counts as all other files do."""
    for path, tree in rootfs.kernel_trees(at).items():
        kernel = FileSystem(tree, system.now)
        kernel.write_to(system.disk)
        _mount(system, path, kernel, path != "/dev")


def _mount_facts(system: FileSystem, facts: Facts, at: float) -> None:
    """Mount /proc and /sys that tell of the container as it is at each look."""
    for path, root in (("/proc", proc_files.processes), ("/sys", sys_files.devices)):
        made = MadeFiles(partial(root, facts), at, lambda: system.reader)
        _mount(system, path, made, read_only=True)


def _mount(
    system: FileSystem, path: str, inside: FileSystem, read_only: bool = False, root: str = "/"
) -> None:
    """Mount, if the place can be made and is of the kind of what is mounted."""
    with suppress(OSError):
        system.mount(path, inside, read_only or inside.read_only, root)
