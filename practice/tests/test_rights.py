"""What a container lets its processes do: users, capabilities, limits; and how files heed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from essaim_practice.files import rights
from essaim_practice.files.filesystem import File, FileSystem, Folder, Tree
from essaim_practice.files.guarded import Guarded
from essaim_practice.files.rights import Bounds, Rights, bounds_of, mask

from .playing import context, played

NOBODY = 65534
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/srv/ada:/bin/sh\n"
GROUP = b"root:x:0:\naudio:x:18:ada,bob\nada:x:1000:\n"


def files() -> FileSystem:
    tree = {
        "/": Folder(0o755, 0.0),
        "/etc": Folder(0o755, 0.0),
        "/etc/passwd": File(0o644, 0.0, data=PASSWD),
        "/etc/group": File(0o644, 0.0, data=GROUP),
        "/etc/shadow": File(0o640, 0.0, data=b"secret"),
        "/root": Folder(0o700, 0.0),
        "/root/notes": File(0o644, 0.0, data=b"mine"),
        "/tmp": Folder(0o1777, 0.0),
        "/tmp/other": File(0o666, 0.0, NOBODY, NOBODY),
        "/srv": Folder(0o755, 0.0),
        "/srv/ada": Folder(0o755, 0.0, 1000, 1000),
        "/music": File(0o660, 0.0, 0, 18, b"la"),
    }
    return FileSystem(Tree(tree), lambda: 5.0)


@pytest.mark.parametrize(
    ("user", "groups", "uid", "gid", "more", "home"),
    [
        ("", (), 0, 0, set(), "/root"),
        ("root", ("audio",), 0, 0, {18}, "/root"),
        ("ada", (), 1000, 1000, {18}, "/srv/ada"),
        ("1000", (), 1000, 1000, {18}, "/srv/ada"),
        ("1000:audio", (), 1000, 18, set(), "/srv/ada"),
        ("4711", ("5", "audio"), 4711, 0, {5, 18}, "/"),
        ("4711:4712", (), 4711, 4712, set(), "/"),
    ],
)
def test_a_user_is_found_in_the_books(
    user: str, groups: tuple[str, ...], uid: int, gid: int, more: set[int], home: str
) -> None:
    found = rights.of(files(), user, groups, rights.USUAL)
    assert (found.uid, found.gid, set(found.groups), found.home) == (uid, gid, more, home)


@pytest.mark.parametrize(
    ("host", "shown"),
    [  # CapBnd of /proc/self/status on a real 28.5
        ({}, "00000000a80425fb"),
        ({"CapDrop": ["ALL"]}, "0000000000000000"),
        ({"CapAdd": ["NET_ADMIN"]}, "00000000a80435fb"),
        ({"CapAdd": ["cap_net_admin"], "CapDrop": ["chown"]}, "00000000a80435fa"),
        ({"CapAdd": ["CHOWN"], "CapDrop": ["ALL"]}, "0000000000000001"),
        ({"CapAdd": ["ALL"]}, "000001ffffffffff"),
        ({"Privileged": True, "CapDrop": ["ALL"]}, "000001ffffffffff"),
    ],
)
def test_capabilities_are_added_and_dropped(host: dict[str, Any], shown: str) -> None:
    assert mask(bounds_of(host).capabilities) == shown


ADA = Rights(1000, 1000, frozenset({18}))
DENIED, FORBIDDEN = "Permission denied", "Operation not permitted"


@pytest.mark.parametrize(
    ("own", "act", "words"),
    [
        (ADA, lambda fs: fs.write("/x", b""), DENIED),
        (ADA, lambda fs: fs.make_folder("/x/y", parents=True), DENIED),
        (ADA, lambda fs: fs.read("/etc/shadow"), DENIED),
        (ADA, lambda fs: fs.entry("/root/notes"), DENIED),
        (ADA, lambda fs: fs.listing("/root"), DENIED),
        (ADA, lambda fs: fs.append("/etc/passwd", b"x"), DENIED),
        (ADA, lambda fs: fs.remove("/etc/passwd"), DENIED),
        (ADA, lambda fs: fs.touch("/etc/passwd"), DENIED),
        (ADA, lambda fs: fs.rename("/srv/ada", "/srv/bob"), DENIED),
        (ADA, lambda fs: fs.remove("/tmp/other"), FORBIDDEN),
        (ADA, lambda fs: fs.change_mode("/music", 0o777), FORBIDDEN),
        (ADA, lambda fs: fs.change_owner("/music", 1000, 1000), FORBIDDEN),
        (ADA, lambda fs: fs.change_owner("/srv/ada", 0, 0), FORBIDDEN),
        (Rights(bounding=frozenset()), lambda fs: fs.change_owner("/music", 1, 1), FORBIDDEN),
        (Rights(bounding=frozenset()), lambda fs: fs.write("/srv/ada/x", b""), DENIED),
        (Rights(bounding=frozenset()), lambda fs: fs.change_mode("/srv/ada", 0), FORBIDDEN),
    ],
)
def test_what_rights_forbid_fails(
    own: Rights, act: Callable[[FileSystem], None], words: str
) -> None:
    with pytest.raises(OSError, match=words):
        act(Guarded(files(), own))


def test_what_rights_allow_is_done_and_owned() -> None:
    system = files()
    fs = Guarded(system, ADA)
    fs.write("/srv/ada/x", b"a")
    fs.append("/srv/ada/x", b"b")
    fs.append("/srv/ada/new", b"c")
    fs.make_folder("/tmp/a/b", parents=True)
    fs.rename("/srv/ada/x", "/tmp/a/b/x")
    fs.change_owner("/tmp/a/b/x", 1000, 18)
    fs.change_mode("/tmp/a/b/x", 0o600)
    fs.write("/music", b"la la")
    fs.write("/tmp/other", b"by all")
    fs.remove_tree("/srv/ada/new")
    moved = system.entry("/tmp/a/b/x")
    assert (moved.uid, moved.gid, moved.mode) == (1000, 18, 0o600)
    assert system.read("/tmp/a/b/x") == b"ab"
    assert system.entry("/tmp/a").uid == 1000
    assert system.entry("/tmp/other").uid == NOBODY
    assert system.listing("/srv/ada") == []


def test_a_group_alone_reads_and_writes() -> None:
    fs = Guarded(files(), Rights(4711, 18))
    fs.append("/music", b"!")
    assert fs.read("/music") == b"la!"


LIMITS = Bounds(ulimits=bounds_of({"Ulimits": [{"Name": "nofile", "Soft": 5, "Hard": 9}]}).ulimits)


@pytest.mark.parametrize(
    ("line", "said", "code"),
    [  # as a real 28.5's alpine said them
        ("ulimit -n", "5\n", 0),
        ("ulimit -Hn; ulimit -Sn", "9\n5\n", 0),
        ("ulimit -n 7; ulimit -n; ulimit -Hn", "7\n7\n", 0),
        ("ulimit -S -n 9; sh -c 'ulimit -n'", "9\n", 0),
        ("ulimit -n 10", "sh: error setting limit: Operation not permitted\n", 1),
        ("ulimit -n 4; ulimit -S -n 6", "sh: error setting limit: Invalid argument\n", 1),
        ("ulimit -n x", "sh: invalid number 'x'\n", 1),
        ("ulimit -z", "ulimit: invalid option -- 'z'\n", 1),
        ("ulimit; ulimit -s; ulimit -c", "unlimited\n8192\n0\n", 0),
        ("ulimit -a | grep open", "open files                      (-n) 5\n", 0),
        ("(ulimit -n 3); ulimit -n", "5\n", 0),
    ],
)
def test_ulimit_shows_and_lowers(line: str, said: str, code: int) -> None:
    done = played(["sh", "-c", line], context(bounds=LIMITS))
    assert (done.text, done.code) == (said, code)


@pytest.mark.parametrize(
    ("shell", "line", "said"),
    [
        (
            "bash",
            "ulimit -n 10",
            "bash: line 1: ulimit: open files: cannot modify limit: Operation",
        ),
        ("bash", "ulimit -n x", "bash: line 1: ulimit: x: invalid number"),
        ("bash", "ulimit -a", "core file size              (blocks, -c) 0\n"),
        ("bash", "ulimit -a", "open files                          (-n) 5\n"),
        ("sh", "ulimit -n 10", "sh: 1: ulimit: error setting limit (Operation not permitted)"),
        ("sh", "ulimit -a", "locked memory(kbytes) 8192\n"),
    ],
)
def test_each_shell_has_its_own_words_for_limits(shell: str, line: str, said: str) -> None:
    assert said in played([shell, "-c", line], context("nginx", bounds=LIMITS)).text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("touch /x", "touch: /x: Permission denied\n"),
        ("echo a > /etc/motd2", "sh: can't create /etc/motd2: Permission denied\n"),
        ("mkdir /data", "mkdir: can't create directory '/data': Permission denied\n"),
        ("rm /etc/passwd", "rm: can't remove '/etc/passwd': Permission denied\n"),
        ("chown root /dev/null", "chown: /dev/null: Operation not permitted\n"),
        ("echo a > /dev/null; echo b > /dev/stdout", "b\n"),
        ("touch /tmp/x; stat -c '%u %g' /tmp/x", "1000 0\n"),
    ],
)
def test_programs_of_a_user_say_what_they_may_not(line: str, said: str) -> None:
    here = context(user="1000")
    here.inside.disk().make_folder("/tmp", parents=True)
    here.inside.disk().change_mode("/tmp", 0o1777)
    assert played(["sh", "-c", line], here).text == said
