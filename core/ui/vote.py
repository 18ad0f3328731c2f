"""The vote on a page: the ballot in each browser, and the teacher's form and buttons."""

from __future__ import annotations

import time

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.command import Command
from core.commands.nodes import UpdateNode
from core.commands.services import ScaleServices, UpdateService
from core.errors import InvalidCommand
from core.ui.alive import warn_of_drain
from core.ui.forms import number, row, within
from core.ui.live import component, ignore, tile_words
from core.ui.projector import class_code
from core.ui.script_runs import caught
from core.ui.selection import remembered
from core.ui.session import Done, _, act, control, may, viewer
from core.ui.traffic import nothing
from core.votes.model import Kind, Question, question

_vote = component("vote", "board.css", "vote.css")


def ballot(teaching: bool = False) -> None:
    """The question, this browser's vote, the live tiles, and the result once it is revealed.

    teaching: the page has the teacher's buttons too, which change with each phase.
    """
    _vote(
        teaching=teaching,
        heard=st.session_state.get("vote_heard"),
        code=class_code("vote") if teaching and may(ScaleServices) else None,
        words={
            **tile_words(),
            "none": _("No question yet.")
            if teaching
            else _("No question yet: the teacher asks it."),
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
            "swapped": _("in another order"),
            "foresaw": _("{right} of {votes} foresaw it."),
            "nobody": _("Nobody voted."),
            "you_did": _("✓ You foresaw it."),
            "you_did_not": _("✕ Not quite."),
        },
        on={"vote": _vote_sent, "phase": ignore},
    )


def _vote_sent(sent: object) -> None:
    """Count a browser's vote, and remember for its page that it counts."""
    match sent:
        case {"voter": str(voter), "asked": int() | float() as asked, "counts": list(counts)}:
            if control().votes.vote(voter, float(asked), counts):
                st.session_state["vote_heard"] = {"asked": asked, "counts": counts}


def teacher() -> None:
    """The teacher's form for a question, and the buttons that close, reveal or forget it."""
    services = [s for s in control().snapshot.workloads if s.mode == "replicated"]
    if not services:
        nothing("vote", _("A question is about a service: there is none yet, make one."))
        return
    poll = control().votes.poll
    # In one place, of one height: what comes next does not move the question.
    with st.container(key="vote_teacher"):
        if poll.question and poll.phase == "open":
            _waiting(poll.question)
        elif poll.phase == "moving":
            st.button(_("Reveal now"), key="vote_reveal", on_click=caught(_reveal))
        else:
            _asking(services)


def _waiting(asked: Question) -> None:
    """The class votes: the button that lets it happen, with its line, and the way back."""
    with row():
        st.button(
            _("Let it happen"),
            key="vote_do",
            icon=":material/play_arrow:",
            type="primary",
            on_click=caught(_begin),
            args=(asked,),
        )
        st.code(command(asked).line(), language="shell", width="content")
        st.button(_("Take the question back"), key="vote_forget", on_click=caught(_forget))
    if asked.kind == "drain":
        warn_of_drain(asked.node)


def _asking(services: list[Service]) -> None:
    kinds: dict[Kind, str] = {
        "scale": _("Scale a service"),
        "drain": _("Drain a node"),
        "activate": _("Activate a node again"),
        "rebalance": _("Force an update"),
    }
    with row("bottom"):
        kind = st.selectbox(
            _("What will happen"),
            list(kinds),
            format_func=kinds.__getitem__,
            key="vote_kind",
            width=320,
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
                on_click=caught(_ask),
                args=(kind,),
            )
    if not nodes and kind == "activate":
        st.caption(_("All nodes are active."))


def _nodes(kind: Kind) -> list[str]:
    """The names of the nodes that a question of this kind may be about."""
    if kind not in ("drain", "activate"):
        return []
    active = kind == "drain"
    nodes = control().snapshot.nodes
    return [node.name for node in nodes if (node.availability == "active") is active]


def _ask(kind: Kind) -> None:
    """Ask the question that the form describes."""
    entered, snapshot = st.session_state, control().snapshot
    replicated = [service for service in snapshot.workloads if service.mode == "replicated"]
    name = entered.get("vote_service")
    service = next((s for s in replicated if s.name == name), replicated[0] if replicated else None)
    chosen = snapshot.find_node(str(entered.get("vote_node")))
    node = chosen.id if chosen and kind in ("drain", "activate") else ""
    if service is None or not may(ScaleServices):
        return
    replicas = service.replicas
    if kind == "scale":
        try:
            replicas = within(_("Replicas"), entered.get("vote_replicas", 15), 0, 200)
        except InvalidCommand as refusal:
            viewer().done = Done("", "", refusal)
            return
    control().votes.ask(question(kind, service, snapshot, time.time(), replicas, node))


def _begin(asked: Question) -> None:
    """Run the command that the question is about; once the engine takes it, the votes close."""
    here, votes = viewer(), control().votes
    if act(lambda: command(asked), here) is None:
        votes.begin()


def _reveal() -> None:
    if may(ScaleServices):
        control().votes.reveal(control().snapshot)


def _forget() -> None:
    if may(ScaleServices):
        control().votes.forget()


def command(asked: Question) -> Command:
    """The command that the question is about."""
    found = control().snapshot.node(asked.node)
    node = found.reference if found else asked.node_name
    match asked.kind:
        case "scale":
            return ScaleServices(replicas=((asked.name, asked.replicas),))
        case "drain":
            return UpdateNode(availability="drain", node=node)
        case "activate":
            return UpdateNode(availability="active", node=node)
        case "rebalance":
            return UpdateService(service=asked.name, force=True)
