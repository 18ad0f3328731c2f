"""The same seed gives the same run: a day of a cluster, lived twice, ends in the same store."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from docker.types import EndpointSpec, ServiceMode

from essaim_practice.engine.cluster import Cluster
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.store.file_tree import Tree


def a_day(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Services, containers, faults and repairs, at the same simulated instants each time."""
    with PracticeServer.start(speed=0, seed=seed, bind_ports=False) as server:
        client = docker.DockerClient(base_url=server.urls[0])
        api = client.api

        def practice(path: str, **body: Any) -> None:
            url = f"{server.urls[0].replace('tcp', 'http')}/_practice/{path}"
            api.post(url, json=body or None).raise_for_status()
            server.clock.step(40)

        web = client.services.create(
            "nginx",
            name="web",
            mode=ServiceMode("replicated", 6),
            endpoint_spec=EndpointSpec(ports={80: 80}),
        )
        server.clock.step(30)
        client.services.create("essaim/crash", name="bad", mode="global")
        server.clock.step(60)
        practice("engines/node2/kill")
        practice("registry", rate=50_000)
        web.reload()
        web.scale(9)
        server.clock.step(100)
        practice("engines/node3/cut")
        practice("engines/node1/fill")
        practice("mend")
        for node in client.nodes.list(filters={"role": "worker"}):
            node.update({**node.attrs["Spec"], "Role": "manager"})
        server.clock.step(30)
        practice("quorum/lose", how="cut")
        practice("mend")
        web.reload()
        web.update(image="nginx:1.28", force_update=1, fetch_current_spec=True)
        server.clock.step(200)
        client.close()
        return server.call(everything)


def everything(cluster: Cluster) -> dict[str, list[dict[str, Any]]]:
    """The whole store, by kind, in its order."""
    kinds = cluster.store._objects
    return {kind.__name__: [_plain(each) for each in held.values()] for kind, held in kinds.items()}


def _plain(record: Any) -> dict[str, Any]:
    """A record with its files by content: two trees are the same only when they are one."""
    shown = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: dict(v) if isinstance(v, Tree) else v for name, v in shown.items()}


def test_a_day_lived_twice_is_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    morning = SimpleNamespace(time=lambda: 1_800_000_000.0)
    monkeypatch.setattr("essaim_practice.store.clock.time", morning)
    once, again, other = a_day(1), a_day(1), a_day(2)
    assert once.keys() == again.keys()
    for kind in once:
        assert once[kind] == again[kind], kind
    assert once != other
    assert len(once["Task"]) > 20
