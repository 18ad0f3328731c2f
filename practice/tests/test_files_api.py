"""Files of containers through the API: in, out, what changed, the whole."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from urllib.parse import quote

import docker
import pytest

from .conftest import Answer, Call


def archive(**files: str | bytes | None) -> bytes:
    """A tar of these files; None makes a folder."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content or b""
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o640, 1000
            info.uid = 5
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o750
            tar.addfile(info, io.BytesIO(data))
    return body.getvalue()


def names(body: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return [m.name + "/" * m.isdir() for m in tar]


@pytest.fixture
def box(call: Call, engine: docker.DockerClient) -> str:
    """A container that was made and never started."""
    engine.images.pull("alpine")
    call("POST", "/containers/create?name=box", {"Image": "alpine"})
    return "box"


def put(call: Call, path: str, body: bytes, **query: int) -> Answer:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    kind = {"Content-Type": "application/x-tar"}
    return call("PUT", f"/containers/box/archive?path={quote(path)}{more}", body, headers=kind)


def get(call: Call, path: str) -> Answer:
    return call("GET", f"/containers/box/archive?path={quote(path)}")


def stat(call: Call, path: str) -> dict[str, object]:
    answer = call("HEAD", f"/containers/box/archive?path={quote(path)}")
    said = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
    assert isinstance(said, dict)
    return said


def test_a_file_goes_in_and_comes_out(call: Call, box: str) -> None:
    assert put(call, "/root", archive(**{"hello.txt": "hello\n"})).status == 200
    answer = get(call, "/root/hello.txt")
    assert answer.headers["Content-Type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        member = tar.getmember("hello.txt")
        content = tar.extractfile(member)
        assert content is not None
        assert content.read() == b"hello\n"
        assert (member.mode, member.mtime, member.uid) == (0o640, 1000, 5)
    changed = call("GET", "/containers/box/changes").json()
    assert changed == [{"Path": "/root", "Kind": 0}, {"Path": "/root/hello.txt", "Kind": 1}]


def test_an_untouched_container_has_no_changes(call: Call, box: str) -> None:
    assert call("GET", "/containers/box/changes").json() is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/root", ["root/", "root/a/", "root/a/b"]),
        ("/root/", ["root/", "root/a/", "root/a/b"]),
        ("/root/.", ["./", "./a/", "./a/b"]),
        ("root/../root/a", ["a/", "a/b"]),
        ("/bin/sh", ["sh"]),
        ("/dev", ["dev/", "dev/console", "dev/pts/", "dev/shm/"]),
    ],
)
def test_a_folder_comes_out_under_the_name_it_was_asked_by(
    call: Call, box: str, path: str, expected: list[str]
) -> None:
    put(call, "/root", archive(a=None, **{"a/b": "c"}))
    assert [name.replace(".//", "./") for name in names(get(call, path).body)] == expected


def test_what_is_at_a_path_is_told_in_a_header(call: Call, box: str) -> None:
    assert stat(call, "/bin/sh") | {"mtime": ""} == {
        "name": "sh",
        "size": 7,
        "mode": 134218239,
        "mtime": "",
        "linkTarget": "/bin/busybox",
    }
    assert (stat(call, "/etc")["mode"], stat(call, "/etc/passwd")["mode"]) == (2147484141, 420)
    assert stat(call, "/")["name"] == "/"


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "?path=/none", 404, "Could not find the file /none in container box"),
        ("GET", "", 400, "bad parameter: pathcannot be empty"),
        ("GET", "?path=/etc/passwd/x", 400, "lstat /etc/passwd/x: not a directory"),
        ("PUT", "?path=/none", 404, "Could not find the file /none in container box"),
        ("PUT", "?path=/etc/passwd", 400, "extraction point is not a directory"),
    ],
)
def test_refusals_are_in_the_daemons_words(
    call: Call, box: str, method: str, path: str, status: int, message: str
) -> None:
    answer = call(method, f"/containers/box/archive{path}")
    assert (answer.status, answer.message) == (status, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"no tar", "unexpected EOF"),
        (b"no tar" * 200, "archive/tar: invalid tar header"),
        (b"\x1f\x8bno gzip" * 200, "archive/tar: invalid tar header"),
        (archive(**{"../../evil": "x"}), 'invalid entry name "../../evil"'),
        (
            archive(**{"passwd": None}),
            'cannot overwrite non-directory "passwd" with directory "/etc"',
        ),
    ],
)
def test_a_bad_archive_is_refused(call: Call, box: str, body: bytes, message: str) -> None:
    answer = put(call, "/etc", body, noOverwriteDirNonDir=1)
    assert (answer.status, answer.message) == (400, message)


def test_a_container_has_no_room_for_everything(call: Call, box: str) -> None:
    answer = put(call, "/root", archive(big=bytes(33 * 2**20)))
    assert (answer.status, answer.message) == (507, "write /root/big: no space left on device")


def test_read_only_containers_and_volumes_take_nothing_in(
    call: Call, engine: docker.DockerClient
) -> None:
    engine.images.pull("alpine")
    host = {"ReadonlyRootfs": True, "Binds": ["data:/data:ro", "work:/work"]}
    call("POST", "/containers/create?name=box", {"Image": "alpine", "HostConfig": host})
    said = [put(call, path, archive(x="y")) for path in ("/", "/data", "/work")]
    assert [answer.status for answer in said] == [400, 400, 200]
    assert said[0].message == "container rootfs is marked read-only"
    assert said[1].message == "mounted volume is marked read-only"
    assert names(get(call, "/work").body) == ["work/", "work/x"]


def test_an_export_holds_the_whole_tree_and_not_what_is_mounted(call: Call, box: str) -> None:
    put(call, "/root", archive(x="y"))
    listed = names(call("GET", "/containers/box/export").body)
    assert {".dockerenv", "bin/", "bin/sh", "etc/hostname", "root/x"} <= set(listed)
    assert "dev/null" not in listed


def test_files_outlive_a_stop_and_are_the_containers_own(
    call: Call, engine: docker.DockerClient, box: str
) -> None:
    put(call, "/root", archive(x="y"))
    engine.containers.get("box").start()
    engine.containers.get("box").stop(timeout=0)
    assert get(call, "/root/x").status == 200
    call("POST", "/containers/create?name=other", {"Image": "alpine"})
    assert call("GET", "/containers/other/archive?path=/root/x").status == 404


@pytest.mark.parametrize("name", ["/".join("d" * 1500), "a\udcff", "n" * 300, "etc/hosts/x", ".."])
def test_an_odd_name_does_no_harm(call: Call, box: str, name: str) -> None:
    assert put(call, "/", archive(**{name: "x"})).status in (200, 400)
    assert call("GET", "/containers/box/export").status == 200
    assert call("GET", "/containers/box/changes").status == 200
