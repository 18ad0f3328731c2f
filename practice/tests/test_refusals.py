"""What the engine refuses of a container, a list or a network, in the daemon's words."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import docker
import pytest

from .conftest import Call


@pytest.mark.parametrize(
    ("config", "host", "words"),
    [
        ({"WorkingDir": "here"}, {}, "the working directory 'here' is invalid, it needs to be"),
        ({"StopSignal": "NOSIG"}, {}, "invalid signal: NOSIG"),
        ({"StopSignal": "0"}, {}, "invalid signal: 0"),
        ({}, {"RestartPolicy": {"Name": "sometimes"}}, "invalid restart policy: unknown policy"),
        (
            {},
            {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 3}},
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ),
        (
            {},
            {"RestartPolicy": {"Name": "always"}, "AutoRemove": True},
            "can't create 'AutoRemove' container with restart policy",
        ),
        ({}, {"CapAdd": ["NOPE"]}, 'invalid CapAdd: unknown capability: "CAP_NOPE"'),
        ({}, {"Memory": 2**20}, "Minimum memory limit allowed is 6MB"),
        ({}, {"Memory": 2**26, "MemorySwap": 2**25}, "Minimum memoryswap limit should be larger"),
        ({}, {"MemorySwap": 2**26}, "You should always set the Memory limit when using"),
        ({}, {"Memory": 2**26, "MemoryReservation": 2**27}, "Minimum memory limit can not be less"),
        ({}, {"NanoCpus": 10**12}, "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs"),
        ({}, {"CpuShares": -3}, "invalid CPU shares (-3): value must be a positive integer"),
        ({}, {"CpusetCpus": "99"}, "Requested CPUs are not available - requested 99, available"),
        ({}, {"CpusetCpus": "x"}, "Invalid value x for cpuset cpus: invalid format: x"),
        ({}, {"OomScoreAdj": 5000}, "Invalid value 5000, range for oom score adj is [-1000, 1000]"),
        ({}, {"IpcMode": "x"}, "invalid IPC mode: x"),
        ({}, {"Runtime": "x"}, "unknown or invalid runtime name: x"),
        ({}, {"Isolation": "hyperv"}, "invalid isolation (hyperv): linux only supports 'default'"),
        (
            {"Hostname": "x"},
            {"NetworkMode": "container:a"},
            "conflicting options: hostname and the network mode",
        ),
        (
            {},
            {"NetworkMode": "container:a", "PublishAllPorts": True},
            "conflicting options: port publishing and the container type network mode",
        ),
    ],
)
def test_a_container_that_makes_no_sense(
    engine: docker.DockerClient, call: Call, config: Any, host: Any, words: str
) -> None:
    engine.images.pull("alpine")
    body = {"Image": "alpine", "Cmd": ["true"], "HostConfig": host, **config}
    refused = call("POST", "/containers/create", body)
    assert refused.status == 400
    assert refused.message.startswith(words)
    assert engine.containers.list(all=True) == []


@pytest.mark.parametrize(
    ("path", "filters", "words"),
    [
        ("/containers/json", {"x": ["1"]}, "invalid filter 'x'"),
        ("/containers/json", {"status": ["x"]}, "invalid filter 'status=x': invalid value for"),
        ("/containers/json", {"exited": ["x"]}, "invalid filter 'exited=x': strconv.Atoi:"),
        ("/containers/json", {"is-task": ["x"]}, "invalid filter 'is-task=[x]'"),
        ("/containers/json", {"publish": ["x"]}, "error while looking up for publish x:"),
        ("/images/json", {"dangling": ["x"]}, "invalid filter 'dangling=[x]'"),
        ("/networks", {"type": ["x"]}, "invalid filter: 'type'='x'"),
        ("/networks", {"dangling": ["x"]}, "invalid value for filter 'dangling', must be"),
        ("/volumes", {"dangling": ["x"]}, "invalid filter 'dangling=[x]'"),
    ],
)
def test_a_filter_that_cannot_be(call: Call, path: str, filters: Any, words: str) -> None:
    refused = call("GET", f"{path}?filters={quote(json.dumps(filters))}")
    assert refused.status == 400
    assert refused.message.startswith(words)


@pytest.mark.parametrize("things", ["containers", "images", "networks"])
def test_a_time_to_prune_until_that_is_none(call: Call, things: str) -> None:
    refused = call("POST", f"/{things}/prune?filters={quote(json.dumps({'until': ['x']}))}")
    assert (refused.status, refused.message) == (
        400,
        'failed to parse value as time or duration: "x"',
    )


def test_names_are_filtered_by_regular_expressions(engine: docker.DockerClient) -> None:
    for name in ("web-1", "web-2", "a-web-1"):
        engine.containers.run("alpine", "sleep 600", name=name, detach=True)

    def named(pattern: str) -> set[str]:
        found = engine.containers.list(filters={"name": pattern})
        return {str(container.name) for container in found}

    assert named("web") == {"web-1", "web-2", "a-web-1"}
    assert named("^web-[12]$") == {"web-1", "web-2"}
    assert named("^/web-1$") == {"web-1"}
    assert named("(a+)+$") == set()  # never tried: it could take for ever
    assert named("[") == set()


def test_a_port_may_be_published_at_one_address(engine: docker.DockerClient) -> None:
    at_home = {"80/tcp": ("127.0.0.1", 8080)}
    web = engine.containers.run("nginx", detach=True, ports=at_home)
    web.reload()
    assert web.ports["80/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": "8080"}]
    there = {"80/tcp": ("127.0.0.2", 8080)}
    engine.containers.run("nginx", detach=True, ports=there)
    with pytest.raises(docker.errors.APIError, match=r"Bind for 0\.0\.0\.0:8080 failed"):
        engine.containers.run("nginx", detach=True, ports={"80/tcp": 8080})


def test_a_start_that_fails_leaves_nothing_of_a_container_to_be_removed(
    engine: docker.DockerClient,
) -> None:
    with pytest.raises(docker.errors.APIError, match="executable file not found in"):
        engine.containers.run("alpine", "nosuchcommand", auto_remove=True, detach=True)
    assert engine.containers.list(all=True) == []


def test_limits_can_be_changed_and_are_kept_apart(engine: docker.DockerClient) -> None:
    box = engine.containers.run("alpine", "sleep 600", detach=True, mem_limit="64m")
    box.reload()
    assert box.attrs["HostConfig"]["MemorySwap"] == 2**27
    with pytest.raises(docker.errors.APIError, match="Memory limit should be smaller than already"):
        box.update(mem_limit="256m")
    box.update(mem_limit="100m", restart_policy={"Name": "always", "MaximumRetryCount": 0})
    box.reload()
    assert box.attrs["HostConfig"]["Memory"] == 100 * 2**20
    assert box.attrs["HostConfig"]["RestartPolicy"]["Name"] == "always"


def test_only_networks_that_can_be_joined_are(engine: docker.DockerClient, call: Call) -> None:
    engine.images.pull("alpine")
    engine.networks.create("closed", driver="overlay")
    for network, words in (
        ("nosuch", "rpc error: code = NotFound desc = network nosuch not found"),
        ("closed", "rpc error: code = PermissionDenied desc = network closed not manually"),
    ):
        box = engine.containers.create("alpine", "true", network=network)
        refused = call("POST", f"/containers/{box.id}/start")
        assert words in refused.message
        assert f"Could not attach to network {network}" in refused.message
    box = engine.containers.create("alpine", "true", network_mode="container:nosuch")
    refused = call("POST", f"/containers/{box.id}/start")
    said = "joining network namespace of container: No such container: nosuch"
    assert refused.message == said
    again = call("POST", "/networks/create", {"Name": "in", "Driver": "overlay", "Ingress": True})
    assert again.message.endswith("is already present")


def test_what_is_nothing_else_is_no_plugin_either(call: Call) -> None:
    refused = call("GET", "/plugins/nosuch/json")
    assert (refused.status, refused.message) == (404, 'plugin "nosuch" not found')


def test_a_subnet_belongs_to_one_network(call: Call) -> None:
    pool = {"IPAM": {"Config": [{"Subnet": "10.99.0.0/24"}]}}
    assert call("POST", "/networks/create", {"Name": "one", **pool}).status == 201
    again = call("POST", "/networks/create", {"Name": "two", **pool})
    assert again.status == 403
    assert again.message == (
        "invalid pool request: Pool overlaps with other one on this address space"
    )
