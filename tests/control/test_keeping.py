"""What outlives a restart of the dashboard: keys, codes, progress, names, votes and journals."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import docker
import pytest

from core.board.settings import SETTINGS
from core.commands.services import CreateService
from core.control import classroom as rules
from core.control import keeping
from core.control.access import Access
from core.control.classroom import Classroom
from core.control.control import Control
from core.control.keeping import KeptCluster
from core.control.rights import NONE
from core.engine import keys
from core.engine.connection import Connection, Practice
from core.engine.worker import PracticeCluster
from core.errors import NoRoom, NotAllowed
from core.storage.storage import FILE, Storage
from core.votes.model import NodeBefore, Question
from essaim_practice.hosting.server import PracticeServer
from tests.cluster.test_collector import until
from tests.control.test_classroom import ADA, BOB, EVE, Clock, create
from tests.practising import Lent

ACCESS = Access({"ESSAIM_PASSWORD": "a password for tests"})
QUESTION = Question("scale", "id-web", "web", 3, (NodeBefore("id-1", "node1", 1, True),), asked=7.0)


RECORDED = Path(__file__).parents[1] / "recorded/essaim-1.db"
RECORDED_COOKIE = "adaadaad.eea29ce5d357b5b4c8cff092dfb89b25"
RECORDED_CODES = {ADA: "8sbvfrp3", BOB: "adg3nf23"}


class Server:
    """A dashboard that can be started again; time passes for it while it is off, too."""

    def __init__(self, folder: Path | None, most: int = 2) -> None:
        self.folder, self.most = folder, most
        self.wall = Clock()
        self.room = self._started()

    def start_again(self, after: float = 5.0, engine: Connection | None = None) -> Classroom:
        self.room.stop()
        self.wall.time += after
        self.room = self._started(engine)
        return self.room

    def _started(self, engine: Connection | None = None) -> Classroom:
        clock, began = Clock(), self.wall.time
        storage = Storage(self.folder, patience=0)
        keeping.sign_alike(storage)
        keeping.settings(storage)
        return Classroom(
            engine or Practice(most=self.most, workers=Lent()),
            ACCESS,
            lambda: clock.time + self.wall.time - began,
            storage,
            self.wall,
        )


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests sign with the same secret, and have the same class."""
    naming, given, secret = SETTINGS.naming, SETTINGS.given, keys._secret
    yield
    SETTINGS.changed = lambda: None
    SETTINGS.restore(naming, given)
    keys.sign_with(secret)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.room.stop()


def work(control: Control, name: str = "") -> None:
    """Something of each kind that is kept."""
    create(control, "web")
    control.labs.name = name
    control.labs.progress("lab3")
    until(lambda: control.labs.begun()[0].done)
    control.votes.ask(QUESTION)
    assert control.votes.vote("a browser", 7.0, (3,))


def test_everything_is_there_again(server: Server) -> None:
    cookie, cluster = keys.signed(ADA), keys.cluster_id(ADA)
    ada = server.room.control(ADA)
    work(ada, "Ada")
    code = server.room.viewing_code(ADA)
    (progress,) = ada.labs.begun()
    records, changes = ada.journal.records(), ada.timeline.recording().changes
    poll = ada.votes.poll

    room = server.start_again()
    assert keys.own({keys.OWN: cookie}) == ADA
    assert keys.cluster_id(ADA) == cluster
    assert room.known(ADA)
    assert room.known(code)
    assert not room.known(BOB)
    assert room.viewing_code(ADA) == code
    assert room.controls() == ()  # nobody has looked yet
    again = room.found(code)
    assert again.read_only
    assert room.found(ADA).labs is again.labs
    assert again.labs.name == "Ada"
    assert again.labs.begun()[0].done[: len(progress.done)] == progress.done
    assert [record.line for record in again.journal.records()] == [r.line for r in records]
    assert again.timeline.recording().changes[: len(changes)] == changes
    assert again.votes.poll == poll
    assert again.votes.vote("a browser", 7.0, (2,)) is False  # three replicas were asked for
    assert again.votes.vote("another", 7.0, (3,))


def test_whose_machines_were_not_kept_is_told(server: Server) -> None:
    work(server.room.control(ADA))
    assert server.room.control(BOB).notice.text is None
    room = server.start_again()  # of these workers nothing is kept
    ada, bob = room.control(ADA), room.control(BOB)
    assert "begun anew" in str(ada.notice.text)
    assert bob.notice.text is None  # nothing was done there


def test_why_its_machines_are_lost_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    work(server.room.control(ADA))
    lend = Lent.open

    def damaged(lent: Lent, id: str, settings: Mapping[str, Any]) -> PracticeCluster:
        cluster = lend(lent, id, settings)
        cluster.aside = "damaged"
        return cluster

    monkeypatch.setattr(Lent, "open", damaged)
    notice = server.start_again().control(ADA).notice
    assert "What was kept of this cluster is damaged" in str(notice.text)


def test_a_second_restart_without_a_look_forgets_nothing(server: Server) -> None:
    work(server.room.control(ADA), "Ada")
    server.start_again()
    room = server.start_again()
    assert room.control(ADA).labs.name == "Ada"
    assert room.control(ADA).journal.records()


def test_the_board_shows_learners_who_have_not_come_back(server: Server) -> None:
    server.room.control(BOB)
    server.wall.time += 1
    for key, name in ((ADA, "Ada"), (BOB, "Bob")):
        work(server.room.control(key), name)
    bob, ada = server.room.learners()
    SETTINGS.naming = "own"
    SETTINGS.give(
        {bob.code: " Robert ", ada.code: "Lady L.", "gone": "Nobody"}, {bob.code, ada.code}
    )
    server.room.storage.flush()
    assert [(bob.number, bob.called), (ada.number, ada.called)] == [(1, "Bob"), (2, "Ada")]
    SETTINGS.changed = lambda: None
    SETTINGS.restore("numbers", {})
    room = server.start_again()
    assert SETTINGS.naming == "own"
    assert [SETTINGS.name(each) for each in room.learners()] == ["Robert", "Lady L."]
    places = [[(p.since, p.done, p.ways) for p in each.labs] for each in (bob, ada)]
    assert [[(p.since, p.done, p.ways) for p in each.labs] for each in room.learners()] == places
    room.control(ADA)
    assert [each.called for each in room.learners()] == ["Bob", "Ada"]


def test_a_number_stays_when_somebody_before_is_gone(server: Server) -> None:
    for key in (BOB, ADA):
        work(server.room.control(key), key)
    server.room.end(BOB)
    assert [each.number for each in server.room.learners()] == [2]
    room = server.start_again()
    room.control(BOB)
    assert [(each.number, each.called) for each in room.learners()] == [(2, ADA), (3, "")]


def test_clusters_are_swept_by_the_time_that_really_passed(server: Server) -> None:
    work(server.room.control(ADA), "Ada")
    room = server.start_again(rules.END_AFTER - 120)
    room.tend()
    assert room.known(ADA)
    room = server.start_again(180)
    room.tend()
    assert not room.known(ADA)
    room = server.start_again()
    assert not room.known(ADA)
    assert server.folder is not None
    again = room.control(ADA)
    assert (again.labs.name, again.labs.begun(), again.journal.records()) == ("", (), ())
    assert room.viewing_code(ADA)


def test_whoever_looks_keeps_it_for_as_long_again(server: Server) -> None:
    work(server.room.control(ADA), "Ada")
    room = server.start_again(rules.END_AFTER - 120)
    room.control(ADA)
    room = server.start_again(rules.END_AFTER - 120)
    room.tend()
    assert room.known(ADA)


def test_an_ended_cluster_is_forgotten(server: Server) -> None:
    work(server.room.control(ADA), "Ada")
    work(server.room.control(BOB), "Bob")
    server.room.end(ADA)
    room = server.start_again()
    assert (room.known(ADA), room.known(BOB)) == (False, True)
    room.end(BOB)  # not looked at since the restart
    assert not room.known(BOB)
    room.stop()
    assert server.folder is not None
    storage = Storage(server.folder, patience=0)
    assert storage.owners() == (keeping.CLASS,)
    storage.close()


def test_kept_work_makes_no_room_for_a_newcomer_but_an_unused_place_does(server: Server) -> None:
    work(server.room.control(ADA), "Ada")
    server.room.control(BOB)
    room = server.start_again(rules.SPARE_AFTER + 1)
    room.control(EVE)
    assert not room.known(BOB)
    assert room.known(ADA)
    work(room.control(EVE))
    room = server.start_again(rules.SPARE_AFTER + 1)
    with pytest.raises(NoRoom):
        room.control(BOB)
    assert room.control(ADA).labs.name == "Ada"


def test_a_class_that_comes_back_is_let_in_at_once(server: Server) -> None:
    """The limit on new clusters from one address is for new ones."""
    server.most = 100
    room = server.start_again()
    owners = [keys.new() for _ in range(70)]
    for key in owners:
        kept = KeptCluster(keys.new(), 1.0, server.wall.time, touched=True)
        room.storage.put(key, "cluster", lambda kept=kept: kept)  # type: ignore[misc]
    room = server.start_again()
    assert all(map(room.known, owners))
    for key in owners[:3]:
        room.control(key, "192.0.2.1")
    assert room._admission is not None
    began = room._admission._ends
    assert began == {}


def test_odd_records_cost_themselves_and_nothing_else(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    work(server.room.control(ADA), "Ada")
    storage = server.room.storage
    server.room._let_go(ADA)  # as if it were killed now: it writes no more
    storage.flush()
    storage.put(ADA, "cluster", lambda: "no cluster")  # when it was used is not known
    storage.put(ADA, "votes", lambda: {"poll": {"phase": "moving"}, "ballots": [["x", [1]]]})
    storage.put(ADA, "timeline", lambda: {"number": -5, "start": 1.0, "states": [7]})
    room = server.start_again()
    ada = room.control(ADA)
    assert ada.labs.name == "Ada"
    assert ada.labs.begun()[0].done
    assert ada.journal.records()
    until(lambda: ada.timeline.recording().changes)
    assert room.viewing_code(ADA)
    assert "cannot be read" in caplog.text
    server.wall.time += rules.END_AFTER
    room.tend()
    assert not room.known(ADA)


def test_a_worker_that_does_not_answer_keeps_no_newcomer_waiting(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = server.room.control(ADA)
    asked, answers = threading.Event(), threading.Event()

    def hangs(_connection: Connection, age: float = 0.0) -> bool:
        asked.set()
        return answers.wait(20)

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "untouched", hangs)
        round_ = threading.Thread(target=server.room.tend)
        round_.start()
        assert asked.wait(20)
        patched.undo()
        assert server.room.control(ADA) is ada
        server.room.control(BOB)
        assert round_.is_alive()  # it still waits
        answers.set()
        round_.join()


def test_in_memory_alone_a_restart_begins_anew() -> None:
    server = Server(None)
    work(server.room.control(ADA), "Ada")
    room = server.start_again()
    assert not room.known(ADA)
    room.stop()


def test_a_real_engine_goes_on_and_another_has_nothing_of_it(server: Server) -> None:
    with PracticeServer.start(bind_ports=False) as one, PracticeServer.start() as other:
        room = server.start_again(engine=Connection(one.urls[0]))
        room.start()
        until(lambda: room.control().snapshot.engine)
        work(room.control(), "Ada")
        room = server.start_again(engine=Connection(other.urls[0]))
        room.start()
        assert room.control().labs.name == ""
        assert room.control().journal.records() == ()
        room = server.start_again(rules.END_AFTER * 100, engine=Connection(one.urls[0]))
        room.start()
        room.tend()
        assert room.control().labs.name == "Ada"
        assert room.control().journal.records()
        server.start_again()  # and the practice clusters know nothing of either
        assert server.room.learners() == ()


def test_the_file_holds_nothing_that_is_masked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a real engine: no argument, no value of the environment, no label's value."""
    hidden = "hunter2"
    with PracticeServer.start(bind_ports=False) as engine:
        client = docker.DockerClient(engine.urls[0])
        client.services.create(
            "nginx",
            ["serve", f"--password={hidden}-argument"],
            name="web",
            env=[f"PASSWORD={hidden}-env"],
            labels={"token": f"{hidden}-label"},
        )
        client.close()
        connection = Connection(engine.urls[0])
        monkeypatch.setattr(Control, "practice", property(lambda _: False))
        room = server.start_again(engine=connection)
        control = room.control()
        until(lambda: control.whole.services and control.whole.tasks)
        assert hidden in repr(control.whole)
        for lab in ("lab3", "lab5"):
            control.labs.progress(lab)
        with pytest.raises(NotAllowed):
            control.submit(
                CreateService(
                    name="api",
                    image="nginx",
                    env=(f"PASSWORD={hidden}-typed",),
                    label=(f"token={hidden}-typed",),
                    args=("serve", f"{hidden}-typed"),
                ),
                "test",
                NONE,
            )
        until(lambda: control.timeline.recording().changes)
        server.start_again(engine=connection)
        control = server.room.control()
        assert {each.lab.name for each in control.labs.begun()} == {"lab3", "lab5"}
        server.room.stop()
    assert server.folder is not None
    held = b"".join(path.read_bytes() for path in server.folder.iterdir())
    assert b"lab5" in held
    assert b"web" in held
    assert hidden.encode() not in held


def test_a_folder_of_the_first_version_is_taken_up(server: Server, tmp_path: Path) -> None:
    """It is what ``work`` left for two learners."""
    server.room.stop()
    for path in tmp_path.iterdir():
        path.unlink()
    shutil.copy(RECORDED, tmp_path / FILE)
    server.start_again()
    assert (server.room.storage.trouble, server.room.storage.put_aside) == (None, None)
    assert keys.own({keys.OWN: RECORDED_COOKIE}) == ADA
    assert SETTINGS.naming == "asked"
    assert [(each.number, each.called) for each in server.room.learners()] == [
        (1, "Ada"),
        (2, "Bob"),
    ]
    for key, code in RECORDED_CODES.items():
        assert server.room.viewing_code(key) == code
        control = server.room.control(key)
        (progress,) = control.labs.begun()
        assert progress.done[:1] == ("init",)
        assert control.labs.facts("lab3").lab_start.nodes == ()
        assert control.votes.poll.question == QUESTION
        assert control.votes.poll.votes == 1
        (record,) = control.journal.records()
        assert record.line.startswith("docker service create --name web")
        changes = control.timeline.recording().changes
        assert {"node", "service", "replica", "mark", "action"} <= {each.kind for each in changes}
