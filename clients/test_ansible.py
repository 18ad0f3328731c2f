"""Modules of community.docker, as a playbook that is played twice: the second changes nothing."""

import json
import os
import subprocess
from pathlib import Path

import pytest

PLAYBOOK = Path(__file__).parent / "playbook.yml"


@pytest.fixture(scope="module")
def plays(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ansible")
    environment = os.environ | {
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "LC_ALL": "C.UTF-8",
    }

    def play():
        line = ["ansible-playbook", str(PLAYBOOK)]
        done = subprocess.run(line, env=environment, cwd=folder, capture_output=True, text=True)
        said = done.stdout[done.stdout.find("{") :]
        assert said, done.stderr
        return json.loads(said)

    return play(), play()


def tasks(play):
    """Each task's name and what it answered."""
    return {task["task"]["name"]: task["hosts"]["localhost"] for task in play["plays"][0]["tasks"]}


@pytest.mark.parametrize("turn", [0, 1])
def test_no_task_fails(plays, turn):
    failed = {name: told["msg"] for name, told in tasks(plays[turn]).items() if told.get("failed")}
    assert failed == {}


def test_the_first_play_makes_all(plays):
    unchanged = [name for name, told in tasks(plays[0]).items() if not told["changed"]]
    assert unchanged == ["the machine", "the Swarm", "the node", "the service", "the container"]


def test_the_second_play_changes_nothing(plays):
    changed = {name: told.get("diff") for name, told in tasks(plays[1]).items() if told["changed"]}
    assert changed == {}
    assert plays[1]["stats"]["localhost"]["changed"] == 0


def test_what_was_made_is_told(plays):
    told = tasks(plays[1])
    assert told["the machine"]["host_info"]["Swarm"]["LocalNodeState"] == "active"
    assert told["the service"]["service"]["Spec"]["Mode"]["Replicated"]["Replicas"] == 3
    assert told["the container"]["container"]["State"]["Running"]
