"""Sharing a practice cluster: its codes and links, and visits to another one."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlencode, urlsplit

import streamlit as st

from core.control.classroom import classroom
from core.engine import keys
from core.errors import Crowded, NoRoom, NoWorker
from core.presentation import qr
from core.ui.forms import row
from core.ui.live import component
from core.ui.script_runs import caught
from core.ui.selection import segments
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
    # It tells whether it is open, so that it can be closed below a code that is shown large.
    with st.popover(label, icon=icon, key="share", on_change="rerun"):
        if visiting and not read_only:
            st.write(_("You look at somebody else's practice cluster. What you do, they see."))
        _ways(here, read_only)
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
        if (kept := classroom().kept(mine)) and kept.number:
            st.caption(
                _("On the teacher's board you are learner {number}.").format(number=kept.number)
            )
    if large := st.session_state.get("share_shown"):
        names = {
            "look": _("Look on"),
            "together": _("Work together"),
            "own": _("A cluster of your own"),
        }
        title = names.get(str(large), _("Share"))
        st.dialog(title, width="large", on_dismiss=caught(_closed))(_large)(str(large), here)


def _ways(here: str, read_only: bool) -> None:
    """One way in at a time, with its QR code: two side by side are mistaken for each other."""
    names = {"look": _("To look on"), "together": _("To work together"), "own": _("On their own")}
    if read_only:
        del names["together"]
    way = segments(_("Way in"), list(names), "share_way", "look", names.__getitem__)
    told = {
        "look": _("For the class: who has this code looks on, and changes nothing."),
        "together": _("For a neighbour: who has this one does everything that you may do."),
        "own": _("For the class: each gets a practice cluster of their own."),
    }
    st.write(told[way])
    code, address = _way(way, here)
    with row():
        st.image(qr.svg(address), width=170, alt=_("QR code"))
        with st.container(width="content"):
            if code:
                st.markdown(f"### {keys.spelled(code)}")
            st.button(
                _("Show it large"),
                key="look_large",
                icon=":material/fullscreen:",
                on_click=caught(show_large),
                args=(way,),
            )
    st.code(address, language=None, wrap_lines=True)


def _way(way: str, here: str) -> tuple[str, str]:
    """The code of a way in, '' for none, and its address."""
    code = {"look": classroom().viewing_code(here), "together": here}.get(way, "")
    return code, f"{reached_at()}/?{urlencode({'cluster': code})}"


def show_large(way: str) -> None:
    """Show the code of a way in (``look``, ``together``, ``own``) to a whole room."""
    st.session_state["share_shown"] = way
    st.session_state["share"] = False


def _closed() -> None:
    st.session_state["share_shown"] = ""


def _large(way: str, here: str) -> None:
    """One QR code for a whole room, and what it leads to in large type."""
    code, address = _way(way, here)
    with st.container(horizontal_alignment="center", key="share_large"):
        st.image(qr.svg(address), width=600, alt=_("QR code"))
        st.markdown(f"### {keys.spelled(code) if code else reached_at()}", width="content")


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
