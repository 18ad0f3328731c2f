"""How the engine was found: the places that were tried, and why they were not used."""

from __future__ import annotations

import streamlit as st

from core.cluster.snapshot import Outage
from core.control.classroom import classroom
from core.engine.connection import Connection, Search, Tried
from core.errors import said
from core.presentation.outage import explain
from core.ui.forms import escaped
from core.ui.session import _, control


def how_found() -> None:
    """Behind a sign beside the engine's line: what named it, and where else it was looked for."""
    connection = control().connection
    if connection.search is None:
        return
    with st.popover(
        _("How this engine was found"),
        icon=":material/info:",
        type="tertiary",
        key="how_found",
    ):
        st.markdown(_story(connection, connection.search, control().snapshot.outage))


def failed_to_answer() -> None:
    """Say so where this is practice although an engine seemed to be there."""
    connection = control().connection
    if connection.practice and connection.search:
        failed = [_line(tried) for tried in connection.search.tried if tried.there]
        if failed:
            st.caption(
                _("Practising, because no engine answered at {note}").format(note="; ".join(failed))
            )


def not_kept() -> None:
    """Say so where what is done cannot be kept, or what was kept cannot be read."""
    for told in control().notice.warnings:
        st.caption(f":material/warning: {escaped(told.said(_))}")


def no_answer(connection: Connection, outage: Outage | None) -> str:
    """The sentences for a missing engine: the reason, and what to do."""
    why = escaped(explain(outage, _))
    if connection.fault:
        parts = [f"{why} {_('Put it right, and start Essaim again.')}"]
    else:
        missing = _("No engine answers at `{address}` yet. Essaim goes on trying.")
        parts = [
            missing.format(address=connection.base_url),
            why,
            _("Is Docker running there, and is the address right?"),
        ]
    parts.append(_("Started with `ESSAIM_ENGINE=practice`, Essaim needs no Docker."))
    return "\n\n".join(filter(None, parts))


def _story(connection: Connection, search: Search, outage: Outage | None) -> str:
    parts = []
    if search.chosen:
        named = search.chosen if connection.practice else connection.named
        parts.append(_("Chosen by: {named}").format(named=escaped(said(named, _))))
    else:
        parts.append(
            _(
                "Nobody has chosen an engine: neither DOCKER_HOST nor DOCKER_CONTEXT is set, and "
                "the docker command uses no context but its default. So these were tried:"
            )
        )
        tried = [_line(tried) for tried in search.tried]
        known = [tried.endpoint.host for tried in search.tried]
        if not connection.practice and connection.base_url not in known:
            word = _("does not answer") if outage else _("answers")
            tried.append(f"{_code(connection.base_url.removeprefix('unix://'))}: {word}")
        parts.append("\n".join(f"- {line}" for line in tried))
        if connection.practice:
            parts.append(
                _(
                    "So this is practice: each browser has a cluster of its own. Once an engine "
                    "runs, start Essaim again."
                )
            )
    if not connection.practice and outage:
        parts.append(escaped(explain(outage, _)))
    if not classroom().storage.path:
        parts.append(_("ESSAIM_DATA is empty: once Essaim ends, all that was done is gone."))
    return "\n\n".join(parts)


def _line(tried: Tried) -> str:
    endpoint = tried.endpoint
    where = f"{_code(endpoint.host.removeprefix('unix://'))} ({said(endpoint.named, _)})"
    return _("{where}: {why}").format(where=where, why=escaped(said(tried.why, _)))


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"
