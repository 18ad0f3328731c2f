"""A program may begin with any part of the practice engine: none needs another to be loaded yet."""

from __future__ import annotations

import subprocess
import sys

from .conftest import environ

LIGHT = """
import sys
import essaim_practice
heavy = {"asyncio", "docker", "h11", "http.client", "pandas", "re2", "requests", "streamlit"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
essaim_practice.PracticeServer
assert not {"docker", "pandas", "requests", "streamlit"} & set(sys.modules)
assert set(essaim_practice.__all__) <= set(dir(essaim_practice))
"""


def test_the_package_loads_its_engine_on_first_use() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True, env=environ())


def test_a_cluster_may_be_imported_first() -> None:
    subprocess.run(
        [sys.executable, "-c", "import essaim_practice.engine.cluster"], check=True, env=environ()
    )
