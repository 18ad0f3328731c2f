from __future__ import annotations

import pytest

from core.cluster.snapshot import Image, Port
from core.i18n import translation
from core.presentation import tables
from tests.cluster import raw
from tests.cluster.test_history import snapshot


def same(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (129_306_274, "129 MB"), (25.28e9, "25.3 GB")],
)
def test_sizes_read_as_docker_prints_them(count: float, text: str) -> None:
    assert tables.size(count) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 o"), (8_310_000, "8,31 Mo"), (1000, "1 ko"), (25.28e9, "25,3 Go")]
)
def test_sizes_in_french_have_a_comma_and_octets(count: float, text: str) -> None:
    assert tables.size(count, translation("fr").gettext) == text


def test_only_published_ports_are_listed() -> None:
    assert (
        tables.ports([Port(8080, 80, "tcp", "host"), Port(0, 443, "tcp", "host")]) == "8080→80/tcp"
    )


def test_a_port_whose_number_each_node_picks_is_there_and_its_tasks_tell_the_number() -> None:
    picked = {"Protocol": "tcp", "TargetPort": 80, "PublishMode": "host"}
    fixed = {**picked, "TargetPort": 81, "PublishedPort": 8081}
    waiting = {**picked, "TargetPort": 82, "PublishMode": "ingress"}  # the Swarm will give it one
    task = raw.task(1)
    task["Status"]["PortStatus"] = {"Ports": [picked | {"PublishedPort": 32768}]}
    service = raw.service() | {"Endpoint": {"Ports": [picked, fixed, waiting]}}
    shown = snapshot(services=[service], tasks=[task])
    assert list(tables.services(shown, same)["Ports"]) == ["*→80/tcp (host), 8081→81/tcp"]
    assert list(tables.tasks(shown, shown.services[0], same)["Ports"]) == ["32768→80/tcp"]
    assert "Ports" not in tables.tasks(snapshot(), shown.services[0], same)


def test_services_show_running_of_wanted() -> None:
    rows = tables.services(snapshot(), same)
    assert list(rows["Replicas"]) == ["2/3"]
    assert list(rows["Ports"]) == ["8080→80/tcp"]


def test_tasks_show_history_below_what_lives_and_the_error_in_full() -> None:
    shown = snapshot(
        tasks=[
            raw.task(1, state="failed", desired="shutdown", error="task: non-zero exit (1)", at=1),
            raw.task(2, at=5),
        ]
    )
    rows = tables.tasks(shown, shown.services[0], same)
    assert list(rows["Task"]) == ["web.1", "↳ web.1"]
    assert list(rows["Message"]) == ["started", "task: non-zero exit (1)"]
    assert str(rows["Since"][0]).startswith("2026-11-23 18:38:05")


def test_nodes_count_what_runs_on_them() -> None:
    rows = tables.nodes(snapshot(), same)
    assert list(rows["Running tasks"]) == [1, 1]
    assert list(rows["Labels"]) == ["disk=ssd", "disk=ssd"]


def test_an_image_has_a_row_for_each_tag() -> None:
    rows = tables.images(
        [
            Image("sha256:abc", ("a:1", "host:5000/b:2"), (), 1.0, 5),
            Image("x", (), ("nginx",), 0, 0),
        ],
        same,
    )
    assert list(rows["Repository"]) == ["a", "host:5000/b", "nginx"]
    assert list(rows["Tag"]) == ["1", "2", "<none>"]


def test_no_rows_is_an_empty_table() -> None:
    assert tables.containers([], same).empty
