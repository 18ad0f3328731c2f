"""What a press does: the command that was given, and what came of it."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest
import yaml
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Error

from core.commands.registry import parse
from core.commands.services import UpdateService
from core.control import faults, instances, reset
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine.practice import calls
from core.errors import EngineRejected, NotAllowed
from core.i18n import translation
from core.machines.files import MachineFiles
from core.ui.session import Viewer
from tests.cluster.test_collector import until
from tests.pages.conftest import PAGES, PASSWORD, Open, fine

ROOT = Path(__file__).parents[2]


def line(app: AppTest) -> str:
    """The docker line of the last action, as the page shows it."""
    return str(app.session_state["viewer"].done.line)


def typed(app: AppTest, **values: str) -> None:
    """Fill the fields with these labels, where there are several, the last ones."""
    for label, value in values.items():
        [*_, field] = [each for each in app.text_input if each.label == label.replace("_", " ")]
        field.set_value(value)


def machines(app: AppTest) -> list[str]:
    """What the table of nodes says of each machine."""
    shown = app.dataframe[0].value
    return list(shown.get("Machine", ()))


def running(control: Control) -> dict[str, int]:
    counts = dict.fromkeys((node.hostname for node in control.snapshot.nodes), 0)
    for task in control.snapshot.tasks:
        if task.state == "running" and task.desired_state == "running":
            counts[control.snapshot.hostname(task.node_id)] += 1
    return counts


def with_web(control: Control, visit: Open) -> AppTest:
    app = fine(visit("cluster"))
    fine(app.button(key="create").click().run())
    until(lambda: sum(running(control).values()) == 3, 30)
    return fine(app.run())


@pytest.mark.parametrize("page", ["cluster", "traffic", "lessons"])
def test_nobody_is_offered_to_scale_the_dashboard_itself(
    cluster: Control, visit: Open, page: str
) -> None:
    stack = yaml.safe_load((ROOT / "stack.yml").read_text(encoding="utf-8"))
    labels = stack["services"]["dashboard"]["deploy"]["labels"]
    client = cluster.connection.client()
    published = docker.types.EndpointSpec(ports={8080: 80})
    client.services.create("nginx", name="essaim", labels=labels, endpoint_spec=published)
    until(lambda: any(service.running for service in cluster.snapshot.services), 30)
    app = fine(visit(page))
    assert not [*app.slider, *app.select_slider]
    offered = [button.label for button in app.button]
    assert not {"Remove essaim", "Start the lesson"} & set(offered)
    if page == "cluster":
        assert app.button(key="create").label == "Create the service"
        fine(app.button(key="create").click().run())
        until(lambda: len(cluster.snapshot.services) == 2, 30)
        app = fine(visit(page))
        assert [slider.label for slider in app.slider] == ["Replicas of web"]
    client.close()


def test_lab_three_by_clicking(cluster: Control, visit: Open) -> None:
    app = with_web(cluster, visit)
    assert line(app) == "docker service create --name web --replicas 3 -p 80:80 nginx:latest"
    fine(app.slider[0].set_value(15).run())
    assert line(app) == "docker service scale web=15"
    assert any("docker service scale web=15" in code.value for code in app.code)
    until(lambda: running(cluster) == {"node1": 5, "node2": 5, "node3": 5}, 30)

    nodes = fine(visit("nodes", node="node2"))
    fine(nodes.button(key="node_drain").click().run())
    assert line(nodes) == "docker node update --availability drain node2"
    until(lambda: sorted(running(cluster).values()) == [0, 7, 8], 30)
    fine(nodes.button(key="node_active").click().run())
    assert sorted(running(cluster).values()) == [0, 7, 8]

    app = fine(app.run())
    fine(app.slider[0].set_value(10).run())
    until(lambda: sorted(running(cluster).values()) == [0, 5, 5], 30)
    fine(app.button(key="rebalance").click().run())
    assert line(app) == "docker service update --force web"
    until(lambda: sorted(running(cluster).values()) == [3, 3, 4], 60)
    fine(app.button(key="remove").click().run())
    assert cluster.snapshot.services == ()
    assert app.button(key="create")


def test_a_node_is_killed_and_brought_back_by_clicking(cluster: Control, visit: Open) -> None:
    def state() -> str:
        return next(node.state for node in cluster.snapshot.nodes if node.hostname == "node2")

    with_web(cluster, visit)
    app = fine(visit("nodes", node="node2"))
    assert app.toggle(key="power_node2").value
    assert "✕ no power" not in machines(app)
    app = fine(app.toggle(key="power_node2").set_value(False).run())
    assert not app.toggle(key="power_node2").value
    assert line(app).startswith("curl -X POST --unix-socket /")
    assert line(app).endswith("/_practice/engines/node2/kill")
    assert machines(app) == ["✓ sound", "✕ no power", "✓ sound"]
    assert cluster.journal.records()[-1].line == line(app)
    until(lambda: state() == "down", 30)
    until(lambda: running(cluster)["node2"] == 0 and sum(running(cluster).values()) == 3, 30)
    app = fine(app.run())
    fine(app.toggle(key="power_node2").set_value(True).run())
    until(lambda: state() == "ready", 30)
    assert running(cluster)["node2"] == 0


def test_the_node_that_answers_is_not_killed(cluster: Control, visit: Open) -> None:
    app = fine(visit("nodes", node="node1"))
    assert app.toggle(key="power_node1").disabled
    assert not app.toggle(key="cable_node1").disabled


def test_no_real_node_is_killed(real: Control, visit: Open) -> None:
    app = fine(visit("nodes", node="node2"))
    assert list(app.toggle) == []
    assert "Machine" not in app.dataframe[0].value
    with pytest.raises(NotAllowed):
        faults.do(real, faults.power("node2", on=False), "somebody")
    assert [entry.outcome for entry in real.journal.records()] == ["refused"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_faults_are_made_and_mended_by_clicking(
    cluster: Control, visit: Open, language: str
) -> None:
    app = fine(visit("nodes", language))
    assert app.button(key="mend").disabled
    app = fine(app.toggle(key="cable_node3").set_value(False).run())
    app = fine(app.toggle(key="disk_node3").set_value(False).run())
    wrong = {"en": "✕ off the network, ✕ disk full", "fr": "✕ hors réseau, ✕ disque plein"}
    assert machines(app)[2] == wrong[language]
    app = fine(app.selectbox(key="registry").select(100_000.0).run())
    assert faults.conditions(cluster).registry_rate == 100_000
    app = fine(app.selectbox(key="registry").select(0.0).run())
    assert not faults.conditions(cluster).registry_up
    app = fine(app.selectbox(key="clock").select(20.0).run())
    app = fine(app.button(key="mend").click().run())
    mended = faults.conditions(cluster)
    assert all(machine.sound for machine in mended.machines.values())
    assert (mended.registry_up, mended.registry_rate) == (True, 16_000_000)
    assert (mended.factor, app.selectbox(key="clock").value) == (20, 20)
    assert app.button(key="mend").disabled
    assert app.toggle(key="cable_node3").value


def test_what_another_viewer_does_is_seen(cluster: Control, visit: Open) -> None:
    app = fine(visit("nodes"))
    faults.do(cluster, faults.cable("node2", plugged=False), "somebody")
    app = fine(app.run())
    assert not app.toggle(key="cable_node2").value
    assert cluster.journal.records()[-1].who == "somebody"


def test_an_image_that_misbehaves_is_picked(cluster: Control, visit: Open) -> None:
    app = fine(visit("services"))
    typed(app, Name="sick")
    field = next(each for each in app.selectbox if each.label == "or one that misbehaves")
    field.select("essaim/never-healthy")
    app = fine(next(b for b in app.button if b.label == "Create the service").click().run())
    assert line(app).endswith(" essaim/never-healthy")
    until(lambda: any(service.name == "sick" for service in cluster.snapshot.services))


def test_a_service_is_opened_by_any_node(cluster: Control, visit: Open) -> None:
    with_web(cluster, visit)
    app = fine(visit("services"))
    links = [str(link.proto) for link in app.get("link_button")]
    for node in ("node1", "node2", "node3"):
        assert sum(f"/{node}/80/" in link for link in links) == 1


def test_a_press_takes_what_was_just_typed(cluster: Control, visit: Open) -> None:
    app = fine(visit("cluster"))
    app.text_input(key="new_name").set_value("front")
    app.number_input(key="new_port").set_value(8088)
    fine(app.button(key="create").click().run())
    assert line(app) == "docker service create --name front --replicas 3 -p 8088:80 nginx:latest"


def test_the_slider_follows_what_others_do(cluster: Control, visit: Open) -> None:
    app = with_web(cluster, visit)
    with_docker = cluster.connection.client()
    service = with_docker.services.list()[0]
    service.scale(7)
    with_docker.close()
    until(lambda: cluster.snapshot.services[0].replicas == 7)
    assert fine(app.run()).slider[0].value == 7
    # A browser that has not heard of it yet: that is nobody's wish to go back to three.
    app = fine(app.slider[0].set_value(3).run())
    assert (app.slider[0].value, cluster.snapshot.services[0].replicas) == (7, 7)


@pytest.mark.parametrize("sends", [1, 2], ids=["at once", "twice, before it is told"])
def test_what_a_slider_showed_before_a_restart_is_nobodys_wish(
    sends: int, cluster: Control, visit: Open
) -> None:
    """A browser that comes back sends it to the new server, with its first wish for the page."""
    before = with_web(cluster, visit)
    with_docker = cluster.connection.client()
    with_docker.services.list()[0].scale(7)
    with_docker.close()
    until(lambda: cluster.snapshot.services[0].replicas == 7)
    app = AppTest.from_file(str(PAGES / "cluster.py"), default_timeout=30)
    app.session_state["choices"] = {"lang": "en"}
    for _ in range(sends):
        app = fine(app._run(before._tree.get_widget_states()))
    assert (app.slider[0].value, cluster.snapshot.services[0].replicas) == (7, 7)
    app = fine(app.slider[0].set_value(4).run())
    assert (app.slider[0].value, cluster.snapshot.services[0].replicas) == (4, 4)


def test_a_refusal_is_shown_in_the_daemons_words(cluster: Control, visit: Open) -> None:
    with_web(cluster, visit)
    app = fine(visit("services"))
    typed(app, Name="web", Image="nginx:latest")
    create = next(b for b in app.button if b.label == "Create the service")
    app = create.click().run()
    assert not app.exception
    assert "name conflicts with an existing object" in app.error[0].value
    assert cluster.journal.records()[-1].outcome == "refused"


def test_what_a_container_in_the_background_printed_is_shown(cluster: Control, visit: Open) -> None:
    app = fine(visit("containers"))
    typed(app, Image="hello-world")
    app = next(b for b in app.button if b.label == "Run a container").click().run()
    until(lambda: app.session_state["viewer"].jobs["running"].ended is not None, 60)
    until(lambda: [c.state for c in cluster.snapshot.containers] == ["exited"], 30)
    app = fine(app.run())
    assert any("Hello from Docker!" in code.value for code in app.code)


def test_an_unclosed_quote_is_told_in_plain_words(cluster: Control, visit: Open) -> None:
    app = fine(visit("containers"))
    typed(app, Image="alpine", Command='echo "hello')
    app = next(b for b in app.button if b.label == "Run a container").click().run()
    assert not app.exception
    assert "quote is not closed" in app.error[0].value


def test_the_password_opens_a_real_engine(real: Control, visit: Open) -> None:
    app = fine(visit("cluster"))
    assert app.button(key="create").disabled
    app.text_input[0].set_value("wrong")
    app = next(b for b in app.button if b.form_id == "unlock").click().run()
    # Beside what was typed: elsewhere, the open popover may lie over it.
    asking = next(each for each in app.get("popover") if each.proto.popover.label == "Unlock")
    error = asking.get("error")[0]
    assert isinstance(error, Error)
    assert "not the password" in error.value
    assert app.button(key="create").disabled
    app.text_input[0].set_value(PASSWORD)
    app = fine(next(b for b in app.button if b.form_id == "unlock").click().run())
    assert not app.button(key="create").disabled


def test_lock_takes_the_right_and_what_it_has_shown(real: Control, visit: Open) -> None:
    right = Right()
    app = fine(visit("containers", viewer=Viewer(right=right)))
    typed(app, Image="alpine", Command="echo what-only-the-teacher-saw")
    app = fine(next(b for b in app.button if b.label == "Run a container").click().run())
    until(lambda: not app.session_state["viewer"].jobs["running"].running, 30)
    shown = "what-only-the-teacher-saw"
    assert any(shown in code.value for code in fine(app.run()).code)
    app = fine(app.button(key="lock").click().run())
    assert right.why == "locked"
    assert not any(shown in code.value for code in app.code)
    assert all(b.disabled for b in app.button if b.label == "Run a container")


def test_a_page_that_nobody_used_says_why_it_is_locked(real: Control, visit: Open) -> None:
    right = Right()
    app = fine(visit("nodes", viewer=Viewer(right=right)))
    assert "after 30 minutes" in app.button(key="lock").help
    right.end("idle")
    app = fine(app.run())
    assert any("Nothing was done for long" in caption.value for caption in app.caption)
    assert app.button(key="node_pause").disabled


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_dashboards_own_node_is_drained_with_the_password_typed_again(
    real: Control, visit: Open, language: str
) -> None:
    client = real.connection.client()
    labels = {"essaim.dashboard": "true"}
    at_home = ["node.hostname == node1"]
    client.services.create("nginx", name="essaim", labels=labels, constraints=at_home)
    until(lambda: real.own.node, 30)
    right = Right()

    def drained(password: str) -> AppTest:
        app = fine(visit("nodes", language, viewer=Viewer(right=right), node="node1"))
        assert any("node1" in told.value and "Essaim" in told.value for told in app.warning)
        app.text_input(key="node_drain_password").set_value(password)
        return next(b for b in app.button if b.form_id == "node_drain_form").click().run()

    refused = drained("a guess")
    assert [each.value for each in refused.error] == [
        {"en": "That is not the password.", "fr": "Ce n’est pas le mot de passe."}[language]
    ]
    assert real.snapshot.nodes[0].availability == "active"
    fine(drained(PASSWORD))
    until(lambda: real.snapshot.nodes[0].availability == "drain", 30)
    app = fine(visit("nodes", language, viewer=Viewer(right=right), node="node2"))
    fine(app.button(key="node_drain").click().run())  # another node, at a click
    until(lambda: real.snapshot.nodes[1].availability == "drain", 30)
    client.close()


def test_join_tokens_are_for_those_who_may(real: Control, visit: Open) -> None:
    app = fine(visit("nodes", join=True))
    assert not any("SWMTKN" in code.value for code in app.code)
    app = fine(visit("nodes", join=True, viewer=Viewer(right=Right())))
    assert any("SWMTKN" in code.value for code in app.code)


def test_an_image_is_pulled_tagged_and_removed(cluster: Control, visit: Open) -> None:
    app = fine(visit("images"))
    app.text_input(key="pull_name").set_value("alpine")
    app = fine(next(b for b in app.button if b.label == "Pull").click().run())
    until(lambda: any("alpine:latest" in image.tags for image in cluster.snapshot.images), 30)
    app = fine(visit("images", image="alpine:latest"))
    app.text_input(key="tag_name").set_value("mine:v1")
    fine(app.button(key="tag").click().run())
    assert any("mine:v1" in image.tags for image in cluster.snapshot.images)
    app = fine(visit("images", image="mine:v1"))
    fine(app.button(key="remove_image").click().run())
    assert not any("mine:v1" in image.tags for image in cluster.snapshot.images)


def test_a_container_runs_is_stopped_and_removed(cluster: Control, visit: Open) -> None:
    app = fine(visit("containers"))
    typed(app, Image="nginx:latest", Name="front", Published_ports="8081:80")
    fine(next(b for b in app.button if b.label == "Run a container").click().run())
    until(
        lambda: any(
            c.name == "front" and c.state == "running" for c in cluster.snapshot.containers
        ),
        30,
    )
    app = fine(visit("containers", container="front"))
    fine(app.button(key="stop").click().run())
    until(lambda: cluster.snapshot.containers[0].state == "exited", 30)
    app = fine(visit("containers", container="front"))
    fine(app.button(key="remove_container").click().run())
    assert cluster.snapshot.containers == ()


def test_the_demo_app_is_built_and_run(cluster: Control, visit: Open) -> None:
    app = fine(visit("build"))
    fine(app.button(key="build").click().run())
    job = app.session_state["viewer"].jobs["building"]
    until(lambda: not job.running, 60)
    assert job.error is None
    assert "Successfully tagged my-streamlit-app:latest" in job.log
    assert cluster.collector.refresh(60)
    app = fine(app.run())
    fine(app.button(key="run").click().run())
    assert line(app).startswith("docker container run -d -p 8080:8080 my-streamlit-app")
    until(lambda: any(c.state == "running" for c in cluster.snapshot.containers), 30)
    app = fine(app.run())
    assert app.session_state["run_port"] == 8081
    fine(app.button(key="run").click().run())
    assert line(app).startswith("docker container run -d -p 8081:8080 my-streamlit-app")


def test_a_dockerfile_that_is_wrong_says_where(cluster: Control, visit: Open) -> None:
    app = fine(visit("build"))
    dockerfile = b"FROM python:3.11-slim\nCOPY missing.py .\n"
    MachineFiles(cluster.connection.way).write("/root/demo/Dockerfile", dockerfile)
    fine(app.button(key="build").click().run())
    job = app.session_state["viewer"].jobs["building"]
    until(lambda: not job.running, 60)
    assert "missing.py" in str(job.error)


def test_a_port_that_is_none_is_told_in_plain_words(cluster: Control, visit: Open) -> None:
    app = fine(visit("services"))
    typed(app, Name="web", Image="nginx:latest", Published_ports="eighty")
    app = next(b for b in app.button if b.label == "Create the service").click().run()
    assert not app.exception
    assert "no port" in app.error[0].value
    assert cluster.snapshot.services == ()


def test_the_journal_says_who_did_what(cluster: Control, visit: Open) -> None:
    with_web(cluster, visit)
    cluster.submit(UpdateService(service="web", env_add=("KEY=hidden",)), "teacher", NONE)
    app = fine(visit("cluster", journal=True))
    rows = next(each.value for each in app.dataframe)
    assert rows["Who"][0] == "teacher"
    assert list(rows["Result"]) == ["ok", "ok"]
    assert "hidden" not in rows.to_string()
    before = len(cluster.journal.records())
    fine(visit("services", service_part="Logs"))
    assert len(cluster.journal.records()) == before  # looking is no deed


def test_a_reset_forgets_everything_and_is_in_the_journal(cluster: Control, visit: Open) -> None:
    app = with_web(cluster, visit)
    fine(app.button(key="reset").click().run())
    until(lambda: cluster.snapshot.outage is None and not cluster.snapshot.services)
    assert len(cluster.snapshot.nodes) == 3
    assert "/_practice/reset" in line(app)
    entry = cluster.journal.records()[-1]
    assert (entry.outcome, entry.line, entry.python.splitlines()[0]) == (
        "ok",
        line(app),
        "import docker",
    )
    fine(app.run())


def test_a_cluster_without_a_swarm_can_be_reset_too(alone: Control, visit: Open) -> None:
    assert fine(visit("cluster")).button(key="reset")


def test_a_real_engine_is_never_reset(real: Control, visit: Open) -> None:
    real.access.check(PASSWORD)
    app = fine(visit("cluster", viewer=Viewer(right=Right())))
    assert not [button for button in app.button if button.key == "reset"]
    with pytest.raises(NotAllowed):
        reset.reset(real, "anne")
    assert real.journal.records()[-1].outcome == "refused"


@pytest.mark.parametrize(
    ("language", "told"), [("en", "as many as there may be"), ("fr", "c’est le maximum")]
)
def test_the_last_instance_that_there_may_be_leaves_no_button_to_press(
    cluster: Control, visit: Open, language: str, told: str
) -> None:
    for _ in range(6):
        faults.do(cluster, calls.add_machine(), "test")
    app = fine(visit("nodes", language))
    assert not app.button(key="instance_add").disabled
    assert not any(told in caption.value for caption in app.caption)
    app = fine(app.button(key="instance_add").click().run())
    assert app.button(key="instance_add").disabled
    assert any(told in caption.value for caption in app.caption)
    with pytest.raises(EngineRejected) as refusal:
        faults.do(cluster, calls.add_machine(), "test")
    assert refusal.value.said(translation("fr").gettext).startswith(
        "Ce cluster d’entraînement peut contenir 10 instances au plus"
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_instance_is_added_joins_and_is_removed_by_clicking(
    cluster: Control, visit: Open, language: str
) -> None:
    app = fine(visit("nodes", language))
    app = fine(app.button(key="instance_add").click().run())
    assert line(app).startswith("curl -X POST --unix-socket /")
    assert line(app).endswith("/_practice/engines")
    assert len(cluster.snapshot.nodes) == 3
    app = fine(app.button(key="instance_join_worker_node4").click().run())
    assert " swarm join --token SWMTKN-" in line(app)
    assert line(app).startswith("docker -H unix:///")
    assert line(app).endswith(" 192.168.0.11:2377")
    entry = cluster.journal.records()[-1]
    assert "SWMTKN" not in entry.line + entry.python
    assert "docker.DockerClient(base_url=" in entry.python
    until(lambda: [n.state for n in cluster.snapshot.nodes if n.hostname == "node4"] == ["ready"])
    app = fine(app.run())
    assert not [button for button in app.button if button.key == "instance_join_worker_node4"]
    app = fine(app.button(key="instance_leave_node4").click().run())
    assert line(app).endswith(" swarm leave")
    app = fine(app.button(key="instance_join_manager_node4").click().run())
    until(lambda: any(n.role == "manager" for n in cluster.snapshot.nodes if n.hostname == "node4"))
    app = fine(app.run())
    app = fine(app.button(key="instance_remove_node4").click().run())
    assert line(app).startswith("curl -X DELETE ")
    assert not [button for button in app.button if button.key == "instance_remove_node4"]
    # One of two managers is gone, and with it their quorum.
    until(lambda: cluster.snapshot.outage and "leader" in cluster.snapshot.outage.message, 60)
    fine(app.run())


def test_three_empty_instances_become_a_swarm_by_clicking(alone: Control, visit: Open) -> None:
    app = fine(visit("nodes"))
    assert not [button for button in app.button if "join" in str(button.key)]
    app = fine(app.button(key="init_swarm").click().run())
    for name in ("node2", "node3"):
        app = fine(app.button(key=f"instance_join_worker_{name}").click().run())
    until(lambda: [node.state for node in alone.snapshot.nodes] == ["ready"] * 3)
    assert [node.role for node in alone.snapshot.nodes] == ["manager", "worker", "worker"]


def test_the_instance_that_answers_is_not_removed(cluster: Control, visit: Open) -> None:
    keys = {str(button.key) for button in fine(visit("nodes")).button}
    assert {"instance_remove_node2", "instance_leave_node2"} <= keys
    assert not {"instance_remove_node1", "instance_leave_node1"} & keys


def test_no_real_machine_is_added_or_joined(real: Control, visit: Open) -> None:
    app = fine(visit("nodes"))
    assert not [button for button in app.button if "instance" in str(button.key)]
    with pytest.raises(NotAllowed):
        faults.do(real, calls.add_machine(), "somebody")
    with pytest.raises(NotAllowed):
        instances.join_command(real, (), "worker")


def test_a_reset_may_leave_three_empty_instances(cluster: Control, visit: Open) -> None:
    app = with_web(cluster, visit)
    app = fine(app.button(key="reset_empty").click().run())
    until(lambda: bool(cluster.snapshot.engine and not cluster.snapshot.engine.in_swarm))
    app = fine(app.run())
    assert app.button(key="init_swarm")
    app = fine(app.button(key="reset").click().run())
    until(lambda: len(cluster.snapshot.nodes) == 3)


def test_a_port_of_an_instance_outside_the_swarm_is_opened(cluster: Control, visit: Open) -> None:
    made = cluster.connection.send(calls.add_machine())
    client = docker.DockerClient(base_url=made.host)
    client.containers.run("nginx", detach=True, ports={"80/tcp": 8088})
    client.close()
    until(lambda: faults.conditions(cluster).machines["node4"].ports == (8088,))
    app = fine(visit("nodes"))
    assert any("/node4/8088/" in str(link.proto) for link in app.get("link_button"))


def test_a_drain_that_ends_a_service_asks_first_and_says_afterwards_that_it_is_down(
    cluster: Control, visit: Open
) -> None:
    with_web(cluster, visit)
    nodes = fine(visit("nodes", node="node2"))
    assert not [text.value for text in nodes.markdown if "last node" in text.value]
    for name in ("node2", "node3"):
        nodes = fine(visit("nodes", node=name))
        fine(nodes.button(key="node_drain").click().run())
    until(lambda: running(cluster) == {"node1": 3, "node2": 0, "node3": 0}, 30)
    nodes = fine(visit("nodes", node="node1"))
    [question] = [text.value for text in nodes.markdown if "last node" in text.value]
    assert question.endswith("No other node can take web: no replica would be alive.")
    traffic = fine(visit("traffic", disturbed_node="node1"))
    assert question in [text.value for text in traffic.markdown]
    fine(nodes.button(key="node_drain").click().run())
    until(lambda: sum(running(cluster).values()) == 0, 30)
    services = fine(visit("services"))
    [told] = [each.value.replace("\\", "") for each in services.warning]
    assert told == (
        "✕ web is down: 0/3 replicas alive."
        " No node takes tasks: node1 drain, node2 drain, node3 drain."
    )
    assert list(services.dataframe[0].value["Alive"]) == ["✕ 0/3"]


def test_before_the_managers_miss_a_node_the_page_of_services_says_that_nobody_knows(
    cluster: Control, visit: Open
) -> None:
    with_web(cluster, visit)
    said = [each.value for each in fine(visit("services")).caption]
    assert any("until then, nobody knows" in text for text in said)
    faults.do(cluster, calls.set_clock(paused=True), "test")
    faults.do(cluster, faults.power("node2", on=False), "test")
    said = [each.value for each in fine(visit("services")).caption]
    assert any(text.startswith("node2: out of reach, and the managers do") for text in said)


def test_the_picture_of_the_cluster_says_so_too_until_the_managers_miss_the_node(
    cluster: Control, visit: Open
) -> None:
    def told(app: AppTest) -> bool:
        return any("the managers do not know it yet" in each.value for each in app.caption)

    with_web(cluster, visit)
    assert not told(fine(visit("cluster")))
    faults.do(cluster, calls.set_clock(paused=True), "test")
    faults.do(cluster, faults.power("node2", on=False), "test")
    app = fine(visit("cluster"))
    assert told(app)
    faults.do(cluster, calls.set_clock(speed=20, paused=False), "test")
    until(lambda: cluster.snapshot.find_node("node2").state == "down", 30)  # type: ignore[union-attr]
    assert not told(fine(app.run()))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_form_that_changes_nothing_is_not_sent(
    cluster: Control, visit: Open, language: str
) -> None:
    with_web(cluster, visit)
    cluster.submit(UpdateService(service="web", env_add=("COLOR=blue",)), "anne", NONE)
    cluster.collector.refresh(60)
    _ = translation(language).gettext
    client = cluster.connection.client()
    service, node = client.api.inspect_service("web"), client.api.inspect_node("node2")
    assert not service["PreviousSpec"]["TaskTemplate"]["ContainerSpec"].get("Env")
    before = len(cluster.journal.records())

    def press(page: str, label: str, value: str = "", field: str = "", **state: object) -> AppTest:
        app = fine(visit(page, language, **state))
        if field:
            typed(app, **{_(field): value})
        return next(b for b in app.button if b.label == label).click().run()

    part = {"service_part": _("Change")}
    for app in (
        press("services", _("Update the service"), **part),
        press("services", _("Update the service"), "COLOR=blue", "Set environment", **part),
        press("services", _("Update the service"), "SIZE", "Remove environment", **part),
        press("nodes", _("Update labels"), node="node2"),
        press("nodes", _("Update labels"), "", "Set labels", node="node2"),
        press("traffic", "3 replicas" if language == "en" else "3 réplicas"),
        press("traffic", _("Activate"), disturbed_node="node2"),
    ):
        assert not app.exception
        assert [e.value for e in app.error] == [_("There is nothing to change: it is so already.")]
    now = client.api.inspect_service("web")
    assert (now["Spec"], now["PreviousSpec"]) == (service["Spec"], service["PreviousSpec"])
    assert client.api.inspect_node("node2")["Version"] == node["Version"]
    assert len(cluster.journal.records()) == before
    app = press("services", _("Update the service"), "COLOR=green", "Set environment", **part)
    assert line(fine(app)) == "docker service update --env-add COLOR=green web"
    client.close()


def test_the_slider_of_a_job_asks_for_completions(cluster: Control, visit: Open) -> None:
    client = cluster.connection.client()
    mode = docker.types.ServiceMode("replicated-job", 3)
    restart = docker.types.RestartPolicy("none")
    client.services.create("alpine", "true", name="job", mode=mode, restart_policy=restart)
    client.close()
    until(lambda: [s.completed for s in cluster.snapshot.services] == [3], 30)
    app = fine(visit("cluster"))
    [slider] = app.slider
    assert (slider.label, slider.value) == ("Completions of job", 3)
    app = fine(slider.set_value(5).run())
    assert line(app) == "docker service scale job=5"
    until(lambda: [s.completed for s in cluster.snapshot.services] == [5], 30)
    rows = fine(visit("services")).dataframe[0].value
    assert list(rows["Replicas"]) == [cluster.snapshot.services[0].tally]
    assert rows["Replicas"][0].endswith("(5/5 completed)")


def test_a_constraint_is_no_markdown_where_it_is_told_why_a_task_is_there(
    cluster: Control, visit: Open
) -> None:
    link = r"[here](http://elsewhere)"
    line = f"docker service create -d --name web --constraint node.labels.a=={link} nginx"
    cluster.submit(parse(line), "ada", NONE)
    until(lambda: cluster.snapshot.tasks)
    task = cluster.snapshot.tasks[0].id
    app = fine(visit("cluster", tile_shown={"task": task, "part": "why"}))
    told = [each.value for each in app.markdown if "elsewhere" in each.value]
    assert told
    assert link not in told[0]
    [table] = [each.value for each in app.table if "elsewhere" in each.value.to_string()]
    assert link not in table.to_string()
