"""Each container has files of its own, volumes are shared, and the engine writes its own ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from essaim_practice.engine.cluster import Cluster
from essaim_practice.files import mounts, volumes
from essaim_practice.images import local as images
from essaim_practice.images.catalogue import look_up
from essaim_practice.images.reference import parse
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.objects import Container


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(ManualClock(), Random(1), nodes=1, formed=False)


def container(cluster: Cluster, name: str, image: str = "alpine", **host: object) -> Container:
    reference = parse(image)
    published = look_up(reference)
    assert published is not None
    held = images.add_pulled(cluster.store, "node1", reference, published)
    digit = name[-1]
    made = Container(
        digit * 64, "node1", name, image, held.image_id, {}, host, ("bridge",), 5.0, state="created"
    )
    machine = cluster.files.machine("node1")
    mounted = mounts.make(cluster.store, Random(1), machine, made, held)
    return cluster.store.put(replace(made, mounts=mounted))


def test_a_file_is_where_it_was_written_and_nowhere_else(cluster: Cluster) -> None:
    first, second = container(cluster, "c1"), container(cluster, "c2")
    cluster.files.of(first).write("/hello.txt", b"hello")
    assert cluster.files.of(first).read("/hello.txt") == b"hello"
    assert not cluster.files.of(second).exists("/hello.txt")
    assert cluster.files.of(first).changes() == [(1, "/hello.txt")]


def test_to_look_for_programs_containers_share_one_until_they_have_their_own(
    cluster: Cluster,
) -> None:
    first, second = container(cluster, "c1"), container(cluster, "c2")
    assert cluster.files.view(first) is cluster.files.view(second)
    assert cluster.files.made(first) is None
    cluster.files.of(first).write("/bin/mine", b"#!/bin/sh\n", mode=0o755)
    assert cluster.files.view(first).exists("/bin/mine")
    assert not cluster.files.view(second).exists("/bin/mine")


def test_what_is_looked_at_is_what_a_container_will_have(cluster: Cluster) -> None:
    made = container(cluster, "c1")
    view, system = cluster.files.view(made), cluster.files.of(made)
    found, held = (
        {
            path: files.at(path).mode
            for path in files.walk("/")
            if path[:5] not in ("/proc", "/sys/")
        }
        for files in (view, system)
    )
    assert found == held  # but what the kernel tells of the container alone


def test_it_begins_as_the_image_with_the_engines_files(cluster: Cluster) -> None:
    system = cluster.files.of(container(cluster, "c1"))
    names = ".dockerenv bin dev etc home proc root sys tmp usr var"
    assert " ".join(system.listing("/")) == names
    assert " ".join(system.listing("/etc")) == (
        "alpine-release group hostname hosts mtab os-release passwd resolv.conf"
    )
    assert system.read("/etc/hostname") == b"111111111111\n"
    assert system.read("/bin/sh").startswith(b"\x7fELF")
    assert system.changes() == []
    assert system.size == 0


def test_hosts_names_the_address_of_each_start(cluster: Cluster) -> None:
    made = container(cluster, "c1")
    system = cluster.files.of(made)
    cluster.store.put(replace(made, address="172.17.0.9"))
    assert b"172.17.0.9\t111111111111\n" in system.read("/etc/hosts")
    assert system.changes() == []


def test_a_volume_is_seeded_shared_and_outlives_its_containers(cluster: Cluster) -> None:
    volumes.create(cluster.store, "node1", "site")
    target = "site:/usr/share/nginx/html"
    first = container(cluster, "c1", "nginx", Binds=[target])
    second = container(cluster, "c2", "alpine", Binds=["site:/data:ro"])
    cluster.files.of(first).write("/usr/share/nginx/html/new.html", b"new")
    assert cluster.files.of(second).listing("/data") == ["50x.html", "index.html", "new.html"]
    with pytest.raises(OSError, match="Read-only file system"):
        cluster.files.of(second).write("/data/x", b"")
    cluster.store.delete(Container, first.id)
    assert cluster.files.of(second).read("/data/new.html") == b"new"
    cluster.store.delete(Container, second.id)
    volume = volumes.get(cluster.store, "node1", "site")
    cluster.store.delete(type(volume), volume.id)
    assert cluster.files.volume(volume.id).listing("/") == []


def test_a_removed_container_leaves_nothing(cluster: Cluster) -> None:
    made = container(cluster, "c1")
    cluster.files.of(made).write("/x", b"")
    cluster.store.delete(Container, made.id)
    assert cluster.files.made(made) is None


def test_containers_share_the_folders_of_their_machine(cluster: Cluster) -> None:
    first = container(cluster, "c1", Binds=["/srv/new/deep:/data"])
    second = container(cluster, "c2", Binds=["/srv:/srv:ro"])
    cluster.files.of(first).write("/data/x", b"1")
    assert cluster.files.of(second).read("/srv/new/deep/x") == b"1"
    assert cluster.files.machine("node1").exists("/srv/new/deep/x")
    with pytest.raises(OSError, match="Read-only file system"):
        cluster.files.of(second).remove("/srv/new/deep/x")


def test_a_folder_of_memory_holds_what_it_was_given(cluster: Cluster) -> None:
    made = container(cluster, "c1", Tmpfs={"/scratch": "size=10k,mode=700"})
    system = cluster.files.of(made)
    assert system.entry("/scratch").mode == 0o700
    with pytest.raises(OSError, match="No space left on device"):
        system.write("/scratch/x", bytes(11 * 1024))


def test_a_read_only_container_writes_in_its_tmpfs_alone(cluster: Cluster) -> None:
    made = container(cluster, "c1", ReadonlyRootfs=True, Tmpfs={"/scratch": ""})
    system = cluster.files.of(made)
    system.write("/scratch/x", b"")
    with pytest.raises(OSError, match="Read-only file system"):
        system.write("/x", b"")
