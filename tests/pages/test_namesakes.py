"""A machine that left and joined again, on the pages: each of its two nodes is meant by its id."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.cluster.snapshot import Node
from core.control.control import Control
from core.ui import projector
from tests.cluster.test_collector import until
from tests.pages.conftest import Open, fine
from tests.pages.test_actions import line, with_web


@pytest.fixture
def twins(cluster: Control, visit: Open) -> tuple[Node, Node]:
    """node3 as it is, and as it was before it left."""
    with_web(cluster, visit)
    app = fine(visit("nodes"))
    app = fine(app.button(key="instance_leave_node3").click().run())
    app = fine(app.button(key="instance_join_worker_node3").click().run())

    def both() -> list[Node]:
        return sorted(
            (n for n in cluster.snapshot.nodes if n.hostname == "node3"),
            key=lambda node: node.state != "ready",
        )

    until(lambda: [node.state for node in both()] == ["ready", "down"], 30)
    back, gone = both()
    assert back.name != gone.name
    return back, gone


def test_what_is_pressed_is_done_to_the_node_that_is_meant(
    cluster: Control, visit: Open, twins: tuple[Node, Node]
) -> None:
    back, gone = twins

    def at(node: Node) -> AppTest:
        return fine(visit("nodes", node=node.name))

    def now(node: Node) -> Node:
        found = cluster.snapshot.node(node.id)
        assert found is not None
        return found

    app = at(gone)
    [choice] = [each for each in app.selectbox if each.label == "Node"]
    assert set(choice.options) == {"node1", "node2", f"{back.name} · ready", f"{gone.name} · down"}
    assert list(app.dataframe[0].value["Node"]) == [
        "node1",
        "node2",
        *sorted((back.name, gone.name)),
    ]
    app = fine(at(back).button(key="node_drain").click().run())
    assert line(app) == f"docker node update --availability drain {back.id}"
    assert f'inspect_node("{back.id}")' in app.session_state["viewer"].done.python
    assert (now(back).availability, now(gone).availability) == ("drain", "active")
    fine(at(back).button(key="node_active").click().run())
    fine(at(gone).button(key="node_pause").click().run())
    assert (now(back).availability, now(gone).availability) == ("active", "pause")
    app = at(back)
    [add] = [each for each in app.text_input if each.label == "Set labels"]
    add.set_value("disk=ssd")
    fine(next(each for each in app.button if each.label == "Update labels").click().run())
    assert (now(back).labels, now(gone).labels) == ((("disk", "ssd"),), ())
    fine(at(back).button(key="node_role").click().run())
    assert now(back).role == "manager"
    fine(at(back).button(key="node_role").click().run())
    until(lambda: now(back).role == "worker")
    app = fine(at(gone).button(key="node_remove").click().run())
    assert line(app) == f"docker node rm {gone.id}"
    assert cluster.snapshot.node(gone.id) is None
    assert now(back).name == "node3"  # nobody else is called so any more
    app = fine(visit("nodes", node="node3"))
    app = fine(app.button(key="node_drain").click().run())
    assert line(app) == "docker node update --availability drain node3"


def test_so_it_is_where_else_a_node_is_chosen(
    cluster: Control, visit: Open, twins: tuple[Node, Node]
) -> None:
    back, gone = twins
    app = fine(visit("traffic", disturbed_node=back.name))
    app = fine(app.button(key="disturb_drain").click().run())
    assert line(app) == f"docker node update --availability drain {back.id}"
    app = fine(app.button(key="disturb_power_False").click().run())
    assert line(app).endswith("/_practice/engines/node3/kill")
    app = fine(app.button(key="disturb_power_True").click().run())
    request = {"kind": "availability", "node": gone.id, "availability": "drain"}
    made = projector.command(request, cluster.snapshot)
    assert made is not None
    assert made().line() == f"docker node update --availability drain {gone.id}"
    app = fine(visit("vote", vote_kind="activate", vote_node=back.name))
    app = fine(app.button(key="vote_ask").click().run())
    assert cluster.votes.poll.question is not None
    assert cluster.votes.poll.question.node == back.id
    app = fine(app.button(key="vote_do").click().run())
    assert line(app) == f"docker node update --availability active {back.id}"
