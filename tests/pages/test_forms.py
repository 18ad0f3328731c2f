"""What is typed into a form: bad input is refused in one sentence, and kept as it was typed."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.commands.registry import parse
from core.control.control import Control
from core.control.rights import Right
from tests.cluster.test_collector import until
from tests.pages.conftest import Open, fine


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


def field(app: AppTest, label: str):  # type: ignore[no-untyped-def]  # text and numbers
    [*_, found] = [each for each in (*app.text_input, *app.number_input) if each.label == label]
    return found


def refused(app: AppTest) -> str:
    """The one sentence of the refusal."""
    assert not app.exception
    [error] = app.error
    return str(error.value)


@pytest.mark.parametrize(
    ("language", "label", "typed", "told"),
    [
        ("en", "Port", 99999, "Port: a whole number from 1 to 65535, not 99999."),
        ("en", "Port", 0, "Port: a whole number from 1 to 65535, not 0."),
        ("en", "Port", -80, "Port: a whole number from 1 to 65535, not -80."),
        ("en", "Port", 80.5, "Port: a whole number from 1 to 65535, not 80.5."),
        ("en", "Port", None, "Port: write a whole number from 1 to 65535."),
        ("en", "Replicas", 201, "Replicas: a whole number from 0 to 200, not 201."),
        ("en", "Replicas", -1, "Replicas: a whole number from 0 to 200, not -1."),
        ("en", "Replicas", None, "Replicas: write a whole number from 0 to 200."),
        ("fr", "Port", 99999, "Port : un nombre entier de 1 à 65535, pas 99999."),
    ],
)
def test_a_bad_number_makes_no_service(
    cluster: Control, visit: Open, language: str, label: str, typed: float | None, told: str
) -> None:
    app = fine(visit("cluster", language))
    app.text_input(key="new_name").set_value("mine")
    field(app, label).set_value(typed)
    app = app.button(key="create").click().run()
    assert refused(app).replace("\u00a0", " ") == told
    assert cluster.snapshot.services == ()
    assert field(app, label).value == typed
    assert app.text_input(key="new_name").value == "mine"


@pytest.mark.parametrize(
    ("label", "typed"),
    [
        ("Replicas", 100_000),
        ("Replicas", None),
        ("Replicas", 1.5),
        ("Published ports", "99999:80"),
        ("Published ports", "80:80:80:80"),
        ("Published ports", "eighty"),
        ("Environment", "COLOR"),
        ("Environment", "COLOR='blue"),
        ("Constraint", "where I like"),
        ("Command", '"open'),
        ("Image", ""),
        ("Image", "NGINX !"),
        ("Name", "a b"),
    ],
)
def test_the_form_on_the_services_page_refuses_and_keeps(
    cluster: Control, visit: Open, label: str, typed: str | float | None
) -> None:
    app = fine(visit("services"))
    for name, text in {"Name": "web", "Image": "nginx:latest"}.items():
        field(app, name).set_value(text)
    field(app, label).set_value(typed)
    app = press(app, "Create the service")
    assert refused(app)
    assert cluster.snapshot.services == ()
    assert field(app, label).value == typed


def test_a_bad_number_changes_no_service(cluster: Control, visit: Open) -> None:
    cluster.submit(parse("docker service create --name web nginx:latest"), "test", Right())
    until(lambda: len(cluster.snapshot.services) == 1)
    for typed in (-1, None, 2.5, 10_001):
        app = fine(visit("services", service_part="Change"))
        next(each for each in app.number_input if "_of_" in str(each.key)).set_value(typed)
        app = press(app, "Update the service")
        assert refused(app).startswith("Replicas: ")
        assert cluster.snapshot.services[0].replicas == 1


@pytest.mark.parametrize(
    ("label", "typed"),
    [
        ("Published ports", "8080:99999"),
        ("Environment", "=x"),
        ("Image", " "),
        ("Name", "not a name"),
    ],
)
def test_the_form_on_the_containers_page_refuses_and_keeps(
    cluster: Control, visit: Open, label: str, typed: str
) -> None:
    app = fine(visit("containers"))
    field(app, "Image").set_value("alpine")
    field(app, label).set_value(typed)
    app = press(app, "Run a container")
    job = app.session_state["viewer"].jobs.get("running")
    if job:
        until(lambda: job.ended is not None, 30)
        app = app.run()
    assert refused(app)
    assert cluster.snapshot.containers == ()
    assert field(app, label).value == typed


@pytest.mark.parametrize("typed", [-1, None, 201, 0.5])
def test_nobody_is_asked_about_a_bad_number(
    cluster: Control, visit: Open, typed: float | None
) -> None:
    cluster.submit(parse("docker service create --name web nginx:latest"), "test", Right())
    until(lambda: len(cluster.snapshot.services) == 1)
    app = fine(visit("vote"))
    app.number_input(key="vote_replicas").set_value(typed)
    app = app.button(key="vote_ask").click().run()
    assert refused(app).startswith("Replicas: ")
    assert cluster.votes.poll.question is None


@pytest.mark.parametrize("typed", [99999, None, 0])
def test_the_built_image_is_run_at_no_bad_port(
    cluster: Control, visit: Open, typed: float | None
) -> None:
    cluster.submit(parse("docker pull nginx:latest"), "test", Right())
    cluster.submit(parse("docker tag nginx:latest my-streamlit-app"), "test", Right())
    until(lambda: any("my-streamlit-app:latest" in i.tags for i in cluster.snapshot.images))
    app = fine(visit("build"))
    app.number_input(key="run_port").set_value(typed)
    app = app.button(key="run").click().run()
    assert refused(app).startswith("Port: ")
    assert cluster.snapshot.containers == ()
    assert app.number_input(key="run_port").value == typed


@pytest.mark.parametrize(
    "page", ["cluster", "services", "nodes", "images", "containers", "build", "traffic", "board"]
)
def test_every_field_belongs_to_a_form_so_that_enter_sends_it(
    cluster: Control, visit: Open, page: str
) -> None:
    cluster.submit(parse("docker pull nginx:latest"), "test", Right())
    cluster.submit(parse("docker tag nginx:latest my-streamlit-app"), "test", Right())
    until(lambda: any("my-streamlit-app:latest" in i.tags for i in cluster.snapshot.images))
    app = fine(visit(page))
    sent = {each.form_id for each in app.button}
    for each in (*app.text_input, *app.number_input):
        assert each.form_id in sent - {""}, each.label


def test_the_first_swarm_is_made_by_enter(alone: Control, visit: Open) -> None:
    app = fine(visit("cluster"))
    assert app.text_input(key="advertise").form_id == app.button(key="init_swarm").form_id != ""


def test_the_question_before_removing_tells_as_many_as_are_wanted(
    cluster: Control, visit: Open
) -> None:
    line = "docker service create --name web --replicas 16 nginx:latest"
    cluster.submit(parse(line), "test", Right())
    until(lambda: len(cluster.snapshot.services) == 1)
    app = fine(visit("cluster"))  # before all of them run
    assert any("stops 16 replicas" in text.value for text in app.markdown)
