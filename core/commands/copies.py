"""docker container cp: files and folders from a machine into a container, and back.

The rules of where things end up are those of moby/go-archive, PrepareArchiveCopy.
"""

from __future__ import annotations

import base64
import io
import json
import os
import posixpath
import tarfile
from dataclasses import dataclass

from core.cluster.engine_json import Json
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, switch
from core.commands.source import literal
from core.commands.streams import Streams
from core.commands.table import size
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _

_FOLDER, _LINK = 1 << 31, 1 << 27  # of Go's os.FileMode


@dataclass(frozen=True, slots=True)
class _Place:
    """The path at one end of a copy."""

    path: str
    exists: bool = False
    is_folder: bool = False

    @property
    def parted(self) -> tuple[str, str]:
        """The folder that it is in, and its name there; ``.`` at the end is a name."""
        clean = posixpath.normpath(self.path)
        if self.path.rstrip("/").endswith("/."):
            return clean, "."
        return posixpath.dirname(clean), posixpath.basename(clean)


def _split(word: str) -> tuple[str, str]:
    """Container and path; without a container it is a path of the machine."""
    name, colon, path = word.partition(":")
    if word.startswith("/") or not colon or name.startswith("."):
        return "", word
    return name, path


def container_of(word: str) -> str:
    """The container that one end of a copy names; '' for a path of the machine."""
    return _split(word)[0]


_GET = """\
import io
import tarfile
from pathlib import Path

{given}
chunks, stat = client.api.get_archive(name, source)
target = Path(target)
with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
    if target.is_dir():
        tar.extractall(target, filter="data")
    else:  # the copy has another name
        entries = tar.getmembers()
        for entry in entries:
            entry.name = target.name + entry.name.removeprefix(stat["name"])
        tar.extractall(target.parent, entries, filter="data")
"""
_GET_TAR = """\
import sys

{given}
chunks, stat = client.api.get_archive(name, source)
for chunk in chunks:
    sys.stdout.buffer.write(chunk)
"""
_PUT = """\
import io
import os.path
import posixpath
import tarfile

import docker.errors

{given}
folder, arcname = posixpath.split(target)
try:
    if client.api.get_archive(name, target)[1]["mode"] >> 31:
        folder, arcname = target, os.path.basename(source)
except docker.errors.NotFound:
    pass  # the copy has another name
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w") as tar:
    tar.add(source, arcname)
client.api.put_archive(name, folder, packed.getvalue())
"""
_PUT_TAR = """\
import sys

{given}
client.api.put_archive(name, target, sys.stdin.buffer.read())
"""


@command("container cp", "cp", changes=True, reveals=True)
class CopyFiles(Command):
    """Copy files and folders between a container and the machine of the terminal."""

    archive: bool = switch("-a", "--archive")
    follow_link: bool = switch("-L", "--follow-link")
    quiet: bool = switch("-q", "--quiet")
    # Docker's word for the first one's place is CONTAINER:SRC_PATH; either may name a container.
    container_source: str = argument("SRC_PATH")
    container_target: str = argument("DEST_PATH")

    def _ends(self) -> tuple[str, str, str, str]:
        """Container and path of the source, and of the target. Raises DockerRefused."""
        source, path = _split(self.container_source)
        target, where = _split(self.container_target)
        if source and target:
            raise DockerRefused("copying between containers is not supported")
        if not (source or target):
            raise DockerRefused("must specify at least one container source")
        return source, path, target, where

    def _python(self) -> str:
        source, path, target, where = self._ends()
        if not source:
            given = {"name": target, "source": path, "target": where}
            text = _PUT_TAR if path == "-" else _PUT
        else:
            given = {"name": source, "source": path, "target": where}
            text = _GET_TAR if where == "-" else _GET
        lines = [f"{name} = {literal(word)}" for name, word in given.items() if word != "-"]
        return text.format(given="\n".join(lines))

    def _run(self, client: Client, report: Report) -> str:
        raise InvalidCommand(_("There are no files here to copy: type it into a terminal."))

    def _play(self, client: Client, streams: Streams) -> int:
        source, path, target, where = self._ends()
        here = streams.environment.get("PWD", "/")
        if source:
            self._out(client, streams, source, path, _absolute(here, where))
        else:
            self._in(client, streams, target, where, _absolute(here, path))
        return 0

    def _out(self, client: Client, streams: Streams, name: str, path: str, where: str) -> None:
        if self.follow_link and (link := _stat(client, name, path).get("linkTarget")):
            path = posixpath.join(posixpath.dirname(path), link)
        if where != "-":
            target = _place(streams, where)
            if not target.exists and not streams.folder.is_folder(target.parted[0]):
                folder = posixpath.dirname(where.rstrip("/"))
                raise DockerRefused(f'invalid output path: directory "{folder}" does not exist')
        chunks, stat = client.api.get_archive(name, path)
        if where == "-":
            for chunk in chunks:
                streams.write(chunk)
            return
        content = b"".join(chunks)
        source = _Place(path, True, bool(stat["mode"] & _FOLDER))
        folder, rename = _destination(source, target)
        streams.folder.unpack(folder, _renamed(content, rename))
        self._told(streams, content, where)

    def _in(self, client: Client, streams: Streams, name: str, inside: str, path: str) -> None:
        api = client.api
        target = self._target(client, name, inside)
        if path == "-":
            if not target.is_folder:
                raise DockerRefused(f'destination "{name}:{inside}" must be a directory')
            content, folder = streams.read(), target.path
        else:
            source = _place(streams, path)
            try:
                content = streams.folder.archive(path.rstrip("/.") or "/")
            except OSError as error:
                raise _lstat(path, error) from None
            folder, rename = _destination(source, target)
            root = posixpath.basename(posixpath.normpath(path))
            if rename or source.parted[1] == ".":  # the folder's content, and not itself
                content = _renamed(content, (root, rename[1] if rename else "."))
        params = {"path": folder, "noOverwriteDirNonDir": "true"}
        params |= {"copyUIDGID": "true"} if self.archive else {}
        url = api._url("/containers/{0}/archive", name)
        api._raise_for_status(api._put(url, params=params, data=content))
        self._told(streams, content, f"{name}:{inside}")

    def _target(self, client: Client, name: str, inside: str) -> _Place:
        stat = _stat(client, name, inside)
        path = inside
        if link := stat.get("linkTarget") if stat.get("mode", 0) & _LINK else "":
            path = posixpath.join(posixpath.dirname(inside), link)
            stat = _stat(client, name, path)
        return _Place(path, bool(stat), bool(stat.get("mode", 0) & _FOLDER))

    def _told(self, streams: Streams, content: bytes, where: str) -> None:
        if streams.out_is_terminal and not self.quiet:
            streams.warn(f"Successfully copied {size(len(content))} to {where}")


def _absolute(here: str, path: str) -> str:
    """A dot or a slash at its end stays: it says that it is a folder."""
    if path == "-":
        return path
    clean = posixpath.normpath(posixpath.join(here, path))
    end = "/." if path.endswith("/.") or path == "." else "/" if path.endswith("/") else ""
    return clean + end if clean != "/" else clean


def _place(streams: Streams, path: str) -> _Place:
    if streams.folder.is_folder(path):
        return _Place(path, True, True)
    try:
        streams.folder.read(path)
    except OSError:
        return _Place(path)
    return _Place(path, True)


def _lstat(path: str, error: OSError) -> DockerRefused:
    return DockerRefused(f"lstat {path}: {os.strerror(error.errno or 2).lower()}")


def _stat(client: Client, name: str, path: str) -> Json:
    """What is at a path of a container; empty where nothing is. Raises docker-py's exceptions."""
    api = client.api
    answer = api.head(
        api._url("/containers/{0}/archive", name), params={"path": path}, timeout=api.timeout
    )
    if answer.status_code != 200:
        return {}
    said: Json = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
    return said


def _destination(source: _Place, target: _Place) -> tuple[str, tuple[str, str] | None]:
    """The folder to unpack into, and how to rename the archive's root. Raises DockerRefused."""
    folder, name = target.parted
    if target.is_folder:
        return target.path, None
    if target.exists and source.is_folder:
        raise DockerRefused("cannot copy directory")
    if not target.exists and not source.is_folder and target.path.endswith(("/", "/.")):
        raise DockerRefused("no such directory")
    return folder, (source.parted[1], name)


def _renamed(content: bytes, names: tuple[str, str] | None) -> bytes:
    """An archive with another name for its root."""
    if names is None or names[0] == names[1]:
        return content
    before, after = names
    made = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as tar,
        tarfile.open(fileobj=made, mode="w") as renamed,
    ):
        for entry in tar:
            for field in ("name", "linkname") if entry.islnk() else ("name",):
                setattr(entry, field, _rebased(getattr(entry, field), before, after))
            renamed.addfile(entry, tar.extractfile(entry) if entry.isreg() else None)
    return made.getvalue()


def _rebased(name: str, before: str, after: str) -> str:
    bare = name.removeprefix("./") if before == "." else name.removeprefix(before).lstrip("/")
    bare = "" if bare == "." else bare
    return posixpath.join(after, bare) if bare else after
