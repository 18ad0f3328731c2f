"""What docs/practice-engine.md shows works, word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "practice-engine.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```python ?(\w*)\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.mark.parametrize("code", [code for name, code in BLOCKS if not name])
def test_a_block_of_python_runs(code: str) -> None:
    exec(compile(code, "practice-engine.md", "exec"), {})


def test_the_fixture_works(tmp_path: Path) -> None:
    (conftest,) = (code for name, code in BLOCKS if name == "conftest")
    (test,) = (code for name, code in BLOCKS if name == "test")
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_scale.py").write_text(test)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout
