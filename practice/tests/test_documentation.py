"""The README's examples work, word for word, and so do those of the docstrings."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import essaim_practice
from essaim_practice import PracticeServer

from .conftest import PACKAGE, environ

TEXT = (PACKAGE / "README.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.M | re.S)
PYTHON = [code for language, code in BLOCKS if language == "python"]
TESTS = [code for code in PYTHON if "def test_" in code]


@pytest.mark.parametrize("code", [code for code in PYTHON if code not in TESTS])
def test_a_block_of_python_runs(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})


def test_the_fixture_does_what_the_examples_say(tmp_path: Path) -> None:
    for number, code in enumerate(TESTS):
        if shutil.which("docker") or '"docker"' not in code:
            (tmp_path / f"test_{number}.py").write_text(code)
    ran = run_pytest(tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert re.search(rf"^{len(list(tmp_path.glob('test_*.py')))} passed", ran.stdout, re.M)


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """As somebody who has installed the package, and takes warnings for errors."""
    plugin = ("-p", "essaim_practice.pytest_plugin", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-X", "dev", "-m", "pytest", "-q", "-W", "error", *plugin, *options],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
    )


@pytest.mark.cli
def test_the_docker_command_does_what_the_example_says() -> None:
    [lines] = [code.splitlines() for language, code in BLOCKS if language == "console"]
    with PracticeServer.start(speed=50, seed=1, bind_ports=False) as server:
        for line in lines:
            first, second, *_ = server.urls
            subprocess.run(
                line.replace("tcp://127.0.0.1:2376", second).split(),
                env={**os.environ, "DOCKER_HOST": first},
                check=True,
                capture_output=True,
                timeout=60,
            )
        tasks = server.client.services.get("web").tasks(filters={"desired-state": "running"})
        assert len(tasks) == 5


@pytest.mark.parametrize("name", [name for name in essaim_practice.__all__ if name[0].isupper()])
def test_the_example_of_a_public_name_works(name: str) -> None:
    thing = getattr(essaim_practice, name)
    assert thing.__module__ == "essaim_practice"
    assert thing.__doc__
    for example in doctest.DocTestFinder(recurse=False).find(thing, name, globs={}):
        if example.examples:
            assert doctest.DocTestRunner().run(example).failed == 0


def test_every_public_name_is_in_the_table_and_no_other() -> None:
    table = TEXT.partition("\n## Public names\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \|", table, re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(essaim_practice.__all__)
