"""The files that a build sends to the engine: from a folder of the machine, or through a pipe."""

from __future__ import annotations

import io
import posixpath
import secrets
import tarfile
from dataclasses import dataclass

from core.commands import ignore
from core.commands.streams import Folder, Streams
from core.errors import DockerRefused

_DOCKERFILE = "Dockerfile"
_IGNORE = ".dockerignore"
#: Letters of names, times those of the patterns that they are compared with: some seconds' work.
_MOST_WORK = 50_000_000
_HEAD = 1024  # bytes by which a tar is known


@dataclass(frozen=True, slots=True)
class Context:
    """A tar of the files, and the Dockerfile's name in it; '' for the usual one."""

    tar: bytes
    dockerfile: str = ""


def of(streams: Streams, place: str, dockerfile: str) -> Context:
    """The files for ``docker build -f dockerfile place``. Raises DockerRefused.

    The order and the words are those of docker/cli, cli/command/image/build.go.
    """
    if place == "-":
        if dockerfile == "-":
            raise DockerRefused(
                "invalid argument: can't use stdin for both build context and dockerfile"
            )
        return _piped(streams.read(), dockerfile)
    if streams.folder.is_folder(place):
        return _folder(streams, place, dockerfile)
    if place.startswith(("git://", "git@", "github.com/")) or place.partition("#")[0].endswith(
        ".git"
    ):
        why = "unable to find 'git': exec: \"git\": executable file not found in $PATH"
        raise DockerRefused(f"unable to prepare context: {why}")
    if place.startswith(("http://", "https://")):
        host = place.split("/")[2]
        why = f'Get "{place}": dial tcp: lookup {host}: no such host'
        raise DockerRefused(
            f"unable to prepare context: unable to download remote context {place}: {why}"
        )
    raise DockerRefused(f'unable to prepare context: path "{place}" not found')


def _piped(given: bytes, dockerfile: str) -> Context:
    if _is_archive(given):
        return Context(given, dockerfile)
    if dockerfile:
        why = "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles"
        raise DockerRefused(f"unable to prepare context: {why}")
    return Context(packed({_DOCKERFILE: given}), _DOCKERFILE)


def _is_archive(given: bytes) -> bool:
    if given[:2] == b"\x1f\x8b" or given[:3] == b"BZh" or given[:6] == b"\xfd7zXZ\x00":
        return True
    try:
        with tarfile.open(fileobj=io.BytesIO(given[:_HEAD].ljust(_HEAD, b"\0")), mode="r:") as tar:
            return tar.next() is not None
    except tarfile.TarError:
        return False


def _folder(streams: Streams, place: str, dockerfile: str) -> Context:
    here = streams.environment.get("PWD", "")
    root = posixpath.normpath(posixpath.join(here, place))
    outside: bytes | None = streams.read() if dockerfile == "-" else None
    inside = ""
    if dockerfile != "-":
        usual = posixpath.join(root, _DOCKERFILE)
        whole = posixpath.normpath(posixpath.join(here, dockerfile) if dockerfile else usual)
        content = _read(streams.folder, whole)
        inside = posixpath.relpath(whole, root)
        if inside.startswith("../"):
            outside = content
    patterns = _ignored(streams.folder, posixpath.join(root, _IGNORE))
    # The builder reads these two itself, and then leaves them out where they are to be.
    for name in (_IGNORE, inside):
        if name and ignore.excluded(name, patterns):
            patterns.append((name, True))
    files = io.BytesIO(streams.folder.archive(root))
    packed = io.BytesIO()
    weight, work = sum(len(pattern) for pattern, _keeps in patterns), 0
    with tarfile.open(fileobj=files) as read, tarfile.open(fileobj=packed, mode="w") as write:
        for entry in read:
            _first, _, name = entry.name.partition("/")
            work += len(name) * weight
            if work > _MOST_WORK:
                raise DockerRefused(f"error checking context: {_IGNORE} has too many patterns")
            if not name or ignore.excluded(name, patterns):
                continue
            entry.name, entry.uid, entry.gid, entry.uname, entry.gname = name, 0, 0, "", ""
            if entry.islnk():
                entry.linkname = entry.linkname.partition("/")[2]
            write.addfile(entry, read.extractfile(entry) if entry.isreg() else None)
        if outside is not None:
            inside = f".dockerfile.{secrets.token_hex(10)}"
            add(write, inside, outside)
    return Context(packed.getvalue(), inside)


def _read(folder: Folder, whole: str) -> bytes:
    """A Dockerfile."""
    try:
        return folder.read(whole)
    except OSError as error:
        why = f"lstat {whole}: {(error.strerror or str(error)).lower()}"
        raise DockerRefused(
            f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: {why}"
        ) from error


def _ignored(folder: Folder, place: str) -> list[tuple[str, bool]]:
    try:
        return ignore.read(folder.read(place).decode(errors="replace"))
    except OSError:
        return []


def packed(files: dict[str, bytes]) -> bytes:
    """A tar of these files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            add(tar, name, content)
    return archive.getvalue()


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Put a file into a tar that is being written."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    tar.addfile(entry, io.BytesIO(content))
