"""Updates start from the stored spec, and give way to somebody else's."""

from __future__ import annotations

import copy
from typing import Any

import docker.errors
import pytest
import requests

from core.commands.nodes import UpdateNode
from core.commands.services import ScaleServices, UpdateService
from core.errors import EngineRejected, InvalidCommand

SPEC = {
    "Name": "web",
    "Labels": {"a": "b"},
    "TaskTemplate": {
        "ContainerSpec": {"Image": "nginx", "Env": ["A=1", "AB=2"], "Unheard": {"Of": 1}},
        "ForceUpdate": 2,
    },
    "Mode": {"Replicated": {"Replicas": 3}},
    "UpdateConfig": {"Parallelism": 2},
    "RollbackConfig": {"Parallelism": 3},
    "EndpointSpec": {"Mode": "vip", "Ports": [{"TargetPort": 80, "PublishedPort": 80}]},
}


class StoredOnce:
    """An engine with one service, changed by others ``busy`` times before it can be written."""

    def __init__(self, spec: dict[str, Any], busy: int = 0) -> None:
        self.spec = copy.deepcopy(spec)
        self.version = 10
        self.busy = busy
        self.api = self

    def inspect_service(self, reference: str) -> dict[str, Any]:
        found = {"ID": "s1", "Version": {"Index": self.version}, "Spec": copy.deepcopy(self.spec)}
        if self.busy:
            self.busy -= 1
            self.version += 1
        return found

    def update_service(self, id: str, version: int, **spec: Any) -> None:
        if version != self.version:
            answer = requests.Response()
            answer.status_code = 500
            words = "rpc error: code = Unknown desc = update out of sequence"
            raise docker.errors.APIError("500", response=answer, explanation=words)
        names = {"name": "Name", "labels": "Labels", "task_template": "TaskTemplate",
                 "mode": "Mode", "update_config": "UpdateConfig",
                 "rollback_config": "RollbackConfig", "endpoint_spec": "EndpointSpec"}  # fmt: skip
        self.spec = {names[key]: value for key, value in spec.items()}


def test_scaling_changes_one_number_and_nothing_else() -> None:
    engine = StoredOnce(SPEC)
    assert ScaleServices(replicas=(("web", 5),)).run(engine) == "web scaled to 5"
    assert engine.spec == SPEC | {"Mode": {"Replicated": {"Replicas": 5}}}


def test_a_change_in_between_is_no_failure() -> None:
    engine = StoredOnce(SPEC, busy=2)
    ScaleServices(replicas=(("web", 5),)).run(engine)
    assert engine.spec["Mode"] == {"Replicated": {"Replicas": 5}}


def test_changes_without_end_are_told() -> None:
    with pytest.raises(EngineRejected, match="update out of sequence"):
        ScaleServices(replicas=(("web", 5),)).run(StoredOnce(SPEC, busy=99))


def test_an_update_edits_what_it_names() -> None:
    engine = StoredOnce(SPEC)
    UpdateService(
        service="web",
        replicas=4,
        env_add=("A=9", "C=3"),
        env_rm=("AB",),
        publish_rm=("80",),
        publish_add=("8080:80",),
        constraint_add=("node.role==worker",),
        label_add=("x=y",),
        label_rm=("a",),
        force=True,
    ).run(engine)
    task = engine.spec["TaskTemplate"]
    assert task["ContainerSpec"] == {
        "Image": "nginx",
        "Env": ["A=9", "C=3"],
        "Unheard": {"Of": 1},
    }
    assert task["ForceUpdate"] == 3
    assert task["Placement"] == {"Constraints": ["node.role==worker"]}
    assert engine.spec["Labels"] == {"x": "y"}
    assert engine.spec["Mode"] == {"Replicated": {"Replicas": 4}}
    assert engine.spec["EndpointSpec"]["Ports"] == [
        {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"}
    ]
    assert engine.spec["UpdateConfig"] == SPEC["UpdateConfig"]


def test_a_global_service_has_no_number_to_scale() -> None:
    engine = StoredOnce(SPEC | {"Mode": {"Global": {}}})
    with pytest.raises(InvalidCommand, match="replicated or replicated-job mode"):
        ScaleServices(replicas=(("web", 5),)).run(engine)


def test_a_node_keeps_its_role_and_other_labels() -> None:
    class Node:
        spec = {"Role": "manager", "Availability": "active", "Labels": {"rack": "a", "old": "1"}}  # noqa: RUF012

        def __init__(self) -> None:
            self.api = self

        def inspect_node(self, reference: str) -> dict[str, Any]:
            return {"ID": "n1", "Version": {"Index": 7}, "Spec": copy.deepcopy(self.spec)}

        def update_node(self, id: str, version: int, spec: dict[str, Any]) -> None:
            assert (id, version) == ("n1", 7)
            self.spec = spec

    engine = Node()
    drain = UpdateNode(
        node="node1", availability="drain", label_add=("disk=ssd",), label_rm=("old",)
    )
    assert drain.run(engine) == "node1"
    assert engine.spec == {
        "Role": "manager",
        "Availability": "drain",
        "Labels": {"rack": "a", "disk": "ssd"},
    }


def test_a_job_is_scaled_in_completions_and_a_global_one_not_at_all() -> None:
    mode = {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 3}}
    engine = StoredOnce(SPEC | {"Mode": mode})
    assert ScaleServices(replicas=(("web", 5),)).run(engine) == "web scaled to 5"
    assert engine.spec["Mode"] == {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 5}}
    with pytest.raises(InvalidCommand, match="replicas can only be used with replicated mode"):
        UpdateService(service="web", replicas=5).run(engine)
    for other in ("Global", "GlobalJob"):
        with pytest.raises(InvalidCommand, match="replicated or replicated-job mode"):
            ScaleServices(replicas=(("web", 5),)).run(StoredOnce(SPEC | {"Mode": {other: {}}}))
