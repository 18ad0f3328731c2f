"""Mounts through the API: as asked for, as shown, and what is refused."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from .conftest import Answer, Call
from .test_files_api import archive


@pytest.fixture(autouse=True)
def alpine(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine")


def create(call: Call, name: str = "box", **host: Any) -> Answer:
    volumes = host.pop("Volumes", None)
    body = {"Image": "alpine", "Volumes": volumes, "HostConfig": host}
    return call("POST", f"/containers/create?name={name}", body)


def mounts(call: Call, name: str = "box") -> list[dict[str, Any]]:
    shown = call("GET", f"/containers/{name}/json").json()["Mounts"]
    assert isinstance(shown, list)
    return shown


def test_mounts_are_shown_as_the_daemon_shows_them(call: Call) -> None:
    asked = [
        {"Type": "volume", "Source": "named", "Target": "/n2", "ReadOnly": True},
        {"Type": "tmpfs", "Target": "/t"},
        {"Type": "bind", "Source": "/etc", "Target": "/e", "ReadOnly": True},
    ]
    answer = create(call, Binds=["data:/n:ro", "/made:/q:ro,z"], Mounts=asked, Tmpfs={"/t2": ""})
    assert answer.status == 201
    folder = "/var/lib/docker/volumes"
    shown = {mount["Destination"]: mount for mount in mounts(call)}
    assert shown == {
        "/e": {
            "Type": "bind",
            "Source": "/etc",
            "Destination": "/e",
            "Mode": "",
            "RW": False,
            "Propagation": "rprivate",
        },
        "/n": {
            "Type": "volume",
            "Name": "data",
            "Source": f"{folder}/data/_data",
            "Destination": "/n",
            "Driver": "local",
            "Mode": "ro",
            "RW": False,
            "Propagation": "",
        },
        "/n2": {
            "Type": "volume",
            "Name": "named",
            "Source": f"{folder}/named/_data",
            "Destination": "/n2",
            "Driver": "local",
            "Mode": "z",
            "RW": False,
            "Propagation": "",
        },
        "/q": {
            "Type": "bind",
            "Source": "/made",
            "Destination": "/q",
            "Mode": "ro,z",
            "RW": False,
            "Propagation": "rprivate",
        },
        "/t": {
            "Type": "tmpfs",
            "Source": "",
            "Destination": "/t",
            "Mode": "",
            "RW": True,
            "Propagation": "",
        },
    }


NAMES = 'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory'


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ({"Binds": ["a:b:c:d"]}, "invalid volume specification: 'a:b:c:d'"),
        (
            {"Binds": ["vol:rel"]},
            "invalid volume specification: 'vol:rel': invalid mount config for type \"volume\": "
            "invalid mount path: 'rel' mount path must be absolute",
        ),
        ({"Binds": ["/a:/b:zz"]}, "invalid mode: zz"),
        ({"Binds": ["/a:/b:ro,rw"]}, "invalid mode: ro,rw"),
        (
            {"Binds": ["vol:/"]},
            "invalid volume specification: 'vol:/': invalid mount config for type \"volume\": "
            "invalid specification: destination can't be '/'",
        ),
        (
            {"Binds": ["a/b:/x"]},
            'create a/b: "a/b" includes invalid characters for a local volume name, '
            f"{NAMES}, use absolute path",
        ),
        (
            {"Binds": ["x:/y"]},
            "create x: volume name is too short, names should be at least two alphanumeric "
            "characters",
        ),
        ({"Binds": ["aa:/a", "bb:/a"]}, "Duplicate mount point: /a"),
        (
            {"Mounts": [{"Type": "bind", "Source": "/nope", "Target": "/x"}]},
            'invalid mount config for type "bind": bind source path does not exist: /nope',
        ),
        (
            {"Mounts": [{"Type": "bind", "Target": "/x"}]},
            'invalid mount config for type "bind": field Source must not be empty',
        ),
        (
            {"Mounts": [{"Type": "foo", "Target": "/x"}]},
            'invalid mount config for type "foo": mount type unknown',
        ),
        (
            {"Mounts": [{"Type": "tmpfs", "Source": "a", "Target": "/x"}]},
            'invalid mount config for type "tmpfs": field Source must not be specified',
        ),
        (
            {"Mounts": [{"Type": "volume", "Source": "aa", "Target": "x"}]},
            "invalid mount config for type \"volume\": invalid mount path: 'x' mount path must be "
            "absolute",
        ),
        ({"Tmpfs": {"rel": ""}}, "invalid mount path: 'rel' mount path must be absolute"),
    ],
)
def test_senseless_mounts_are_refused(call: Call, host: dict[str, Any], message: str) -> None:
    answer = create(call, **host)
    assert (answer.status, answer.message) == (400, message)
    assert call("GET", "/volumes").json()["Volumes"] == []


def test_a_volume_without_a_name_goes_with_its_container(call: Call) -> None:
    create(call, Volumes={"/anon": {}}, Binds=["kept:/kept"])
    (anonymous,) = [m["Name"] for m in mounts(call) if m["Destination"] == "/anon"]
    assert len(anonymous) == 64
    busy = call("DELETE", f"/volumes/{anonymous}")
    assert busy.status == 409
    assert call("DELETE", "/containers/box?v=1").status == 204
    assert [v["Name"] for v in call("GET", "/volumes").json()["Volumes"]] == ["kept"]


def test_a_container_takes_over_the_volumes_of_another(call: Call) -> None:
    create(call, Volumes={"/anon": {}}, Binds=["kept:/kept"])
    assert create(call, "other", VolumesFrom=["box:ro"]).status == 201
    first = {(m["Name"], m["Destination"]) for m in mounts(call)}
    assert {(m["Name"], m["Destination"]) for m in mounts(call, "other")} == first
    assert not any(m["RW"] for m in mounts(call, "other"))
    missing = create(call, "third", VolumesFrom=["none"])
    assert (missing.status, missing.message) == (400, "No such container: none")


def test_prune_removes_what_nobody_mounts(call: Call) -> None:
    create(call, Volumes={"/anon": {}})
    call("POST", "/volumes/create", {})
    call("POST", "/volumes/create", {"Name": "named"})
    pruned = call("POST", "/volumes/prune").json()
    assert len(pruned["VolumesDeleted"]) == 1
    pruned = call("POST", '/volumes/prune?filters={"all":["true"]}').json()
    assert pruned["VolumesDeleted"] == ["named"]


def test_an_images_volume_is_made_for_each_container(
    call: Call, engine: docker.DockerClient, tmp_path: Any
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM alpine\nVOLUME /data\n")
    engine.images.build(path=str(tmp_path), tag="with-volume")
    first = engine.containers.create("with-volume").attrs["Mounts"]
    second = engine.containers.create("with-volume").attrs["Mounts"]
    assert first[0]["Destination"] == second[0]["Destination"] == "/data"
    assert first[0]["Name"] != second[0]["Name"]


def test_mounts_that_cannot_be_do_no_harm(call: Call) -> None:
    through_a_file = create(call, "first", Binds=["/etc/passwd/x:/y"])
    assert through_a_file.status == 400
    assert through_a_file.message == (
        "error while creating mount source path '/etc/passwd/x': mkdir /etc/passwd/x: "
        "not a directory"
    )
    assert create(call, "second", Binds=["vol:/etc/passwd", "other:/etc/group/x"]).status == 201
    assert call("GET", "/containers/second/archive?path=/etc/passwd").status == 200


def test_an_image_may_have_anything_where_the_engine_writes(call: Call) -> None:
    body = archive(etc="a file", dev="a file", **{".dockerenv": None})
    assert call("POST", "/images/create?fromSrc=-&repo=odd&changes=CMD+x", body).status == 200
    assert call("POST", "/containers/create?name=odd", {"Image": "odd"}).status == 201
    assert call("GET", "/containers/odd/archive?path=/etc").status == 200
    assert call("GET", "/containers/odd/changes").body == b"null\n"
