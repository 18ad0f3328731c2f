"""The versions of the Docker engine that are played: what each is, and how one is chosen."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from essaim_practice import Clusters, Settings
from essaim_practice.hosting.server import PracticeServer

from .conftest import Call


@pytest.mark.parametrize(
    ("path", "version", "newest", "oldest", "driver"),
    [
        pytest.param(
            "/info", "28.5.2", "1.51", "1.24", "overlay2", marks=pytest.mark.edition("28.5")
        ),
        pytest.param(
            "/info", "29.8.0", "1.56", "1.40", "overlayfs", marks=pytest.mark.edition("29.8")
        ),
    ],
)
def test_an_engine_says_which_one_it_is(
    call: Call, path: str, version: str, newest: str, oldest: str, driver: str
) -> None:
    answer = call("GET", path)
    assert answer.headers["Server"] == f"Docker/{version} (linux)"
    assert answer.headers["Api-Version"] == newest
    assert (answer.json()["ServerVersion"], answer.json()["Driver"]) == (version, driver)
    told = call("GET", "/version").json()
    assert (told["Version"], told["ApiVersion"], told["MinAPIVersion"]) == (version, newest, oldest)
    nodes = call("GET", "/nodes").json()
    assert {n["Description"]["Engine"]["EngineVersion"] for n in nodes} == {version}


@pytest.mark.parametrize(
    ("newest", "beyond", "oldest", "below"),
    [
        pytest.param("1.51", "1.52", "1.24", "1.23", marks=pytest.mark.edition("28.5")),
        pytest.param("1.56", "1.57", "1.40", "1.39", marks=pytest.mark.edition("29.8")),
    ],
)
def test_a_client_too_old_or_too_new_is_refused_in_the_engines_words(
    call: Call, newest: str, beyond: str, oldest: str, below: str
) -> None:
    for spoken in (newest, oldest):
        assert call("GET", f"/v{spoken}/info").status == 200
    old = call("GET", f"/v{below}/info")
    assert (old.status, old.body.decode().strip()) == (
        400,
        f"client version {below} is too old. Minimum supported API version is {oldest}, "
        "please upgrade your client to a newer version",
    )
    new = call("GET", f"/v{beyond}/info")
    assert (new.status, new.message) == (
        400,
        f"client version {beyond} is too new. Maximum supported API version is {newest}",
    )


def test_29_alone_names_the_newest_29() -> None:
    with PracticeServer.from_settings(Settings(nodes=1, engine="29", bind_ports=False)) as server:
        assert server.client.version()["Version"] == "29.8.0"


BOTH = pytest.mark.parametrize(
    "edition",
    [
        pytest.param("28.5", marks=pytest.mark.edition("28.5")),
        pytest.param("29.8", marks=pytest.mark.edition("29.8")),
    ],
)


@BOTH
def test_a_refused_pull_is_told_in_the_engines_words(call: Call, edition: str) -> None:
    refused = call("POST", "/images/create?fromImage=nosuchimage&tag=1")
    assert refused.status == 404
    assert refused.message.startswith(
        {
            "28.5": "pull access denied for nosuchimage, repository does not exist or may require",
            "29.8": 'failed to resolve reference "docker.io/library/nosuchimage:1": '
            "docker.io/library/nosuchimage:1: not found",
        }[edition]
    )
    refused = call("POST", "/images/create?fromImage=nginx&tag=nosuch")
    assert refused.status == 404
    assert refused.message.startswith(
        {
            "28.5": "manifest for nginx:nosuch not found: manifest unknown: manifest unknown",
            "29.8": 'failed to resolve reference "docker.io/library/nginx:nosuch": '
            "docker.io/library/nginx:nosuch: not found",
        }[edition]
    )


@BOTH
def test_what_a_registry_that_is_down_leaves_of_a_pull(call: Call, edition: str) -> None:
    call("POST", "/_practice/registry", {"up": False})
    refused = call("POST", "/images/create?fromImage=nginx&tag=1.29")
    manifest = "https://registry-1.docker.io/v2/library/nginx/manifests/1.29"
    assert (refused.status, refused.message) == (
        500,
        {
            "28.5": "received unexpected HTTP status: 503 Service Unavailable",
            "29.8": 'failed to resolve reference "docker.io/library/nginx:1.29": unexpected status '
            f"from HEAD request to {manifest}: 503 Service Unavailable",
        }[edition],
    )


@BOTH
def test_an_image_in_use_is_kept_in_the_engines_words(
    practice: PracticeServer, call: Call, edition: str
) -> None:
    call("POST", "/images/create?fromImage=alpine&tag=latest")
    made = call("POST", "/containers/create", {"Image": "alpine", "Cmd": ["true"]}).json()["Id"]
    image = call("GET", "/images/alpine/json").json()["Id"].removeprefix("sha256:")[:12]
    why = f"container {made[:12]} is using its referenced image {image}"
    assert call("DELETE", "/images/alpine").message == (
        {
            "28.5": 'conflict: unable to remove repository reference "alpine" (must force)',
            "29.8": "conflict: unable to delete alpine:latest (must be forced)",
        }[edition]
        + f" - {why}"
    )
    call("DELETE", f"/containers/{made}")
    told = call("DELETE", "/images/alpine").json()
    kinds = [name for each in told for name in each]
    assert (
        kinds
        == {"28.5": ["Untagged"] * 2 + ["Deleted"] * 2, "29.8": ["Untagged", "Deleted"]}[edition]
    )
    assert told[0] == {"Untagged": "alpine:latest"}


@BOTH
def test_an_image_has_the_id_and_the_size_of_its_engines_store(call: Call, edition: str) -> None:
    call("POST", "/images/create?fromImage=alpine&tag=latest")
    shown = call("GET", "/images/alpine/json").json()
    digest = shown["RepoDigests"][0].partition("@")[2]
    assert (shown["Id"] == digest) == (edition == "29.8")
    unpacked = sum(step["Size"] for step in call("GET", "/images/alpine/history").json())
    assert (shown["Size"] > unpacked) == (edition == "29.8")
    [listed] = call("GET", "/images/json").json()
    assert (listed["Id"], listed["Size"]) == (shown["Id"], shown["Size"])
    call("POST", "/images/alpine/tag?repo=mine&tag=1")
    names = call("GET", "/images/mine:1/json").json()["RepoDigests"]
    assert (f"mine@{digest}" in names) == (edition == "29.8")


def _tasks(call: Call) -> Any:
    return call("GET", "/tasks").json()


@BOTH
def test_why_a_task_has_no_image(call: Call, edition: str) -> None:
    task = {"ContainerSpec": {"Image": "nosuch:1"}, "RestartPolicy": {"Condition": "none"}}
    call("POST", "/services/create", {"Name": "lost", "TaskTemplate": task})
    deadline = time.monotonic() + 20
    while not (told := [t["Status"]["Err"] for t in _tasks(call) if "Err" in t["Status"]]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert told == [
        {
            "28.5": "No such image: nosuch:1",
            "29.8": 'failed to resolve reference "docker.io/library/nosuch:1": '
            "docker.io/library/nosuch:1: not found",
        }[edition]
    ]


@BOTH
def test_an_address_on_the_default_bridge_and_a_gpu_are_refused_in_the_engines_words(
    call: Call, edition: str
) -> None:
    call("POST", "/images/create?fromImage=alpine&tag=latest")
    place = {"bridge": {"IPAMConfig": {"IPv4Address": "172.17.0.9"}}}
    body = {"Image": "alpine", "NetworkingConfig": {"EndpointsConfig": place}}
    refused = call("POST", "/containers/create", body).message
    new = "user-specified IP address is supported on user-defined networks only"
    assert (f"\n{new}" in refused) == (edition == "29.8")
    assert refused.count("IP address is supported") == 1 + (edition == "28.5")
    gpu = {"HostConfig": {"DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]}}
    made = call("POST", "/containers/create?name=gpu", {"Image": "alpine", **gpu})
    assert made.status == 201
    words = {
        "28.5": 'could not select device driver "" with capabilities: [[gpu]]',
        "29.8": "failed to discover GPU vendor from CDI: no known GPU vendor found",
    }[edition]
    assert call("POST", "/containers/gpu/start").message == words
    assert call("GET", "/containers/gpu/json").json()["State"]["Error"] == words


@pytest.mark.edition("29.8")
def test_events_come_in_the_type_that_is_asked_for(call: Call) -> None:
    call("POST", "/volumes/create", {"Name": "one"})
    until = call("GET", "/info").json()["SystemTime"]
    for version, asked, given, first in (
        ("1.56", "application/json-seq", "application/json-seq", b"\x1e{"),
        ("1.56", "application/jsonl", "application/jsonl", b"{"),
        ("1.52", "application/x-ndjson", "application/x-ndjson", b"{"),
        ("1.52", "application/jsonl", "application/json", b"{"),
        ("1.51", "application/json-seq", "application/json", b"{"),
    ):
        path = f"/v{version}/events?since=1&until={until}"
        answer = call("GET", path, headers={"Accept": asked})
        assert answer.headers["Content-Type"] == given
        assert answer.body.startswith(first)


@BOTH
def test_a_pull_tells_what_its_engine_does_with_layers(call: Call, edition: str) -> None:
    told = call("POST", "/images/create?fromImage=nginx&tag=latest").body.split(b"\r\n")
    statuses = {json.loads(each)["status"] for each in told if each}
    both = {"Pulling fs layer", "Downloading", "Download complete", "Extracting", "Pull complete"}
    assert both < statuses
    others = {"Waiting", "Verifying Checksum"}
    assert statuses & others == (others if edition == "28.5" else set())


@pytest.mark.edition("29.8")
def test_an_image_is_listed_with_what_there_is_of_it(call: Call) -> None:
    call("POST", "/images/create?fromImage=alpine&tag=latest")
    made = call("POST", "/containers/create", {"Image": "alpine"}).json()["Id"]
    [image] = call("GET", "/images/json?manifests=1").json()
    [manifest] = image["Manifests"]
    assert manifest["ImageData"]["Containers"] == [made]
    assert manifest["Size"]["Total"] == image["Size"]
    unpacked = manifest["ImageData"]["Size"]["Unpacked"]
    assert manifest["Size"]["Content"] + unpacked == image["Size"]
    assert "Manifests" not in call("GET", "/images/json").json()[0]
    assert "Manifests" not in call("GET", "/v1.46/images/json?manifests=1").json()[0]
    assert call("GET", "/images/alpine/json?manifests=1").json()["Manifests"] == [manifest]


@pytest.mark.edition("29.8")
def test_steps_of_a_build_are_listed_and_go_with_the_image(call: Call) -> None:
    """As the recorded 29.8: containerd knows of no steps between."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        text = b"FROM alpine\nRUN touch /a\nRUN touch /b\n"
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    call("POST", "/build?t=mine", context.getvalue())
    listed = call("GET", "/images/json").json()
    assert sorted(image["RepoTags"] for image in listed) == [[], ["alpine:latest"], ["mine:latest"]]
    assert [image["ParentId"] for image in listed if not image["RepoTags"]] == [
        image["Id"] for image in listed if "alpine:latest" in image["RepoTags"]
    ]
    told = call("DELETE", "/images/mine").json()
    assert [name for each in told for name in each] == ["Untagged", "Deleted", "Deleted"]
    assert len(call("GET", "/images/json").json()) == 1


@pytest.mark.edition("29.8")
def test_what_later_versions_of_the_api_take_otherwise(call: Call) -> None:
    call("POST", "/images/create?fromImage=alpine&tag=latest")
    wide = {"Image": "alpine", "MacAddress": "02:42:ac:11:00:22"}
    assert call("POST", "/v1.51/containers/create", wide).status == 201
    refused = call("POST", "/v1.52/containers/create", wide)
    assert (refused.status, "no longer supported" in refused.message) == (400, True)
    open_port = {"Image": "alpine", "HostConfig": {"PortBindings": {"80/tcp": []}}}
    for version, bound in (("1.52", True), ("1.53", False)):
        made = call("POST", f"/v{version}/containers/create", open_port).json()["Id"]
        shown = call("GET", f"/containers/{made}/json").json()["HostConfig"]["PortBindings"]
        assert bool(shown) == bound
    assert call("GET", "/images/alpine/attestations").json() == []
    assert call("GET", "/v1.54/images/alpine/attestations").message == "page not found"


@BOTH
def test_a_link_has_variables_before_29(call: Call, edition: str) -> None:
    call("POST", "/images/create?fromImage=alpine&tag=latest")
    call("POST", "/containers/create?name=db", {"Image": "alpine", "Cmd": ["sleep", "1000"]})
    call("POST", "/containers/db/start")
    linked = {"Image": "alpine", "Cmd": ["env"], "HostConfig": {"Links": ["db:db"]}}
    call("POST", "/containers/create?name=app", linked)
    call("POST", "/containers/app/start")
    call("POST", "/containers/app/wait")
    told = call("GET", "/containers/app/logs?stdout=1").body
    assert (b"DB_NAME=/app/db" in told) == (edition == "28.5")
    assert b"HOSTNAME=" in told


def test_a_kept_cluster_goes_on_as_what_it_was_until_it_begins_anew(tmp_path: Path) -> None:
    for engine, version in (("28.5", "28.5.2"), ("29.8", "28.5.2")):
        settings = Settings(nodes=1, engine=engine, bind_ports=False)
        with Clusters(settings, folder=tmp_path) as clusters:
            server = clusters.get("ada")
            assert server.client.version()["Version"] == version
            server.client.volumes.create("kept")
    with Clusters(Settings(nodes=1, bind_ports=False), folder=tmp_path) as clusters:
        server = clusters.get("ada")
        assert [volume.name for volume in server.client.volumes.list()] == ["kept"]
        server.reset()
        assert server.client.version()["Version"] == "29.8.0"
