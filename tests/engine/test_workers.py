"""Workers: what they are told, where clusters come to lie, and what becomes of lost ones."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import docker.errors
import pytest
import requests

from core.cluster.failures import daemon_errors
from core.control.access import Access
from core.control.classroom import Classroom
from core.control.control import Control
from core.control.notice import SAID, Notice
from core.engine import pulse
from core.engine import workers as rules
from core.engine.connection import Connection, Practice, choose
from core.engine.practice import calls
from core.engine.processes import Processes
from core.engine.wish import workers_wanted
from core.engine.worker import PracticeCluster, Return, Worker
from core.engine.workers import Workers, resolved
from core.errors import EngineUnreachable, InvalidValue, NoRoom, NoWorker
from core.i18n import translation
from practice.tests.ports import free_ports
from tests.cluster.test_collector import until

pytestmark = pytest.mark.leaves_sockets

SECRET = "a secret for tests"


@contextmanager
def running(workers: Workers) -> Iterator[Workers]:
    workers.start()
    try:
        yield workers
    finally:
        workers.stop()


def services(connection: Connection) -> list[str]:
    client = connection.client()
    try:
        return [service.name for service in client.services.list()]
    finally:
        client.close()


def create(connection: Connection, name: str = "web") -> None:
    client = connection.client()
    try:
        client.services.create("nginx", name=name)
    finally:
        client.close()


def answers(cluster: PracticeCluster) -> bool:
    try:
        Connection(cluster=cluster).send(calls.machines())
    except EngineUnreachable:
        return False
    return True


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a worker takes long to start."""
    monkeypatch.setattr(rules, "PATIENCE", 120.0)


# What one may write


@pytest.mark.parametrize(
    "word", ["0", "-1", "65", "two", "1.5", "tcp://", "worker:7070", "http://a:1", "tcp://a", "²"]
)
def test_a_wish_that_is_none_stops_the_start(word: str) -> None:
    with pytest.raises(InvalidValue, match="ESSAIM_WORKERS is") as refused:
        choose({"ESSAIM_ENGINE": "practice", "ESSAIM_WORKERS": word})
    assert "tcp://worker1:7070" in refused.value.said(translation("fr").gettext)


def test_workers_elsewhere_want_their_secret(tmp_path: Path) -> None:
    elsewhere = {"ESSAIM_WORKERS": "tcp://127.0.0.1:7070"}
    with pytest.raises(InvalidValue, match="into ESSAIM_WORKER_SECRET, or the path of its file"):
        workers_wanted(elsewhere, 10)
    file = tmp_path / "secret"
    named = elsewhere | {"ESSAIM_WORKER_SECRET_FILE": str(file)}
    with pytest.raises(InvalidValue, match="No such file"):
        workers_wanted(named, 10)
    file.write_text(f"{SECRET}\n")
    assert workers_wanted(named, 10)._secret == SECRET
    assert workers_wanted(elsewhere | {"ESSAIM_WORKER_SECRET": SECRET}, 10)._secret == SECRET


@pytest.mark.parametrize(("cores", "count"), [(None, 1), (1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_the_dashboard(
    cores: int | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert workers_wanted({}, 10)._count == count
    assert workers_wanted({"ESSAIM_WORKERS": "3"}, 10)._count == 3


def test_each_address_of_a_name_is_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"workers": [("10.0.1.5", 7070), ("10.0.1.4", 7070)]}

    def look_up(host: str, port: int, **kind: object) -> list[object]:
        if host not in known:
            raise OSError(-2, "Name or service not known")
        return [(socket.AF_INET, 1, 6, "", place) for place in known[host]]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    assert resolved("tcp://workers:7070") == ["tcp://10.0.1.4:7070", "tcp://10.0.1.5:7070"]
    assert resolved("tcp://nobody:7070") == []


def test_a_name_that_nobody_knows_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks = list[str]()

    def look_up(host: str, port: int, **kind: object) -> list[object]:
        looks.append(host)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    monkeypatch.setattr(rules, "RESOLVE", 0.01)
    with running(Workers(addresses=["tcp://nobody:7070"], secret=SECRET)) as workers:
        workers.start()
        until(lambda: len(looks) > 3)
    told = [record.getMessage() for record in caplog.records]
    assert [each for each in told if "tcp://nobody:7070" in each] == [
        "no address is known for tcp://nobody:7070: it is looked up again and again"
    ]


# Workers of our own


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    with running(Workers(2, most=3)) as workers:
        until(lambda: all(worker.ready for worker in workers.workers))
        yield workers


def test_they_listen_where_nobody_else_may_enter(two: Workers) -> None:
    cluster = two.open("private", {})
    door = Path(cluster.host("node1").removeprefix("unix://"))
    assert door.is_socket()
    folder = door.parent.parent
    assert folder.stat().st_mode & 0o077 == 0
    assert len(str(door)) < 100
    two.end(cluster.id)
    assert not door.exists()


def test_a_worker_knows_nothing_of_the_dashboards_secrets(
    two: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_PASSWORD", "hidden")
    process = two._processes.at(two.workers[0].host.replace("worker0", "other"))
    try:
        known = Path(f"/proc/{process.pid}/environ")
        if not known.exists():
            pytest.skip("no /proc on this machine")
        assert b"hidden" not in known.read_bytes()
    finally:
        process.kill()
        process.communicate()


def test_clusters_go_to_the_one_that_has_least_to_do(
    two: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two.workers
    monkeypatch.setattr(rules, "BUSY", 0)  # they have only just started
    opened = [two.open(f"spread{number}", {}) for number in range(4)]
    held = [len(first.clusters), len(second.clusters)]
    for cluster in opened:
        two.end(cluster.id)
    assert held == [2, 2]


def test_who_comes_at_the_start_waits_for_each_so_that_none_holds_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "BUSY", 0)
    listens, launch = threading.Event(), Processes.at

    def at(self: Processes, host: str) -> subprocess.Popen[bytes]:
        if host.endswith("worker1.sock"):
            listens.wait(30)
        return launch(self, host)

    monkeypatch.setattr(Processes, "at", at)
    with running(Workers(2)) as workers, ThreadPoolExecutor(4) as pool:
        first, second = workers.workers
        until(lambda: first.ready)
        opened = [pool.submit(workers.open, f"early{number}", {}) for number in range(4)]
        time.sleep(0.2)
        listens.set()
        assert all(each.result() for each in opened)
        assert (len(first.clusters), len(second.clusters)) == (2, 2)


def test_one_that_works_hard_has_more_to_do_than_one_that_holds_more() -> None:
    workers = Workers(addresses=["tcp://a:1"], secret=SECRET)
    busy, calm = (Worker(f"tcp://{name}:1", SECRET, workers) for name in "ab")
    busy.load = 1.0
    for number in range(9):
        calm.clusters[f"{number}"] = PracticeCluster(f"{number}", {}, calm)
        assert workers._choose("new", [busy, calm]) is calm
    calm.clusters |= {f"{number}": PracticeCluster(f"{number}", {}, calm) for number in (9, 10)}
    assert workers._choose("new", [busy, calm]) is busy


def test_when_all_are_full_there_is_no_room(two: Workers) -> None:
    opened = [two.open(f"full{number}", {}) for number in range(6)]
    with pytest.raises(NoRoom, match="as many clusters as they may"):
        two.open("full6", {})
    for cluster in opened:
        two.end(cluster.id)


def test_one_that_is_killed_is_replaced_and_the_others_notice_nothing(
    two: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BUSY", 0)
    lost, spared = two.open("lost", {"nodes": 2}), two.open("spared", {})
    assert lost.worker is not spared.worker
    told, hints = list[Return](), list[tuple[str, ...]]()
    lost.listen(lambda *parts: hints.append(parts), told.append)
    spared.listen(lambda *parts: None, lambda what: pytest.fail("it was not lost"))
    host, pid, other = lost.host("node2"), lost.worker.pid, spared.worker.pid
    create(Connection(cluster=spared))
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    until(lambda: told)
    assert answers(lost)
    print(f"back after {time.monotonic() - began:.2f} s")
    assert told == [Return(kept=False)]  # nothing was to be kept
    assert lost.host("node2") == host
    assert len(Connection(cluster=lost).send(calls.machines())) == 2
    assert lost.worker.pid != pid
    assert "tasks" in {part for parts in hints for part in parts}
    assert spared.worker.pid == other
    assert services(Connection(cluster=spared)) == ["web"]
    hints.clear()
    create(Connection(cluster=lost))
    until(lambda: any("services" in parts for parts in hints))  # it is listened to again
    two.end(lost.id)
    two.end(spared.id)


def test_a_lost_one_is_replaced_by_a_process_that_is_ready(tmp_path: Path) -> None:
    with running(Workers(1, data=tmp_path)) as workers:
        cluster = workers.open("ada", {})
        told = list[Return]()
        cluster.listen(lambda *parts: None, told.append)
        until(lambda: workers._processes._ready)
        ready = workers._processes._ready
        assert ready
        os.kill(cluster.worker.pid, signal.SIGKILL)
        until(lambda: told)
        assert cluster.worker.pid == ready.pid
        until(lambda: workers._processes._ready)
        after = workers._processes._ready
        assert after
        assert after.pid != ready.pid
        after.kill()  # one that has ended meanwhile is of no use
        after.wait()
        os.kill(ready.pid, signal.SIGKILL)
        until(lambda: len(told) == 2)
        assert answers(cluster)
        until(lambda: workers._processes._ready)
        last = workers._processes._ready
    assert last
    assert last.poll() is not None


def test_one_that_is_silent_is_killed_and_replaced(
    two: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = two.open("silent", {})
    told = list[Return]()
    cluster.listen(lambda *parts: None, told.append)
    pid = cluster.worker.pid
    os.kill(pid, signal.SIGSTOP)
    until(lambda: told, 60)
    assert cluster.worker.pid != pid
    assert answers(cluster)
    two.end(cluster.id)


def test_one_that_only_waits_for_a_processor_is_left_alone(
    two: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.engine.pulse.SILENCE", 1.0)
    waits = pulse.Work(used=0.0, eager=True)
    monkeypatch.setattr(pulse.Pulse.__init__, "__defaults__", (lambda pid: waits, time.monotonic))
    with running(Workers(1)) as workers:
        cluster = workers.open("starved", {})
        cluster.listen(lambda *parts: None, lambda what: pytest.fail("it was killed"))
        pid, host = cluster.worker.pid, cluster.worker.host
        os.kill(pid, signal.SIGSTOP)  # what a look at it would tell, the line above tells instead
        time.sleep(3.0)
        os.kill(pid, signal.SIGCONT)
        assert answers(cluster)
        assert (cluster.worker.pid, cluster.worker.host) == (pid, host)


def test_what_was_kept_comes_back_as_after_a_power_cut(tmp_path: Path) -> None:
    data = tmp_path / "clusters"
    with running(Workers(1, data=data)) as workers:
        cluster, empty = workers.open("ada", {"nodes": 1, "speed": 50.0}), workers.open("bob", {})
        told = list[Return]()
        cluster.listen(lambda *parts: None, told.append)
        create(Connection(cluster=cluster))
        until(lambda: written(tmp_path))
        os.kill(cluster.worker.pid, signal.SIGKILL)
        until(lambda: told)
        assert told == [Return(kept=True)]
        until(lambda: has(cluster, "web"))  # its Swarm finds a leader first
    with running(Workers(1, data=data)) as workers:  # the dashboard is started again
        again, other = workers.open("ada", {}), workers.open("bob", {})
        assert {again.begun, other.begun} == {"restored"}
        assert (again.untouched(0.0), other.untouched(0.0)) == (False, True)
        again.listen(lambda *parts: None, told.append)
        assert told == [Return(kept=True)] * 2
        assert again.open(again.worker)  # as the worker's thread may: it is there
        again.listen(lambda *parts: None, told.append)
        assert told == [Return(kept=True)] * 3
        until(lambda: has(again, "web"))
        workers.end("ada")
        workers.end("bob")
        assert list(tmp_path.rglob("*.cluster")) == []
        assert workers.open("ada", {}).begun == "new"
    assert empty.id == other.id


def test_what_a_worker_cannot_write_is_known_until_it_can(tmp_path: Path) -> None:
    with running(Workers(1, data=tmp_path)) as workers:
        cluster = workers.open("ada", {})
        connection = Connection(cluster=cluster)
        assert connection.unkept is None
        _, most = resource.prlimit(cluster.worker.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(cluster.worker.pid, resource.RLIMIT_FSIZE, (1000, most))
        create(connection)
        until(lambda: "disk" in str(connection.unkept))
        resource.prlimit(cluster.worker.pid, resource.RLIMIT_FSIZE, (most, most))
        until(lambda: connection.unkept is None)
        assert written(tmp_path)


def written(folder: Path) -> bool:
    """Whether the service is in a file: kept a second after it was made, at most."""
    return any(b"nginx" in file.read_bytes() for file in folder.rglob("*.cluster*"))


def has(cluster: PracticeCluster, service: str) -> bool:
    with suppress(docker.errors.APIError):
        return service in services(Connection(cluster=cluster))
    return False


def test_a_cluster_that_ends_while_its_worker_is_lost_does_not_come_back(tmp_path: Path) -> None:
    with running(Workers(1, data=tmp_path)) as workers:
        create(Connection(cluster=workers.open("ada", {})))
        [worker] = workers.workers
        until(lambda: written(tmp_path))
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda: not worker.ready)
        workers.end("ada")
        assert workers.open("ada", {}).begun == "new"


def test_one_elsewhere_that_is_gone_for_good_keeps_no_ended_cluster_from_a_new_beginning(
    two: Workers,
) -> None:
    gone = Worker("tcp://127.0.0.1:1", SECRET, two)
    gone.tried = True
    two._workers[gone.host] = gone
    two._ended["ada"] = gone
    assert two.open("ada", {}).begun == "new"


def test_a_damaged_file_is_put_aside_and_said(tmp_path: Path) -> None:
    with running(Workers(1, data=tmp_path)) as workers:
        workers.open("ada", {})
    [file] = tmp_path.glob("*.cluster")
    file.write_bytes(b"SQLite format 3" + bytes(5000))
    with running(Workers(1, data=tmp_path)) as workers:
        told = list[Return]()
        workers.open("ada", {}).listen(lambda *parts: None, told.append)
        assert told == [Return(False, "damaged")]


def test_a_hint_comes_with_the_change_and_names_its_cluster(two: Workers) -> None:
    mine, others = two.open("mine", {}), two.open("others", {})
    heard = {each: set[str]() for each in ("mine", "others")}
    mine.listen(lambda *parts: heard["mine"].update(parts))
    others.listen(lambda *parts: heard["others"].update(parts))
    heard["others"].clear()
    create(Connection(cluster=mine))
    until(lambda: {"services", "tasks"} <= heard["mine"])
    assert "services" not in heard["others"]
    two.end(mine.id)
    two.end(others.id)


def test_who_comes_before_a_worker_listens_waits_for_it() -> None:
    with running(Workers(1)) as workers:
        assert answers(workers.open("early", {}))


def test_they_end_with_the_dashboard_whatever_ends_it() -> None:
    text = """
import sys, time
from core.engine.workers import Workers
workers = Workers(2)
workers.start()
workers.open("ada", {})
print(workers._folder.path, *[worker.pid for worker in workers.workers], flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    folder, *pids = process.stdout.readline().split()
    assert all(alive(int(pid)) for pid in pids)
    process.kill()
    process.communicate()
    until(lambda: not any(alive(int(pid)) for pid in pids))
    until(lambda: not Path(folder).exists())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


# Workers elsewhere


@contextmanager
def elsewhere(port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of somebody else, which listens on a port."""
    there = ("--listen", f"tcp://127.0.0.1:{port}")
    process = subprocess.Popen(
        [sys.executable, "-m", "essaim_practice.worker", *there, *options],
        env={**os.environ, "ESSAIM_WORKER_SECRET": SECRET},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def reached(workers: Workers, count: int) -> None:
    until(lambda: sum(worker.ready for worker in workers.workers) == count)


def test_a_worker_elsewhere_is_used_as_one_of_our_own() -> None:
    port = free_ports(1)
    workers = Workers(addresses=[f"tcp://127.0.0.1:{port}"], secret=SECRET)
    with elsewhere(port), running(workers):
        practice = Practice(2, workers=workers)
        room = Classroom(practice, Access({}))
        try:
            ada = room.control("adaadaad")
            assert ada.snapshot.engine
            assert ada.snapshot.engine.name == "node1"
            create(ada.connection)
            until(lambda: [service.name for service in ada.snapshot.services] == ["web"])
            assert SECRET not in repr(ada.connection)
            line, python = ada.connection.lines(calls.kill("node2"))
            assert SECRET not in line + python
            assert "$ESSAIM_WORKER_SECRET" in line
            open_to_all = requests.get(ada.connection.way.url + "/_ping", timeout=30)
            assert open_to_all.status_code == 401
        finally:
            room.stop()


def test_where_none_answers_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PATIENCE", 0.5)
    addresses = [f"tcp://127.0.0.1:{free_ports(1)}"]
    with (
        running(Workers(addresses=addresses, secret=SECRET)) as workers,
        pytest.raises(NoWorker, match="practice machines do not answer yet"),
    ):
        workers.open("ada", {})


def test_clusters_of_a_lost_one_are_begun_anew_on_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "GRACE", 0.0)
    monkeypatch.setattr(rules, "BUSY", 0)
    ports = [free_ports(1) for _ in range(2)]
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    with ExitStack() as stack:
        processes = {port: stack.enter_context(elsewhere(port)) for port in ports}
        workers = stack.enter_context(running(Workers(addresses=addresses, secret=SECRET)))
        reached(workers, 2)
        cluster, spared = workers.open("ada", {"nodes": 2}), workers.open("bob", {})
        assert cluster.worker is not spared.worker
        control = Control(Connection(cluster=cluster), Access({}))
        control.start()
        stack.callback(control.stop)
        until(lambda: control.snapshot.engine)
        create(control.connection)
        before = cluster.host("node1")
        for port, process in processes.items():
            if f":{port}/" in before:
                process.kill()
        until(lambda: control.notice.text)
        assert "begun anew" in str(control.notice.text)
        assert cluster.host("node1") != before
        assert cluster.worker is spared.worker
        until(lambda: len(control.snapshot.nodes) == 2 and not control.snapshot.outage)
        assert control.snapshot.services == ()
        create(control.connection, "again")
        until(lambda: [service.name for service in control.snapshot.services] == ["again"])


def test_a_dashboard_that_starts_again_finds_what_a_worker_elsewhere_holds() -> None:
    ports = [free_ports(1) for _ in range(2)]
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(elsewhere(port))
        for number in range(2):
            with running(Workers(addresses=addresses, secret=SECRET)) as workers:
                reached(workers, 2)
                opened = {id: workers.open(id, {}) for id in ("ada", "bob")}
                assert {each.begun for each in opened.values()} == {"there" if number else "new"}
                if not number:
                    create(Connection(cluster=opened["ada"]))
                assert services(Connection(cluster=opened["ada"])) == ["web"]


def test_clusters_wait_for_a_lost_one_that_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.worker.SILENCE", 1.5)
    ports = [free_ports(1) for _ in range(2)]
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    with ExitStack() as stack:
        processes = {port: stack.enter_context(elsewhere(port)) for port in ports}
        workers = stack.enter_context(running(Workers(addresses=addresses, secret=SECRET)))
        reached(workers, 2)
        cluster = workers.open("ada", {})
        cluster.listen(lambda *parts: None, lambda what: pytest.fail("it was there all the time"))
        create(Connection(cluster=cluster))
        there = cluster.worker
        [process] = [each for port, each in processes.items() if f":{port}" in there.host]
        process.send_signal(signal.SIGSTOP)  # as a cable that is pulled
        until(lambda: not there.ready)
        process.send_signal(signal.SIGCONT)
        until(lambda: there.ready and "ada" in there.clusters)
        assert services(Connection(cluster=cluster)) == ["web"]
        workers.end("ada")


def test_the_first_one_that_answers_gets_no_cluster_that_another_holds() -> None:
    """A dashboard that starts again hears its workers one after the other."""
    ports = [free_ports(1) for _ in range(2)]
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    with ExitStack() as stack:
        processes = [stack.enter_context(elsewhere(port)) for port in ports]
        with running(Workers(addresses=addresses[:1], secret=SECRET)) as workers:
            workers.open("ada", {})
        processes[0].send_signal(signal.SIGSTOP)
        workers = stack.enter_context(running(Workers(addresses=addresses, secret=SECRET)))
        until(lambda: any(worker.ready for worker in workers.workers))
        threading.Timer(1.0, processes[0].send_signal, [signal.SIGCONT]).start()
        assert workers.open("ada", {}).begun == "there"


def test_one_that_starts_again_elsewhere_brings_what_it_kept(tmp_path: Path) -> None:
    """As a task of Swarm does: with the volume of its node, at another address."""
    old, new, other = (free_ports(1) for _ in range(3))
    addresses = [f"tcp://127.0.0.1:{port}" for port in (old, new, other)]
    kept = ("--data", str(tmp_path))
    with ExitStack() as stack:
        process = stack.enter_context(elsewhere(old, *kept))
        workers = stack.enter_context(running(Workers(addresses=addresses, secret=SECRET)))
        cluster = workers.open("ada", {})
        told = list[Return]()
        cluster.listen(lambda *parts: None, told.append)
        create(Connection(cluster=cluster))
        stack.enter_context(elsewhere(other))  # which has less to do
        reached(workers, 2)
        process.terminate()
        process.wait()
        stack.enter_context(elsewhere(new, *kept))
        until(lambda: told)
        assert told == [Return(kept=True)]
        assert cluster.worker.host == addresses[1]
        until(lambda: services(Connection(cluster=cluster)) == ["web"])


def test_one_that_shares_a_folder_takes_nothing_from_another(tmp_path: Path) -> None:
    ports = [free_ports(1) for _ in range(2)]
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    kept = ("--data", str(tmp_path))
    with ExitStack() as stack:
        stack.enter_context(elsewhere(ports[0], *kept))
        workers = stack.enter_context(running(Workers(addresses=addresses, secret=SECRET)))
        cluster = workers.open("ada", {})
        create(Connection(cluster=cluster))
        stack.enter_context(elsewhere(ports[1], *kept))
        reached(workers, 2)
        assert cluster.worker.host == addresses[0]
        assert services(Connection(cluster=cluster)) == ["web"]
        assert (tmp_path / "ada.cluster").exists()


# What is said


def test_the_page_says_what_became_of_the_cluster_and_after_a_while_no_more() -> None:
    now = [0.0]
    notice = Notice(now=lambda: now[0])
    assert notice.text is None
    for what, words in [
        (Return(kept=True), "lost power for a moment"),
        (Return(kept=False), "begun anew"),
        (Return(False, "damaged"), "is damaged"),
        (Return(True, "damaged"), "is damaged"),  # and its successor lost power
        (Return(False, "future"), "a newer Essaim"),
    ]:
        notice.note(what)
        assert notice.text
        assert words in str(notice.text)
        assert notice.text.said(translation("fr").gettext) != str(notice.text)
    now[0] = SAID + 1
    assert notice.text is None


def test_what_came_back_with_the_dashboard_is_said_at_once() -> None:
    cluster = PracticeCluster("ada", {}, Worker("tcp://a:1", SECRET, Workers()))
    told = list[Return]()
    cluster.listen(lambda *parts: None, told.append)
    assert told == []
    cluster.begun = "restored"
    cluster.listen(lambda *parts: None, told.append)
    cluster.begun, cluster.aside = "new", "damaged"
    cluster.listen(lambda *parts: None, told.append)
    assert told == [Return(kept=True), Return(False, "damaged")]


def test_a_cluster_that_its_worker_does_not_survive_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It must not take the others of its worker with it for ever."""
    with running(Workers(1)) as workers:
        deadly, other = workers.open("deadly", {}), workers.open("other", {})
        opening = PracticeCluster.open

        def die(self: PracticeCluster, worker: Worker, patience: float) -> bool:
            if self is deadly:
                os.kill(worker.pid, signal.SIGKILL)
            return opening(self, worker, patience)

        monkeypatch.setattr(PracticeCluster, "open", die)
        back = threading.Event()
        other.listen(lambda *parts: None, lambda what: back.set())
        os.kill(other.worker.pid, signal.SIGKILL)
        until(lambda: other.worker.ready and back.is_set())
        assert answers(other)
        assert not answers(deadly)
        with pytest.raises(EngineUnreachable), daemon_errors():
            Connection(cluster=deadly).api()
