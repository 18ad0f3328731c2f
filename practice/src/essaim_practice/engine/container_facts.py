"""What /proc and /sys of a container tell: its processes, its network, its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from posixpath import join

from essaim_practice.files import mount_table, rights
from essaim_practice.files.engine_files import hostname_of
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.files.kernel_files import Nic, Seen
from essaim_practice.files.rights import Bounds, bounds_of
from essaim_practice.programs import base as programs
from essaim_practice.programs.hosts import Net
from essaim_practice.programs.program import Inside
from essaim_practice.store.objects import Container, Image, Json
from essaim_practice.store.store import Store


class ContainerFacts:
    """Of one container, as it is at each call. booted: when its machine came up."""

    __slots__ = ("_booted", "_container", "_inside", "_net", "_store")

    def __init__(
        self,
        store: Store,
        container: Container,
        inside: Inside,
        net: Callable[[], Net],
        booted: float,
    ) -> None:
        self._store = store
        self._container = container
        self._inside = inside
        self._net = net
        self._booted = booted

    def processes(self) -> list[Seen]:
        container = self._now
        fs, main = self._inside.disk(), tuple(self._argv)
        found = []
        for one in self._inside.processes():
            argv = main if one.title == " ".join(main) else tuple(one.title.split(" "))
            groups = tuple(str(name) for name in container.host_config.get("GroupAdd") or ())
            own = rights.of(fs, one.user, groups, self.bounds().capabilities)
            found.append(
                Seen(
                    one.pid,
                    one.parent,
                    one.called,
                    argv,
                    own.uid,
                    own.gid,
                    tuple(sorted(own.groups)),
                    _executed(fs, argv[0], self.environment().get("PATH", "")),
                    one.started,
                )
            )
        return found

    def interfaces(self) -> list[Nic]:
        return [
            Nic(each.name, each.number or number, each.mac, each.mtu)
            for number, each in enumerate(self._net().interfaces(), 2)
            if each.name != "lo"
        ]

    def environment(self) -> Mapping[str, str]:
        image = self._image
        asked = self._now.config.get("Env")
        own = programs.environment(image, asked) if image is not None else {}
        return {**own, "HOSTNAME": self.hostname(), "HOME": "/root"}

    def hostname(self) -> str:
        return hostname_of(self._now)

    def host_config(self) -> Json:
        return self._now.host_config

    def bounds(self) -> Bounds:
        return bounds_of(self._now.host_config)

    def mounts(self) -> str:
        return mount_table.text_of(self._now)

    def working_folder(self) -> str:
        image = self._image
        usual = image.config.get("WorkingDir") if image is not None else ""
        return str(self._now.config.get("WorkingDir") or usual or "/")

    def now(self) -> float:
        return self._store.clock.now()

    def booted(self) -> float:
        return self._booted

    @property
    def _now(self) -> Container:
        return self._store.get(Container, self._container.id) or self._container

    @property
    def _image(self) -> Image | None:
        container = self._container
        return self._store.get(Image, f"{container.engine}/{container.image_id}")

    @property
    def _argv(self) -> list[str]:
        image = self._image
        return programs.argv_of(self._now, image) if image is not None else []


def _executed(fs: FileSystem, name: str, path: str) -> str:
    """The path of a program, without links."""
    folders = [""] if "/" in name else path.split(":")
    for folder in folders:
        place = join("/", folder, name.removeprefix("-"))
        try:
            fs.entry(place)
            return fs.resolve(place)
        except OSError:
            continue
    return f"/{name}"
