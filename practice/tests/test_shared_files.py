"""A folder of this computer that containers see: its real files, read only, and nothing else."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
from docker.errors import APIError
from docker.types import Mount

from essaim_practice import PracticeServer, Settings
from essaim_practice.files.filesystem import File, Link
from essaim_practice.files.shared import MOST_BYTES, SharedFiles
from essaim_practice.store.errors import ApiError
from essaim_practice.worker import server as worker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("not yours")
    folder = tmp_path / "share"
    (folder / "html").mkdir(parents=True)
    (folder / "html" / "index.html").write_text("hello\n")
    (folder / "key").write_text("opensesame")
    return folder


def test_files_are_as_they_are_at_each_look(folder: Path) -> None:
    files = SharedFiles(folder)
    assert files.read("/html/index.html") == b"hello\n"
    assert files.listing("/") == ["html", "key"]
    (folder / "html" / "index.html").write_text("changed")
    (folder / "new").write_text("")
    os.utime(folder / "key", (5, 7))
    (folder / "key").chmod(0o640)
    assert files.read("/html/index.html") == b"changed"
    assert files.listing("/") == ["html", "key", "new"]
    key = files.entry("/key")
    assert (key.mode, key.mtime, key.uid) == (0o640, 7, os.getuid())
    (folder / "key").unlink()
    assert not files.exists("/key")


def test_nothing_is_written(folder: Path) -> None:
    files = SharedFiles(folder)
    writes: tuple[partial[None], ...] = (
        partial(files.write, "/key", b"x"),
        partial(files.append, "/key", b"x"),
        partial(files.write, "/new", b"x"),
        partial(files.make_folder, "/made"),
        partial(files.remove, "/key"),
        partial(files.remove_tree, "/html"),
        partial(files.rename, "/key", "/other"),
        partial(files.change_mode, "/key", 0o777),
        partial(files.touch, "/key"),
        partial(files.link, "/link", "/key"),
    )
    for write in writes:
        with pytest.raises(OSError, match="Read-only file system"):
            write()
    assert sorted(os.listdir(folder)) == ["html", "key"]
    assert (folder / "key").read_text() == "opensesame"


def test_nothing_outside_is_seen(folder: Path) -> None:
    files = SharedFiles(folder)
    (folder / "out").symlink_to("../secret")
    (folder / "away").symlink_to(folder.parent)
    assert isinstance(files.entry("/out", follow=False), Link)
    for path in ("/out", "/away/secret", "/../secret", "/html/../../secret", "/key/..", "/a\0b"):
        with suppress(OSError):
            found = files.entry(path)
            assert not isinstance(found, File), path
    for path in ("/away/secret", "/../secret", "/.", "//key", "/html/../key", "/a\0b"):
        assert files._own(path) is None or path == "//key", path
    assert files._listed("/away") == files._listed("/..") == files._listed("/../share") == []


def test_what_is_no_small_file_is_not_there(folder: Path) -> None:
    files = SharedFiles(folder)
    (folder / "most").write_bytes(b"x" * MOST_BYTES)
    (folder / "more").write_bytes(b"x" * (MOST_BYTES + 1))
    os.mkfifo(folder / "pipe")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_text("")
    with socket.socket(socket.AF_UNIX) as listening:
        with suppress(OSError):  # where the path is too long for one
            listening.bind(str(folder / "socket"))
        assert files.listing("/") == ["html", "key", "most"]
        assert [files._own(f"/{name}") for name in ("more", "pipe", "socket")] == [None] * 3


def test_a_folder_that_turns_into_a_link_leads_nowhere(folder: Path) -> None:
    """Whoever may write there swaps it as often as they can, while it is read."""
    files, ended = SharedFiles(folder), Event()
    (folder / "html" / "secret").write_text("mine")
    (folder / "link").symlink_to("..")

    def swap() -> None:
        while not ended.is_set():
            (folder / "html").rename(folder / "kept")
            (folder / "link").rename(folder / "html")
            (folder / "html").rename(folder / "link")
            (folder / "kept").rename(folder / "html")

    swapping = Thread(target=swap)
    swapping.start()
    seen = [files._own("/html/secret") for _ in range(2000)]
    ended.set()
    swapping.join()
    assert {each.data for each in seen if isinstance(each, File)} <= {b"mine"}


def test_a_folder_that_is_gone_is_empty(folder: Path, tmp_path: Path) -> None:
    files = SharedFiles(tmp_path / "none")
    assert files.listing("/") == []
    assert not files.exists("/key")


@pytest.mark.parametrize("share", [Path("here"), Path("/nosuch"), Path("/"), Path("/x/../etc")])
def test_a_folder_that_cannot_be_shared_is_refused(share: Path) -> None:
    with pytest.raises(ValueError, match="share is "):
        Settings(share=share)


def test_the_clusters_of_a_worker_share_nothing() -> None:
    with pytest.raises(ApiError, match='no setting "share"'):
        worker._settings(Settings(), b'{"share": "/tmp"}')


def test_containers_see_it_where_it_is_mounted(folder: Path) -> None:
    settings = Settings(nodes=1, speed=50, bind_ports=False, share=folder)
    (folder / "out").symlink_to("/etc/hostname")
    with PracticeServer.from_settings(settings) as server:
        client = server.client
        client.images.pull("alpine", "latest")

        def run(line: str, *binds: str, **options: object) -> str:
            done = client.containers.run(
                "alpine", ["sh", "-c", line], volumes=list(binds), **options
            )
            return bytes(done).decode()

        assert run("cat /h/html/index.html; ls /h", f"{folder}:/h") == "hello\nhtml\nkey\nout\n"
        said = run("echo no > /h/key; cat /h/key", f"{folder}:/h:rw", stderr=True)
        assert "Read-only file system" in said
        assert said.endswith("opensesame")
        assert run("cat /h/out", f"{folder}:/h", hostname="box") == "box\n"
        assert run("ls /h", f"{folder.parent}:/h") == "share\n"  # not what lies beside it
        assert run("ls /h/share", f"{folder.parent}:/h") == ""
        # as compose mounts a secret, and a page
        secret = Mount("/run/secrets/key", f"{folder}/key", type="bind", read_only=True)
        assert run("cat /run/secrets/key", mounts=[secret]) == "opensesame"
        missing = Mount("/x", f"{folder}/none", type="bind")
        with pytest.raises(APIError, match="bind source path does not exist"):
            client.containers.create("alpine", mounts=[missing])
        web = client.containers.run(
            "nginx", detach=True, volumes=[f"{folder}/html:/usr/share/nginx/html"]
        )
        (folder / "html" / "index.html").write_text("changed\n")
        assert web.exec_run("curl -s http://localhost").output == b"changed\n"
        server.reset()
        server.client.images.pull("alpine", "latest")
        assert run("cat /k", f"{folder}/key:/k") == "opensesame"


def test_without_it_no_file_of_this_computer_is_seen(folder: Path) -> None:
    with PracticeServer.start(nodes=1, bind_ports=False) as server:
        server.client.images.pull("alpine", "latest")
        said = server.client.containers.run("alpine", "ls /h", volumes=[f"{folder}:/h"])
        assert said == b""
