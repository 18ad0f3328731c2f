"""tar: many files in one, and out of it again."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterator
from posixpath import basename, dirname, join, normpath

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, Write, line, printing
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Device, File, Folder, Inode, Link
from essaim_practice.utilities.base import (
    ENTRY,
    MOST,
    Doing,
    Lines,
    Misuse,
    Options,
    gnu,
    opened,
    options,
    place,
    reason,
    tool,
    users,
)
from essaim_practice.utilities.listing import mode_text
from essaim_practice.utilities.packing import Bad, kind_of, packed, unpacked, whole

_LONG = {"create": "c", "extract": "x", "get": "x", "list": "t", "file": "f", "directory": "C"}
_LONG |= {"verbose": "v", "gzip": "z", "bzip2": "j", "xz": "J", "strip-components": "s"}
_LONG |= {"exclude": "E", "dereference": "h", "keep-old-files": "k"}
_KINDS = {"z": "gzip", "j": "bzip2", "J": "xz"}
_MODES = "c|x|t"


@tool("tar", usage="c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]...")
def tar(argv: list[str], context: Context) -> Steps:
    words = list(argv)
    if words[1:2] == ["--version"]:
        said = "tar (GNU tar) 1.35" if gnu(context) else "tar (busybox) 1.35.0"
        return (yield from printing(said))
    if len(words) > 1 and not words[1].startswith("-"):
        words[1:2] = _old_style(words[1:2][0], words)
    asked = options(words, "cxtvzjJahmokOpPW", "fCsEX", _LONG)
    mode = [letter for letter in "cxt" if letter in asked]
    if len(mode) != 1:
        raise Misuse("You must specify one of the options" if gnu(context) and not mode else "")
    folder = place(context, asked.get("C", "."))
    if "C" in asked and not context.fs.is_folder(folder):
        raise Complaint(
            f"can't change directory to '{asked.get('C')}': No such file or directory", 1
        )
    if mode == ["c"]:
        return (yield from _create(asked, folder, context))
    return (yield from _open(asked, folder, context))


def _old_style(letters: str, words: list[str]) -> list[str]:
    """``cfC a.tar /etc`` as ``-c -f a.tar -C /etc``: values follow in the order of letters."""
    rest, found = words[2:], list[str]()
    for letter in letters:
        found.append(f"-{letter}")
        if letter in "fC" and rest:
            found.append(rest.pop(0))
    words[2:] = rest
    return found


# Creating


def _create(asked: Options, folder: str, context: Context) -> Steps:
    if not asked.words:
        raise Complaint("empty archive" if not gnu(context) else "Cowardly refusing to create", 1)
    name, code = asked.get("f", "-"), 0
    data, excluded = io.BytesIO(), set(asked.given.get("E", ()))
    names, groups = users(context.fs), users(context.fs, "/etc/group")
    stripped = False
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for word in asked.words:
            if word.startswith("/") and not stripped:
                said = "Removing leading `/' from" if gnu(context) else "removing leading '/' from"
                yield line(f"tar: {said} member names", 2)
                stripped = True
            try:
                for path, entry in _below(context, word, folder):
                    yield ENTRY
                    if basename(path) in excluded or path in excluded:
                        continue
                    member = _member(path, entry, names, groups)
                    if "v" in asked:
                        shown = member.name + "/" * member.isdir()
                        yield line(shown, 2 if name == "-" else 1)
                    content = entry.data if isinstance(entry, File) else b""
                    archive.addfile(member, io.BytesIO(content))
                    if data.tell() > MOST:
                        raise Complaint("out of memory", 1)
            except OSError as error:
                said = f"{word}: Cannot stat" if gnu(context) else word
                yield line(f"tar: {said}: {reason(error)}", 2)
                code = 1
    written = data.getvalue()
    kind = _kind(asked, name)
    if kind:
        written = yield from packed(kind, written)
    if name == "-":
        yield Write(written)
    else:
        context.fs.write(place(context, name), written)
    if code:
        yield line(_delayed(context), 2)
    return code * (2 if gnu(context) else 1)


def _delayed(context: Context) -> str:
    if gnu(context):
        return "tar: Exiting with failure status due to previous errors"
    return "tar: error exit delayed from previous errors"


def _kind(asked: Options, name: str) -> str:
    """How the archive is packed: as it was asked for, or as its name says."""
    asked_for = next((kind for letter, kind in _KINDS.items() if letter in asked), "")
    if asked_for or "a" not in asked:
        return asked_for
    endings = {".gz": "gzip", ".tgz": "gzip", ".bz2": "bzip2", ".xz": "xz"}
    return next((kind for end, kind in endings.items() if name.endswith(end)), "")


def _below(context: Context, word: str, folder: str) -> Iterator[tuple[str, Inode]]:
    """A path and all below it, by the name that it has in the archive. Raises OSError."""
    start = join(folder, word)
    yield word, context.fs.entry(start, follow=False)
    if isinstance(context.fs.entry(start, follow=False), Folder):
        real = context.fs.resolve(start)
        for path in context.fs.walk(real):
            yield join(word, path[len(real) :].lstrip("/")), context.fs.at(path)


def _member(
    path: str, entry: Inode, names: dict[str, str], groups: dict[str, str]
) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.lstrip("/") or ".")
    member.mode, member.mtime = entry.mode, int(entry.mtime)
    member.uid, member.gid = entry.uid, entry.gid
    member.uname, member.gname = names.get(str(entry.uid), ""), groups.get(str(entry.gid), "")
    match entry:
        case Folder():
            member.type = tarfile.DIRTYPE
        case Link(target=target):
            member.type, member.linkname = tarfile.SYMTYPE, target
        case Device(major=major, minor=minor):
            member.type, member.devmajor, member.devminor = tarfile.CHRTYPE, major, minor
        case File(data=data):
            member.size = len(data)
    return member


# Reading


def _open(asked: Options, folder: str, context: Context) -> Steps:
    name = asked.get("f", "-")
    try:
        lines = Lines() if name == "-" else opened(context, name)
    except OSError as error:
        raise Complaint(_not_opened(name, error, context), 2 if gnu(context) else 1) from None
    data = yield from whole(lines)
    kind = kind_of(data)
    if kind and (gnu(context) or _kind(asked, "") == kind):
        try:
            data = yield from unpacked(kind, data)
        except Bad as bad:
            raise Complaint(str(bad), 1) from None
    elif _kind(asked, ""):
        raise Complaint("invalid magic" if _kind(asked, "") == "gzip" else "corrupted data", 1)
    if len(data) < tarfile.BLOCKSIZE:
        if not data and not gnu(context):
            raise Complaint("short read", 1)
        raise Complaint("short read" if not gnu(context) else "This does not look like a tar", 1)
    wanted, seen = [word.rstrip("/") for word in asked.words], set[str]()
    try:
        archive = tarfile.open(fileobj=io.BytesIO(data), mode="r:")  # noqa: SIM115
    except (tarfile.TarError, ValueError):
        raise Complaint("invalid tar magic", 1) from None
    while True:
        yield ENTRY
        try:
            member = archive.next()
        except (tarfile.TarError, ValueError):
            raise Complaint("corrupted octal value in tar header", 1) from None
        if member is None:
            break
        chosen = [w for w in wanted if member.name == w or member.name.startswith(f"{w}/")]
        seen.update(chosen)
        if (wanted and not chosen) or basename(member.name) in asked.given.get("E", ()):
            continue
        yield from _member_done(archive, member, asked, folder, context)
    code = 0
    for word in wanted:
        if word not in seen:
            yield line(f"tar: {word}: {'N' if gnu(context) else 'n'}ot found in archive", 2)
            code = 1
    if code and gnu(context):
        yield line(_delayed(context), 2)
    return code * (2 if gnu(context) else 1)


def _not_opened(name: str, error: OSError, context: Context) -> str:
    if gnu(context):
        return f"{name}: Cannot open: {reason(error)}\ntar: Error is not recoverable: exiting now"
    return f"can't open '{name}': {reason(error)}"


def _member_done(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    asked: Options,
    folder: str,
    context: Context,
) -> Doing[None]:
    shown = member.name + "/" * member.isdir()
    if "t" in asked:
        yield line(_listed(member, shown) if "v" in asked else shown)
        return
    held = archive.extractfile(member) if member.isreg() else None
    data = held.read() if held is not None else b""
    if "O" in asked:
        yield Write(data)
        return
    parts = member.name.split("/")[asked.number("s", 0) :]
    path = normpath("/" + "/".join(parts)).lstrip("/")  # nothing gets out of the folder
    if not parts or not path:
        return
    if "v" in asked:
        yield line(shown, 2 if asked.get("f", "-") == "-" and gnu(context) else 1)
    fs, target = context.fs, join(folder, path)
    try:
        fs.make_folder(dirname(target), parents=True)
        if not member.isdir() and fs.exists(target):
            if "k" in asked:
                return
            fs.remove(target)
        entry = _entry(member, data)
        if isinstance(entry, Folder) and fs.is_folder(target):
            return
        fs.put(target, entry)
    except OSError as error:
        raise Complaint(f"can't create '{path}': {reason(error)}", 1) from None


def _entry(member: tarfile.TarInfo, data: bytes) -> Inode:
    about = (member.mode & 0o7777, float(member.mtime), member.uid, member.gid)
    if member.isdir():
        return Folder(*about)
    if member.issym():
        return Link(0o777, *about[1:], target=member.linkname)
    return File(*about, data=data)


def _listed(member: tarfile.TarInfo, shown: str) -> str:
    owner = f"{member.uname or member.uid}/{member.gname or member.gid}"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(member.mtime))
    target = f" -> {member.linkname}" if member.issym() else ""
    return f"{mode_text(_entry(member, b''))} {owner} {member.size:9} {when} {shown}{target}"
