"""The pytest plugin, as somebody meets it who has installed the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_documentation import run_pytest

USED = """
import os, sys
import docker, pytest
import essaim_practice

assert not {"streamlit", "pandas"} & set(sys.modules)

def test_a_cluster(swarm):
    assert isinstance(swarm, essaim_practice.PracticeServer)
    assert os.environ["DOCKER_HOST"] == swarm.urls[0]
    client = docker.from_env()
    assert len(client.nodes.list()) == 3
    client.close()
    assert swarm.client is swarm.client_of("node1")
    with pytest.raises(KeyError):
        swarm.client_of("node4")
    assert not {"streamlit", "pandas"} & set(sys.modules)

def test_it_is_fresh(swarm):
    assert swarm.settings.seed == 1
    assert not swarm.client.services.list()
    swarm.client.services.create("nginx", name="web")

def test_it_is_fresh_again(swarm):
    assert not swarm.client.services.list()

def test_without():
    assert os.environ.get("DOCKER_HOST") == "tcp://192.0.2.1:1"

@pytest.mark.swarm(nodes=2, formed=False)
class TestMarked:
    def test_the_class_counts(self, swarm):
        assert (len(swarm.hosts), swarm.client.info()["Swarm"]["LocalNodeState"]) == (2, "inactive")

    @pytest.mark.swarm(nodes=1)
    def test_the_test_counts_more(self, swarm):
        assert (len(swarm.hosts), swarm.settings.formed) == (1, False)
"""
WRONG = {
    "nodes=0": "nodes is 0: write a whole number from 1 to 100",
    "5": "5 needs a name: write nodes=5",
    "node=5": "there is no setting 'node': there are nodes, formed, speed, seed, limits",
    "engine='27'": "engine '27' is not played: write one of '28.5', '29.8', '29'",
}


def test_a_test_gets_a_cluster_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:1")
    (tmp_path / "test_it.py").write_text(USED)
    ran = run_pytest(tmp_path, "--strict-markers")
    assert ran.stdout.splitlines()[-1].startswith("6 passed"), ran.stdout + ran.stderr


def test_a_wrong_marker_is_said_in_one_line(tmp_path: Path) -> None:
    tests = [
        f"@pytest.mark.swarm({given})\ndef test_{number}(swarm): pass\n"
        for number, given in enumerate(WRONG)
    ]
    (tmp_path / "test_it.py").write_text("\n".join(["import pytest", *tests]))
    ran = run_pytest(tmp_path, "--strict-markers")
    for number, words in enumerate(WRONG.values()):
        assert f"\n@pytest.mark.swarm of test_it.py::test_{number}: {words}" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def test_a_fixture_of_the_same_name_comes_first(tmp_path: Path) -> None:
    own = "import pytest\n@pytest.fixture\ndef swarm(): return 'own'\n"
    (tmp_path / "test_it.py").write_text(own + "def test_it(swarm): assert swarm == 'own'\n")
    assert run_pytest(tmp_path).stdout.splitlines()[-1].startswith("1 passed")
