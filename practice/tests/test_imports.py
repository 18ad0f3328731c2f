"""A program may begin with any part of the practice engine: none needs another to be loaded yet."""

from __future__ import annotations

import subprocess
import sys


def test_a_cluster_may_be_imported_first() -> None:
    subprocess.run([sys.executable, "-c", "import essaim_practice.engine.cluster"], check=True)
