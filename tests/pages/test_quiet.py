"""What Streamlit would do by itself, it does not do here."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.watcher.polling_path_watcher import PollingPathWatcher

from core.ui.quiet import quiet


def test_it_looks_at_no_file_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = list[None]()
    monkeypatch.setattr(PollingPathWatcher, "_schedule", lambda self: looks.append(None))
    look = PollingPathWatcher._check_if_path_changed
    monkeypatch.setattr(PollingPathWatcher, "_check_if_path_changed", look)  # as before, afterwards
    watcher = PollingPathWatcher(str(tmp_path), lambda path: None)
    watcher._check_if_path_changed()
    assert len(looks) == 2
    quiet()
    watcher._check_if_path_changed()
    assert len(looks) == 2
