"""What is kept of an answer is what would be said anew."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

from essaim_practice.engine.cluster import Cluster
from essaim_practice.protocol.texts import pieces
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.objects import Network, Service, Task
from essaim_practice.swarm import canonical
from essaim_practice.swarm.records import new_id, revise
from essaim_practice.swarm.render import task_json


def shown(cluster: Cluster) -> list[dict[str, Any]]:
    """What the kept texts say, which must be what the records say."""
    tasks = list(cluster.store.all(Task))
    said = json.loads(b"".join(pieces(cluster.tasks.each(tasks))))
    assert said == json.loads(json.dumps([task_json(cluster.store, task) for task in tasks]))
    return list(said)


def test_the_text_of_a_task_follows_it_and_its_network() -> None:
    clock = ManualClock()
    cluster = Cluster(clock, Random(1))
    store = cluster.store
    assert b"".join(pieces(cluster.tasks.each([]))) == b"[]"
    spec = canonical.stored(
        {
            "Name": "web",
            "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}},
            "Mode": {"Replicated": {"Replicas": 3}},
            "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 80}]},
        }
    )
    store.put(Service(new_id(cluster.random), 1, 0.0, 0.0, spec, 1))
    seen = [shown(cluster)]
    for _ in range(100):
        clock.advance(0.1)
        seen.append(shown(cluster))
    assert len({json.dumps(one) for one in seen}) > 4
    first = next(store.all(Task))
    revise(store, first, error="something else")
    assert "something else" in json.dumps(shown(cluster))
    ingress = next(network for network in store.all(Network) if network.ingress)
    store.put(replace(ingress, name="renamed"))
    assert "renamed" in json.dumps(shown(cluster))
    store.delete(Task, first.id)
    assert first.id not in json.dumps([one["ID"] for one in shown(cluster)])
