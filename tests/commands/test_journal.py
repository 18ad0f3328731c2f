"""The journal tells who did what, and no secret."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests

from core.commands.journal import Journal, Record
from core.commands.nodes import RemoveNodes
from core.commands.registry import parse
from core.commands.swarm import JoinSwarm
from core.errors import EngineRejected, InvalidCommand, NotAllowed
from core.i18n import later, translation
from core.storage.storage import Storage


class Api:
    """An engine that removes nodes, and lets nobody in."""

    def __init__(self) -> None:
        self.api = self.swarm = self

    def remove_node(self, name: str, force: bool) -> None:
        pass

    def join(self, addresses: list[str], token: str) -> None:
        response = requests.Response()
        response.status_code = 400
        raise docker.errors.APIError("400", response, f"invalid join token {token}")


def test_what_was_done_is_written_down() -> None:
    ticks = itertools.count(100.0, 2.0)
    journal = Journal(clock=lambda: next(ticks))
    assert journal.run(RemoveNodes(nodes=("node9",)), Api(), "anne") == "node9"
    assert journal.records() == (
        Record(
            time=100.0,
            who="anne",
            line="docker node rm node9",
            python=RemoveNodes(nodes=("node9",)).python(),
            outcome="ok",
            refusal=None,
            seconds=2.0,
        ),
    )


def test_a_refusal_is_raised_and_written_down_without_the_token() -> None:
    journal = Journal()
    join = JoinSwarm(token="SWMTKN-1-secret", address="192.0.2.1:2377")
    with pytest.raises(EngineRejected, match="SWMTKN-1-secret"):
        journal.run(join, Api(), "anne")
    (entry,) = journal.records()
    assert (entry.outcome, entry.error) == ("refused", "invalid join token •••")
    assert "SWMTKN-1-secret" not in repr(entry)


STACK = """
services:
  web:
    image: nginx
    command: serve --password=hunter2
    entrypoint: [hunter2]
    environment: {PASSWORD: hunter2}
    labels: {key: hunter2}
    deploy: {labels: [key=hunter2]}
networks: {back: {labels: {key: hunter2}}}
"""


@pytest.mark.parametrize("private", [False, True])
def test_what_a_stacks_file_holds_is_not_for_everybody_of_a_real_engine(
    private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.commands.folder.read", lambda _path: STACK.encode())
    journal = Journal(private=lambda: private)
    journal.refused(parse("docker stack deploy -c any.yml shop"), "anne", NotAllowed("no"))
    (entry,) = journal.records()
    assert entry.line == "docker stack deploy -c any.yml shop"
    assert "shop_web" in entry.python
    assert "nginx" in entry.python
    assert ("hunter2" in entry.python) is not private


def test_what_was_not_allowed_is_written_down() -> None:
    journal = Journal()
    journal.refused(parse("docker service rm web"), "guest", NotAllowed("not without password"))
    (entry,) = journal.records()
    assert (entry.who, entry.outcome, entry.error) == ("guest", "refused", "not without password")


def test_it_forgets_the_oldest() -> None:
    journal = Journal(size=3)
    for number in range(5):
        journal.run(RemoveNodes(nodes=(f"n{number}",)), Api(), "anne")
    assert [entry.line[-2:] for entry in journal.records()] == ["n2", "n3", "n4"]


def test_many_threads_may_write() -> None:
    journal = Journal(size=400)

    def work() -> None:
        for _ in range(50):
            journal.run(RemoveNodes(nodes=("n",)), Api(), "anne")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal.records()) == 400


def test_input_that_makes_no_sense_raises() -> None:
    class Global:
        api: Any

        def __init__(self) -> None:
            self.api = self

        def inspect_service(self, name: str) -> dict[str, Any]:
            return {"ID": "s", "Version": {"Index": 1}, "Spec": {"Mode": {"Global": {}}}}

    journal = Journal()
    with pytest.raises(InvalidCommand):
        journal.run(parse("docker service scale web=3"), Global(), "anne")
    assert journal.records()[0].outcome == "refused"


def test_the_journal_goes_on_after_a_restart(tmp_path: Path) -> None:
    def refuse() -> None:
        raise InvalidCommand(later("There is nothing to change: it is so already."))

    def journal(storage: Storage) -> Journal:
        count, records = storage.row("ada", "journal", Record)
        made = Journal(size=3, added=lambda: storage.grow("ada", "journal"))
        made.restore(count, records)
        storage.follow("ada", "journal", made.news, count)
        return made

    storage = Storage(tmp_path)
    first = journal(storage)
    for number in range(4):
        first.note(f"docker rm {number}", "", "anne", lambda: None)
    with pytest.raises(InvalidCommand):
        first.note("docker rm web", "", "bob", refuse)
    storage.close()
    storage = Storage(tmp_path)
    second = journal(storage)
    assert [record.line for record in second.records()] == [
        "docker rm 2",
        "docker rm 3",
        "docker rm web",
    ]
    refused = second.records()[-1]
    assert (refused.who, refused.outcome) == ("bob", "refused")
    assert isinstance(refused.refusal, InvalidCommand)
    assert refused.refusal.said(translation("fr").gettext).startswith("Il n’y a rien à")
    second.note("docker ps", "", "anne", lambda: None)
    storage.close()
    storage = Storage(tmp_path)
    assert [record.line for record in journal(storage).records()][1:] == [
        "docker rm web",
        "docker ps",
    ]
    storage.close()
