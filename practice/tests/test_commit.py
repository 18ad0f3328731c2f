"""Images of containers and of archives: commit, save, load, import."""

from __future__ import annotations

import io
import json
import re
import tarfile
from urllib.parse import quote, urlencode

import docker
import pytest
from docker.errors import APIError

from .conftest import Call
from .test_files_api import archive, names


@pytest.fixture
def box(call: Call, engine: docker.DockerClient) -> str:
    """A container with a file of its own, that was never started."""
    engine.images.pull("alpine")
    call("POST", "/containers/create?name=box", {"Image": "alpine", "Env": ["A=b"]})
    kind = {"Content-Type": "application/x-tar"}
    call("PUT", "/containers/box/archive?path=/root", archive(hello="hello\n"), headers=kind)
    return "box"


def content(call: Call, container: str, path: str) -> bytes:
    answer = call("GET", f"/containers/{container}/archive?path={quote(path)}")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        file = tar.extractfile(tar.getmembers()[0])
        assert file is not None
        return file.read()


@pytest.mark.edition("28.5")
def test_a_commit_is_an_image_of_the_container_as_it_is(
    call: Call, engine: docker.DockerClient, box: str
) -> None:
    image = engine.containers.get("box").commit(
        "mine",
        "v1",
        message="a message",
        author="Me",
        changes='CMD ["echo", "hi"]\nEXPOSE 80',
    )
    assert image.tags == ["mine:v1"]
    alpine = engine.images.get("alpine")
    shown = image.attrs
    assert (shown["Comment"], shown["Author"], shown["Parent"]) == ("a message", "Me", alpine.id)
    assert shown["Size"] == alpine.attrs["Size"] + 6
    step = image.history()[0]
    assert (step["CreatedBy"], step["Size"], step["Comment"]) == ("/bin/sh", 6, "a message")
    assert len(shown["RootFS"]["Layers"]) == len(alpine.attrs["RootFS"]["Layers"]) + 1
    engine.containers.create("mine:v1", name="copy")
    assert content(call, "copy", "/root/hello") == b"hello\n"
    assert call("GET", "/containers/copy/changes").json() is None


def test_a_commit_changes_the_configuration_as_asked(call: Call, box: str) -> None:
    changes = ['CMD ["echo","hi"]', "ENV X=y", "EXPOSE 80", "LABEL a=b", "WORKDIR /w", "USER me"]
    query = urlencode([("container", box), ("repo", "mine"), *(("changes", c) for c in changes)])
    assert call("POST", f"/commit?{query}").status == 201
    config = call("GET", "/images/mine/json").json()["Config"]
    assert config["Cmd"] == ["echo", "hi"]
    assert (config["Env"][0], config["Env"][-1]) == ("A=b", "X=y")
    assert (config["ExposedPorts"], config["Labels"]) == ({"80/tcp": {}}, {"a": "b"})
    assert (config["WorkingDir"], config["User"]) == ("/w", "me")


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("container=box&changes=RUN+x", 400, "RUN is not a valid change command"),
        ("container=none", 404, "No such container: none"),
        ("", 400, 'invalid name or ID supplied: ""'),
        ("container=box&changes=EXPOSE+x", 400, None),
    ],
)
def test_a_senseless_commit_is_refused(
    call: Call, box: str, query: str, status: int, message: str | None
) -> None:
    answer = call("POST", f"/commit?{query}")
    assert answer.status == status
    assert message in (None, answer.message)
    assert len(call("GET", "/images/json").json()) == 1


def test_a_saved_image_is_the_same_when_it_is_loaded(
    call: Call, engine: docker.DockerClient, box: str
) -> None:
    made = engine.containers.get("box").commit("mine", "v1", message="why")
    before = call("GET", "/images/mine:v1/json").json()
    saved = call("GET", "/images/mine:v1/get").body
    assert {"manifest.json", "oci-layout", "repositories"} <= set(names(saved))
    engine.images.remove("mine:v1")
    told = call("POST", "/images/load", saved).body.decode().splitlines()
    assert [json.loads(line) for line in told] == [{"stream": "Loaded image: mine:v1\n"}]
    after = call("GET", "/images/mine:v1/json").json()
    for field in ("Id", "Config", "RootFS", "Comment", "RepoTags"):
        assert after[field] == before[field], field
    assert engine.images.get("mine:v1").id == made.id
    engine.containers.create("mine:v1", name="copy")
    assert content(call, "copy", "/root/hello") == b"hello\n"
    assert content(call, "copy", "/bin/busybox").startswith(b"\x7fELF")


def test_an_archive_of_a_real_engine_is_loaded_layer_by_layer(
    call: Call, engine: docker.DockerClient
) -> None:
    config = {
        "created": "2026-01-01T00:00:00Z",
        "config": {"Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:1", "sha256:2"]},
        "history": [{"created_by": "one"}, {"created_by": "two"}],
    }
    manifest = [{"Config": "c.json", "RepoTags": ["real:1"], "Layers": ["1/layer.tar", "2.tar"]}]
    files: dict[str, str | bytes | None] = {
        "c.json": json.dumps(config),
        "manifest.json": json.dumps(manifest),
        "1/layer.tar": archive(**{"bin": None, "bin/sh": "#!", "gone": "x"}),
        "2.tar": archive(**{".wh.gone": "", "here": "y"}),
    }
    engine.images.load(archive(**files))
    engine.containers.create("real:1", name="copy")
    listed = names(call("GET", "/containers/copy/export").body)
    assert "here" in listed
    assert "gone" not in listed
    assert [step["CreatedBy"] for step in engine.images.get("real:1").history()] == ["two", "one"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"no tar", "unexpected EOF"),
        (b"no tar" * 200, "archive/tar: invalid tar header"),
        (archive(x="y"), "open PLACE/repositories: no such file or directory"),
        (
            archive(repositories='{"a": {"b": "c"}}'),
            "open PLACE/c/json: no such file or directory",
        ),
        (
            archive(**{"manifest.json": "{}"}),
            "json: cannot unmarshal object into Go value of type []tarexport.manifestItem",
        ),
        (
            archive(**{"manifest.json": '[{"Config": "c"}]'}),
            "open PLACE/c: no such file or directory",
        ),
        (archive(**{"manifest.json": "{"}), None),
        (archive(**{"manifest.json": '[{"Config": "c"}]', "c": '{"config": {"Cmd": 1}}'}), None),
        (archive(**{"manifest.json": '[{"Config": "c"}]', "c": "[]"}), None),
    ],
)
def test_what_is_no_archive_of_images_is_not_loaded(
    call: Call, body: bytes, message: str | None
) -> None:
    answer = call("POST", "/images/load", body)
    assert answer.status == 200  # what is wrong stands in the stream
    told = answer.json()
    assert told["errorDetail"] == {"message": told["error"]}
    said = re.sub(r"/var/lib/docker/tmp/docker-import-[0-9]+", "PLACE", told["error"])
    assert message in (None, said)


def test_an_archive_of_old_is_loaded(call: Call, engine: docker.DockerClient) -> None:
    old = archive(
        **{
            "repositories": '{"legacy": {"1": "bb"}}',
            "bb/json": '{"parent": "aa", "config": {"Cmd": ["/hi"]}}',
            "bb/layer.tar": archive(hi="x").decode(),
            "aa/json": "{}",
            "aa/layer.tar": archive(below="y").decode(),
        }
    )
    call("POST", "/images/load", old)
    assert engine.images.get("legacy:1").attrs["Config"]["Cmd"] == ["/hi"]
    engine.containers.create("legacy:1", name="copy")
    assert {"hi", "below"} <= set(names(call("GET", "/containers/copy/export").body))


@pytest.mark.edition("28.5")  # 29 tells of no layer
def test_two_commits_of_one_state_share_its_layer(
    call: Call, engine: docker.DockerClient, box: str
) -> None:
    for name in ("one", "two"):
        engine.containers.get(box).commit(name)
    one, two = (engine.images.get(name) for name in ("one", "two"))
    assert one.attrs["RootFS"] == two.attrs["RootFS"]
    gone = [call("DELETE", f"/images/{name}").json() for name in ("one", "two")]
    assert [[*line] for line in gone[0]] == [["Untagged"], ["Deleted"]]
    assert [[*line] for line in gone[1]] == [["Untagged"], ["Deleted"], ["Deleted"]]


def test_an_import_says_where_it_came_from(engine: docker.DockerClient) -> None:
    engine.api.import_image_from_data(archive(hi="x"), repository="plain")
    assert [step["Comment"] for step in engine.images.get("plain").history()] == ["Imported from -"]


def test_images_are_compared_by_any_name(engine: docker.DockerClient, box: str) -> None:
    engine.containers.get(box).commit("newer")
    assert [i.tags for i in engine.images.list(filters={"since": "alpine"})] == [["newer:latest"]]
    older = engine.images.list(filters={"before": "newer", "reference": "alpine"})
    assert [i.tags for i in older] == [["alpine:latest"]]


def test_a_command_of_its_own_outlives_an_entrypoint(engine: docker.DockerClient, box: str) -> None:
    changes = ["CMD echo hi", 'ENTRYPOINT ["e"]']
    engine.containers.get(box).commit("both", changes=changes)
    config = engine.images.get("both").attrs["Config"]
    assert (config["Cmd"], config["Entrypoint"]) == (["/bin/sh", "-c", "echo hi"], ["e"])


def test_an_archive_of_files_becomes_an_image(
    call: Call, engine: docker.DockerClient, box: str
) -> None:
    exported = call("GET", "/containers/box/export").body
    query = "fromSrc=-&repo=imported&tag=1&message=why&changes=CMD+sh"
    told = call("POST", f"/images/create?{query}", exported)
    image = engine.images.get("imported:1")
    assert json.loads(told.body) == {"status": image.id}
    assert image.attrs["Comment"] == "why"
    assert image.attrs["Config"]["Cmd"] == ["/bin/sh", "-c", "sh"]
    engine.containers.create("imported:1", name="copy")
    assert content(call, "copy", "/root/hello") == b"hello\n"
    refused = call("POST", "/images/create?fromSrc=-&repo=x", b"no tar" * 200)
    assert (refused.status, refused.message) == (400, "archive/tar: invalid tar header")


def test_only_images_that_are_there_are_saved(engine: docker.DockerClient, call: Call) -> None:
    with pytest.raises(APIError, match="No such image: none"):
        list(engine.api.get_image("none"))
    assert call("GET", "/images/get?names=none").status == 404


@pytest.mark.edition("28.5")
def test_sizes_are_what_was_written(call: Call, engine: docker.DockerClient, box: str) -> None:
    image = engine.images.get("alpine").attrs["Size"]
    (shown,) = call("GET", "/containers/json?all=1&size=1").json()
    assert (shown["SizeRw"], shown["SizeRootFs"]) == (6, image + 6)
    shown = call("GET", "/containers/box/json?size=1").json()
    assert (shown["SizeRw"], shown["SizeRootFs"]) == (6, image + 6)
    host = {"Binds": ["data:/data"]}
    call("POST", "/containers/create?name=other", {"Image": "alpine", "HostConfig": host})
    kind = {"Content-Type": "application/x-tar"}
    call("PUT", "/containers/other/archive?path=/data", archive(x="12345"), headers=kind)
    used = call("GET", "/system/df").json()
    assert used["LayersSize"] == image
    assert [volume["UsageData"] for volume in used["Volumes"]] == [{"RefCount": 1, "Size": 5}]
    assert sorted(c["SizeRw"] for c in used["Containers"]) == [0, 6]
    assert call("POST", "/containers/prune").json()["SpaceReclaimed"] == 6
    pruned = call("POST", '/volumes/prune?filters={"all":["1"]}').json()
    assert pruned["SpaceReclaimed"] == 5
