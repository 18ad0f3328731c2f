"""What leads to the console, and what it takes along."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest

from core.console.consoles import CONSOLES
from core.control.control import Control
from core.engine.connection import Connection
from core.ui.machines import WISH
from tests.cluster.test_collector import until
from tests.pages.conftest import PAGES, Open, fine


def test_the_files_to_build_from_are_kept_when_the_page_is_left(real: Control, visit: Open) -> None:
    app = fine(visit("build"))
    app.text_area(key="file_app.py").set_value("print(1)").run()
    viewer = app.session_state["viewer"]
    assert dict(viewer.files)["app.py"] == "print(1)"
    again = fine(visit("build", viewer=viewer))
    assert again.text_area(key="file_app.py").value == "print(1)"
    fine(again.button(key="reset_files").click().run())
    assert "streamlit" in str(again.text_area(key="file_app.py").value)
    assert "streamlit" in viewer.files["app.py"]


def test_the_courses_files_come_back_without_a_warning_in_the_servers_log(
    real: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned = "_shown_default_value_warning"  # Streamlit logs it once for each process
    monkeypatch.setattr(policies, warned, False)
    app = fine(visit("build"))
    app.text_area(key="file_app.py").set_value("print(1)").run()
    fine(app.button(key="reset_files").click().run())
    assert "streamlit" in str(app.text_area(key="file_app.py").value)
    assert not getattr(policies, warned)


def test_what_was_done_leads_to_the_console(cluster: Control, visit: Open) -> None:
    app = fine(visit("cluster"))
    fine(app.button(key="create").click().run())
    [link] = [each.proto for each in app.get("page_link") if each.proto.page == "console"]
    assert "line=docker" in link.query_string


def test_a_ticket_waits_until_it_is_used(cluster: Control, visit: Open) -> None:
    app = fine(visit("console"))
    first = app.session_state["console_ticket"]
    assert fine(app.run()).session_state["console_ticket"] == first
    redeemed = CONSOLES.grants.redeem(first[0])
    assert redeemed is not None
    assert redeemed.control is cluster
    assert fine(app.run()).session_state["console_ticket"] != first


def words(app: AppTest) -> dict[str, str]:
    """What the page tells its terminals to say."""
    (told,) = (
        data
        for each in app.get("bidi_component")
        if "ticket" in (data := json.loads(each.proto.json))
    )
    return dict(told["words"])


def test_the_terminals_speak_the_language_of_the_page(cluster: Control, visit: Open) -> None:
    english, french = (words(fine(visit("console", language))) for language in ("en", "fr"))
    assert english["journal"] == "Journal"
    assert french["off"] == "sans courant"
    assert english.keys() == french.keys()
    same = {name for name in english if english[name] == french[name]}
    assert same <= {"machines", "journal", "look_on"}


@pytest.mark.parametrize(
    ("line", "machine", "typed"),
    [
        ("docker ps -a", "node1", "docker ps -a"),
        ("docker -H node2 ps", "node2", "docker ps"),
        ("docker -H elsewhere ps", "node1", "docker -H elsewhere ps"),
        ("docker swarm join --token x 192.168.0.11:2377", "node2", None),
    ],
)
def test_a_line_is_typed_on_its_machine_once(
    alone: Control, visit: Open, line: str, machine: str, typed: str | None
) -> None:
    app = AppTest.from_file(str(PAGES / "console.py"), default_timeout=30)
    app.query_params["line"] = line
    alone.connection.at(alone.machines.current()[0]).client().swarm.init()
    wish = fine(app.run()).session_state[WISH]
    assert (wish["machine"], wish["line"]) == (machine, typed or line)
    assert "line" not in app.query_params  # a reload types nothing
    assert fine(app.run()).session_state[WISH] == wish


def test_a_machines_own_address_leads_to_it(cluster: Control, visit: Open) -> None:
    (third,) = (each for each in cluster.machines.current() if each.name == "node3")
    app = AppTest.from_file(str(PAGES / "console.py"), default_timeout=30)
    app.query_params["line"] = f"docker -H {cluster.connection.at(third).base_url} swarm leave"
    wish = fine(app.run()).session_state[WISH]
    assert (wish["machine"], wish["line"]) == ("node3", "docker swarm leave")


def test_a_containers_terminal_opens_on_the_console_page(cluster: Control, visit: Open) -> None:
    with closing(cluster.connection.client()) as client:
        client.containers.run("nginx", name="box", detach=True)
    until(lambda: any(c.name == "box" for c in cluster.snapshot.containers))
    app = fine(visit("containers"))
    app.button(key="open_terminal").click().run()
    wish = app.session_state[WISH]
    assert (wish["machine"], wish["container"]) == ("node1", "box")


def test_an_engine_that_is_not_on_our_workers_keeps_the_console_of_lines(
    cluster: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "practice", property(lambda self: False))
    assert "prompt" in words(fine(visit("console")))
