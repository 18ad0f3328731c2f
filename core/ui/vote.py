"""The vote on a page: the ballot that each browser draws, and what the teacher asks and does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.command import Command
from core.commands.nodes import UpdateNode
from core.commands.services import ScaleServices, UpdateService
from core.errors import InvalidCommand
from core.ui.alive import warn_of_drain
from core.ui.forms import number, within
from core.ui.live import address, component
from core.ui.script_runs import caught
from core.ui.selection import remembered
from core.ui.session import Done, _, act, control, may, viewer
from core.votes.model import Kind, Question, question

_vote = component(
    "vote",
    """
    <div class="essaim-vote" data-part="root">
      <div data-part="question" role="heading" aria-level="3"></div>
      <div data-part="votes" role="status"></div>
      <div data-part="state" role="status"></div>
      <div data-part="ballot"></div>
      <div data-part="sum"></div>
      <button type="button" data-part="send"></button>
      <div data-part="heard" role="status"></div>
      <div data-part="truth"></div>
      <div data-part="verdict"></div>
      <div data-part="answers"></div>
      <div data-part="why"></div>
    </div>
    """,
    "vote.css",
)


def ballot(teaching: bool = False) -> None:
    """The question as it stands, this browser's vote, and the truth once it is out.

    teaching: the page has the teacher's buttons as well, which are made anew with each phase.
    """
    key = "vote"

    def voted() -> None:
        wish = st.session_state[key].vote
        if isinstance(wish, dict) and vote(wish):
            st.session_state["vote_heard"] = {"asked": wish["asked"], "counts": wish["counts"]}

    _vote(
        key=key,
        data={
            **address(),
            "teaching": teaching,
            "heard": st.session_state.get("vote_heard"),
            "words": {
                "none": _("No question yet: the teacher asks it."),
                # By what Intl.PluralRules says: French counts 0 as one.
                "votes_one": _("{count} vote"),
                "votes_other": _("{count} votes"),
                "moving": _("Votes are closed. Now it happens: the truth comes when all is calm."),
                "before": _("now {count}"),
                "less": _("One fewer on {node}"),
                "more": _("One more on {node}"),
                "sum_one": _("{count} replica of {replicas} placed"),
                "sum_other": _("{count} replicas of {replicas} placed"),
                "send": _("Send my vote"),
                "heard": _("Your vote counts: {counts}. You may change it."),
                "yours": _("you said {count}"),
                "foresaw": _("{right} of {votes} foresaw it."),
                "nobody": _("Nobody voted."),
                "you_did": _("✓ You foresaw it."),
                "you_did_not": _("✕ Not quite."),
            },
        },
        on_vote_change=caught(voted),
        on_phase_change=lambda: None,
    )


def vote(wish: dict[str, Any]) -> bool:
    """Take what a browser sends as a vote; whether it counts."""
    voter, asked, counts = (wish.get(name) for name in ("voter", "asked", "counts"))
    fits = isinstance(voter, str) and isinstance(asked, int | float) and isinstance(counts, list)
    return fits and control().votes.vote(str(voter), float(asked or 0), list(counts or ()))


def teacher() -> None:
    """What the teacher asks, and the button that makes it happen; for who may change things."""
    services = [s for s in control().snapshot.workloads if s.mode == "replicated"]
    if not services:
        st.info(_("Create a service on the Cluster page first."), icon=":material/layers:")
        return
    poll = control().votes.poll
    if poll.question and poll.phase == "open":
        do = command(poll.question)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                _("Let it happen"),
                key="vote_do",
                icon=":material/play_arrow:",
                type="primary",
                on_click=caught(begin),
                args=(poll.question,),
            )
            st.code(do().line(), language="shell", width="content")
            st.button(_("Take the question back"), key="vote_forget", on_click=caught(forget))
        if poll.question.kind == "drain":
            warn_of_drain(poll.question.node)
    elif poll.phase == "moving":
        st.button(_("Reveal now"), key="vote_reveal", on_click=caught(reveal))
    with st.expander(_("Ask the class"), expanded=poll.phase in ("none", "revealed")):
        _asking(services)


def _asking(services: list[Service]) -> None:
    kinds: dict[Kind, str] = {
        "scale": _("Scale a service"),
        "drain": _("Drain a node"),
        "activate": _("Activate a node again"),
        "rebalance": _("Force an update"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            _("What will happen"), list(kinds), format_func=kinds.__getitem__, key="vote_kind"
        )
        nodes = _nodes(kind)
        # Enter in its fields asks. What will happen lies outside: it says which fields there are.
        form = st.form("vote_asking", border=False, width="content")
        with form.container(horizontal=True, vertical_alignment="bottom"):
            names = [service.name for service in services]
            if len(names) > 1:
                first = names.index(remembered(names, "vote_service", "web"))
                st.selectbox(_("Service"), names, index=first, key="vote_service", width=200)
            if kind == "scale":
                number(_("Replicas"), 15, key="vote_replicas", width=130)
            if nodes:
                first = nodes.index(remembered(nodes, "vote_node", "node2"))
                st.selectbox(_("Node"), nodes, index=first, key="vote_node", width=160)
            st.form_submit_button(
                _("Ask the class"),
                key="vote_ask",
                icon=":material/how_to_vote:",
                disabled=not nodes and kind in ("drain", "activate"),
                on_click=caught(ask),
                args=(kind,),
            )
    if not nodes and kind == "activate":
        st.caption(_("All nodes are active."))


def _nodes(kind: Kind) -> list[str]:
    """The nodes that such a question may be about."""
    if kind not in ("drain", "activate"):
        return []
    active = kind == "drain"
    nodes = control().snapshot.nodes
    return [node.name for node in nodes if (node.availability == "active") is active]


def ask(kind: Kind) -> None:
    """Put the question that the fields make."""
    entered, snapshot = st.session_state, control().snapshot
    replicated = [service for service in snapshot.workloads if service.mode == "replicated"]
    wish = entered.get("vote_service")
    service = next((s for s in replicated if s.name == wish), replicated[0] if replicated else None)
    chosen = snapshot.find_node(str(entered.get("vote_node")))
    node = chosen.id if chosen else ""
    if service is None or not may(ScaleServices):
        return
    about: dict[str, object] = {"node": node} if kind in ("drain", "activate") else {}
    if kind == "scale":
        try:
            about["replicas"] = within(_("Replicas"), entered.get("vote_replicas", 15), 0, 200)
        except InvalidCommand as refusal:
            viewer().done = Done("", "", refusal)
            return
    control().votes.ask(question(kind, service, snapshot, time.time(), **about))


def begin(asked: Question) -> None:
    """Do what was asked about; the votes close where the engine takes it."""
    here, votes = viewer(), control().votes
    act(command(asked), here)
    if here.done and not here.done.refused:
        votes.begin()


def reveal() -> None:
    if may(ScaleServices):
        control().votes.reveal(control().snapshot)


def forget() -> None:
    if may(ScaleServices):
        control().votes.forget()


def command(asked: Question) -> Callable[[], Command]:
    """What makes it happen."""
    found = control().snapshot.node(asked.node)
    node = found.reference if found else asked.node_name
    match asked.kind:
        case "scale":
            return lambda: ScaleServices(replicas=((asked.name, asked.replicas),))
        case "drain":
            return lambda: UpdateNode(availability="drain", node=node)
        case "activate":
            return lambda: UpdateNode(availability="active", node=node)
        case "rebalance":
            return lambda: UpdateService(service=asked.name, force=True)
