"""The apps that run for real: which scripts those are, and that Streamlit draws what they say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
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

from essaim_practice.apps import process
from essaim_practice.apps.host import HOST, IDLE, MOST_SCRIPTS, PAUSE, Ended, Host, Unavailable
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.programs.not_run import MISSING, page
from essaim_practice.programs.script_check import MOST, refusal

from .conftest import Call
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


MANY = str(list(range(300))).replace(" ", "")
LONG = f"n = {MANY}"
TABLE = "t = pd.DataFrame(1, index=n, columns=n)"


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        (f"{LONG}\n{TABLE}", False),
        (f"{LONG}\nt = pd.DataFrame(1, n, n)", False),
        (f"{LONG}\nd = {{'a': {MANY}}}\nt = pd.DataFrame(d, columns=n)", False),
        (f"{LONG}\nst.line_chart(pd.DataFrame(index=n, columns=n, data=0))", False),
        (f"{LONG}\n" + "st.table(n)\n" * 300, False),
        (f"t = pd.DataFrame({{'a': {MANY}, 'b': {MANY}}})\nst.line_chart(t)", True),
        (f"{LONG}\nst.line_chart(n)\nst.bar_chart(n)\nst.selectbox('x', n)", True),
        ("t = pd.DataFrame([[1, 2], [3, 4]], columns=['a', 'b'])\nst.table(t)", True),
    ],
)
def test_tables_have_so_many_cells_in_all(line: str, runs: bool) -> None:
    found = refusal(f"import streamlit as st\nimport pandas as pd\n{line}")
    assert (found is None) == runs


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
    networks = engine.containers.get("app").attrs["NetworkSettings"]["Networks"]
    address = networks["bridge"]["IPAddress"]
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


def ends(pid: int) -> None:
    until(lambda: not Path(f"/proc/{pid}").exists())


@contextmanager
def closing_host(host: Host) -> Iterator[Host]:
    try:
        yield host
    finally:
        host.stop()


def test_the_process_knows_nothing_of_ours_and_begins_anew_when_it_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ESSAIM_PASSWORD", "a password for tests")
    now, other = [0.0], Cluster()
    with closing_host(Host(lambda: now[0])) as host:
        port, name = host.serve(CLUSTER, "import streamlit as st")
        assert host.serve(CLUSTER, "import streamlit as st") == (port, name)
        assert host.serve(other, "import streamlit as st") == (port, name)  # one for all
        first = host.pid
        if Path("/proc").is_dir():
            assert b"ESSAIM_PASSWORD" not in Path(f"/proc/{first}/environ").read_bytes()
        os.kill(first, signal.SIGKILL)
        until(lambda: host._process is not None and not host._process.alive)
        for cluster in (CLUSTER, other):
            with pytest.raises(Ended):
                host.serve(cluster, "import streamlit as st")
        now[0] += PAUSE
        host.serve(CLUSTER, "import streamlit as st")
        assert host.pid not in (0, first)


def test_it_ends_when_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    with closing_host(Host(lambda: now[0])) as host:
        host.serve(CLUSTER, "import streamlit as st")
        pid = host.pid
        now[0] += IDLE + 1
        with host.viewer():
            host.rest()
            assert host.pid == pid
        host.rest()
        assert host.pid == pid  # somebody looked just now
        now[0] += IDLE + 1
        host.rest()
        assert host.pid == 0
        ends(pid)


def test_a_cluster_keeps_so_many_scripts_and_takes_none_of_another(host: Host) -> None:
    other = Cluster()
    _, kept = host.serve(other, "import streamlit as st")
    for number in range(MOST_SCRIPTS + 5):
        host.serve(CLUSTER, f"import streamlit as st\nst.text({number})")
    assert host._process is not None
    assert host._process.file(kept).is_file()
    assert len(list(host._process.folder.glob("*.py"))) == MOST_SCRIPTS + 1


def test_the_process_ends_with_its_parent_and_leaves_no_file(tmp_path: Path) -> None:
    source = (
        "import time\nfrom essaim_practice.apps.host import HOST\n"
        "HOST.serve(HOST, 'import streamlit as st')\n"
        "print(HOST.pid, HOST._process.folder, flush=True)\ntime.sleep(1000)\n"
    )
    command = [sys.executable, "-c", source]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        parent.kill()
    until(lambda: not Path(folder).exists())
    ends(int(pid))


def test_its_memory_is_less_than_its_containers(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    assert process.most((str(limit),)) == process.MEMORY
    limit.write_text(f"{2**29}\n")
    assert process.most((str(limit), str(tmp_path / "missing"))) == 2**28


def test_a_process_that_does_not_start_is_told(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "process.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr("essaim_practice.apps.host._PROCESS", broken)
    with pytest.raises(Unavailable, match="does not start"):
        host.serve(CLUSTER, "import streamlit as st")


# What is too much


#: Nearly nine million cells, of which a chart makes as many lines.
HUGE = (
    "import streamlit as st\nimport pandas as pd\nst.title('Huge')\n"
    f"n = {list(range(2900))}\n"
    "st.line_chart(pd.DataFrame(1, index=n, columns=n))\n"
).replace(", ", ",")


def test_an_app_that_would_take_too_much_is_shown_and_not_run(
    call: Call, engine: docker.DockerClient
) -> None:
    run(call, engine, "huge", HUGE.encode(), 8080)
    assert "This app is not run here" in call("GET", "/_practice/open/node1/8080/").body.decode()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="nothing tells how a process is")
def test_that_the_process_ended_is_said_on_the_page_and_it_comes_back(
    practice: PracticeServer, call: Call, built: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("GET", "/_practice/open/node1/8080/").status == 200
    os.kill(HOST.pid, signal.SIGKILL)
    until(lambda: HOST._process is not None and not HOST._process.alive)
    ended = call("GET", "/_practice/open/node1/8080/")
    assert ended.status == 502
    assert "has ended: an app took more memory or time than it may" in ended.body.decode()
    monkeypatch.setattr("essaim_practice.apps.host.PAUSE", 0.0)
    assert call("GET", "/_practice/open/node1/8080/").status == 200


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
