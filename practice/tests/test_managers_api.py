"""What a client is told while managers are missing, locked, or asked by the wrong people."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from essaim_practice.engine.cluster import Cluster
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.store.objects import Engine, changed

from .conftest import Call

RPC = "rpc error: code = Unknown desc = "
LEADERLESS = RPC + (
    "The swarm does not have a leader. It's possible that too few managers are online. Make sure"
    " more than half of the managers are online."
)
LOST = RPC + "raft: failed to process the request: node lost leader status"
LATE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
LOCKED = (
    "Swarm is encrypted and needs to be unlocked before it can be used. Please use"
    ' "docker swarm unlock" to unlock it.'
)
SERVICE = {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}}}


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return answer


def power(practice: PracticeServer, up: bool, *names: str) -> None:
    def switch(cluster: Cluster) -> None:
        with cluster.store.batch():
            for name in names:
                engine = cluster.store.get(Engine, name)
                assert engine is not None
                cluster.store.put(changed(engine, up=up))

    practice.call(switch)


def promote(call: Call, name: str, role: str = "manager") -> None:
    node = call("GET", f"/nodes/{name}").json()
    spec, version = {**node["Spec"], "Role": role}, node["Version"]["Index"]
    assert call("POST", f"/nodes/{node['ID']}/update?version={version}", spec).status == 200
    until(lambda: ("ManagerStatus" in call("GET", f"/nodes/{name}").json()) == (role == "manager"))


def answers(call: Call) -> bool:
    try:
        return call("GET", "/_ping").status == 200
    except ConnectionRefusedError:  # its machine has only just started
        return False


def swarm_of(call: Call, node: int) -> Any:
    return call("GET", "/info", node=node).json()["Swarm"]


@pytest.fixture
def three(call: Call) -> Call:
    """Every node a manager, node1 leading."""
    promote(call, "node2")
    promote(call, "node3")
    return call


def test_two_managers_are_warned_of(call: Call) -> None:
    promote(call, "node2")
    info = call("GET", "/info", node=2).json()
    assert info["Swarm"]["ControlAvailable"]
    assert info["Swarm"]["Managers"] == 2
    assert info["Warnings"] == info["Swarm"]["Warnings"]
    assert "two-manager configuration" in info["Warnings"][0]
    said = call("POST", "/swarm/leave").message
    assert "Removing this node leaves 1 managers out of 2. Without a Raft quorum" in said
    promote(call, "node2", "worker")
    assert call("GET", "/info").json()["Warnings"] is None
    assert call("GET", "/_ping", node=2).headers["Swarm"] == "active/worker"


def test_a_call_waits_for_the_new_leader(practice: PracticeServer, three: Call) -> None:
    power(practice, False, "node1")
    nodes = three("GET", "/nodes", node=2)
    assert nodes.status == 200
    by_name = {node["Description"]["Hostname"]: node for node in nodes.json()}
    assert by_name["node1"]["ManagerStatus"]["Reachability"] == "unreachable"
    assert sum(node["ManagerStatus"].get("Leader", False) for node in nodes.json()) == 1
    assert "Leader" not in by_name["node1"]["ManagerStatus"]
    guard = three("POST", "/swarm/leave", node=2).message
    assert "Removing this node leaves 1 managers out of 3." in guard


def test_a_manager_without_a_quorum_says_so(practice: PracticeServer, three: Call) -> None:
    power(practice, False, "node2", "node3")
    lost = three("POST", "/services/create", SERVICE)
    assert (lost.status, lost.message in (LOST, LATE)) == (500, True)
    late = three("GET", "/services")
    assert (late.status, late.message in (LATE, LEADERLESS)) == (500, True)
    until(lambda: three("GET", "/tasks").message == LEADERLESS)
    swarm = swarm_of(three, 1)
    assert (swarm["LocalNodeState"], swarm["ControlAvailable"]) == ("active", True)
    assert swarm["Error"] == LEADERLESS
    assert "Managers" not in swarm
    leaving = three("POST", "/swarm/leave").message
    assert leaving.startswith("You are attempting to leave the swarm on a node that is")
    assert "--force-new-cluster" in leaving
    assert "leaves" not in leaving

    power(practice, True, "node2")
    until(lambda: three("GET", "/nodes").status == 200)
    assert three("GET", "/swarm", node=2).status == 200


def test_one_survivor_makes_a_new_cluster(practice: PracticeServer, three: Call) -> None:
    old = swarm_of(three, 1)["NodeID"]
    power(practice, False, "node2", "node3")
    answer = three("POST", "/swarm/init", {"ForceNewCluster": True})
    assert (answer.status, answer.json()) == (200, old)
    assert [n["ID"] for n in three("GET", "/nodes").json() if "ManagerStatus" in n] == [old]
    assert three("GET", f"/nodes/{old}").json()["Status"]["State"] == "ready"
    power(practice, True, "node2")
    until(lambda: "ManagerStatus" in three("GET", "/nodes/node2").json())


def test_a_locked_manager_wants_the_key(practice: PracticeServer, three: Call) -> None:
    swarm = three("GET", "/swarm").json()
    assert three("GET", "/swarm/unlockkey").json() == {"UnlockKey": ""}
    spec = {**swarm["Spec"], "EncryptionConfig": {"AutoLockManagers": True}}
    path = f"/swarm/update?version={swarm['Version']['Index']}"
    assert three("POST", path, spec).status == 200
    key = three("GET", "/swarm/unlockkey").json()["UnlockKey"]
    assert three("POST", "/swarm/unlock", {"UnlockKey": key}).status == 409

    power(practice, False, "node3")
    power(practice, True, "node3")
    until(lambda: swarm_state(three) == "locked")
    refusal = three("GET", "/nodes", node=3)
    assert (refusal.status, refusal.message) == (503, LOCKED)
    assert swarm_of(three, 3)["Error"] == LOCKED
    assert three("GET", "/_ping", node=3).headers["Swarm"] == "locked"
    leaving = three("POST", "/swarm/leave", node=3)
    assert leaving.message.startswith("Swarm is encrypted and locked. Please unlock it first")
    for wrong, status in (("nonsense", 400), ("SWMKEY-1-" + "A" * 43, 401)):
        assert three("POST", "/swarm/unlock", {"UnlockKey": wrong}, node=3).status == status
    assert three("POST", "/swarm/unlock", {"UnlockKey": key}, node=3).status == 200
    until(lambda: three("GET", "/nodes", node=3).status == 200)


def swarm_state(call: Call) -> str:
    try:
        return str(swarm_of(call, 3)["LocalNodeState"])
    except ConnectionError:
        return ""  # it has not started yet


def test_a_spec_of_the_swarm_is_replaced_whole(call: Call) -> None:
    swarm = call("GET", "/swarm").json()
    path = f"/swarm/update?version={swarm['Version']['Index']}"
    posted = {"Name": "default", "Orchestration": {"TaskHistoryRetentionLimit": 3}}
    assert call("POST", path, posted).status == 200
    stored = call("GET", "/swarm").json()["Spec"]
    assert stored["Orchestration"] == {"TaskHistoryRetentionLimit": 3}
    assert stored["Raft"] == {"KeepOldSnapshots": 0, "ElectionTick": 0, "HeartbeatTick": 0}
    assert stored["Dispatcher"] == {}
    short = {**swarm["Spec"], "CAConfig": {"NodeCertExpiry": 60 * 10**9}}
    version = call("GET", "/swarm").json()["Version"]["Index"]
    refusal = call("POST", f"/swarm/update?version={version}", short)
    assert refusal.status == 400
    assert refusal.message.endswith("minimum certificate expiry time is: 1h0m0s")
    rotated = {**swarm["Spec"], "CAConfig": {**swarm["Spec"]["CAConfig"], "ForceRotate": 1}}
    assert call("POST", f"/swarm/update?version={version}", rotated).status == 200
    assert call("GET", "/swarm").json()["TLSInfo"] != swarm["TLSInfo"]


@pytest.mark.parametrize(
    ("remote", "token", "status", "words"),
    [
        ("192.168.0.12:2377", "{worker}", 503, "192.168.0.12:2377: connect: connection refused"),
        ("192.168.0.11:9999", "{worker}", 503, "192.168.0.11:9999: connect: connection refused"),
        ("192.168.0.99:2377", "{worker}", 503, "Timeout was reached before node joined."),
        ("192.168.0.11:2377", "nonsense", 400, "invalid join token"),
        ("192.168.0.11", "{wrong}", 400, "A valid join token is necessary to join this cluster"),
        (
            "192.168.0.11:2377",
            f"SWMTKN-1-{'1' * 50}-{'0' * 25}",
            400,
            "remote CA does not match fingerprint. Expected: "
            "2944b8970a9cfc7f3fa920aae5c0394bcc716825075075075075075075075075",
        ),
    ],
)
def test_nobody_joins_with_a_wrong_word(
    call: Call, remote: str, token: str, status: int, words: str
) -> None:
    worker = call("GET", "/swarm").json()["JoinTokens"]["Worker"]
    assert call("POST", "/swarm/leave", node=3).status == 200
    given = token.format(worker=worker, wrong=worker[:-25] + "0" * 25)
    body = {"ListenAddr": "0.0.0.0:2377", "RemoteAddrs": [remote], "JoinToken": given}
    refusal = call("POST", "/swarm/join", body, node=3)
    assert refusal.status == status
    assert words in refusal.message
    pending = "Timeout" in words
    state = swarm_of(call, 3)
    assert state["LocalNodeState"] == ("pending" if pending else "inactive")
    assert state["RemoteManagers"] == ([{"NodeID": "", "Addr": remote}] if pending else None)
    assert call("POST", "/swarm/leave", node=3).status == (200 if pending else 503)
    body = {**body, "RemoteAddrs": ["192.168.0.11:2377"], "JoinToken": worker}
    assert call("POST", "/swarm/join", body, node=3).status == 200


def test_a_manager_that_starts_again_tells_the_address_pools(
    practice: PracticeServer, call: Call
) -> None:
    assert call("GET", "/swarm").json()["DefaultAddrPool"] is None
    power(practice, False, "node1")
    power(practice, True, "node1")
    until(lambda: answers(call) and call("GET", "/swarm").status == 200)
    assert call("GET", "/swarm").json()["DefaultAddrPool"] == ["10.0.0.0/8"]
