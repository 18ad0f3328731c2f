"""A lesson on a page: its question, its button, and the results of its steps side by side."""

from __future__ import annotations

import html
from functools import partial

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.nodes import UpdateNode
from core.i18n import number
from core.lessons.lesson import LOADS, MANY, Lesson
from core.lessons.placement import Placement, drained, placement, room_beside, to_drain
from core.lessons.predictions import options
from core.lessons.results import KINDS, Kind, Load, steps
from core.traffic.ledger import fairness
from core.ui.alive import warn_of_drain
from core.ui.script_runs import caught, until_done
from core.ui.selection import segments
from core.ui.session import _, control, may, viewer, who
from core.ui.traffic import may_send


def title(kind: Kind) -> str:
    return {
        "rebalance": _("Drain, and back"),
        "plain": _("Drain and docker run"),
        "many": _("One replica, or fifteen"),
        "kept": _("Kept connections"),
    }[kind]


def introduce(kind: Kind, service: Service | None) -> None:
    """The lesson in one sentence, and the question to think about first."""
    snapshot = control().snapshot
    node = to_drain(kind, snapshot, service)
    already = drained(snapshot, node)
    done = {
        "rebalance": _("{node} is drained already: it is activated, then the service is forced.")
        if already
        else _("{node} is drained, activated again, and then the service is forced."),
        "plain": _("{node} is drained already. A container is started on it with docker run.")
        if already
        else _("A container is started on {node} with docker run. Then {node} is drained."),
        "many": _("The same requests, {rate} a second, to 1 replica and then to {many}."),
        "kept": _("The same requests, over new connections and then over one that is kept."),
    }[kind].format(node=node, rate=f"{LOADS['many'][0]:g}", many=MANY)
    asked = {
        "rebalance": _("Where will the replicas be, after each step?"),
        "plain": _("What becomes of the container, and what of the replicas?"),
        "many": _("What gets better, and what does not?"),
        "kept": _("Who will answer, each time?"),
    }[kind]
    st.markdown(f"{done} **{asked}**", width="stretch")


def start_button(kind: Kind, service: Service) -> None:
    """Disabled while a lesson runs, without the right, and where no other node takes tasks."""
    here, cluster = viewer(), control()
    node = to_drain(kind, cluster.snapshot, service)
    alone = kind in ("rebalance", "plain") and not room_beside(cluster.snapshot, node)
    busy = any(each.running for each in here.lessons.values())

    if kind in ("rebalance", "plain") and not alone and not busy:
        warn_of_drain(node)

    def begin(name: str) -> None:
        here.right.acted()
        here.lessons[kind] = Lesson(kind, cluster, service.id, node, name, here.right, waits=True)

    st.button(
        _("Start the lesson"),
        key="lesson_start",
        icon=":material/play_arrow:",
        type="primary",
        disabled=busy or alone or not (may(UpdateNode) and may_send()),
        on_click=caught(begin),
        args=(who(),),
        help=_("It takes a second node that takes tasks.") if alone else None,
    )


def results(kind: Kind, service: Service) -> None:
    """A card for each step: its result, the question before it, or what is to come; live."""
    lesson = viewer().lessons.get(kind)
    if lesson is not None:
        until_done("lesson_runs", lesson, partial(_results, lesson))
        return
    snapshot = control().snapshot
    to_come = steps(kind, drained(snapshot, to_drain(kind, snapshot, service)))
    with st.container(key="lesson_plan"):
        for column, step in zip(st.columns(len(to_come), gap="small"), to_come, strict=True):
            with column, st.container(border=True, height="stretch"):
                _heading(step, coming=True)


def _results(lesson: Lesson) -> None:
    shown = lesson.results
    # Another viewer may have drained the node meanwhile: then there is one more, or one fewer.
    to_come = (*(each.step for each in shown), *lesson.steps[len(shown) :])
    with st.container(key="lesson_cards"):
        for at, column in enumerate(st.columns(len(to_come), gap="small")):
            with column, st.container(border=True, height="stretch"):
                _heading(to_come[at], coming=at >= len(shown))
                if at < len(shown):
                    _result(lesson, at)
                elif at == len(shown) and lesson.running:
                    _coming(lesson)
    # In one place, of one height: what is said there moves nothing.
    with st.container(key="lesson_said"):
        if lesson.stuck:
            st.error(_("The cluster did not come to rest within three minutes."))
        elif lesson.error:
            st.error(lesson.error.said(_), icon=":material/block:")
        elif not lesson.running:
            _moral(lesson)
        elif lesson.asked:
            st.caption(_("Predict first: aloud, or by a show of hands."))
        else:
            st.caption(f":material/hourglass_top: {_('Under way, until all is well…')}")


def _heading(step: str, coming: bool) -> None:
    st.html(
        f'<h2 class="essaim-lesson-step" data-coming="{str(coming).lower()}">'
        f"{html.escape(_step(step))}</h2>"
    )


def _result(lesson: Lesson, at: int) -> None:
    """What a step ended with, and whether that was predicted."""
    each = lesson.results[at]
    _placement(lesson, each) if isinstance(each, Placement) else _load(each)
    if at and each.step in lesson.predicted:
        option = options(lesson.kind, each.step)[lesson.predicted[each.step]]
        right = option.holds(lesson.results[at - 1], each, lesson.node)
        verdict = _("✓ You foresaw it.") if right else _("✕ Not quite.")
        said = _("You said: {prediction}").format(prediction=option.said(lesson.node, _))
        st.markdown(f"**{verdict}** {said}")


def _coming(lesson: Lesson) -> None:
    """The question about the next step; or where the replicas are meanwhile."""
    step = lesson.asked
    if not step:
        service = control().snapshot.service(lesson.service)
        if service and lesson.kind in ("rebalance", "plain"):
            _nodes(placement("", "", control().snapshot, service))
        return
    done, question = {
        "drained": (
            _("Next, {node} is drained."),
            _("What becomes of the container, and what of the replicas?")
            if lesson.kind == "plain"
            else _("Where will its replicas be?"),
        ),
        "activated": (
            _("Next, {node} is activated again."),
            _("How many replicas will it carry?"),
        ),
        "forced": (_("Next, the service is forced."), _("Where will its replicas be?")),
        "many": (
            _("Next, the same requests to {many} replicas."),
            _("What gets better, and what does not?"),
        ),
        "kept": (
            _("Next, the same requests over one connection that is kept."),
            _("Who will answer?"),
        ),
    }[step]
    texts = [option.said(lesson.node, _) for option in options(lesson.kind, step)]
    key = f"lesson_predicted_{lesson.kind}_{step}"
    asked = f"{done.format(node=lesson.node, many=MANY)} **{question}**"
    st.radio(asked, texts, index=None, key=key)

    def reveal() -> None:
        # Read when it is pressed: the press may come with the choice, before this is drawn again.
        chosen = st.session_state.get(key)
        lesson.reveal(texts.index(chosen) if chosen in texts else None)

    st.button(
        _("Show what happens"),
        key=f"lesson_reveal_{step}",
        icon=":material/visibility:",
        type="primary",
        on_click=caught(reveal),
    )


def _placement(lesson: Lesson, placement: Placement) -> None:
    _nodes(placement)
    if placement.line:
        st.code(placement.line, language="shell", wrap_lines=True)
    if placement.step == "activated" and not placement.on(lesson.node):
        st.markdown(
            _("{node} stays empty, by design: replicas that run are not moved.").format(
                node=lesson.node
            )
        )
    if lesson.kind == "plain":
        st.caption(_("● replicas of the service, ◆ the docker run container"))


def _nodes(placement: Placement) -> None:
    """The nodes with their replicas."""
    lines = []
    for node, count in placement.spread:
        note = "drain" if node in placement.drained else ""
        plain = "◆" if node == placement.plain else ""
        lines.append(
            f'<div class="essaim-lesson-node" data-drained="{str(bool(note)).lower()}">'
            f"<span>{html.escape(node)} <small>{note}</small></span>"
            f'<span class="essaim-lesson-tiles">{"●" * count}'
            f'<i title="docker run">{plain}</i></span><b>{count}</b></div>'
        )
    st.html("".join(lines))


def _load(load: Load) -> None:
    status = load.status
    totals, (p50, p95, _p99) = status.totals, status.percentiles
    counts = sorted(status.by_task.values(), reverse=True)
    idle = len(status.shares.counts) - len(counts)
    index = fairness([*counts, *[0] * max(0, idle)])
    st.code(load.line, language="shell", wrap_lines=True)
    rows = (
        (_("answered per second"), number(totals.answered / max(status.active, 0.1), _)),
        (_("failed"), number(totals.failed, _)),
        (_("median / 95 %"), " / ".join(_ms(t) for t in (p50, p95)) + " ms"),
        (_("fairness"), "–" if index is None else number(index, _, 2)),
        (_("replicas that answered"), str(len(counts))),
    )
    st.html(
        '<table class="essaim-lesson-load">'
        + "".join(f"<tr><th>{html.escape(k)}</th><td>{v}</td></tr>" for k, v in rows)
        + "</table>"
    )


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else number(seconds * 1000, _, 1)


def _step(step: str) -> str:
    return {
        "before": _("Before"),
        "started": _("The container runs"),
        "drained": _("Drained"),
        "activated": _("Active again"),
        "forced": _("Forced"),
        "one": _("1 replica"),
        "many": _("15 replicas"),
        "new": _("New connections"),
        "kept": _("A kept connection"),
    }[step]


def _moral(lesson: Lesson) -> None:
    """The conclusion, once all steps are done."""
    st.success(
        {
            "rebalance": _(
                "Swarm makes up for what is missing; it does not tidy up. --force starts every "
                "replica anew, and new ones go where there are fewest."
            ),
            "plain": _(
                "Drain concerns the tasks of services. Swarm does not know what docker run "
                "started, and leaves it alone. Both were put back as they were."
            ),
            "many": _(
                "More replicas share the requests: each has less to do, and one that fails is "
                "missed less. No single answer is faster, until one replica alone is overloaded."
            ),
            "kept": _(
                "Swarm balances connections, not requests: whoever keeps a connection stays with "
                "its replica."
            ),
        }[lesson.kind],
        icon=":material/school:",
    )
    if lesson.kind == "many" and control().practice:
        st.caption(
            _(
                "Simulated: practice replicas never tire, and all run in one program. How the "
                "requests are shared is as on a real Swarm; their times are those of this machine."
            )
        )


def choose() -> Kind:
    """Buttons to choose a lesson."""
    return segments(_("Lesson"), KINDS, "lesson", spelled=title)
