"""What Streamlit does by itself and Essaim does not want; its private names, in one place."""

from __future__ import annotations

from streamlit.runtime.pages_manager import PagesManager
from streamlit.watcher.polling_path_watcher import PollingPathWatcher


def quiet() -> None:
    """Called before the server starts."""
    # Until the first call of st.navigation, Streamlit takes pages/ for its older kind of multipage
    # app: the first visitor of /build would get the bare page, without its frame.
    PagesManager.uses_pages_directory = False
    # Five looks a second at each of three files of settings, which nobody changes while it runs,
    # took a third of a percent of a core.
    PollingPathWatcher._check_if_path_changed = _leave  # type: ignore[method-assign, assignment]


def _leave(watcher: PollingPathWatcher) -> None:
    """Without a look there is no next one."""
