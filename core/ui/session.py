"""The state of one viewer's session: the language, the right to change, and the last action.

Streamlit may end a run of the script at any access to ``st.session_state``, in a callback too. So
the state that must survive an action lives in one ``Viewer``: a callback gets it once, before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.cluster.failures import unforeseen
from core.cluster.snapshot import ClusterSnapshot
from core.commands.command import Command
from core.control.access import READ_ONLY
from core.control.classroom import classroom
from core.control.control import Control
from core.control.jobs import Job
from core.control.rights import NONE, Right
from core.engine import keys
from core.errors import EssaimError, InvalidCommand, NotAllowed
from core.i18n import LANGUAGES, preferred, translation
from core.lessons.lesson import Lesson
from core.lessons.solutions import Play
from core.ui import choices


@dataclass(frozen=True, slots=True)
class Done:
    """The last action of this session."""

    line: str  # '' where the viewer's input made no command
    python: str
    refused: EssaimError | None = None  # why it was not done


@dataclass(slots=True)
class Slider:
    """The state of a replicas slider, which follows changes made elsewhere."""

    known: int | None = None  # replicas wanted when it was last drawn
    left: int | None = None  # its value before it last followed
    followed: float = 0.0  # when that was, by the monotonic clock


@dataclass(slots=True)
class Viewer:
    """Our part of one browser's session."""

    right: Right = NONE
    voter: bool = False  # came by the vote's QR code: gets no teacher's buttons
    done: Done | None = None
    callback_error: EssaimError | None = None  # shown by the next page drawn
    sliders: dict[str, Slider] = field(default_factory=dict)  # by service id
    jobs: dict[str, Job] = field(default_factory=dict)  # by purpose
    play: Play | None = None  # the solution of a lab's step
    played: str = ""  # which step that was: lab/step
    lessons: dict[str, Lesson] = field(default_factory=dict)  # the latest of each kind
    files: dict[str, str] = field(default_factory=dict)  # to build from, by name


def control() -> Control:
    """The cluster that this viewer looks at. Raises NoRoom."""
    return classroom().control(key(), who())


def key() -> str:
    """The key of the cluster that this viewer looks at: their own, or the one they visit."""
    return keys.looked_at(_cookies(), classroom().known)


def own_key() -> str:
    """The key of this viewer's own cluster."""
    return keys.own(_cookies())


def _cookies() -> dict[str, str]:
    if get_script_run_ctx(suppress_warning=True) is None:
        raise RuntimeError("a thread has no viewer: take the viewer's cluster before it starts")
    sent = st.context.cookies
    return {name: str(sent.get(name, "")) for name in (keys.OWN, keys.VISITED)}


def viewer() -> Viewer:
    if "viewer" not in st.session_state:
        st.session_state["viewer"] = Viewer()
    found: Viewer = st.session_state["viewer"]
    return found


def language() -> str:
    """The address's, else the viewer's choice, else the browser's."""
    for chosen in (st.query_params.get("lang"), choices.choice("lang")):
        if chosen in LANGUAGES:
            return chosen
    return preferred(st.context.locale)


def _(text: str) -> str:
    """The text in the viewer's language."""
    return translation(language()).gettext(text)


def plural(one: str, many: str, count: int) -> str:
    """The text that suits the count, in the viewer's language, with ``{count}`` filled in."""
    return translation(language()).ngettext(one, many, count).format(count=count)


def unlocked() -> bool:
    return viewer().right.held


def unlock(attempt: str) -> bool:
    """Try a password; the right one gives this page a right, in place of an earlier one."""
    here, access = viewer(), control().access
    if access.check(attempt, who()):
        here.right.end()
        here.right = access.rights.give(browser(), _presence())
    return here.right.held


def teaching() -> bool:
    """Whether this viewer may see the board.

    On practice it stays open while it is shown, and a reload asks for no password. A right on a
    real engine keeps its own rule.
    """
    here = viewer()
    if not control().practice:
        return here.right.held
    rights = control().access.rights
    if not here.right.held and rights.remembered(browser()):
        here.right = rights.give(browser(), _presence())
    if here.right.held:
        here.right.acted()
        rights.remember(browser(), here.right)
    return here.right.held


def lock() -> None:
    """Take the right from this page, and from the other pages of the same browser."""
    control().access.rights.lock(viewer().right, browser())


def forget() -> None:
    """Drop the results of an ended right, so that the page no longer shows them."""
    here = viewer()
    if here.right.why not in ("", "never"):
        here.done, here.play = None, None
        here.jobs.clear()
        here.lessons.clear()


def browser() -> str:
    """The id of this viewer's browser; '' where it has none."""
    return keys.browser(_cookies())


def _presence() -> Callable[[], bool]:
    """A function for any thread: whether this viewer's page is open now."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True  # a test, which has no browser
    session, server = context.session_id, runtime.get_instance()
    return lambda: server.is_active_session(session)


def may(command: type[Command]) -> bool:
    """Whether this viewer may run such a command."""
    return control().may(command, viewer().right)


def read_only_notice() -> str:
    """The sentence for a viewer who may only look; '' for everybody else."""
    return NotAllowed(READ_ONLY).said(_) if control().read_only else ""


def who() -> str:
    """The viewer's address, as the journal names them."""
    return str(st.context.ip_address or "local")


def act(
    make: Callable[[], Command], here: Viewer | None = None, again: str | None = None
) -> EssaimError | None:
    """Run the command that ``make`` returns, and keep it as the last action.

    here: this viewer, for a callback that must not be dropped before the action.
    again: the password, typed once more; see ``Control.submit``.

    Returns the refusal, if any; ``lines.last_action`` shows it too. A snapshot read afterwards
    includes the change.
    """
    here = here or viewer()
    here.right.acted()
    line, python = "", ""
    refused: EssaimError | None = None
    try:
        command = make()
        _changing(command)
        line, python = command.line(), command.python()
        control().submit(command, who(), here.right, again=again)
    except Exception as error:
        refused = unforeseen(error)
    here.done = Done(line, python, refused)
    control().collector.refresh()
    return refused


def _changing(command: Command) -> None:
    """Raise InvalidCommand for a command that would change nothing."""
    here = control()
    if command.is_noop(seen()):  # of what is seen: nobody learns the rest by guessing
        here.collector.refresh()
        if command.is_noop(seen()):
            raise InvalidCommand(_("There is nothing to change: it is so already."))


def seen() -> ClusterSnapshot:
    """The snapshot, as far as this viewer may see it."""
    return control().seen(viewer().right)


def answers_here(node: str) -> bool:
    """Whether Essaim is connected to the node of this name."""
    engine = control().snapshot.engine
    return engine is not None and engine.name == node


def record(here: Viewer, line: str, python: str, do: Callable[[], object]) -> None:
    """Call ``do``, and keep it as the last action, refused or not. line, python: its two faces."""
    refused: EssaimError | None = None
    try:
        do()
    except EssaimError as error:
        refused = error
    here.done = Done(line, python, refused)
