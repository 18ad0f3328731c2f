"""A worker that keeps its clusters on disk: what comes back, and where."""

from __future__ import annotations

import os
import resource
import time
from inspect import signature
from pathlib import Path

import docker
import pytest

from essaim_practice import Clusters, Heartbeat, PracticeClient, RequestRefused, WorkerClient

from ..test_ports import until
from .conftest import Start, Started

HOUR = 3600


class Place:
    """A folder of sockets and one of clusters, for workers one after the other."""

    def __init__(self, start: Start, sockets: Path, data: Path) -> None:
        self._start = start
        self.sockets = sockets
        self.data = data

    def worker(self, name: str = "worker0") -> Started:
        listen = f"unix://{self.sockets}/{name}.sock"
        return self._start("--listen", listen, "--data", str(self.data))

    def holds(self, words: bytes) -> bool:
        """Whether they are written."""
        return any(words in path.read_bytes() for path in self.data.glob("*.cluster*"))

    def kept(self) -> list[str]:
        return sorted(path.name for path in self.data.glob("*.cluster"))


@pytest.fixture
def place(start: Start, folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    return Place(start, folder / str(abs(hash(request.node.name)))[:6], tmp_path / "clusters")


def with_a_service(worker: WorkerClient, id: str) -> None:
    worker.open(id)
    client = docker.APIClient(base_url=worker.engine(id))
    mode = docker.types.ServiceMode("replicated", 2)
    client.create_service({"ContainerSpec": {"Image": "nginx"}}, name="web", mode=mode)
    client.create_volume("mine")
    client.close()


def services(worker: WorkerClient, id: str) -> list[str]:
    client = docker.APIClient(base_url=worker.engine(id))
    try:
        assert [volume["Name"] for volume in client.volumes()["Volumes"]] == ["mine"]
        return [service["Spec"]["Name"] for service in client.services()]
    finally:
        client.close()


def test_a_worker_that_ends_writes_all_and_another_takes_up(place: Place) -> None:
    first = place.worker()
    assert first.client.status().kept
    with_a_service(first.client, "ada")
    assert first.end() == 0
    assert place.kept() == ["ada.cluster"]
    second = place.worker()
    [found] = second.client.clusters()
    assert (found.id, found.open, found.machines) == ("ada", False, 0)
    opened = second.client.open("ada")
    assert (opened.begun, opened.lost, opened.cluster.open) == ("restored", None, True)
    assert services(second.client, "ada") == ["web"]
    assert [each.open for each in second.client.clusters()] == [True]
    PracticeClient(second.client.engine("ada")).clock.step(60)
    tasks = docker.APIClient(base_url=second.client.engine("ada"))
    until(lambda: len(tasks.tasks({"desired-state": "running"})) == 2, 60)
    tasks.close()


def test_a_killed_worker_loses_nothing_that_was_written(place: Place) -> None:
    first = place.worker()
    with_a_service(first.client, "ada")
    until(lambda: place.holds(b"mine"), 60)  # what was made last
    first.process.kill()
    first.process.wait(60)
    second = place.worker("worker1")
    assert second.client.open("ada").begun == "restored"
    assert services(second.client, "ada") == ["web"]


def test_whether_anything_was_done_in_a_cluster_is_known_after_a_restart(place: Place) -> None:
    for number in range(3):
        worker = place.worker()
        if not number:
            with_a_service(worker.client, "ada")
        for id in ("ada", "bob"):  # who comes back only looks
            worker.client.open(id)
            PracticeClient(worker.client.engine(id)).machines()
        touched = {each.id: each.touched for each in worker.client.clusters()}
        assert touched == {"ada": True, "bob": False}
        assert worker.end() == 0


def test_what_is_ended_is_removed_from_disk_whether_it_is_open_or_not(place: Place) -> None:
    first = place.worker()
    for id in ("ada", "bob"):
        first.client.open(id)
    first.client.end("ada")
    until(lambda: place.kept() == ["bob.cluster"], 10)
    assert first.end() == 0
    second = place.worker()
    second.client.end("bob")
    assert list(place.data.iterdir()) == []
    assert second.client.open("bob").begun == "new"


def test_a_damaged_file_is_put_aside_and_said(place: Place) -> None:
    place.data.mkdir()
    (place.data / "ada.cluster").write_bytes(b"no cluster at all" * 500)
    worker = place.worker()
    opened = worker.client.open("ada")
    assert (opened.begun, opened.lost, opened.cluster.machines) == ("new", "damaged", 3)
    assert len(list((place.data / "aside").iterdir())) == 1
    again = worker.client.open("ada")  # whoever asks may not have heard the first answer
    assert (again.begun, again.lost) == ("there", "damaged")
    worker.process.kill()
    worker.process.wait(60)
    assert place.worker().client.open("ada").lost == "damaged"


def test_a_full_disk_is_said_until_there_is_room_again(place: Place) -> None:
    worker = place.worker()
    worker.client.open("ada")
    until(lambda: place.kept() == ["ada.cluster"], 60)

    def says() -> set[str]:
        """In its next heartbeat, and then in its status."""
        with worker.client.changes() as changes:
            beat = next(changes)
        assert isinstance(beat, Heartbeat)
        return {beat.problem, worker.client.status().problem}

    assert says() == {""}
    _, most = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (1000, most))
    with_a_service(worker.client, "ada")
    until(lambda: says() == {"disk I/O error"}, 60)
    worker.client.open("bob")  # one that cannot be kept from the beginning
    worker.client.end("ada")
    assert "" not in says()
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (most, most))
    until(lambda: says() == {""} and place.kept() == ["bob.cluster"], 60)
    assert not list(place.data.glob("aside/*"))


def test_a_folder_that_cannot_be_is_said(place: Place) -> None:
    place.data.write_text("not a folder")
    worker = place.worker()
    worker.client.open("ada")
    assert worker.client.status().problem == "File exists"


def test_one_cluster_is_in_one_worker_at_a_time(place: Place) -> None:
    first, second = place.worker("worker0"), place.worker("worker1")
    first.client.open("ada")
    for act in (second.client.open, second.client.end):
        with pytest.raises(RequestRefused, match="another process has") as no:
            act("ada")
        assert no.value.status == 409
    assert len(PracticeClient(first.client.engine("ada")).machines()) == 3
    assert second.client.open("bob").begun == "new"


# In one process, without a worker


def test_clusters_are_kept_by_whoever_holds_them(tmp_path: Path) -> None:
    with Clusters(folder=tmp_path) as clusters:
        clusters.get("ada").client.volumes.create("mine")
        with pytest.raises(ValueError, match="write 1 to 64"):
            clusters.get("Ada Lovelace")
    with Clusters(folder=tmp_path, idle_after=None) as clusters:
        assert clusters.keys() == ()
        assert [v.name for v in clusters.get("ada").client.volumes.list()] == ["mine"]
        assert clusters.reap(idle=0) == ("ada",)
        assert [v.name for v in clusters.get("ada").client.volumes.list()] == ["mine"]
        clusters.end("ada")
        assert clusters.get("ada").client.volumes.list() == []


def test_what_cannot_be_played_again_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from essaim_practice.engine.cluster import Cluster

    with Clusters(folder=tmp_path) as clusters:
        clusters.get("ada")
    begin = Cluster.__init__

    def cannot(self: Cluster, *given: object) -> None:
        if signature(begin).bind(self, *given).arguments.get("state") is not None:
            raise LookupError("a record that no other record goes with")
        begin(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Cluster, "__init__", cannot)
    with Clusters(folder=tmp_path) as clusters:
        opened = clusters.run(clusters.open("ada"))
        assert (opened.begun, opened.lost) == ("new", "damaged")
        assert len(list((tmp_path / "aside").iterdir())) >= 1


def test_what_nobody_had_open_for_a_day_goes(tmp_path: Path) -> None:
    with Clusters(folder=tmp_path) as clusters:
        for key in ("old", "new", "open"):
            clusters.get(key)
    with Clusters(folder=tmp_path) as clusters, Clusters(folder=tmp_path) as elsewhere:
        clusters.get("open")
        elsewhere.get("elsewhere")
        for path in tmp_path.glob("*.cluster*"):
            if path.stem != "new":
                os.utime(path, (time.time() - 25 * HOUR,) * 2)
        clusters.run(clusters.sweep(24 * HOUR))
        assert set(clusters.run(clusters.kept())) == {"new", "open", "elsewhere"}
    with Clusters(folder=tmp_path) as clusters:
        clusters.run(clusters.sweep(24 * HOUR))  # it was in use when it was last looked at
        assert "open" in clusters.run(clusters.kept())
