"""Where engines listen: unix sockets, and several clusters beside each other."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from essaim_practice import PracticeServer, Settings
from essaim_practice.wire.places import LONGEST_PATH, sockets


def test_sockets_of_other_nodes_are_named_after_the_first(tmp_path: Path) -> None:
    place = sockets(tmp_path / "swarm.sock")
    assert place("node1").host == f"unix://{tmp_path}/swarm.sock"
    assert place("node12").host == f"unix://{tmp_path}/swarm-node12.sock"
    assert sockets(tmp_path / "swarm")("node2").host == f"unix://{tmp_path}/swarm-node2"


def test_what_is_no_place_for_a_socket_is_said(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("mine")
    with pytest.raises(FileExistsError, match="something else than a socket"):
        sockets(tmp_path / "text")("node1")
    (tmp_path / "y.new").write_text("mine")
    with pytest.raises(FileExistsError, match="something else than a socket"):
        sockets(tmp_path / "y.sock")("node1")
    assert (tmp_path / "text").read_text() == (tmp_path / "y.new").read_text() == "mine"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        sockets(tmp_path / "no" / "x.sock")("node1")
    with pytest.raises(OSError, match=f"at most {LONGEST_PATH} bytes"):
        sockets(tmp_path / ("x" * LONGEST_PATH))("node1")
    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with pytest.raises(OSError, match="another program listens"):
            sockets(path)("node1")
    assert sockets(path)("node1").host  # its server has ended: a new one takes its place


def test_a_machine_that_is_added_and_reset_has_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    settings = Settings(nodes=1, bind_ports=False)
    with PracticeServer.from_settings(settings, path=path) as server:
        assert server.add_machine().host == f"unix://{tmp_path}/x-node2.sock"
        assert server.client_of("node2").info()["Name"] == "node2"
        server.reset()
        assert [each.name for each in tmp_path.iterdir()] == ["x.sock"]
        assert server.client.info()["Name"] == "node1"
    assert list(tmp_path.iterdir()) == []


def test_three_swarms_in_one_process_share_nothing() -> None:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(PracticeServer.start(nodes=1, bind_ports=False)) for _ in range(3)
        ]
        assert len({server.urls[0] for server in servers}) == 3
        assert len({server.client.swarm.id for server in servers}) == 3
        servers[0].client.services.create("nginx", name="web")
        servers[0].clock.step(30)
        assert [len(server.client.services.list()) for server in servers] == [1, 0, 0]
        assert [len(server.client.containers.list()) for server in servers] == [1, 0, 0]
        servers[0].stop()
        assert servers[1].client.ping()
