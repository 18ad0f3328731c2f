"""The apps that run for real: which scripts those are, and that Streamlit draws what they say."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from essaim_practice.apps.host import PAUSE, Ended, Host, Unavailable
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.programs.not_run import MISSING, page
from essaim_practice.programs.script_check import MOST, refusal

from .conftest import Call, calling
from .test_build import APP, DEMO, tar_of
from .test_ports import until

PATIENCE = 90  # seconds
COURSE = Path(__file__).parents[2] / "demo" / "app.py"


# Which scripts


@pytest.mark.parametrize(
    "source",
    [
        COURSE.read_text(),
        COURSE.read_text() + '\nst.write("Version 2")\n',
        "",
        '"""My app."""\nimport streamlit as st\nst.header(body="Hi", divider=True)',
        "import streamlit\nstreamlit.bar_chart({'a': [1, -2, 3.5], 'b': (4, 5, 6)})",
        'import streamlit as st\nn = st.text_input("N")\nif n:\n    st.write(f"Hi {n}!")',
        'import streamlit as st\nwith st.sidebar:\n    n = st.slider("n", 1, 9)\nst.text(n)',
        'import streamlit as st\nst.sidebar.title("a")\nwith st.expander("b"):\n    st.text(1)',
        "import pandas as pd, streamlit as st\nt = pd.DataFrame({'x': [1, 2]})\nst.table(t)",
        'import streamlit as st\na = ["b", "c"]\nd = st.selectbox("e", a)\nif not d == "b": pass',
        "def broken(",  # Streamlit shows its error
    ],
)
def test_a_script_that_only_draws_is_run(source: str) -> None:
    assert refusal(source) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("import os", "another library"),
        ("import os as st", "another library under a known name"),
        ("from streamlit import write", "names that nobody lists"),
        ("import streamlit.web", "a part of the library"),
        ("print('hi')", "a builtin"),
        ("__import__('os')", "a builtin"),
        ("open('/etc/passwd')", "a file"),
        ("st.image('/etc/passwd')", "a file"),
        ("st.html('/etc/passwd')", "a file"),
        ("st.set_page_config('t', '/etc/passwd')", "a file"),
        ("st.set_page_config(page_icon='/etc/passwd')", "a file"),
        ("pd.read_csv('/etc/passwd')", "a file"),
        ("st.write(pd)", "a module"),
        ("st.write(st)", "a module"),
        ("st.write(__builtins__)", "a name that it was not given"),
        ("st.write.__globals__", "an attribute"),
        ("st.write(st.title.__globals__)", "an attribute"),
        ("st.runtime.get_instance()", "an attribute's attribute"),
        ("st.sidebar.sidebar.write(1)", "an attribute's attribute"),
        ("st.sidebar.html('/etc/passwd')", "a file"),
        ("st.𝓱𝓽𝓶𝓵('/etc/passwd')", "a file, in letters that Python takes for others"),
        ("(lambda: 1)()", "a function"),
        ("def f(): pass", "a function"),
        ("class C: pass", "a class"),
        ("for i in [1]: st.write(i)", "a loop"),
        ("while True: pass", "a loop"),
        ("st.write([i for i in [1]])", "a loop"),
        ("st.write('a' * 1000000000)", "arithmetic"),
        ("x = 9 ** 9", "arithmetic"),
        ("st.write(f'{1:>1000000000}')", "a format without end"),
        ("st.rerun()", "again and again"),
        ("st.write(*[1])", "what is unpacked"),
        ("st.write(**{'a': 1})", "what is unpacked"),
        ("st.write({**{}})", "what is unpacked"),
        ("x = y = 1", "two names"),
        ("x, y = 1, 2", "two names"),
        ("st = 5", "the library's name"),
        ("x = 1\nimport pandas as x\nst.write(x)", "a module under a value's name"),
        ("if st.button('a'):\n    x = 1\nimport pandas as x\nst.write(x)", "the same, perhaps"),
        ("x = 1\nwith st.form('a'):\n    import streamlit as x\nst.write(x)", "the same, inside"),
        ("ｘ = 1\nimport pandas as x\nst.write(x)", "the same, in other letters"),
        ("import pandas as st", "one library under the name of another"),
        ("import pandas as __builtins__", "a name of Python's own"),
        ("__builtins__ = {}", "a name of Python's own"),
        ("st.title = 5", "an attribute that is set"),
        ("x = [1]\nx = [x, x]", "what doubles"),
        ("x = 'a'\nx = st.text_input('b', f'{x}{x}')", "what doubles"),
        ("st.button('a', on_click=st.balloons)", "a call back"),
        ("st.write((x := 5))", "a name inside"),
        ("with st.sidebar as s: pass", "a name for it"),
        ("try:\n    pass\nfinally:\n    pass", "more statements"),
        ("del st", "more statements"),
        ("assert st", "more statements"),
        ("1", "what is not called"),
        ("x = 1\nst.write(x)" + "\nst.write(x)" * MOST, "more than a page"),
        ("st.write(" + "(" * 3000 + "1" + ")" * 3000 + ")", "what no person writes"),
    ],
)
def test_a_script_that_could_do_more_is_not(line: str, why: str) -> None:
    head = "import streamlit as st\nimport pandas as pd\n"
    found = refusal(head + line)
    if found is None:  # not Python at all: nothing of it can run
        with pytest.raises((SyntaxError, MemoryError, RecursionError)):
            compile(head + line, "app.py", "exec")
    else:
        assert found.line == 0 or found.line > 2, why


def test_a_refusal_names_the_line() -> None:
    found = refusal("import streamlit as st\n\nst.title('a')\n  \nfor i in [1]:\n    st.write(i)")
    assert found is not None
    assert (found.line, found.text) == (5, "for i in [1]:")
    shown = page("source <b>", found, "web.1", "fr")
    assert "La ligne 5 en demande plus" in shown
    assert "source &lt;b&gt;" in shown
    assert "<code>st.line_chart</code>" in shown
    whole = page("", replace(found, line=0), "web.1", "en")
    assert "it is short" in whole
    assert "Streamlit is not installed" in page("", MISSING, "web.1", "en")


@given(st.text(alphabet="st.()[]{}'\"=:,\n #abfxw_*+-\\1", max_size=60))
def test_reading_a_script_never_raises(text: str) -> None:
    refusal(f"import streamlit as st\n{text}")


# Running them


def run(call: Call, engine: docker.DockerClient, name: str, source: bytes, port: int) -> object:
    context = tar_of({"Dockerfile": DEMO, "app.py": source})
    built = call("POST", f"/build?t={name}", context, headers={"Content-Type": "application/x-tar"})
    assert built.status == 200
    container = engine.containers.run(name, name=name, detach=True, ports={"8080": port})
    until(lambda: b"You can now view your Streamlit app" in container.logs())
    return container


@contextmanager
def opened(practice: PracticeServer, port: int) -> Iterator[ClientConnection]:
    """What a browser opens when it shows the app."""
    base = practice.urls[0].replace("tcp", "ws")
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    with connect(
        f"{base}/_practice/open/node1/{port}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"Essaim-App": "0" * 64, "Cookie": "a=b"},
        open_timeout=PATIENCE,
        max_size=None,
        proxy=None,
    ) as socket:
        socket.send(asked.SerializeToString())
        yield socket


def drawn(socket: ClientConnection) -> list[str]:
    """The kinds and texts of the elements that one run of the script draws."""
    kinds = ((element.WhichOneof("type") or "", element) for element in elements(socket))
    return [f"{kind} {getattr(getattr(e, kind), 'body', '')}".strip() for kind, e in kinds]


def elements(socket: ClientConnection) -> list[Element]:
    """What one run of the script draws."""
    shown: list[Element] = []
    end = time.monotonic() + PATIENCE
    while True:
        message = ForwardMsg()
        received = socket.recv(timeout=end - time.monotonic())
        assert isinstance(received, bytes)
        message.ParseFromString(received)
        if message.WhichOneof("type") == "script_finished":
            return shown
        if message.WhichOneof("type") == "delta" and message.delta.HasField("new_element"):
            shown.append(message.delta.new_element)


@pytest.fixture
def built(call: Call, engine: docker.DockerClient) -> object:
    return run(call, engine, "app", APP, 8080)


def test_the_apps_own_code_runs_in_streamlit(
    practice: PracticeServer, call: Call, built: object
) -> None:
    page = call("GET", "/_practice/open/node1/8080/")
    assert (page.status, page.headers["Essaim-Container"]) == (200, "app")
    assert page.headers.get_all("Content-Type") == ["text/html; charset=utf-8"]
    assert b"<title>Streamlit</title>" in page.body
    assert call("GET", "/_practice/open/node1/8080/_stcore/health").body == b"ok"
    with opened(practice, 8080) as socket:
        assert socket.subprotocol == "streamlit"
        assert drawn(socket) == ["heading Hello", "vega_lite_chart"]


def test_each_container_shows_the_script_of_its_own_image(
    practice: PracticeServer, call: Call, engine: docker.DockerClient, built: object
) -> None:
    run(call, engine, "second", APP.replace(b"Hello", b"Version 2"), 8081)
    with opened(practice, 8080) as first, opened(practice, 8081) as second:
        assert drawn(second)[0] == "heading Version 2"
        assert drawn(first)[0] == "heading Hello"


def test_a_script_with_a_fault_shows_it(
    practice: PracticeServer, call: Call, engine: docker.DockerClient
) -> None:
    run(call, engine, "broken", b"import streamlit as st\nst.title(\n", 8080)
    with opened(practice, 8080) as socket:
        assert drawn(socket) == ["exception"]


def test_the_page_is_cut_off_when_its_container_stops(
    practice: PracticeServer, engine: docker.DockerClient, built: object
) -> None:
    with opened(practice, 8080) as socket:
        drawn(socket)
        engine.containers.get("app").stop(timeout=1)
        with pytest.raises(ConnectionClosed):
            deque(iter(lambda: socket.recv(timeout=PATIENCE), None))


def test_a_script_that_is_not_plain_is_shown_and_not_run(
    call: Call, engine: docker.DockerClient
) -> None:
    source = b"import streamlit as st\nimport os\nst.title(os.getcwd())\n"
    run(call, engine, "other", source, 8080)
    page = call("GET", "/_practice/open/node1/8080/").body.decode()
    assert "This app is not run here" in page
    assert "Line 2 asks for more" in page
    french = call("GET", "/_practice/open/node1/8080/", headers={"Accept-Language": "fr"})
    assert "Cette application n’est pas exécutée ici" in french.body.decode()
    assert call("GET", "/_practice/open/node1/8080/_stcore/stream").status == 404


def test_from_inside_the_container_the_app_answers_too(
    engine: docker.DockerClient, built: object
) -> None:
    engine.containers.run("alpine", name="near", command="sleep 100", detach=True)
    address = engine.containers.get("app").attrs["NetworkSettings"]["IPAddress"]
    code, output = engine.containers.get("near").exec_run(f"wget -qO- http://{address}:8080/")
    assert (code, b"<title>Streamlit</title>" in output) == (0, True)


# The processes


class Cluster:
    """Whatever tells one cluster from another."""


CLUSTER = Cluster()


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.stop()


def own(host: Host, cluster: object = CLUSTER) -> int:
    """The pid of a cluster's process."""
    return host._processes[id(cluster)].pid


def ends(pid: int) -> None:
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_the_process_knows_nothing_of_ours_and_begins_anew_when_it_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ESSAIM_PASSWORD", "a password for tests")
    now = [0.0]
    with closing_host(Host(lambda: now[0])) as host:
        port, name = host.serve(CLUSTER, "import streamlit as st")
        assert host.serve(CLUSTER, "import streamlit as st") == (port, name)
        first = own(host)
        if Path("/proc").is_dir():
            for pid in host.pids:
                assert b"ESSAIM_PASSWORD" not in Path(f"/proc/{pid}/environ").read_bytes()
        os.kill(first, signal.SIGKILL)
        until(lambda: not host._spawner.alive(first))
        with pytest.raises(Ended):
            host.serve(CLUSTER, "import streamlit as st")
        now[0] += PAUSE
        host.serve(CLUSTER, "import streamlit as st")
        assert own(host) not in (0, first)


@contextmanager
def closing_host(host: Host) -> Iterator[Host]:
    try:
        yield host
    finally:
        host.stop()


def test_each_cluster_has_a_process_of_its_own(host: Host) -> None:
    one, two = Cluster(), Cluster()
    first, _ = host.serve(one, "import streamlit as st")
    second, _ = host.serve(two, "import streamlit as st")
    assert first != second
    os.kill(own(host, one), signal.SIGKILL)
    until(lambda: not host._spawner.alive(own(host, one)))
    assert host.serve(two, "import streamlit as st")[0] == second
    assert host._spawner.alive(own(host, two))


def test_room_is_made_of_the_clusters_without_a_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("essaim_practice.apps.host.MOST_PROCESSES", 2)
    now = [0.0]
    with closing_host(Host(lambda: now[0])) as host:
        seen, idle, late = Cluster(), Cluster(), Cluster()
        for cluster in (seen, idle):
            now[0] += 1
            host.serve(cluster, "import streamlit as st")
        gone = own(host, idle)
        with host.viewer(seen):
            host.serve(late, "import streamlit as st")
        assert not host._spawner.alive(gone)
        assert host._spawner.alive(own(host, seen))
        assert host._spawner.alive(own(host, late))


def test_the_processes_end_with_their_parent_and_leave_no_file(host: Host) -> None:
    host.serve(CLUSTER, "import streamlit as st")
    spawner, pids = host._spawner._process, host.pids
    folder = host._processes[id(CLUSTER)].folder.name
    assert spawner is not None
    assert spawner.stdin is not None
    spawner.stdin.close()  # as when the parent is killed
    assert spawner.wait(PATIENCE) == 0
    assert not Path(folder).exists()
    ends(pids[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a spawner elsewhere has no parent to miss")
def test_a_process_ends_when_its_spawner_is_killed(host: Host) -> None:
    host.serve(CLUSTER, "import streamlit as st")
    spawner, process = host.pids
    os.kill(spawner, signal.SIGKILL)
    ends(process)


def test_a_process_that_does_not_start_is_told(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "spawner.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr("essaim_practice.apps.host._SPAWNER", broken)
    with pytest.raises(Unavailable, match="does not start"):
        host.serve(CLUSTER, "import streamlit as st")


# What is too much


#: Nearly nine million cells, of which a chart makes as many lines.
HUGE = (
    "import streamlit as st\nimport pandas as pd\nst.title('Huge')\n"
    f"n = {list(range(2900))}\n"
    "st.line_chart(pd.DataFrame(1, index=n, columns=n))\n"
).replace(", ", ",")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound a process's memory")
def test_an_app_that_takes_too_much_ends_at_most_its_own_process(
    practice: PracticeServer, call: Call, engine: docker.DockerClient, built: object
) -> None:
    assert refusal(HUGE) is None
    with PracticeServer.start(speed=50, seed=2, bind_ports=False) as neighbour:
        other = docker.DockerClient(base_url=neighbour.urls[0])
        run(calling(neighbour), other, "huge", HUGE.encode(), 8080)
        with opened(practice, 8080) as mine:
            assert drawn(mine)[0] == "heading Hello"
            with suppress(ConnectionClosed), opened(neighbour, 8080) as socket:  # it may be ended
                assert drawn(socket)[:1] == ["heading Huge"]
            again = BackMsg()
            again.rerun_script.query_string = ""
            mine.send(again.SerializeToString())
            assert drawn(mine)[0] == "heading Hello"
        other.close()


def test_a_fault_shows_the_learners_lines_and_none_of_ours(
    practice: PracticeServer, call: Call, engine: docker.DockerClient
) -> None:
    source = b"import pandas as pd\n\nx = pd.DataFrame({'a': [1], 'b': [1, 2]})\n"
    run(call, engine, "unequal", source, 8080)
    with opened(practice, 8080) as socket:
        (element,) = elements(socket)
    shown = element.exception
    assert shown.message == "All arrays must be of the same length"
    trace = "\n".join(shown.stack_trace)
    assert 'File "/app/app.py", line 3' in trace
    assert trace.count("File ") == 1
