"""The copy-on-write file system does what a real one does, and leaves what is below untouched."""

from __future__ import annotations

import errno
import os
import tempfile
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essaim_practice.files import rootfs
from essaim_practice.files.filesystem import (
    ADDED,
    DELETED,
    EMPTY,
    MODIFIED,
    NAME_COST,
    File,
    FileSystem,
    Folder,
    Tree,
)
from essaim_practice.shell.pipes import OnFile


def now() -> float:
    return 1000.0


def over(tree: Tree = EMPTY, limit: int = 2**20) -> FileSystem:
    return FileSystem(tree, now, limit)


def image() -> Tree:
    below = over()
    below.make_folder("/etc/apt", parents=True)
    below.write("/etc/apt/list", b"deb")
    below.write("/etc/motd", b"hello\n")
    return below.flatten()


# Against a real file system

_PATHS = st.sampled_from(["/a", "/b", "/a/c", "/a/c/d", "/b/c", "/l", "/l/c", "/b/../a/c"])
_TWO = ("rename", "link")
_OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["write", "append", "mkdir", "mkdir -p", "rm", "rmdir", "rm -r", "rename", "link"]
        ),
        _PATHS,
        _PATHS,
    ),
    max_size=25,
)


def _on_practice(system: FileSystem, name: str, path: str, other: str) -> None:
    actions: dict[str, Callable[[], None]] = {
        "write": lambda: system.write(path, other.encode()),
        "append": lambda: system.write(path, b"more", append=True),
        "mkdir": lambda: system.make_folder(path),
        "mkdir -p": lambda: system.make_folder(path, parents=True),
        "rm": lambda: system.remove(path),
        "rmdir": lambda: system.remove_folder(path),
        "rm -r": lambda: system.remove_tree(path),
        "rename": lambda: system.rename(path, other),
        "link": lambda: system.link(path, other.lstrip("/")),
    }
    actions[name]()


def _on_disk(root: Path, name: str, path: str, other: str) -> None:
    place = f"{root}{path}"

    def put(data: bytes, mode: str) -> None:
        with open(place, mode) as file:
            file.write(data)

    def remove_tree(at: str) -> None:
        if os.path.isdir(at) and not os.path.islink(at):
            for inside in os.listdir(at):
                remove_tree(f"{at}/{inside}")
            os.rmdir(at)
        else:
            os.remove(at)

    actions: dict[str, Callable[[], None]] = {
        "write": lambda: put(other.encode(), "wb"),
        "append": lambda: put(b"more", "ab"),
        "mkdir": lambda: os.mkdir(place),
        "mkdir -p": lambda: os.makedirs(place, exist_ok=True),
        "rm": lambda: os.remove(place),
        "rmdir": lambda: os.rmdir(place),
        "rm -r": lambda: remove_tree(place),
        "rename": lambda: os.rename(place, f"{root}{other}"),
        "link": lambda: os.symlink(other.lstrip("/"), place),
    }
    actions[name]()


def _shape_on_practice(system: FileSystem) -> dict[str, object]:
    shape: dict[str, object] = {}
    for path in system.walk("/"):
        entry = system.entry(path, follow=False)
        shape[path] = entry.data if isinstance(entry, File) else getattr(entry, "target", None)
    return shape


def _shape_on_disk(root: Path) -> dict[str, object]:
    shape: dict[str, object] = {}
    for path in root.rglob("*"):
        name = f"/{path.relative_to(root)}"
        if path.is_symlink():
            shape[name] = os.readlink(path)
        else:
            shape[name] = path.read_bytes() if path.is_file() else None
    return shape


def _number(action: Callable[[], None]) -> int:
    try:
        action()
    except OSError as error:
        return error.errno or 0
    return 0


@settings(max_examples=150, deadline=None)
@given(_OPERATIONS)
def test_it_ends_as_a_real_file_system_does(operations: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, system = Path(folder), over()
        for operation in operations:
            there = _number(partial(_on_disk, root, *operation))
            here = _number(partial(_on_practice, system, *operation))
            assert bool(here) == bool(there), (operation, here, there)
            assert _shape_on_practice(system) == _shape_on_disk(root), operation


@settings(max_examples=100, deadline=None)
@given(_OPERATIONS)
def test_what_is_below_stays_and_the_layer_tells_the_difference(
    operations: list[tuple[str, str, str]],
) -> None:
    first = over()
    for operation in operations[:10]:
        _number(partial(_on_practice, first, *operation))
    below = first.flatten()
    before = dict(below)
    system = over(below)
    for operation in operations[10:]:
        _number(partial(_on_practice, system, *operation))
    assert dict(below) == before
    flat = system.flatten()
    assert set(flat) == {"/", *system.walk("/")}
    kinds = {path: kind for kind, path in system.changes()}
    for path in set(flat) | set(before):
        if path not in before:
            assert kinds[path] == ADDED
        elif path in flat and kinds.get(path) != MODIFIED:
            assert type(flat[path]) is type(before[path])
    layer = system.layer().values()
    assert system.size == sum(len(getattr(e, "data", getattr(e, "target", ""))) for e in layer)


# In particular


@pytest.mark.parametrize(
    ("do", "number"),
    [
        (lambda s: s.read("/none"), errno.ENOENT),
        (lambda s: s.read("/etc"), errno.EISDIR),
        (lambda s: s.read("/etc/motd/x"), errno.ENOTDIR),
        (lambda s: s.write("/none/x", b""), errno.ENOENT),
        (lambda s: s.write("/etc", b""), errno.EISDIR),
        (lambda s: s.make_folder("/etc"), errno.EEXIST),
        (lambda s: s.make_folder("/etc/motd", parents=True), errno.EEXIST),
        (lambda s: s.remove("/etc"), errno.EISDIR),
        (lambda s: s.remove_folder("/etc"), errno.ENOTEMPTY),
        (lambda s: s.remove_folder("/etc/motd"), errno.ENOTDIR),
        (lambda s: s.rename("/etc", "/etc/apt/x"), errno.EINVAL),
        (lambda s: (s.link("/l", "l"), s.read("/l")), errno.ELOOP),
        (lambda s: s.listing("/etc/motd"), errno.ENOTDIR),
    ],
)
def test_failures_are_told_by_their_number(do: Callable[[FileSystem], object], number: int) -> None:
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        do(over(image()))
    assert caught.value.errno == number


def test_changes_are_told_as_docker_diff_tells_them() -> None:
    system = over(image())
    assert system.changes() == []
    system.write("/hello.txt", b"hello")
    system.write("/etc/motd", b"changed")
    system.remove_tree("/etc/apt")
    system.write("/gone", b"")
    system.remove("/gone")
    assert system.changes() == [
        (MODIFIED, "/etc"),
        (DELETED, "/etc/apt"),
        (MODIFIED, "/etc/motd"),
        (ADDED, "/hello.txt"),
    ]


def test_a_folder_whose_only_change_is_its_time_is_no_change() -> None:
    system = over(image())
    system.write("/etc/x", b"")
    system.remove("/etc/x")
    assert system.changes() == []


def test_a_folder_removed_and_made_again_is_empty() -> None:
    system = over(image())
    system.remove_tree("/etc")
    system.make_folder("/etc")
    assert system.listing("/etc") == []


def test_there_is_no_room_beyond_the_limit() -> None:
    system = over(limit=10_000)
    with pytest.raises(OSError, match="No space left on device"):
        system.write("/big", bytes(10_000))
    assert not system.exists("/big")
    system.write("/small", bytes(1000))
    system.remove("/small")
    system.write("/other", bytes(10_000 - 3 * NAME_COST))


def test_names_fill_a_file_system_too() -> None:
    system = over(limit=10_000)
    for number in range(18):
        system.write(f"/{number}", b"")
    with pytest.raises(OSError, match="No space left on device"):
        system.write("/one-more", b"")


def test_what_is_mounted_is_another_file_system() -> None:
    volume = over()
    first, second = over(image()), over(image())
    first.mount("/data", volume)
    second.mount("/mnt/same", volume, read_only=True)
    first.write("/data/x", b"1")
    assert second.read("/mnt/same/x") == b"1"
    assert second.listing("/mnt/same") == ["x"]
    assert "data" in first.listing("/")
    assert (ADDED, "/data/x") not in first.changes()
    with pytest.raises(OSError, match="Read-only file system"):
        second.write("/mnt/same/x", b"2")
    with pytest.raises(OSError, match="Device or resource busy"):
        first.remove_tree("/data")


def test_a_single_file_can_be_mounted() -> None:
    system = over(image())
    system.mount("/etc/hosts", FileSystem(Tree({"/": File(0o644, 0.0, data=b"a")}), now))
    system.write("/etc/hosts", b"b", append=True)
    assert system.read("/etc/hosts") == b"ab"
    assert system.entry("/etc/hosts").mode == 0o644


def test_a_null_device_swallows_what_is_written() -> None:
    system = over()
    system.mount("/dev", FileSystem(rootfs.kernel_trees(0.0)["/dev"], now))
    system.write("/dev/null", b"gone")
    assert system.read("/dev/null") == b""


@pytest.mark.parametrize(
    "behaviour", ["alpine", "busybox", "nginx", "python", "hello-world", "whoami"]
)
def test_every_entry_of_an_image_lies_in_a_folder(behaviour: str) -> None:
    tree = rootfs.tree(behaviour, 0.0)
    for path in tree:
        assert isinstance(tree[path.rpartition("/")[0] or "/"], Folder), path
    assert rootfs.tree(behaviour, 0.0) is tree


def test_what_a_new_file_got_is_not_copied_when_it_is_read() -> None:
    system = over(limit=2**24)
    system.write("/f", b"")
    tracemalloc.start()
    try:
        for _ in range(32):
            system.append("/f", b"x" * 2**18)
        before, _most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        assert len(system.read("/f")) == 2**23
        assert tracemalloc.get_traced_memory()[1] - before < 2**20
    finally:
        tracemalloc.stop()


def test_what_is_appended_and_read_in_turns_is_all_there() -> None:
    system = over()
    system.write("/f", b"a")
    for number, word in enumerate((b"b", b"", b"c")):
        system.append("/f", word)
        assert system.read("/f") == (b"ab", b"ab", b"abc")[number]


def test_much_goes_into_a_file_in_pieces() -> None:
    system = over(limit=2**22)
    system.write("/f", b"")
    steps = list(OnFile(system, "/f").put(b"x" * 2**20))
    assert len(steps) == 4
    assert system.read("/f") == b"x" * 2**20
