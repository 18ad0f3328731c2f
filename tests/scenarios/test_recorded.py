"""Each edition of the practice engine answers in the shape that a real engine of it was heard in.

tests/recorded/engine-*.json holds what a real 28.5 and a real 29.8 answered, each in its newest
version of the API, to the same calls on the same things: see ``set_up``.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from essaim_practice.hosting.server import PracticeServer

RECORDED = Path(__file__).parents[1] / "recorded"
EDITIONS = {"28.5": "28", "29.8": "29"}
REAL: dict[str, dict[str, Any]] = {
    edition: json.loads((RECORDED / f"engine-{name}.json").read_text(encoding="utf-8"))
    for edition, name in EDITIONS.items()
}
PATHS = [path for path in REAL["28.5"] if path != "/events"]

Json = Any


def ask(server: PracticeServer, method: str, path: str, body: Json = None) -> Json:
    connection = http.client.HTTPConnection(server.urls[0].removeprefix("tcp://"), timeout=30)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status < 300, told
        one = path.startswith(("/images/create", "/events")) or not told
        return told if one else json.loads(told)
    finally:
        connection.close()


def set_up(server: PracticeServer) -> None:
    """What the real engines had when they were asked."""
    for image in ("nginx", "alpine"):
        ask(server, "POST", f"/images/create?fromImage={image}&tag=latest")
    ask(server, "POST", "/volumes/create", {"Name": "shapevol"})
    ports = {"80/tcp": [{"HostPort": "8099"}]}
    host = {"Binds": ["shapevol:/data:rw"], "PortBindings": ports}
    shape1 = {"Image": "alpine", "Cmd": ["sleep", "60"], "ExposedPorts": {"80/tcp": {}}}
    shape1["Volumes"] = {"/data": {}}
    ask(server, "POST", "/containers/create?name=shape1", {**shape1, "HostConfig": host})
    ask(server, "POST", "/containers/shape1/start")
    net = {"Name": "shapenet", "Driver": "overlay", "Attachable": True}
    id = ask(server, "POST", "/networks/create", net)["Id"]
    task = {"ContainerSpec": {"Image": "nginx:latest"}, "Networks": [{"Target": id}]}
    mode = {"Replicated": {"Replicas": 2}}
    spec = {"Name": "shapesvc", "TaskTemplate": task, "Mode": mode}
    ask(server, "POST", "/services/create", spec)


@pytest.fixture(scope="module", params=EDITIONS)
def played(request: pytest.FixtureRequest) -> Iterator[tuple[str, PracticeServer]]:
    with PracticeServer.start(
        2, speed=50, seed=7, bind_ports=False, engine=request.param
    ) as server:
        set_up(server)
        for _ in range(600):
            tasks = ask(server, "GET", "/tasks")
            if [task["Status"]["State"] for task in tasks] == ["running", "running"]:
                break
            server.clock.step(1)
        yield request.param, server


def leaves(value: Json, at: str = "") -> Iterator[tuple[str, Json]]:
    """Every value by the names that lead to it; elements of a list, and what ids name, as one."""
    if isinstance(value, dict):
        if not value:
            yield at, {}
        for name, inner in value.items():
            named = "*" if (len(name) > 24 and " " not in name) or "/" in name else name
            yield from leaves(inner, f"{at}.{named}" if not name.startswith("lb-") else f"{at}.*")
    elif isinstance(value, list):
        if not value:
            yield f"{at}[]", None
        for inner in value:
            yield from leaves(inner, f"{at}[]")
    else:
        yield at, value


def names(value: Json) -> set[str]:
    return {at for at, _ in leaves(value)}


#: What the real engines were asked of had other images: imported ones, of one layer.
IMAGES = {
    ".Comment", ".Config.Entrypoint", ".Config.Entrypoint[]", ".Config.Env", ".Config.Env[]",
    ".Config.Labels", ".Config.Labels.maintainer", ".Config.StopSignal", ".Labels.maintainer",
    ".Tags", "[].Tags",
}  # fmt: skip
#: Names at which ours may differ, and why.
ELSEWHERE = {
    "/info": {  # how their machines were set up, or left out of the recording
        ".DockerRootDir", ".HttpProxy", ".HttpsProxy", ".NoProxy",
        ".RegistryConfig.IndexConfigs", ".RegistryConfig.InsecureRegistryCIDRs[]",
        ".RegistryConfig.Mirrors[]", ".Runtimes.io.containerd.runc.v2.status.*",
        ".Runtimes.runc.status.*", ".Warnings", ".Warnings[]",
    },
    "/tasks": {"[].NetworksAttachments[].Network.Spec.IPAMOptions.Driver"},
    "/swarm": {".JoinTokens.Manager", ".JoinTokens.Worker"},  # left out of the recording
    "/distribution/nginx:latest/json": {  # an image without any
        ".Platforms", ".Platforms[].architecture", ".Platforms[].os",
    },
    "/networks/shapenet": {".Peers[].IP", ".Peers[].Name"},  # of three nodes there, two here
    "/system/df": {  # the real 29 had an image without a name
        ".ImageUsage.Reclaimable", ".ImageUsage.Items[].RepoDigests",
        ".ImageUsage.Items[].RepoTags", ".Images[].RepoDigests", ".Images[].RepoTags",
    },
}  # fmt: skip


def _is_elsewhere(name: str, path: str) -> bool:
    return name in ELSEWHERE.get(path, ()) or any(name.endswith(image) for image in IMAGES)


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_has_the_fields_of_the_real_one(
    path: str, played: tuple[str, PracticeServer]
) -> None:
    edition, server = played
    ours, theirs = names(ask(server, "GET", path)), names(REAL[edition][path])
    assert {name for name in ours ^ theirs if not _is_elsewhere(name, path)} == set()


#: What tells the editions apart, or came with 29, and is the same on every machine.
TELLING = {
    "/containers/json?all=1": [
        "[].Health.FailingStreak", "[].Health.Status", "[].ImageManifestDescriptor.mediaType",
        "[].ImageManifestDescriptor.platform.architecture", "[].Ports[].IP", "[].Mounts[].Mode",
    ],
    "/containers/shape1/json": [
        ".Config.OnBuild", ".Driver", ".GraphDriver.Name", ".HostConfig.MaskedPaths[]",
        ".ImageManifestDescriptor.platform.os", ".NetworkSettings.IPAddress",
        ".NetworkSettings.SecondaryIPAddresses", ".Storage.RootFS.Snapshot.Name",
    ],
    "/images/json": ["[].Descriptor.mediaType"],
    "/images/nginx:latest/json": [
        ".Config.Cmd[]", ".Config.OnBuild", ".Descriptor.mediaType", ".GraphDriver.Name",
        ".Identity.Pull[].Repository", ".Parent",
    ],
    "/info": [".Driver", ".FirewallBackend.Driver", ".KernelMemoryTCP"],
    "/networks/bridge": [".Status.IPAM.Subnets.*.DynamicIPsAvailable",
                         ".Status.IPAM.Subnets.*.IPsInUse"],
    "/networks/shapenet": [".Status.IPAM.Subnets.*.DynamicIPsAvailable",
                           ".Status.IPAM.Subnets.*.IPsInUse"],
    "/system/df": [
        ".ContainerUsage.ActiveCount", ".ContainerUsage.TotalCount", ".ImageUsage.ActiveCount",
        ".VolumeUsage.ActiveCount", ".VolumeUsage.TotalCount", ".BuildCacheUsage",
    ],
    "/containers/shape1/stats?stream=0": [".os_type"],
    "/version": [".ApiVersion", ".MinAPIVersion", ".Components[].Details.Module"],
}  # fmt: skip


@pytest.mark.parametrize(("path", "name"), [(p, name) for p in TELLING for name in TELLING[p]])
def test_a_value_that_tells_the_editions_apart_is_the_real_one(
    path: str, name: str, played: tuple[str, PracticeServer]
) -> None:
    edition, server = played
    ours, theirs = (
        {json.dumps(value) for at, value in leaves(answer) if at == name}
        for answer in (ask(server, "GET", path), REAL[edition][path])
    )
    assert ours == theirs


def test_an_event_has_the_fields_of_the_real_ones(played: tuple[str, PracticeServer]) -> None:
    edition, server = played
    until = ask(server, "GET", "/info")["SystemTime"]
    told = ask(server, "GET", f"/events?since=1&until={until}").splitlines()
    ours = {each["Type"]: set(each) for each in map(json.loads, told)}
    for theirs in REAL[edition]["/events"]:
        assert ours.get(theirs["Type"], set(theirs)) == set(theirs)
    assert {"container", "image", "network", "service", "volume"} <= set(ours)


def test_what_a_client_of_old_asks_of_29_is_what_it_knows(
    played: tuple[str, PracticeServer],
) -> None:
    """As moby's routers make it of the answers of today for versions before 1.52."""
    edition, server = played
    told = ask(server, "GET", "/v1.51/containers/shape1/json")
    assert told["NetworkSettings"]["IPAddress"] == "172.17.0.2"
    assert "Storage" not in told
    assert told["GraphDriver"]["Name"] == told["Driver"]
    assert ("ImageManifestDescriptor" in told) == (edition == "29.8")
    assert "ImageManifestDescriptor" not in ask(server, "GET", "/v1.47/containers/shape1/json")
    image = ask(server, "GET", "/v1.47/images/json")[0]
    assert ("Descriptor" in image, image["Containers"]) == (False, -1)
    shown = ask(server, "GET", "/v1.51/images/nginx:latest/json")
    assert (shown["Config"]["OnBuild"], shown["Author"]) == (None, "")
    assert "LayersSize" in ask(server, "GET", "/v1.51/system/df")
    assert "Status" not in ask(server, "GET", "/v1.51/networks/bridge")
    assert "Health" not in ask(server, "GET", "/v1.51/containers/json")[0]
