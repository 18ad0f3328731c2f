"""How the server starts, or says in one sentence why it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.storage.storage import Storage
from practice.tests.ports import free_ports

ROOT = Path(__file__).parents[2]


def test_a_second_dashboard_on_one_folder_says_so(tmp_path: Path) -> None:
    first = Storage(tmp_path)
    second = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(free_ports(1))],
        cwd=ROOT,
        env={
            **os.environ,
            "ESSAIM_DATA": str(tmp_path),
            "ESSAIM_ENGINE": "practice",
            "LC_ALL": "C",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    first.close()
    assert second.returncode == 1
    pid = os.getpid()
    told = f"Essaim cannot start: another Essaim (process {pid}) keeps what it has in {tmp_path}."
    assert told in second.stderr
    assert "Traceback" not in second.stderr
