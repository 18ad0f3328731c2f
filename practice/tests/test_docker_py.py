"""What docker-py documents, method after method: each gives what it is documented to give."""

from __future__ import annotations

import gc
import io
import tarfile
import warnings
from collections.abc import Callable
from typing import Any

import docker
import pytest
from docker.errors import APIError, NotFound
from docker.types import ConfigReference, LogConfig, Mount, SecretReference, ServiceMode

from .conftest import Call

Settle = Callable[[], None]
SLEEPING = ["sleep", "infinity"]
MAC = "02:42:ac:12:00:09"


@pytest.fixture
def settle(call: Call) -> Settle:
    """Let half a simulated minute pass, and everything that falls due in it happen."""

    def step() -> None:
        call("POST", "/_practice/clock", {"step": 30})

    return step


@pytest.fixture
def box(engine: docker.DockerClient) -> Any:
    """A container that sleeps."""
    return engine.containers.run("alpine", SLEEPING, name="box", detach=True)


@pytest.fixture
def web(engine: docker.DockerClient, settle: Settle) -> Any:
    """A service of two replicas that run."""
    service = engine.services.create("nginx", name="web", mode=ServiceMode("replicated", 2))
    settle()
    service.reload()
    return service


def packed(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def unpacked(parts: Any) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(b"".join(parts)))


def running(service: Any) -> list[Any]:
    return [t for t in service.tasks({"desired-state": "running"}) if _state(t) == "running"]


def _state(task: Any) -> str:
    return str(task["Status"]["State"])


# The client


def test_the_client_tells_of_the_engine(engine: docker.DockerClient) -> None:
    assert engine.ping() is True
    assert engine.version()["ApiVersion"] == engine.api.version()["ApiVersion"]
    info = engine.info()
    assert (info["Name"], info["Swarm"]["LocalNodeState"]) == ("node1", "active")
    used = engine.df()
    assert {"LayersSize", "Images", "Containers", "Volumes", "BuildCache"} <= set(used)
    assert engine.login("ann", "secret", registry="registry.example")["Status"]


def test_events_are_told_as_they_come_and_again(engine: docker.DockerClient) -> None:
    stream = engine.events(decode=True, filters={"type": "volume"})
    engine.volumes.create("data")
    event = next(stream)
    stream.close()
    assert (event["Type"], event["Action"], event["Actor"]["ID"]) == ("volume", "create", "data")
    past = engine.events(since=event["time"] - 1, until=event["time"] + 1, decode=True)
    assert event in list(past)


# The Swarm


def test_a_swarm_is_formed_changed_and_left(engine: docker.DockerClient) -> None:
    assert engine.swarm.leave(force=True) is True
    made = engine.swarm.init("127.0.0.1", task_history_retention_limit=3, labels={"a": "b"})
    assert made == engine.info()["Swarm"]["NodeID"]
    assert engine.swarm.attrs["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"] == 3
    before, version = engine.swarm.attrs["JoinTokens"], engine.swarm.version
    assert engine.swarm.update(rotate_worker_token=True, rotate_manager_token=True) is True
    engine.swarm.reload()
    assert engine.swarm.version > version
    assert not set(before.values()) & set(engine.swarm.attrs["JoinTokens"].values())
    assert "UnlockKey" in engine.swarm.get_unlock_key()
    assert engine.api.inspect_swarm()["ID"] == engine.swarm.id
    with pytest.raises(APIError) as refused:
        engine.swarm.unlock("SWMKEY-1-x")
    assert refused.value.status_code == 409


def test_nodes_are_listed_changed_and_removed(
    practice: Any, engine: docker.DockerClient, settle: Settle
) -> None:
    first, *others = sorted(engine.nodes.list(), key=lambda n: n.attrs["Description"]["Hostname"])
    assert [n.attrs["Spec"]["Role"] for n in engine.nodes.list({"role": "manager"})] == ["manager"]
    assert engine.nodes.get(first.id).attrs["ManagerStatus"]["Leader"] is True
    worker, version = others[0], others[0].version
    assert worker.update({**worker.attrs["Spec"], "Labels": {"disk": "ssd"}}) is True
    worker.reload()
    assert (worker.version > version, worker.attrs["Spec"]["Labels"]) == (True, {"disk": "ssd"})
    with pytest.raises(APIError, match="is not down and can't be removed"):
        worker.remove()
    assert worker.remove(force=True) is True
    assert worker.id not in [node.id for node in engine.nodes.list()]


def test_a_machine_leaves_and_joins(practice: Any, engine: docker.DockerClient) -> None:
    tokens = engine.swarm.attrs["JoinTokens"]
    address = engine.info()["Swarm"]["RemoteManagers"][0]["Addr"]
    second = docker.DockerClient(base_url=practice.urls[1])
    assert second.swarm.leave() is True
    assert second.swarm.join([address], tokens["Worker"], advertise_addr="10.0.0.2") is True
    assert second.info()["Swarm"]["NodeID"] in [node.id for node in engine.nodes.list()]
    second.close()


def test_services_are_scaled_updated_and_removed(
    engine: docker.DockerClient, web: Any, settle: Settle
) -> None:
    assert [service.name for service in engine.services.list(filters={"name": "web"})] == ["web"]
    counted = engine.services.list(status=True)[0].attrs["ServiceStatus"]
    assert (counted["RunningTasks"], counted["DesiredTasks"]) == (2, 2)
    shown = engine.services.get(web.id, insert_defaults=True)
    assert shown.attrs["Spec"]["UpdateConfig"]["Parallelism"] == 1
    assert web.scale(3)["Warnings"] is None  # docker-py sends the defaults too: all are replaced
    settle()
    assert len(running(web)) == 3
    web.reload()
    version = web.version
    web.update(labels={"a": "b"}, env=["A=1"])
    settle()
    web.reload()
    assert (web.version > version, web.attrs["Spec"]["Labels"]) == (True, {"a": "b"})
    old = {task["ID"] for task in running(web)}
    assert web.force_update()["Warnings"] is None
    settle()
    assert (len(running(web)), old & {task["ID"] for task in running(web)}) == (3, set())
    assert web.remove() is True
    assert engine.services.list() == []


def test_tasks_are_listed_inspected_and_tell_their_logs(
    engine: docker.DockerClient, settle: Settle
) -> None:
    echo = engine.services.create("alpine", ["sh", "-c", "echo hello; sleep 9999"], name="echo")
    settle()
    (task,) = engine.api.tasks({"service": "echo", "desired-state": "running"})
    assert engine.api.inspect_task(task["ID"])["Status"]["State"] == "running"
    assert b"".join(echo.logs(stdout=True, stderr=True)) == b"hello\n"
    told = engine.api.service_logs(echo.id, stdout=True, details=True, tail=1)
    assert b"com.docker.swarm.task.id=" + task["ID"].encode() in b"".join(told)
    assert engine.api.inspect_service("echo")["ID"] == echo.id
    with pytest.raises(NotFound):
        engine.api.inspect_task("nothing")


def test_secrets_and_configs_are_kept_and_mounted(
    engine: docker.DockerClient, settle: Settle
) -> None:
    secret = engine.secrets.create(name="key", data=b"s3cret", labels={"a": "b"})
    config = engine.configs.create(name="site", data=b"hello\n")
    assert [engine.secrets.get(secret.id).name, engine.configs.get(config.id).name] == [
        "key",
        "site",
    ]
    assert "Data" not in engine.secrets.get(secret.id).attrs["Spec"]
    assert [each.id for each in engine.secrets.list(filters={"name": "key"})] == [secret.id]
    assert [each.id for each in engine.configs.list(filters={"name": "site"})] == [config.id]
    service = engine.services.create(
        "alpine",
        ["cat", "/run/secrets/key", "/site"],
        name="reader",
        secrets=[SecretReference(secret.id, "key")],
        configs=[ConfigReference(config.id, "site", filename="/site")],
        restart_policy={"Condition": "none"},
    )
    settle()
    assert b"".join(service.logs(stdout=True)) == b"s3crethello\n"
    with pytest.raises(APIError, match="secret 'key' is in use by the following service: reader"):
        secret.remove()
    service.remove()
    assert (secret.remove(), config.remove()) == (True, True)


# Containers


def test_a_container_is_steered(engine: docker.DockerClient, box: Any) -> None:
    assert (box.status, box.image.tags, box.ports, box.health) == (
        "created",
        ["alpine:latest"],
        {},
        "unknown",
    )
    for act, status in (
        (box.pause, "paused"),
        (box.unpause, "running"),
        (lambda: box.restart(timeout=0), "running"),
        (lambda: box.kill("SIGKILL"), "exited"),
        (box.start, "running"),
        (lambda: box.stop(timeout=0), "exited"),
    ):
        act()
        if status == "exited":
            assert box.wait()["StatusCode"] == 137
        box.reload()
        assert box.status == status
    box.rename("case")
    assert engine.containers.get("case").id == box.id
    assert [c.name for c in engine.containers.list(all=True, filters={"name": "case"})] == ["case"]
    box.remove(v=True)
    with pytest.raises(NotFound):
        engine.containers.get("case")


def test_a_container_tells_of_itself(box: Any) -> None:
    assert box.top()["Titles"][-1] == "CMD"
    assert box.top(ps_args="aux")["Processes"][0][-1] == "sleep infinity"
    assert box.stats(stream=False)["memory_stats"]["usage"] > 0
    with_each = box.stats(decode=True)
    assert next(with_each)["id"] == box.id
    with_each.close()
    box.exec_run(["touch", "/here"])
    assert {"Path": "/here", "Kind": 1} in box.diff()
    with unpacked(box.export()) as archive:
        assert {"here", "etc/passwd"} <= set(archive.getnames())
    assert box.update(mem_limit="64m", memswap_limit="64m", cpu_shares=512)["Warnings"] is None
    box.reload()
    assert box.attrs["HostConfig"]["Memory"] == 64 * 2**20
    box.resize(20, 80)


def test_commands_run_in_a_container(box: Any) -> None:
    assert box.exec_run("echo hello") == (0, b"hello\n")
    assert box.exec_run(["sh", "-c", "exit 3"]).exit_code == 3
    both = ["sh", "-c", "echo a; echo b >&2"]
    assert box.exec_run(both, demux=True).output == (b"a\n", b"b\n")
    assert box.exec_run(both, stderr=False).output == b"a\n"
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        assert b"".join(box.exec_run(both, stream=True).output) == b"a\nb\n"
        parts = box.exec_run(both, stream=True, demux=True).output
        assert list(parts) == [(b"a\n", None), (None, b"b\n")]
        del parts
        gc.collect()  # docker-py leaves the sockets of these streams to it
    assert box.exec_run("tty", tty=True).output.startswith(b"/dev/pts/")
    assert box.exec_run("sleep 9999", detach=True).exit_code is None
    assert box.exec_run("id -u", user="33", environment=["A=1"], workdir="/tmp").output == b"33\n"


def test_logs_and_attach_give_what_was_said(engine: docker.DockerClient) -> None:
    said = engine.containers.run("alpine", ["echo", "hello"], name="said", detach=True)
    said.wait()
    assert said.logs() == said.attach(logs=True, stream=False) == b"hello\n"
    stream = said.logs(stream=True, follow=True)
    assert list(stream) == [b"hello\n"]
    stream.close()
    assert said.logs(timestamps=True, tail=1).endswith(b"Z hello\n")
    talking = engine.containers.create("alpine", ["cat"], stdin_open=True)
    pipe = talking.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    talking.start()
    pipe._sock.sendall(b"hi\n")
    assert pipe._sock.recv(100).endswith(b"hi\n")
    pipe._response.close()
    pipe.close()
    talking.remove(force=True)
    assert engine.containers.run("alpine", ["echo", "once"], remove=True) == b"once\n"


def test_files_go_in_and_out(box: Any) -> None:
    assert box.put_archive("/tmp", packed("note", b"hello")) is True
    parts, about = box.get_archive("/tmp/note")
    assert (about["name"], about["size"]) == ("note", 5)
    with unpacked(parts) as archive:
        assert archive.extractfile("note").read() == b"hello"  # type: ignore[union-attr]


def test_a_container_becomes_an_image(engine: docker.DockerClient, box: Any) -> None:
    box.exec_run(["sh", "-c", "echo kept > /note"])
    image = box.commit("mine", tag="1", message="why", author="Ann", changes='CMD ["cat", "/note"]')
    assert image.tags == ["mine:1"]
    assert engine.containers.run("mine:1", remove=True) == b"kept\n"


def test_what_has_ended_is_pruned(engine: docker.DockerClient) -> None:
    done = engine.containers.run("alpine", "true", detach=True)
    done.wait()
    pruned = engine.containers.prune(filters={"until": "0s"})
    assert (pruned["ContainersDeleted"], pruned["SpaceReclaimed"] >= 0) == ([done.id], True)


@pytest.mark.edition("28.5")
def test_a_container_is_shown_as_it_was_asked_for(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine")
    made = engine.containers.create(
        "alpine",
        "true",
        environment=["A=1", "EMPTY"],
        group_add=[1000, "staff"],
        mac_address="02:42:ac:11:00:09",
        ports={"80/tcp": [8080, ("127.0.0.1", 8081)]},
        log_config=LogConfig(config={"max-size": "1m"}),
    )
    made.reload()
    config, host = made.attrs["Config"], made.attrs["HostConfig"]
    assert config["Env"][:2] == ["A=1", "EMPTY"]
    assert host["GroupAdd"] == ["1000", "staff"]
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m"}}
    assert host["PortBindings"]["80/tcp"] == [
        {"HostIp": "", "HostPort": "8080"},
        {"HostIp": "127.0.0.1", "HostPort": "8081"},
    ]
    assert made.attrs["NetworkSettings"]["Networks"]["bridge"]["MacAddress"] == "02:42:ac:11:00:09"


# Images


def test_images_are_had_named_and_removed(engine: docker.DockerClient) -> None:
    image = engine.images.pull("alpine", tag="latest")
    assert [each.id for each in engine.images.list(name="alpine")] == [image.id]
    assert engine.images.get("alpine").short_id == image.id[:19]
    assert image.history()[0]["Id"] == image.id
    assert image.tag("mine", tag="1") is True
    with unpacked(image.save(named=True)) as archive:
        assert "manifest.json" in archive.getnames()
    tar = b"".join(image.save(named="alpine:latest"))
    engine.images.remove("mine:1")
    engine.images.remove("alpine", force=True)
    assert [each.tags for each in engine.images.load(tar)] == [["alpine:latest"]]
    engine.images.prune(filters={"dangling": False})
    assert engine.images.list() == []


def test_the_registry_is_asked(engine: docker.DockerClient) -> None:
    found = engine.images.search("nginx", limit=3)
    assert "nginx" in [each["name"] for each in found]
    data = engine.images.get_registry_data("alpine")
    assert data.id.startswith("sha256:")
    assert data.has_platform("linux/amd64")
    assert data.pull().id.startswith("sha256:")
    assert "status" in engine.images.push("alpine").splitlines()[0]


def test_images_are_built(engine: docker.DockerClient) -> None:
    text = b"FROM alpine\nRUN echo built > /note\nCMD cat /note\n"
    image, told = engine.images.build(fileobj=io.BytesIO(text), tag="built", rm=True)
    assert image.tags == ["built:latest"]
    assert any("Successfully built" in each.get("stream", "") for each in told)
    assert engine.containers.run("built", remove=True) == b"built\n"
    assert "SpaceReclaimed" in engine.images.prune_builds()


# Networks, volumes and plugins


def test_networks_join_containers(engine: docker.DockerClient, box: Any) -> None:
    net = engine.networks.create("net", driver="bridge", labels={"a": "b"}, check_duplicate=True)
    net.connect(box, aliases=["chest"])
    net.reload()
    assert [each.id for each in net.containers] == [box.id]
    assert [each.name for each in engine.networks.list(names=["net"], greedy=True)] == ["net"]
    net.disconnect(box, force=True)
    assert engine.networks.get("net", verbose=True, scope="local").attrs["Containers"] == {}
    assert engine.networks.prune()["NetworksDeleted"] == ["net"]
    engine.networks.create("again").remove()
    assert engine.networks.list(names=["again"]) == []


def test_volumes_are_made_and_pruned(engine: docker.DockerClient) -> None:
    volume = engine.volumes.create("data", driver="local", labels={"a": "b"})
    assert (engine.volumes.get("data").attrs["Labels"], volume.name) == ({"a": "b"}, "data")
    assert [each.id for each in engine.volumes.list(filters={"label": "a=b"})] == ["data"]
    volume.remove(force=True)
    engine.volumes.create("more")
    assert engine.volumes.prune(filters={"all": True})["VolumesDeleted"] == ["more"]


def test_plugins_are_none_and_say_so(engine: docker.DockerClient, tmp_path: Any) -> None:
    assert engine.plugins.list() == []
    with pytest.raises(NotFound):
        engine.plugins.get("none")
    one = engine.plugins.prepare_model({"Id": "one", "Name": "one:latest", "PluginReference": "r"})
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "rootfs").mkdir()
    for act in (
        lambda: engine.plugins.create("one", str(tmp_path)),
        lambda: engine.plugins.install("one"),
        lambda: one.configure({"A": "1"}),
        one.enable,
        one.disable,
        one.remove,
        lambda: list(one.upgrade("one")),
    ):
        with pytest.raises(APIError) as refused:
            act()
        assert refused.value.status_code == 501
        assert "does not play plugins" in str(refused.value.explanation)


@pytest.mark.edition("28.5")
def test_links_tell_a_program_of_another(engine: docker.DockerClient) -> None:
    engine.containers.run("nginx", name="web", environment=["A=1"], detach=True)
    engine.images.pull("alpine")
    user = engine.containers.create("alpine", "env", name="user", links={"web": "my-web"})
    user.start()
    user.wait()
    said = user.logs().decode().splitlines()
    assert {"MY_WEB_NAME=/user/my-web", "MY_WEB_ENV_A=1", "MY_WEB_PORT=tcp://172.17.0.2:80"} <= {
        *said
    }
    user.reload()
    assert user.attrs["HostConfig"]["Links"] == ["/web:/user/my-web"]
    engine.api.remove_container("user/my-web", link=True)
    user.reload()
    assert user.attrs["HostConfig"]["Links"] is None
    with pytest.raises(NotFound, match="No such container: user/my-web"):
        engine.api.remove_container("user/my-web", link=True)


def test_groups_are_added(engine: docker.DockerClient) -> None:
    said = engine.containers.run("alpine", ["id", "-G"], group_add=[1000, "root"], remove=True)
    assert said.split()[0] == b"0"
    assert b"1000" in said.split()


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (LogConfig(type="asdf"), 'error looking up logging plugin asdf: plugin "asdf" not found'),
        (LogConfig(config={"max-fil": "1"}), "unknown log opt 'max-fil' for json-file log driver"),
    ],
)
def test_logs_are_kept_by_known_drivers(
    engine: docker.DockerClient, log: LogConfig, words: str
) -> None:
    engine.images.pull("alpine")
    with pytest.raises(APIError) as refused:
        engine.containers.create("alpine", "true", log_config=log)
    assert refused.value.explanation == words


def test_each_end_of_a_restarting_container_is_waited_for(engine: docker.DockerClient) -> None:
    policy = {"Name": "always"}
    box = engine.containers.run("alpine", ["sleep", "2"], detach=True, restart_policy=policy)
    assert box.wait() == {"StatusCode": 0}
    with pytest.raises(APIError, match="stop the container before removing"):
        box.remove()
    box.remove(force=True)


def test_a_path_of_the_machine_says_where_its_mounts_show(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    shared = Mount("/b", "/etc", type="bind", propagation="rslave")
    bound = {"/etc": {"bind": "/a", "mode": "ro,rshared"}}
    box = engine.containers.create("alpine", volumes=bound, mounts=[shared])
    box.reload()
    shown = {mount["Destination"]: mount["Propagation"] for mount in box.attrs["Mounts"]}
    assert shown == {"/a": "rshared", "/b": "rslave"}
    nonsense = Mount("/b", "/etc", type="bind", propagation="sideways")
    with pytest.raises(APIError, match="invalid propagation mode: sideways"):
        engine.containers.create("alpine", mounts=[nonsense])


def test_a_link_is_a_name_for_another_on_a_network(engine: docker.DockerClient) -> None:
    network = engine.networks.create("course")
    engine.containers.run("nginx", name="web", network="course", detach=True)
    engine.images.pull("alpine", "latest")
    box = engine.containers.create("alpine", SLEEPING)
    network.connect(box, links=[("web", "shop")])
    box.start()
    code, said = box.exec_run(["wget", "-qO-", "http://shop/"])
    assert (code, b"served by <strong>web<" in said) == (0, True)
    assert engine.containers.run("alpine", "ping -c 1 web", network="course", remove=True)
    assert box.exec_run("nslookup till")[0] == 1


def test_an_image_of_old_has_the_users_of_old(engine: docker.DockerClient) -> None:
    for user, image in (("postgres", "alpine:3.10"), ("root", "alpine:3.22")):
        assert (
            engine.containers.run(image, "whoami", user=user, remove=True) == f"{user}\n".encode()
        )


@pytest.mark.edition("28.5")
def test_old_versions_show_what_they_showed(practice: Any, engine: docker.DockerClient) -> None:
    engine.networks.create("course")
    box = engine.containers.run(
        "alpine", SLEEPING, network="course", hostname="till", mac_address=MAC, detach=True
    )
    made = box.commit("mine").id
    for version, aliases in (("1.44", [box.id[:12], "till"]), ("1.45", None)):
        old = docker.APIClient(base_url=practice.urls[0], version=version)
        shown = old.inspect_container(box.id)
        place = shown["NetworkSettings"]["Networks"]["course"]
        assert (place["Aliases"], shown["Config"]["MacAddress"]) == (aliases, MAC)
        image = old.inspect_image(made)
        assert image.get("Container") == (box.id if version == "1.44" else None)
        assert image.get("ContainerConfig", shown["Config"])["Hostname"] == "till"
        assert image["Config"]["Hostname"] == ""
        assert ("Expected" in old.info()["RuncCommit"]) is True
        old.close()
    assert "Hostname" not in engine.api.inspect_image(made)["Config"]
    assert "Expected" not in engine.info()["RuncCommit"]


def test_lists_that_were_asked_for_are_shown_as_they_were(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    box = engine.containers.create("alpine", dns=["1.1.1.1"], ports={"80/tcp": 8080})
    host = engine.api.inspect_container(box.id)["HostConfig"]
    assert (host["Dns"], host["DnsSearch"], host["Devices"]) == (["1.1.1.1"], None, None)
    assert host["PortBindings"] == {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
