"""The Build page on a practice cluster: a folder of a machine, and what is built of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.control.control import Control
from core.engine.practice import calls
from core.machines.files import MachineFiles
from core.ui import build_folder
from tests.cluster.test_collector import until
from tests.pages.conftest import Open, fine

APP = f"{build_folder.FOLDER}/app.py"


@pytest.fixture
def machine(cluster: Control) -> MachineFiles:
    return MachineFiles(cluster.connection.way)


def read(machine: MachineFiles, path: str) -> bytes:
    with machine.asked("GET", "file", {"path": path}) as answer:
        return answer.content


def built(app: AppTest) -> str:
    """Press the button; the log, or the refusal."""
    fine(app.button(key="build").click().run())
    job = app.session_state["viewer"].jobs["building"]
    until(lambda: not job.running, 60)
    return str(job.error or job.log)


def test_the_courses_files_are_put_on_the_machine_once(
    cluster: Control, visit: Open, machine: MachineFiles
) -> None:
    fine(visit("build"))
    assert read(machine, APP).decode() == build_folder.written("app.py")
    machine.write(APP, b"print('mine')\n")
    fine(visit("build"))
    assert read(machine, APP) == b"print('mine')\n"


def test_the_machines_folder_is_built_as_docker_does(
    cluster: Control, visit: Open, machine: MachineFiles
) -> None:
    app = fine(visit("build"))
    machine.write(f"{build_folder.FOLDER}/.dockerignore", b"secret*\n")
    for name in ("secret.txt", "open.txt"):
        machine.write(f"{build_folder.FOLDER}/{name}", b"\xff\0")
    dockerfile = f"{build_folder.FOLDER}/Dockerfile"
    machine.write(dockerfile, b"FROM alpine\nCOPY open.txt /\n")
    assert "Successfully tagged my-streamlit-app:latest" in built(app)
    assert cluster.journal.records()[-1].line == "docker build -t my-streamlit-app ."
    machine.write(dockerfile, b"FROM alpine\nCOPY secret.txt /\n")
    assert "secret.txt" in built(app)
    machine.write(dockerfile, b"")
    with machine.asked("DELETE", "file", {"path": dockerfile}):
        pass
    assert "Dockerfile" in built(app)


def test_the_dashboard_builds_no_endless_folder(
    cluster: Control, visit: Open, machine: MachineFiles
) -> None:
    app = fine(visit("build"))
    patterns = "\n".join(f"a{number}*b*c" for number in range(20_000))
    machine.write(f"{build_folder.FOLDER}/.dockerignore", patterns.encode())
    for number in range(20):
        machine.write(f"{build_folder.FOLDER}/{'a' * 200}{number}", b"")
    assert "too many patterns" in built(app)
    machine.write(f"{build_folder.FOLDER}/.dockerignore", b"")
    machine.write(f"{build_folder.FOLDER}/large", bytes(21_000_000))
    assert "larger than 20000 kB" in built(app)


def test_the_courses_files_come_back(cluster: Control, visit: Open, machine: MachineFiles) -> None:
    app = fine(visit("build"))
    machine.write(APP, b"mine")
    machine.write(f"{build_folder.FOLDER}/notes", b"mine")
    fine(app.button(key="put_back").click().run())
    assert read(machine, APP).decode() == build_folder.written("app.py")
    assert read(machine, f"{build_folder.FOLDER}/notes") == b"mine"


def test_what_is_only_typed_is_said_not_to_be_built(cluster: Control, visit: Open) -> None:
    app = fine(visit("build", unsaved_files=["app.py", "a_b.py"]))
    (told,) = [each.value for each in app.caption if "Not saved yet" in each.value]
    assert "app\\.py" in told or "app.py" in told
    assert "a\\_b.py" in told


def test_a_machine_without_power_is_said_in_one_sentence(cluster: Control, visit: Open) -> None:
    replace(cluster.connection, machine="node2").send(calls.kill("node1"))
    app = visit("build")
    assert [each.value for each in app.exception] == []
    assert any("does not answer" in each.value for each in app.warning)


def test_a_real_engine_keeps_the_fields(real: Control, visit: Open, machine: MachineFiles) -> None:
    app = fine(visit("build"))
    assert [area.label for area in app.text_area] == ["app.py", "Dockerfile"]
    assert not machine.is_there(build_folder.FOLDER)
