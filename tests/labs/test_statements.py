"""Each statement is declared whole, and what a lab writes becomes one, or a fault is told."""

from __future__ import annotations

import dataclasses
import inspect
import re
import string
from typing import Any

import pytest

from core.cluster.snapshot import ClusterSnapshot, Container, Image
from core.labs import service_statements
from core.labs.catalogue import LABS
from core.labs.engine_statements import HasContainer, HasFile, HasImage
from core.labs.facts import Facts, is_image
from core.labs.queries import EngineQueries
from core.labs.statement import STATEMENTS, AnyOf, Statement
from core.labs.statements import MODULES, statement_of
from core.labs.swarm_statements import HasNetwork

each_statement = pytest.mark.parametrize("kind", STATEMENTS.values(), ids=STATEMENTS)

#: What writes a remark beside the judges themselves.
SHARED = {"gone": "@there", "coming": "coming(facts"}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@each_statement
def test_a_statement_is_declared_whole(kind: type[Statement]) -> None:
    assert inspect.getdoc(kind)
    assert kind.__module__ in {module.__name__ for module in MODULES}
    for field in dataclasses.fields(kind):
        assert field.metadata["means"]


@each_statement
def test_its_remarks_are_those_that_it_makes_and_are_filled_in(kind: type[Statement]) -> None:
    source = inspect.getsource(kind)
    made = set(re.findall(r'red\(\s*"(\w+)"', source))
    made |= {key for key, mark in SHARED.items() if mark in source and key in kind.remarks}
    assert made == set(kind.remarks)
    given = {field.name for field in dataclasses.fields(kind)}
    shared = inspect.getsource(service_statements.coming)
    for key, sentence in kind.remarks.items():
        for name in fields(sentence) - given:
            assert re.search(rf'"{key}",[^\n]*\b{name}=', source + shared), (key, name)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("nodes", 'a check is a table, such as { is = "nodes", count = 3 }.'),
        ({"is": "replica"}, "no statement is called 'replica'; perhaps 'replicas' is meant."),
        ({"count": 3}, "no statement is called None."),
        ({"is": "nodes"}, "“nodes” needs count: how many, at least."),
        ({"is": "nodes", "count": "3"}, "count of “nodes” must be a number."),
        ({"is": "nodes", "count": True}, "count of “nodes” must be a number."),
        (
            {"is": "nodes", "count": 3, "cuont": 3},
            "“nodes” has no parameter 'cuont'; perhaps 'count' is meant.",
        ),
        (
            {"is": "container", "image": "alpine", "program": "sh"},
            'program of “container” must be a list of texts: ["sh", "/bin/sh"].',
        ),
        (
            {"is": "rolled back", "service": "web", "step": "later"},
            "step of “rolled back” is 'later': no step before this one is called that.",
        ),
        (
            {"is": "file", "path": "/a", "state": "stoped"},
            "state of “file” is 'stoped': it must be running or stopped.",
        ),
        (
            {"any": [{"is": "nodes", "count": 3}]},
            "“any” lists two statements at least.",
        ),
    ],
)
def test_what_is_no_statement_is_told_in_a_sentence(raw: Any, told: str) -> None:
    faults: list[str] = []
    statement_of(raw, faults.append, ("before",))
    assert faults == [told]


@pytest.mark.parametrize(
    ("image", "wanted", "is_it"),
    [
        ("nginx", "nginx", True),
        ("docker.io/library/nginx:1.27@sha256:abc", "nginx:1.27", True),
        ("registry:5000/nginx:1.27", "nginx", True),
        ("localhost/nginx", "nginx:latest", True),
        ("nginx:1.27", "nginx:1.28", False),
        ("bitnami/nginx:1.27", "nginx:1.27", False),
        ("mynginx:1.27", "nginx:1.27", False),
        ("97af958e170f", "alpine", False),
    ],
)
def test_an_image_is_known_from_any_registry(image: str, wanted: str, is_it: bool) -> None:
    assert is_image(image, wanted) == is_it


class Known(EngineQueries):
    """Answers without an engine."""

    def __init__(self, files: dict[str, str], networks: dict[str, str]) -> None:
        self._files, self._networks = files, networks

    def files(self, container: str) -> frozenset[str]:
        return frozenset(self._files)

    def text(self, container: str, path: str) -> str:
        return self._files[path]

    def started(self, container: str) -> float:
        return 1.0

    def networks(self) -> dict[str, str]:
        return self._networks


def facts(
    containers: tuple[Container, ...] = (),
    images: tuple[Image, ...] = (),
    files: dict[str, str] | None = None,
    networks: dict[str, str] | None = None,
) -> Facts:
    start = ClusterSnapshot(10.0, 1, None)
    now = dataclasses.replace(start, containers=containers, images=images)
    return Facts(now, start, start, (), {}, Known(files or {}, networks or {}))


def container(status: str, state: str = "exited") -> Container:
    return Container("id", "box", "alpine:latest", "sh", 0.0, state, status, (), "")


@pytest.mark.parametrize(
    ("status", "code", "remark"),
    [
        ("Exited (3) 2 seconds ago", 3, ""),
        ("Exited (0) 2 seconds ago", 3, "exit"),
        ("Up 2 seconds", 0, "exit"),
    ],
)
def test_a_container_ended_with_an_exit_code(status: str, code: int, remark: str) -> None:
    verdict = HasContainer("alpine", code=code).verdict(facts((container(status),)))
    assert (verdict.green, verdict.remark) == (not remark, remark)


def test_a_file_has_a_text() -> None:
    there = facts((container("Up", "running"),), files={"/a": "hello world\n"})
    assert HasFile("/a", text="hello").verdict(there).green
    assert HasFile("/a", text="bye").verdict(there).remark == "text"
    assert not HasFile("/b", text="hello").verdict(there).green


def test_an_image_has_a_tag_or_the_one_that_was_built_is_named() -> None:
    built = Image("sha256:1", ("my-ap:latest",), (), 11.0, 1)
    assert HasImage("my-ap").verdict(facts(images=(built,))).kept == "sha256:1"
    assert HasImage("my-ap:latest").verdict(facts(images=(built,))).green
    assert not HasImage("my-ap:2").verdict(facts(images=(built,))).green
    verdict = HasImage("my-app").verdict(facts(images=(built,)))
    assert (verdict.remark, verdict.values["found"]) == ("named", "my-ap")


def test_a_network_has_a_driver() -> None:
    assert HasNetwork("shop").verdict(facts(networks={"shop": "overlay"})).green
    assert HasNetwork("shop").verdict(facts(networks={"shop": "bridge"})).remark == "driver"
    assert not HasNetwork("shop").verdict(facts()).green


def test_every_statement_is_used_by_a_lab_of_ours() -> None:
    """What no lab says was never played."""
    said = {
        type(each)
        for lab in LABS
        for step in lab.steps
        for check in step.checks
        for each in (check.of if isinstance(check, AnyOf) else (check,))
    }
    assert {kind.called for kind in set(STATEMENTS.values()) - said} == set()
