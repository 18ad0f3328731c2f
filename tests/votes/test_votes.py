from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from core.cluster import parse
from core.cluster.snapshot import ClusterSnapshot, Outage
from core.errors import EngineUnreachable
from core.storage.records import decode, encode
from core.votes import messages, model, texts
from core.votes.model import MAX_VOTERS, REST_SECONDS, KeptVotes, Kind, Question, Votes
from tests.cluster import raw

NODES = ("node1", "node2", "node3")


def cluster(counts: tuple[int, ...], replicas: int | None = None, **nodes: str) -> ClusterSnapshot:
    """Running replicas of web on each node; replicas: wanted, where that differs."""
    numbers = iter(range(1, 100))
    tasks = [
        raw.task(n := next(numbers), slot=n, node=node)
        for node, count in zip(NODES, counts, strict=True)
        for _ in range(count)
    ]
    known = parse.tasks(tasks)
    wanted = sum(counts) if replicas is None else replicas
    return ClusterSnapshot(
        time=1.0,
        revision=1,
        engine=parse.engine(raw.INFO, raw.VERSION),
        nodes=parse.nodes([raw.node(n, availability=nodes.get(n, "active")) for n in NODES]),
        services=parse.services([raw.service(replicas=wanted)], known),
        tasks=known,
    )


def asked(kind: Kind, now: ClusterSnapshot, **about: Any) -> Question:
    return model.question(kind, now.services[0], now, 7.0, **about)


SCALE = asked("scale", cluster((1, 1, 1)), replicas=15)


def test_a_question_knows_what_was() -> None:
    assert [(place.name, place.before, place.takes_tasks) for place in SCALE.nodes] == [
        ("node1", 1, True),
        ("node2", 1, True),
        ("node3", 1, True),
    ]
    drained = asked("activate", cluster((7, 0, 8), node2="drain"), node="id-node2")
    assert (drained.replicas, drained.node_name) == (15, "node2")
    assert [place.takes_tasks for place in drained.nodes] == [True, False, True]


def test_one_vote_a_browser_that_may_change_until_it_begins() -> None:
    poll = Votes()
    poll.ask(SCALE)
    assert poll.vote("anna", 7.0, [5, 5, 5])
    assert poll.vote("anna", 7.0, [15, 0, 0])
    assert poll.vote("ben", 7.0, [5, 5, 5])
    assert poll.poll.votes == 2
    assert poll.poll.answers == ()
    poll.begin()
    assert not poll.vote("anna", 7.0, [5, 5, 5])
    poll.reveal(cluster((5, 5, 5)))
    assert dict(poll.poll.answers) == {(15, 0, 0): 1, (5, 5, 5): 1}
    assert (poll.poll.truth, poll.poll.right) == ((5, 5, 5), 1)
    assert not poll.vote("anna", 7.0, [5, 5, 5])


@pytest.mark.parametrize(
    ("voter", "question", "counts"),
    [
        ("anna", 8.0, [5, 5, 5]),
        ("anna", 7.0, [5, 5]),
        ("anna", 7.0, [5, 5, 6]),
        ("anna", 7.0, [16, 0, -1]),
        ("anna", 7.0, [5, 5, "5"]),
        ("anna", 7.0, [14, 0, True]),
        ("anna", 7.0, []),
        ("", 7.0, [5, 5, 5]),
        ("x" * 65, 7.0, [5, 5, 5]),
    ],
)
def test_a_vote_that_cannot_be_does_not_count(
    voter: str, question: float, counts: list[Any]
) -> None:
    poll = Votes()
    assert not poll.vote("anna", 7.0, [5, 5, 5])  # nothing is asked yet
    poll.ask(SCALE)
    assert not poll.vote(voter, question, counts)
    assert poll.poll.votes == 0


def test_the_room_has_an_end() -> None:
    poll = Votes()
    poll.ask(SCALE)
    for number in range(MAX_VOTERS):
        assert poll.vote(str(number), 7.0, [5, 5, 5])
    assert not poll.vote("one more", 7.0, [5, 5, 5])
    assert poll.vote("0", 7.0, [15, 0, 0])  # who has voted may still change


def test_many_at_once_are_all_counted() -> None:
    poll = Votes()
    poll.ask(SCALE)
    crowd = [
        threading.Thread(
            target=lambda n=n: [poll.vote(f"{n}-{i}", 7.0, [5, 5, 5]) for i in range(50)]
        )
        for n in range(8)
    ]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    poll.begin()
    poll.reveal(cluster((5, 5, 5)))
    assert poll.poll.answers == (((5, 5, 5), 400),)


# What counts as foreseen


def test_nodes_that_stood_alike_may_be_swapped() -> None:
    drain = asked("drain", cluster((5, 5, 5)), node="id-node2")
    assert drain.right((7, 0, 8), (8, 0, 7))
    assert not drain.right((0, 7, 8), (8, 0, 7))
    assert not drain.right((5, 5, 5), (8, 0, 7))


def test_nodes_that_differed_may_not() -> None:
    back = asked("activate", cluster((7, 0, 8), node2="drain"), node="id-node2")
    assert back.right((7, 0, 8), (7, 0, 8))
    assert not back.right((8, 0, 7), (7, 0, 8))


def test_it_is_said_where_the_order_does_not_count() -> None:
    drain = asked("drain", cluster((5, 5, 5)), node="id-node2")
    assert drain.alike() == drain.alike((8, 0, 7)) == [["node1", "node3"]]
    assert drain.alike((7, 0, 7)) == []
    poll = Votes()
    poll.ask(drain)
    assert "the order does not count" in json.loads(messages.votes(poll.poll, str))["order"]
    for voter, counts in {"anna": [7, 0, 8], "ben": [8, 0, 7], "carla": [15, 0, 0]}.items():
        assert poll.vote(voter, 7.0, counts)
    poll.begin()
    poll.reveal(cluster((8, 0, 7), node2="drain"))
    told = json.loads(messages.votes(poll.poll, str))
    assert told["order"].startswith("node1, node3 were alike before")
    marks = {tuple(each["counts"]): (each["right"], each["swapped"]) for each in told["answers"]}
    assert marks == {
        (8, 0, 7): (True, False),
        (7, 0, 8): (True, True),
        (15, 0, 0): (False, False),
    }


def test_where_each_node_stands_alone_nothing_is_said_of_the_order() -> None:
    poll = Votes()
    poll.ask(asked("rebalance", cluster((1, 2, 3))))
    assert json.loads(messages.votes(poll.poll, str))["order"] == ""


# When the truth is out


def _phase(poll: Votes) -> str:
    return poll.poll.phase


def test_it_reveals_by_itself_once_all_rests() -> None:
    poll = Votes()
    poll.ask(SCALE)
    poll.vote("anna", 7.0, [5, 5, 5])
    poll.see(cluster((5, 5, 5)), 100.0)
    assert _phase(poll) == "open"  # nobody has begun
    poll.begin()
    poll.see(cluster((1, 1, 1)), 101.0)  # not scaled yet
    poll.see(cluster((2, 1, 1), replicas=15), 102.0)  # scaled, and under way
    poll.see(cluster((5, 5, 5)), 110.0)
    assert _phase(poll) == "moving"
    poll.see(replace(cluster((5, 5, 5)), outage=Outage(EngineUnreachable("gone"), 1.0)), 111.0)
    poll.see(cluster((5, 5, 5)), 120.0)
    poll.see(cluster((5, 5, 5)), 120.0 + REST_SECONDS - 0.1)
    assert _phase(poll) == "moving"
    poll.see(cluster((5, 5, 5)), 120.0 + REST_SECONDS)
    assert _phase(poll) == "revealed"
    assert poll.poll.truth == (5, 5, 5)
    poll.see(cluster((0, 0, 15)), 200.0)
    assert poll.poll.truth == (5, 5, 5)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("drain", cluster((5, 5, 5)), cluster((7, 0, 8), node2="drain")),
        ("activate", cluster((7, 0, 8), node2="drain"), cluster((7, 0, 8))),
    ],
)
def test_rest_wants_the_node_to_be_as_asked(
    kind: Kind, before: ClusterSnapshot, after: ClusterSnapshot
) -> None:
    question = asked(kind, before, node="id-node2")
    assert not model.at_rest(question, before)
    assert model.at_rest(question, after)


def test_rest_wants_the_update_to_be_over() -> None:
    before = cluster((7, 0, 8))
    question = asked("rebalance", before)
    assert not model.at_rest(question, before)
    after = cluster((5, 5, 5))
    forced = replace(after, services=(replace(after.services[0], forced=1),))
    assert model.at_rest(question, forced)
    update = parse.services(
        [{**raw.service(replicas=15), "UpdateStatus": {"State": "updating"}}], after.tasks
    )
    assert not model.at_rest(question, replace(forced, services=(replace(update[0], forced=1),)))


def test_a_service_that_is_gone_is_not_waited_for() -> None:
    assert model.at_rest(SCALE, replace(cluster((0, 0, 0)), services=()))


# What browsers hear


def test_nobody_hears_the_votes_before_the_reveal() -> None:
    heard: list[str] = []
    poll = Votes(lambda: heard.append(messages.votes(poll.poll, str)))
    poll.ask(SCALE)
    poll.vote("anna", 7.0, [9, 3, 3])
    told = json.loads(heard[-1])
    assert (told["votes"], told["phase"]) == (1, "open")
    assert "answers" not in told
    assert "anna" not in heard[-1]
    poll.begin()
    poll.reveal(cluster((5, 5, 5)))
    told = json.loads(heard[-1])
    assert told["answers"] == [{"counts": [9, 3, 3], "votes": 1, "right": False, "swapped": False}]
    assert told["truth"] == [5, 5, 5]
    assert "fewest" in told["why"]
    poll.forget()
    assert json.loads(heard[-1]) == {"topic": "votes", "phase": "none", "votes": 0}


@pytest.mark.parametrize("kind", ["scale", "drain", "activate", "rebalance"])
def test_each_kind_has_its_words(kind: Kind) -> None:
    question = asked(kind, cluster((5, 5, 5)), node="id-node2")
    assert texts.ask_text(question, str).endswith("?")
    assert "{" not in texts.ask_text(question, str) + texts.why_text(question, str)


@pytest.mark.parametrize("kind", ["scale", "drain", "activate", "rebalance"])
def test_one_replica_is_asked_about_as_one(kind: Kind) -> None:
    now = cluster((1, 0, 0), node2="drain")
    node = now.nodes[1 if kind == "activate" else 0].id
    about: dict[str, Any] = {"node": node} if kind in ("drain", "activate") else {}
    if kind == "scale":
        about["replicas"] = 1
    text = texts.ask_text(asked(kind, now, **about), str)
    assert "replicas" not in text
    assert "replica" in text


@pytest.mark.parametrize("phase", ["open", "moving", "revealed"])
def test_a_vote_goes_on_after_a_restart(phase: str) -> None:
    votes = Votes()
    votes.ask(SCALE)
    assert votes.vote("ada", 7.0, (5, 5, 5))
    assert votes.vote("bob", 7.0, (15, 0, 0))
    if phase != "open":
        votes.begin()
    if phase == "revealed":
        votes.reveal(cluster((5, 5, 5)))
    later = Votes()
    later.restore(decode(encode(votes.kept()), KeptVotes))
    assert later.poll == votes.poll
    assert later.poll.phase == phase
    if phase == "open":
        assert later.vote("bob", 7.0, (5, 5, 5))
        assert later.poll.votes == 2  # in place of the earlier one
        later.begin()
    if phase != "revealed":
        later.see(cluster((5, 5, 5)), 100.0)
        later.see(cluster((5, 5, 5)), 100.0 + REST_SECONDS)
    assert later.poll.phase == "revealed"
    assert later.poll.right == (2 if phase == "open" else 1)
