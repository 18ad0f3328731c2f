"""What docker shows of a cluster, and of the one that is made of its file."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import docker
import pytest

from essaim_practice import Clusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.store.objects import Service

SETTINGS = Settings(speed=50, seed=1, bind_ports=False)


@contextmanager
def cluster(path: Path, settings: Settings = SETTINGS) -> Iterator[PracticeServer]:
    """The cluster ``ada`` of a process that keeps its clusters there."""
    with Clusters(settings, folder=path, idle_after=None) as clusters:
        server = clusters.get("ada")
        try:
            yield server
        finally:
            while server._clients:
                server._clients.popitem()[1].close()


def shown(server: PracticeServer) -> dict[str, Any]:
    """All that outlives a power cut, as docker shows it."""
    client = server.client
    every: dict[str, Any] = {
        "swarm": client.swarm.attrs["JoinTokens"],
        "nodes": {node.id: node.attrs["Spec"] for node in client.nodes.list()},
        "services": {service.id: service.attrs["Spec"] for service in client.services.list()},
        "secrets": {secret.id: secret.attrs["Spec"] for secret in client.secrets.list()},
        "configs": {config.id: config.attrs["Spec"] for config in client.configs.list()},
    }
    for name in server.hosts:
        there = server.client_of(name)
        images = there.images.list(all=True)
        every[name] = {
            "images": {image.id: (sorted(image.tags), image.attrs["Size"]) for image in images},
            "history": {image.id: image.history() for image in images},
            "networks": {n.id: (n.name, n.attrs["IPAM"]["Config"]) for n in there.networks.list()},
            "volumes": {v.name: v.attrs["Labels"] for v in there.volumes.list()},
            "containers": {
                c.id: (c.name, c.labels, c.attrs["Config"], c.attrs["Mounts"], c.attrs["Created"])
                for c in there.containers.list(all=True)
                if not c.labels.get("com.docker.swarm.task.id")
            },
        }
    return every


def content(container: Any, path: str) -> bytes:
    """What a file of a container holds."""
    chunks, _ = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        read = archive.extractfile(archive.getmembers()[0])
        assert read is not None
        return read.read()


def fill(server: PracticeServer) -> None:
    """Something of every kind."""
    client = server.client
    client.networks.create("back", driver="overlay", attachable=True)
    client.networks.create("own", driver="bridge")
    client.secrets.create(name="word", data=b"open sesame", labels={"a": "b"})
    client.configs.create(name="site", data=b"x = 1")
    client.volumes.create("data", labels={"kind": "test"})
    secret = client.secrets.list()[0]
    client.services.create(
        "nginx",
        name="web",
        networks=["back"],
        labels={"shown": "yes"},
        mode=docker.types.ServiceMode("replicated", 4),
        endpoint_spec=docker.types.EndpointSpec(ports={8080: 80}),
        secrets=[docker.types.SecretReference(secret.id, "word")],
    )
    client.images.pull("alpine", tag="latest")
    one = client.containers.run(
        "alpine",
        "sh -c 'echo begun; sleep 100000'",
        name="one",
        detach=True,
        labels={"mine": "1"},
        network="own",
        volumes={"data": {"bind": "/data", "mode": "rw"}},
        restart_policy={"Name": "unless-stopped"},
    )
    line = (
        "echo hello > /root/note; rm /etc/group; seq 1 30000 > /data/numbers; chmod 600 /root/note"
    )
    assert one.exec_run(["sh", "-c", line]).exit_code == 0
    one.commit("mine", "v1", message="a note")
    dockerfile = b"FROM alpine\nRUN echo built > /built\nENV A=1\nCMD cat /built\n"
    client.images.build(fileobj=io.BytesIO(dockerfile), tag="built:1")
    client.containers.run("built:1", name="two", detach=True)
    server.client_of("node2").images.pull("busybox", tag="latest")
    node = client.nodes.list(filters={"name": "node3"})[0]
    node.update({**node.attrs["Spec"], "Labels": {"disk": "ssd"}, "Availability": "drain"})
    server.clock.step(40)


def running(server: PracticeServer, service: str) -> list[Any]:
    tasks = server.client.services.get(service).tasks({"desired-state": "running"})
    return [task for task in tasks if task["Status"]["State"] == "running"]


def test_everything_is_there_again(tmp_path: Path) -> None:
    with cluster(tmp_path) as server:
        fill(server)
        before = shown(server)
        assert len(running(server, "web")) == 4
        ids = {task["ID"] for task in running(server, "web")}
    with cluster(tmp_path) as server:
        assert server.client.containers.get("one").status in ("exited", "restarting", "running")
        server.clock.step(60)
        assert shown(server) == before
        tasks = running(server, "web")
        assert len(tasks) == 4
        assert not ids & {task["ID"] for task in tasks}  # replaced, as after a power cut
        drained = server.client.nodes.list(filters={"name": "node3"})[0].id
        assert drained not in {task["NodeID"] for task in tasks}
        failed = [t for t in server.client.services.get("web").tasks() if t["ID"] in ids]
        assert {t["Status"]["Err"] for t in failed} == {"task: non-zero exit (255)"}
        one, two = map(server.client.containers.get, ("one", "two"))
        assert (one.status, one.attrs["RestartCount"]) == ("running", 1)
        assert (two.status, two.attrs["State"]["ExitCode"]) == ("exited", 0)
        assert (one.logs(), two.logs()) == (b"begun\nbegun\n", b"built\n")
        assert content(one, "/root/note") == b"hello\n"
        assert len(content(one, "/data/numbers")) == 168_894
        shows = one.exec_run(["sh", "-c", "ls -l /root/note; ls /etc/group; ls /.dockerenv"]).output
        assert b"-rw-------" in shows
        assert b"/etc/group: No such file" in shows
        ran = server.client.containers.run("mine:v1", "cat /root/note", remove=True)
        assert ran == b"hello\n"
        answer = server.call(lambda cluster: cluster.mesh.openings())
        assert any(opening.port == 8080 for opening in answer)


def test_it_is_kept_again_and_again(tmp_path: Path) -> None:
    with cluster(tmp_path) as server:
        fill(server)
        before = shown(server)
    for _ in range(2):
        with cluster(tmp_path) as server:
            assert server.client.version()["ApiVersion"]
    with cluster(tmp_path) as server:
        server.clock.step(60)
        assert shown(server) == before


def test_each_restart_policy_does_as_the_daemon_does(tmp_path: Path) -> None:
    policies = ("no", "always", "unless-stopped", "on-failure")
    with cluster(tmp_path) as server:
        client = server.client
        client.images.pull("alpine", tag="latest")
        for policy in policies:
            given: Any = {"Name": policy}
            make = partial(client.containers.create, "alpine", "sleep 90000", restart_policy=given)
            make(name=f"new-{policy}")
            make(name=f"on-{policy}").start()
            off = make(name=f"off-{policy}")
            off.start()
            off.stop(timeout=1)
        gone = client.containers.run("alpine", "sleep 90000", name="gone", detach=True, remove=True)
        assert gone.status
        server.clock.step(5)
    with cluster(tmp_path) as server:
        server.clock.step(2)
        found = {each.name: each.status for each in server.client.containers.list(all=True)}
        assert {found[f"on-{policy}"] for policy in policies[1:]} == {"running"}
        assert found["on-no"] == "exited"
        assert server.client.containers.get("on-no").attrs["State"]["ExitCode"] == 255
        # One that somebody stopped starts with its machine under `always`, and where it failed.
        assert {policy: found[f"off-{policy}"] for policy in policies} == {
            "no": "exited",
            "always": "running",
            "unless-stopped": "exited",
            "on-failure": "running",
        }
        assert {found[f"new-{policy}"] for policy in policies} == {"created"}
        assert "gone" not in found


def test_machines_stay_as_their_faults_left_them(tmp_path: Path) -> None:
    settings = Settings(nodes=4, speed=50, seed=1, bind_ports=False)
    with cluster(tmp_path, settings) as server:
        server.faults.kill("node2")
        server.faults.cut("node3")
        server.faults.fill("node4")
        server.faults.set_registry(up=False)
        before = server.machines()
    with cluster(tmp_path, settings) as server:
        after = server.machines()
        assert [(m.name, m.up, m.cut, m.full) for m in after] == [
            (m.name, m.up, m.cut, m.full) for m in before
        ]
        server.clock.step(90)
        states = {
            n.attrs["Description"]["Hostname"]: n.attrs["Status"]["State"]
            for n in server.client.nodes.list()
        }
        assert states == {"node1": "ready", "node2": "down", "node3": "down", "node4": "ready"}
        with pytest.raises(docker.errors.APIError):
            server.client.images.pull("busybox", tag="latest")
        server.faults.mend()
        server.clock.step(30)
        assert {n.attrs["Status"]["State"] for n in server.client.nodes.list()} == {"ready"}


def test_three_managers_elect_a_leader_and_a_locked_one_stays_locked(tmp_path: Path) -> None:
    with cluster(tmp_path) as server:
        for node in server.client.nodes.list():
            if node.attrs["Spec"]["Role"] == "worker":
                node.update({**node.attrs["Spec"], "Role": "manager"})
        server.clock.step(10)
        ids = {node.id for node in server.client.nodes.list()}
    with cluster(tmp_path) as server:
        server.clock.step(40)
        nodes = server.client.nodes.list()
        assert {node.id for node in nodes} == ids
        leaders = [node for node in nodes if (node.attrs["ManagerStatus"]).get("Leader")]
        assert len(leaders) == 1
        server.client.swarm.update(autolock_managers=True)
        server.clock.step(5)
        key = server.client.swarm.get_unlock_key()["UnlockKey"]
    with cluster(tmp_path) as server:
        server.clock.step(40)
        with pytest.raises(docker.errors.APIError, match="encrypted"):
            server.client.nodes.list()
        for name in server.hosts:
            server.client_of(name).swarm.unlock(key)
        server.clock.step(40)
        assert len(server.client.nodes.list()) == 3


def test_a_paused_update_stays_paused_and_one_under_way_goes_on(tmp_path: Path) -> None:
    with cluster(tmp_path) as server:
        client = server.client
        config = docker.types.UpdateConfig(1, 100 * 10**9, failure_action="pause")
        for name in ("slow", "bad"):
            mode = docker.types.ServiceMode("replicated", 3)
            client.services.create("nginx:1.28", name=name, mode=mode, update_config=config)
        server.clock.step(30)
        assert len(running(server, "slow")) == 3
        client.services.get("slow").update(image="nginx:1.29", fetch_current_spec=True)
        client.services.get("bad").update(image="essaim/nowhere", fetch_current_spec=True)
        server.clock.step(60)
        states = {s.name: s.attrs["UpdateStatus"]["State"] for s in client.services.list()}
        assert states == {"slow": "updating", "bad": "paused"}
    with cluster(tmp_path) as server:
        server.clock.step(20)
        client = server.client
        assert client.services.get("bad").attrs["UpdateStatus"]["State"] == "paused"
        server.clock.step(600)
        assert client.services.get("slow").attrs["UpdateStatus"]["State"] == "completed"
        images = {t["Spec"]["ContainerSpec"]["Image"] for t in running(server, "slow")}
        assert {image.partition("@")[0] for image in images} == {"nginx:1.29"}
        assert client.services.get("bad").attrs["UpdateStatus"]["State"] == "paused"


def test_a_job_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    with cluster(tmp_path) as server:
        mode = docker.types.ServiceMode("replicated-job", 2, concurrency=2)
        server.client.services.create("alpine", command=["true"], name="job", mode=mode)
        server.clock.step(30)
        done = {t["ID"] for t in server.client.services.get("job").tasks()}
        assert len(done) == 2
    with cluster(tmp_path) as server:
        server.clock.step(60)
        tasks = server.client.services.get("job").tasks()
        assert {t["ID"] for t in tasks} == done
        assert {t["Status"]["State"] for t in tasks} == {"complete"}


def test_a_reset_is_kept_and_an_end_forgets(tmp_path: Path) -> None:
    with cluster(tmp_path) as server:
        server.client.volumes.create("data")
        server.reset()
        server.client.volumes.create("other")
    with cluster(tmp_path) as server:
        assert [volume.name for volume in server.client.volumes.list()] == ["other"]
    with Clusters(SETTINGS, folder=tmp_path) as clusters:
        clusters.end("ada")
        assert list(tmp_path.glob("ada*")) == []
        assert clusters.get("ada").client.volumes.list() == []
        clusters.get("ada").stop()


def test_ids_of_a_seed_are_not_given_twice(tmp_path: Path) -> None:
    ids: set[str] = set()
    for number in range(3):
        with cluster(tmp_path) as server:
            server.clock.step(60)
            made = server.client.services.create("nginx", name=f"web{number}").id
            assert made not in ids
            ids.add(made)
            assert {service.id for service in server.client.services.list()} == ids


def test_the_clock_goes_on_where_it_was(tmp_path: Path) -> None:
    with cluster(tmp_path, Settings(speed=0, seed=1, bind_ports=False)) as server:
        server.clock.step(5000)
        before = server.clock.time()
    with cluster(tmp_path) as server:  # whatever is said of a new one
        after = server.clock.time()
        assert after.now - before.now < timedelta(milliseconds=1)
        assert after.paused


def test_thirty_clusters_are_back(tmp_path: Path) -> None:
    with Clusters(SETTINGS, folder=tmp_path, idle_after=None) as clusters:
        for number in range(30):
            server = clusters.get(f"pupil{number}")
            mode = docker.types.ServiceMode("replicated", 50)
            server.client.services.create("nginx", name="web", mode=mode)
            server.clock.step(20)
            while server._clients:
                server._clients.popitem()[1].close()
    with Clusters(SETTINGS, folder=tmp_path, idle_after=None) as clusters:
        back = [clusters.get(f"pupil{number}").cluster.store for number in range(30)]
        assert [store.count(Service) for store in back] == [1] * 30
