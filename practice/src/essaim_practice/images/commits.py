"""Images without a build: commits of containers, and imported archives."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import basename
from random import Random
from typing import Any

from essaim_practice.files.filesystem import File, FileSystem
from essaim_practice.images import dockerfile
from essaim_practice.images.build_config import configure
from essaim_practice.images.catalogue import digest_of
from essaim_practice.programs.base import argv_of, environment, settings
from essaim_practice.store.errors import ApiError
from essaim_practice.store.file_tree import Tree
from essaim_practice.store.objects import Container, Image, Json
from essaim_practice.store.store import Store

_CHANGES = (
    *("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL"),
    *("USER", "VOLUME", "WORKDIR"),
)
_EMPTY: Json = {"Cmd": None, "Entrypoint": None, "Env": None, "Labels": None, "OnBuild": None}


def changed(config: Json, changes: Iterable[str]) -> dict[str, Any]:
    """A configuration after the instructions of ``-c``. Raises ApiError 400 for other ones."""
    after, commanded = dict(config), False
    lines = (line for change in changes for line in change.splitlines() if line.strip())
    for number, text in enumerate(lines, 1):
        word = text.split()[0]
        if word.upper() not in _CHANGES:
            raise ApiError(400, f"{word} is not a valid change command")
        try:
            step = dockerfile.instruction(number, text.strip())
            known = environment(None, after.get("Env"))
            after = dict(configure(step, after, known, commanded))
            commanded = commanded or (step.name == "CMD" and bool(step.rest))
        except (ValueError, LookupError):
            raise ApiError(400, f"invalid change: {text}") from None
    return after


def commit(
    store: Store,
    random: Random,
    container: Container,
    system: FileSystem,
    changes: Iterable[str],
    author: str,
    comment: str,
    shown: Json,
) -> Image:
    """The image of a container as it is now. shown: its configuration in the API's JSON."""
    parent = store.get(Image, f"{container.engine}/{container.image_id}")
    if parent is None:
        raise ApiError(404, f"No such image: {container.image_id}")
    config = changed(_config_of(container, parent), changes)
    said = " ".join(argv_of(container, parent))
    written = system.layer()
    grown = sum(len(e.data) for e in written.values() if isinstance(e, File))
    # Two commits of a container that did nothing between them have one layer.
    newest = max((entry.mtime for entry in written.values() if entry), default=0.0)
    told = f"{container.id} {len(written)} {grown} {newest}" if written else ""
    return _made(
        store,
        random,
        container.engine,
        parent.files.under(system.layer()),
        config,
        said,
        author,
        comment,
        grown,
        told,
        parent,
        {"Container": container.id, "ContainerConfig": shown},
    )


def imported(
    store: Store,
    random: Random,
    engine: str,
    tree: Tree,
    digest: str,
    changes: Iterable[str],
    comment: str,
) -> Image:
    """An image of one layer from a tree of files. digest: of the archive that they came in."""
    size = sum(len(entry.data) for entry in tree.values() if isinstance(entry, File))
    config = changed(_EMPTY, changes)
    return _made(store, random, engine, tree, config, "", "", comment, size, digest, None)


def _made(
    store: Store,
    random: Random,
    engine: str,
    tree: Tree,
    config: Json,
    said: str,
    author: str,
    comment: str,
    grown: int,
    layer: str,  # what tells its layer from others; "": it has none
    parent: Image | None,
    made_from: Json | None = None,
) -> Image:
    now = store.clock.now()
    image_id = digest_of(f"{engine} {said} {now} {random.random()}")
    step: dict[str, Any] = {
        "Comment": comment,
        "Created": int(now),
        "CreatedBy": said,
        "Id": image_id,
        "Size": grown,
        "Tags": None,
    }
    below = parent.layers if parent else ()
    own = (digest_of(f"layer {layer}"),) if layer else ()
    behaviour, base = (parent.behaviour, parent.base) if parent else origin_of(tree)
    return store.put(
        Image(
            id=f"{engine}/{image_id}",
            engine=engine,
            image_id=image_id,
            tags=(),
            digests=(),
            size=grown + (parent.size if parent else 0),
            created=now,
            layers=(*below, *own),
            history=(step, *(parent.history if parent else ())),
            config=config,
            behaviour=behaviour,
            base=base,
            platform=parent.platform if parent else "",
            files=tree,
            parent=parent.image_id if parent else "",
            author=author,
            comment=comment,
            made_from=made_from,
        )
    )


def _config_of(container: Container, image: Image) -> dict[str, Any]:
    """The part of a container's configuration that an image keeps."""
    asked, base = container.config, image.config
    config: dict[str, Any] = {**_EMPTY, **base}
    for name in ("Cmd", "Entrypoint", "User", "WorkingDir", "Healthcheck", "StopSignal", "Volumes"):
        if asked.get(name):
            config[name] = asked[name]
    if asked.get("Entrypoint") and not asked.get("Cmd"):
        config["Cmd"] = None
    config["Env"] = settings(image, asked.get("Env")) or None
    for name in ("Labels", "ExposedPorts"):
        if both := {**(base.get(name) or {}), **(asked.get(name) or {})}:
            config[name] = both
    return config


def origin_of(tree: Tree) -> tuple[str, str]:
    """Behaviour and base of an image of unknown origin, guessed from its files."""
    names = {basename(path) for path in tree if "/bin/" in path or "/sbin/" in path}
    return _behaviour(tree, names), _base(tree, names)


def _behaviour(tree: Tree, names: set[str]) -> str:
    if {"/crash", "/flaky"} <= set(tree):
        return "faulty"
    if "nginx" in names:
        return "nginx"
    if "python3" in names:
        return "python"
    for alone in ("hello", "whoami"):
        if f"/{alone}" in tree:
            return {"hello": "hello-world"}.get(alone, alone)
    return ""


def _base(tree: Tree, names: set[str]) -> str:
    if "apt-get" in names:
        release = tree.get("/usr/lib/os-release")
        known = isinstance(release, File) and b"ID=ubuntu" in release.data
        return "ubuntu" if known else "debian"
    if {"sh", "busybox", "bash"} & names:
        return "alpine" if "/sbin/apk" in tree or "/bin/apk" in tree else "busybox"
    return ""
