"""What a viewer chose, from the cookie, the session or the address."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.ui.choices import COOKIE


def script() -> None:
    import streamlit as st

    from core.ui import choices, session

    st.text(f"{session.language()} {choices.choice('role')} {choices.made()}")
    st.button("French", on_click=choices.choose, args=("lang", "fr"))
    st.button("English", on_click=choices.choose, args=("lang", "en"))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A script that shows the choices, in a browser with the cookie of a French teacher."""
    cookies = {COOKIE: "lang=fr&role=teach&odd"}
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)
    return AppTest.from_function(script, default_timeout=30)


def shown(app: AppTest) -> str:
    return str(app.run().text[0].value)


def test_the_cookie_of_an_earlier_visit_is_read(app: AppTest) -> None:
    assert shown(app) == "fr teach {}"


def test_a_choice_of_this_session_wins_and_is_to_be_kept(app: AppTest) -> None:
    shown(app)
    app.button[1].click()
    assert shown(app) == "en teach {'lang': 'en'}"


def test_what_is_kept_already_is_not_kept_again(app: AppTest) -> None:
    shown(app)
    app.button[0].click()
    assert shown(app) == "fr teach {}"


def test_the_address_wins(app: AppTest) -> None:
    app.query_params["lang"] = "en"
    assert shown(app) == "en teach {}"


def test_an_unknown_language_is_no_language(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    cookies = {COOKIE: "lang=tlh"}
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)
    assert shown(app).split()[0] == "en"
