"""The package in an empty environment: the wheel, what it needs, and nothing else."""

from __future__ import annotations

import importlib.metadata
import re
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from .conftest import PACKAGE
from .ports import free_ports

LISTS = """
import docker, sys
client = docker.DockerClient(base_url=sys.argv[1])
print(*sorted(node.attrs["Description"]["Hostname"] for node in client.nodes.list()))
client.close()
"""
TEST = """
import docker, pytest, sys
from essaim_practice import PracticeServer

def test_pytest_rewrites_no_module_of_the_engine():
    loader = sys.modules["essaim_practice.hosting.server"].__loader__
    assert type(loader).__name__ == "SourceFileLoader"

@pytest.mark.parametrize("number", range(8))
def test_a_cluster(swarm, number):
    assert not swarm.client.services.list()
    swarm.client.services.create("nginx", name="web")
    client = docker.from_env()
    assert len(client.nodes.list()) == 3 and "streamlit" not in sys.modules
    client.close()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment's ``bin``, with the wheel, pytest and pytest-xdist in it."""
    place = tmp_path_factory.mktemp("wheel")
    built = _pip("wheel", "--no-deps", "--wheel-dir", str(place), str(PACKAGE))
    venv.create(place / "venv", with_pip=False)
    python = str(place / "venv" / "bin" / "python")
    _pip("--python", python, "install", *map(str, built), "pytest", "pytest-xdist")
    return place / "venv" / "bin"


def _pip(*arguments: str) -> list[Path]:
    """Run it; the wheels that it built. Skips the test where pip reaches no index."""
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "1", *arguments],
        capture_output=True,
        text=True,
    )
    if ran.returncode and re.search("No matching distribution|connection", ran.stderr):
        pytest.skip("pip reaches no index of packages")
    assert ran.returncode == 0, ran.stderr
    return list(Path(arguments[3]).glob("*.whl")) if arguments[0] == "wheel" else []


@pytest.mark.network
def test_it_needs_four_packages_and_no_streamlit(folder: Path) -> None:
    [site] = folder.parent.glob("lib/*/site-packages")
    [found] = importlib.metadata.distributions(name="essaim-practice", path=[str(site)])
    needed = [each for each in found.requires or () if "extra ==" not in each]
    assert sorted(re.split(r"\W", each)[0] for each in needed) == [
        "docker",
        "google",
        "h11",
        "msgspec",
    ]
    assert found.metadata["License-File"] == "LICENSE"
    assert not list(site.glob("streamlit*"))
    assert not list(site.glob("core"))


@pytest.mark.network
def test_the_command_serves_three_nodes(folder: Path, tmp_path: Path) -> None:
    port = free_ports(3)
    command = [str(folder / "essaim-practice"), "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("export DOCKER_HOST=")
        assert url == f"tcp://127.0.0.1:{port}"
        listed = subprocess.run(
            [str(folder / "python"), "-c", LISTS, url], cwd=tmp_path, stdout=subprocess.PIPE
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert listed.stdout.split() == [b"node1", b"node2", b"node3"]


@pytest.mark.network
@pytest.mark.parametrize("options", [(), ("-n", "4")])
def test_the_fixture_is_there(folder: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    ran = subprocess.run(
        [str(folder / "python"), "-m", "pytest", "-q", "-W", "error", "--strict-markers", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines()[-1].startswith("9 passed"), ran.stdout + ran.stderr
