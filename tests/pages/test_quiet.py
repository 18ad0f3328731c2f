"""What Streamlit would do by itself, it does not do here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Prints how often a watcher wanted to look again: at first, after a look, after a quiet one.
WATCH = """
from streamlit.watcher.polling_path_watcher import PollingPathWatcher
from core.ui.quiet import quiet

looks = []
PollingPathWatcher._schedule = lambda self: looks.append(None)
watcher = PollingPathWatcher("app.py", lambda path: None)
print(len(looks))
watcher._check_if_path_changed()
print(len(looks))
quiet()
watcher._check_if_path_changed()
print(len(looks))
"""


def test_it_looks_at_no_file_again_and_again() -> None:
    # In a process of its own: in this one, another test may have asked for quiet already.
    line = [sys.executable, "-c", WATCH]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "2", "2"]
