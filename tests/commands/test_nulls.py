"""Where Go has no list or map to give, the engine says null: in each place, in turn.

tests/recorded holds what real engines answered, 28.5 and 29.8, by path.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from core.cluster import parse
from core.commands.command import Command
from core.commands.container_views import ListContainers
from core.commands.containers import PruneContainers
from core.commands.image_history import ImageHistory
from core.commands.images import ListImages, PruneImages, RemoveImages
from core.commands.nodes import ListNodes, NodeTasks, UpdateNode
from core.commands.service_views import ListServices, ServiceTasks
from core.commands.services import CreateService, UpdateService
from core.commands.stacks import ListStacks, StackServices
from core.commands.system import Info
from core.commands.versions import Version

RECORDED = Path(__file__).parents[1] / "recorded"
ENGINES = {
    name: json.loads((RECORDED / f"engine-{name}.json").read_text(encoding="utf-8"))
    for name in ("28", "29")
}
DISTRIBUTION = "/distribution/nginx:latest/json"
HISTORY = "/images/alpine:latest/history"
CONTAINERS = "/containers/json?all=1"

#: What reads each answer: a parser, or a command.
READERS: dict[str, tuple[Callable[[Any], object] | Command, ...]] = {
    "/info": (lambda raw: parse.engine(raw, {}), Info(), ListNodes(), NodeTasks()),
    "/version": (lambda raw: parse.engine({}, raw), Version()),
    "/nodes": (parse.nodes, ListNodes(), ServiceTasks(services=("shapesvc",))),
    "/services": (
        lambda raw: parse.services(raw, ()),
        ListServices(),
        ListStacks(),
        StackServices(stack="shape"),
        ServiceTasks(services=("shapesvc",)),
    ),
    "/tasks": (parse.tasks, ServiceTasks(services=("shapesvc",)), NodeTasks(nodes=("node1",))),
    CONTAINERS: (parse.containers, ListContainers(all=True), ListContainers(quiet=True)),
    "/images/json": (parse.images, ListImages(), ListImages(quiet=True)),
    HISTORY: (ImageHistory(image="alpine:latest"),),
    DISTRIBUTION: (
        CreateService(image="nginx:latest"),
        UpdateService(service="shapesvc", image="nginx:latest"),
    ),
}


def places(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to each list and map."""
    if isinstance(value, dict | list):
        yield way
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*way, key))


def nulled(value: Any, way: tuple[str | int, ...]) -> Any:
    if not way:
        return None
    changed = copy.deepcopy(value)
    at = changed
    for key in way[:-1]:
        at = at[key]
    at[way[-1]] = None
    return changed


class Recorded:
    """A client of docker-py whose engine gives the recorded answers."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = copy.deepcopy(answers)
        self.api = self
        self.api_version = "1.51"
        self.posted: dict[str, Any] = {}
        self.images = _Images(self)
        self.containers = _Containers(self)
        self.services = _Services(self)

    def info(self) -> Any:
        return self.answers["/info"]

    def version(self) -> Any:
        return self.answers["/version"]

    def nodes(self, filters: Any = None) -> Any:
        return self.answers["/nodes"]

    def tasks(self, **asked: object) -> Any:
        return self.answers["/tasks"]

    def history(self, image: str) -> Any:
        return self.answers[HISTORY]

    def inspect_node(self, reference: str) -> Any:
        return (self.answers["/nodes"] or [{"ID": "n1"}])[0]

    def inspect_service(self, reference: str) -> Any:
        return (self.answers["/services"] or [{"ID": "s1"}])[0]

    def update_service(self, id: str, version: int, **spec: Any) -> None:
        self.posted = spec

    def create_service(self, task_template: Any, **given: Any) -> Any:
        self.posted = {"task_template": task_template, **given}
        return {"ID": "s1"}

    def update_node(self, id: str, version: int, spec: Any) -> None:
        self.posted = spec

    def remove_image(self, name: str, force: bool) -> None:
        return None


class _Services:
    def __init__(self, engine: Recorded) -> None:
        self._engine = engine

    def __call__(self, **asked: object) -> Any:
        found = copy.deepcopy(self._engine.answers["/services"])
        for service in found or ():
            service["ServiceStatus"] = {"RunningTasks": 2, "DesiredTasks": 2}
        return found

    def create(self, image: str, **given: Any) -> Any:
        self._engine.posted = {"image": image, **given}
        return type("Service", (), {"id": "s1"})


class _Images:
    def __init__(self, engine: Recorded) -> None:
        self._engine = engine

    def __call__(self, **asked: object) -> Any:
        return self._engine.answers["/images/json"]

    def get_registry_data(self, name: str) -> docker.models.images.RegistryData:
        attrs = self._engine.answers[DISTRIBUTION]
        return docker.models.images.RegistryData(image_name=name, attrs=attrs)

    def prune(self, filters: object) -> Any:
        return {"ImagesDeleted": None, "SpaceReclaimed": 0}


class _Containers:
    def __init__(self, engine: Recorded) -> None:
        self._engine = engine

    def __call__(self, **asked: object) -> Any:
        return self._engine.answers[CONTAINERS]

    def prune(self) -> Any:
        return {"ContainersDeleted": None, "SpaceReclaimed": 0}


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_null_anywhere_is_read_as_nothing(engine: str, path: str) -> None:
    answers = ENGINES[engine]
    ways = list(places(answers[path]))
    assert len(ways) > 1
    for way in ways:
        # Go has no null among the things of a list, nor for the whole of an object.
        if isinstance(way[-1] if way else {}, int) or not (way or isinstance(answers[path], list)):
            continue
        changed = nulled(answers[path], way)
        for reader in READERS[path]:
            if isinstance(reader, Command):
                reader.run(Recorded(answers | {path: changed}))
            else:
                reader(changed)


def both(
    command: Command, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[Recorded, Recorded]:
    """The engines after the command was run, and after its Python text was."""
    ran, read = Recorded(answers), Recorded(answers)
    command.run(ran)
    monkeypatch.setattr(docker, "from_env", lambda: read)
    exec(compile(command.python(), "text", "exec"), {})
    return ran, read


@pytest.mark.parametrize(
    ("platforms", "wanted"),
    [
        (None, []),
        ([], []),
        ([{}], [("", "")]),  # a platform that says nothing: any node may have it
        ([{"os": "linux"}], [("", "linux")]),
        ([{"architecture": "amd64", "os": "linux"}], [("amd64", "linux")]),
    ],
)
def test_an_image_that_does_not_say_what_it_runs_on_makes_a_service(
    platforms: Any, wanted: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = copy.deepcopy(ENGINES["29"])
    assert answers[DISTRIBUTION]["Platforms"] is None  # so a real engine answered
    answers[DISTRIBUTION]["Platforms"] = platforms
    digest = answers[DISTRIBUTION]["Descriptor"]["digest"]
    for engine in both(CreateService(image="nginx:latest"), answers, monkeypatch):
        task = engine.posted["task_template"]
        assert task["ContainerSpec"]["Image"] == f"nginx:latest@{digest}"
        known = task["Placement"].get("Platforms") or []
        assert [(p["Architecture"], p["OS"]) for p in known] == wanted
    update = UpdateService(service="shapesvc", image="nginx:latest")
    for engine in both(update, answers, monkeypatch):
        task = engine.posted["task_template"]
        assert task["ContainerSpec"]["Image"] == f"nginx:latest@{digest}"
        assert [(p["Architecture"], p["OS"]) for p in task["Placement"]["Platforms"]] == wanted


def test_an_update_edits_what_was_null(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = copy.deepcopy(ENGINES["29"])
    spec = answers["/services"][0]["Spec"]
    spec |= {"Labels": None, "EndpointSpec": None}
    spec["TaskTemplate"] |= {"Placement": None, "ForceUpdate": None}
    spec["TaskTemplate"]["ContainerSpec"]["Env"] = None
    update = UpdateService(
        service="shapesvc",
        env_add=("A=1",),
        env_rm=("B",),
        publish_add=("80:80",),
        publish_rm=("81",),
        constraint_add=("node.role==worker",),
        label_add=("a=b",),
        label_rm=("c",),
    )
    for endpoint in (None, {"Mode": "vip", "Ports": None}):
        spec["EndpointSpec"] = endpoint
        for engine in both(update, answers, monkeypatch):
            posted = engine.posted
            assert posted["labels"] == {"a": "b"}
            assert posted["task_template"]["ContainerSpec"]["Env"] == ["A=1"]
            assert posted["task_template"]["Placement"] == {"Constraints": ["node.role==worker"]}
            assert [port["TargetPort"] for port in posted["endpoint_spec"]["Ports"]] == [80]


def test_a_nodes_labels_may_be_null(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = copy.deepcopy(ENGINES["29"])
    answers["/nodes"][0]["Spec"]["Labels"] = None
    for engine in both(UpdateNode(node="node1", label_add=("a=b",)), answers, monkeypatch):
        assert engine.posted["Labels"] == {"a": "b"}


def test_nothing_may_have_been_removed() -> None:
    for command in (PruneContainers(), PruneImages(), RemoveImages(images=("nginx",))):
        assert "None" not in command.run(Recorded(ENGINES["29"]))
