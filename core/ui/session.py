"""What one viewer's session holds: the language, the right to change, and the last action.

Streamlit may end a run of the script at any access to ``st.session_state``, within a callback too.
So what must not get lost between an action and its record lives in one ``Viewer``: it is fetched
first, and written without a further access.
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


@dataclass(frozen=True, slots=True)
class Done:
    """The last action of this session, as its page shows it."""

    line: str  # '' where the viewer's input made no command
    python: str
    refused: EssaimError | None = None  # why it was not done


@dataclass(slots=True)
class Slider:
    """What a viewer's replicas slider stands for, so that it follows what is done elsewhere."""

    known: int | None = None  # the wanted replicas when it was last drawn
    left: int | None = None  # what it showed before it last followed
    followed: float = 0.0  # when that was, seconds of the monotonic clock


@dataclass(slots=True)
class Viewer:
    """One browser's session, as far as it is ours."""

    right: Right = NONE
    voter: bool = False  # came to vote: the teacher's buttons are not for this browser
    done: Done | None = None
    callback_error: EssaimError | None = None  # what a callback met, until a page has said it
    sliders: dict[str, Slider] = field(default_factory=dict)  # by service id
    jobs: dict[str, Job] = field(default_factory=dict)  # by what they are for
    play: Play | None = None  # of a lab's step, by Do it for me
    played: str = ""  # which step that was: lab/step
    lessons: dict[str, Lesson] = field(default_factory=dict)  # the latest of each kind
    files: dict[str, str] = field(default_factory=dict)  # to build from, as the viewer left them


def control() -> Control:
    """The cluster that this viewer looks at. Raises NoRoom."""
    return classroom().control(key(), who())


def key() -> str:
    """The key of the cluster that this viewer looks at: their own, or the one they visit."""
    return keys.looked_at(_cookies(), classroom().known)


def own_key() -> str:
    """The key of this viewer's own cluster, and of what they have learnt, on any engine."""
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
    """The viewer's choice, else the browser's."""
    chosen = st.session_state.get("language") or st.query_params.get("lang")
    return chosen if chosen in LANGUAGES else preferred(st.context.locale)


def _(text: str) -> str:
    """The text in the viewer's language."""
    return translation(language()).gettext(text)


def plural(one: str, many: str, count: int) -> str:
    """The text that suits the count, in the viewer's language, with ``{count}`` filled in."""
    return translation(language()).ngettext(one, many, count).format(count=count)


def unlocked() -> bool:
    return viewer().right.held


def unlock(attempt: str) -> bool:
    """Try a password; a right one gives this page its right, in place of an earlier one."""
    here, access = viewer(), control().access
    if access.check(attempt, who()):
        here.right.end()
        here.right = access.rights.give(browser(), _presence())
    return here.right.held


def lock() -> None:
    """Take the right from this page, and from the other pages of the same browser."""
    control().access.rights.lock(viewer().right, browser())


def forget() -> None:
    """Once the right has ended, the page shows no more what came of it."""
    here = viewer()
    if here.right.why not in ("", "never"):
        here.done, here.play = None, None
        here.jobs.clear()
        here.lessons.clear()


def browser() -> str:
    """What tells this viewer's browser from others; '' where nothing does."""
    return keys.browser(_cookies())


def _presence() -> Callable[[], bool]:
    """Answers, on any thread, whether this viewer's page is open now."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True  # a test's, which has no browser
    session, server = context.session_id, runtime.get_instance()
    return lambda: server.is_active_session(session)


def may(command: type[Command]) -> bool:
    """Whether this viewer may give such a command."""
    return control().may(command, viewer().right)


def read_only_notice() -> str:
    """What a viewer who came to look on is told; '' for everybody else."""
    return NotAllowed(READ_ONLY).said(_) if control().read_only else ""


def who() -> str:
    """How the journal names this viewer."""
    return str(st.context.ip_address or "local")


def act(
    make: Callable[[], Command], here: Viewer | None = None, again: str | None = None
) -> EssaimError | None:
    """Make a command of what the viewer entered, do it, and keep it as the last action.

    A page shows how it went with ``lines.last_action``; one that does not, by what this returns:
    why it was not done. The snapshot read after this already knows
    of it. here: this viewer, where a callback must not be dropped before the action.
    again: the password, where it was asked for once more; see ``Control.submit``.
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
    """Raise InvalidCommand for one that would change nothing, even as the engine is this moment."""
    here = control()
    if command.is_noop(seen()):  # a stranger must not learn by guessing what is so
        here.collector.refresh()
        if command.is_noop(seen()):
            raise InvalidCommand(_("There is nothing to change: it is so already."))


def seen() -> ClusterSnapshot:
    """The picture with all that this viewer may see of it."""
    return control().seen(viewer().right)


def look(command: Command) -> str:
    """The answer of a command that only looks: it does not become the last action.

    Raises one of core.errors.
    """
    return control().look(command, viewer().right)


def last() -> Done | None:
    return viewer().done
