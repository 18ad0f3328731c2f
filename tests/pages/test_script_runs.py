"""What nobody foresaw: it ends in one sentence, a traceback in the log, and a page that works."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path
from typing import Any, NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from app import app as served
from core.commands.runs import RunContainer
from core.commands.services import CreateService
from core.control import faults, instances, reset
from core.control.control import Control
from core.control.rights import NONE
from core.engine.practice import calls
from core.i18n import translation
from core.labs.progress import Labs
from core.ui import labs as ui_labs
from core.ui import lessons as ui_lessons
from core.ui.script_runs import show_script_error
from core.votes.model import Votes
from tests.cluster.test_collector import until
from tests.pages.conftest import PAGES, Open, fine

DRAWN = sorted([*PAGES.glob("*.py"), *(PAGES.parent / "core/ui").glob("*.py")])
#: What is typed into fields that are empty, by their label.
TYPED = {
    "Name": "other",
    "Image": "alpine",
    "Pull an image": "alpine",
    "New name": "other:v1",
    "Set labels": "disk=ssd",
    "Set environment": "COLOR=green",
}
#: What the pages' actions come to, at the last step before somebody else's code.
DEEDS: tuple[tuple[Any, str], ...] = (
    (Control, "submit"),
    (Control, "send"),
    (faults, "do"),
    (instances, "run"),
    (instances, "join_command"),
    (reset, "reset"),
    (Labs, "reset"),
    (Labs, "skip"),
    (Votes, "ask"),
    (ui_labs, "Play"),
    (ui_lessons, "Lesson"),
)
#: What to look at, so that a page shows all that it can do.
STATES: dict[str, dict[str, object]] = {
    "services": {"service_part": "Change"},
    "nodes": {"node": "node2"},
    "labs": {},
}


@pytest.fixture
def full(cluster: Control) -> Control:
    """A cluster with one of everything: a service, a container, images, an instance outside."""
    cluster.submit(
        CreateService(name="web", image="nginx:latest", publish=("80:80",), replicas=3), "", NONE
    )
    cluster.submit(RunContainer(detach=True, name="front", image="nginx:latest"), "", NONE)
    faults.do(cluster, calls.add_machine(), "")
    until(lambda: sum(t.state == "running" for t in cluster.snapshot.tasks) == 3, 30)
    cluster.collector.refresh(60)
    return cluster


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From ``odd.append`` on, every deed divides by zero; then its name is in the list."""
    raised: list[str] = []

    def patch(owner: Any, name: str) -> None:
        def deed(*args: object, **kwargs: object) -> NoReturn:
            raised.append(name)
            raise ZeroDivisionError("odd")

        monkeypatch.setattr(owner, name, deed)

    for owner, name in DEEDS:
        patch(owner, name)
    return raised


def sentence(language: str) -> str:
    told = translation(language).gettext("Essaim itself failed here: {words}")
    return told.format(words="ZeroDivisionError: odd")


def pressed(page: AppTest, key: str, language: str) -> AppTest:
    for label, text in TYPED.items():
        for field in page.text_input:
            if field.label == translation(language).gettext(label) and not field.value:
                field.set_value(text)
    [button] = [each for each in (*page.button, *page.toggle) if name(each) == key]
    action = button.set_value(not button.value) if button in list(page.toggle) else button.click()
    page = action.run()
    for job in page.session_state["viewer"].jobs.values():
        until(lambda job=job: not job.running)
    return page.run() if page.session_state["viewer"].jobs else page


def name(button: Any) -> str:
    """Its key; a form's button has none of ours."""
    return f"{button.form_id} {button.label}" if getattr(button, "form_id", "") else button.key


def offered(page: AppTest) -> list[str]:
    return [name(each) for each in (*page.button, *page.toggle) if not each.disabled]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    ("page", "deeds"),
    [
        ("cluster", {"submit", "reset"}),
        ("services", {"submit"}),
        ("nodes", {"submit", "do", "run", "join_command"}),
        ("images", {"submit"}),
        ("containers", {"submit"}),
        ("build", {"submit"}),
        ("traffic", {"submit", "do"}),
        ("lessons", {"Lesson"}),
        ("vote", {"ask"}),
        ("labs", {"Play", "reset", "skip", "submit", "run", "join_command"}),
    ],
)
def test_whatever_a_press_raises_is_one_sentence(
    full: Control,
    visit: Open,
    odd: list[str],
    caplog: pytest.LogCaptureFixture,
    page: str,
    deeds: set[str],
    language: str,
) -> None:
    def opened() -> AppTest:
        app = visit(page, language, **STATES.get(page, {}))
        if page == "labs":
            app.query_params["lab"] = "lab3"
            app = app.run()
        return fine(app)

    seen: set[str] = set()
    for key in offered(opened()):
        app = opened()
        odd.clear()
        caplog.clear()
        app = pressed(app, key, language)
        assert not app.exception, key
        seen.update(odd)
        if odd:
            assert [error.value for error in app.error] == [sentence(language)], key
            assert any(
                record.levelno == logging.ERROR and record.exc_info for record in caplog.records
            ), key
            assert not app.run().exception
            assert set(offered(app)) >= {key} or key.startswith("instance_")
    assert seen == deeds


def test_so_it_is_for_a_slider_a_list_and_a_view(
    full: Control, visit: Open, odd: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("cluster")
    app = app.slider[0].set_value(5).run()
    assert [error.value for error in app.error] == [sentence("en")]
    for key, value in (("registry", 0.0), ("clock", 20.0)):
        app = visit("nodes").selectbox(key=key).select(value).run()
        assert [error.value for error in app.error] == [sentence("en")]
    assert odd == ["submit", "do", "do"]

    def look(*args: object) -> NoReturn:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(Control, "look", look)
    for part in ("Logs", "Inspect"):
        app = visit("services", service_part=part)
        assert not app.exception
        assert [error.value for error in app.error] == [sentence("en")]


def test_a_script_that_raises_says_so_in_one_sentence(
    cluster: Control, caplog: pytest.LogCaptureFixture
) -> None:
    def script() -> None:
        from core.ui.script_runs import show_script_error

        assert show_script_error(ZeroDivisionError("odd"))

    assert served._on_script_error is show_script_error
    shown = AppTest.from_function(script).run()
    assert [error.value for error in shown.error] == [sentence("en")]
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.name)
def test_every_callback_is_caught(path: Path) -> None:
    """After a callback that raised, Streamlit draws nothing of the page but a red box."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if not re.fullmatch(r"on_(\w+_)?(click|change)", keyword.arg or ""):
                continue
            given = ast.unparse(keyword.value)
            harmless = isinstance(keyword.value, ast.Constant) or given == "lambda: None"
            assert harmless or given.startswith("caught("), f"line {keyword.value.lineno}: {given}"


def interrupted() -> None:
    """A page whose callback meets a run that something live on the page has asked for."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from core.ui.script_runs import caught

    def go() -> None:
        context = get_script_run_ctx()
        assert context is not None
        assert context.script_requests is not None
        context.script_requests.request_rerun(RerunData(widget_states=None))
        st.query_params["lab"] = "lab3"
        st.session_state["at"] = st.session_state.get("at", 0) + 1

    st.button("Next step", on_click=caught(go))
    st.write(f"Step {st.session_state.get('at', 0)}")


def interrupted_script() -> None:
    """A page whose script reads a button, after such a run has been asked for."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from core.ui.script_runs import caught, uninterrupted

    def seen() -> None:
        st.session_state["seen"] = True

    with uninterrupted():
        context = get_script_run_ctx()
        assert context is not None
        assert context.script_requests is not None
        if st.session_state.pop("seen", False):
            context.script_requests.request_rerun(RerunData(widget_states=None))
        if st.button("Lock", on_click=caught(seen)):
            with uninterrupted():
                st.session_state["locked"] = True
            st.write("locked")


def test_a_script_is_run_whole_whatever_asks_for_a_run_meanwhile() -> None:
    page = AppTest.from_function(interrupted_script).run()
    page.button[0].click().run()
    assert page.session_state["locked"]


def test_what_is_pressed_is_done_whole_whatever_asks_for_a_run_meanwhile() -> None:
    page = AppTest.from_function(interrupted).run()
    for step in (1, 2):
        page.button[0].click().run()
        assert page.session_state["at"] == step
        assert page.markdown[0].value == f"Step {step}"
