"""Sharing a practice cluster: its codes and links, and visits to another one."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.control.classroom import classroom
from core.engine import keys
from core.errors import Crowded, NoRoom, NoWorker
from core.ui.live import component
from core.ui.session import _, control, key, language, own_key

_leave = component("leave")


def share() -> None:
    """The popover at the top of each page; nothing where the cluster is shared by all."""
    if classroom().shared:
        return
    here, mine, read_only = key(), own_key(), control().read_only
    visiting = here != mine
    label = keys.spelled(here) if visiting else _("Share")
    icon = ":material/group:" if visiting else ":material/person_add:"
    icon = ":material/visibility:" if read_only else icon
    with st.popover(label, icon=icon, key="share"):
        if visiting and not read_only:
            st.write(_("You look at somebody else's practice cluster. What you do, they see."))
        _code(
            _("For the class: who has this code looks on, and changes nothing."),
            classroom().viewing_code(here),
        )
        if not read_only:
            _code(
                _("For a neighbour: who has this one does everything that you may do."),
                here,
            )
        if visiting and st.button(_("Back to my own cluster"), key="share_home"):
            _go("")
        with st.form("share_visit", border=False):
            code = st.text_input(_("Code of a neighbour, or of the teacher"))
            wanted = st.form_submit_button(_("Look at it"), icon=":material/visibility:")
        if wanted:
            found = keys.read(code)
            if found == mine or classroom().known(found):
                _go(found)
            else:
                st.error(_("No practice cluster has this code."))


def _code(use: str, code: str) -> None:
    """A code, in groups of letters and as a link."""
    st.write(use)
    st.markdown(f"### {keys.spelled(code)}")
    st.code(_link(code), language=None, wrap_lines=True)


def not_found() -> None:
    """A warning where the address names a cluster that does not exist."""
    code = st.query_params.get("cluster")
    if code is not None and not classroom().shared:
        st.warning(
            _("No practice cluster has the code {code}: this one is your own.").format(code=code),
            icon=":material/search_off:",
        )


def full() -> bool:
    """Whether this server has no room for the viewer's cluster; if so, draws a warning."""
    try:
        control()
    except (Crowded, NoWorker) as refusal:
        st.warning(refusal.said(_), icon=":material/hourglass_top:")
        st.button(_("Try again"), key="come_in", type="primary")  # any press runs the page again
        return True
    except NoRoom:
        st.warning(
            _(
                "This server has no room for another practice cluster. Ask a neighbour for the "
                "link to theirs, or come back in a while: one that nobody uses makes room."
            ),
            icon=":material/event_seat:",
        )
        return True
    return False


def _go(code: str) -> None:
    """Load the page again, with the cluster of this code; '' for the viewer's own."""
    query = urlencode({"cluster": code, "lang": language()})
    _leave(key="share_leave", query=f"?{query}")


def _link(code: str) -> str:
    return f"{reached_at()}/?cluster={code}"


def reached_at() -> str:
    """The base address of Essaim for other machines.

    ESSAIM_URL sets it where it cannot be found out, as behind a proxy or in a container.
    """
    if told := os.environ.get("ESSAIM_URL", "").strip():
        return told.rstrip("/")
    seen = urlsplit(str(st.context.url or "http://localhost:8080"))
    host = seen.hostname or "localhost"
    if host in ("localhost", "127.0.0.1", "::1"):  # for a phone, that is the phone
        host = _own_host() or host
    port = f":{seen.port}" if seen.port else ""
    prefix = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{seen.scheme}://{host}{port}/{prefix}".rstrip("/")


def _own_host() -> str:
    """This machine's address on its network, or ''. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return ""
