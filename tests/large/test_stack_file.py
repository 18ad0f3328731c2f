"""stack-class.yml: what it gives away, and that its parts fit together."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from .stack import FILE, NAME, PORT, services


@pytest.mark.cli
def test_docker_understands_it() -> None:
    done = subprocess.run(
        ["docker", "stack", "config", "-c", str(FILE)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = {line.strip() for line in done.stdout.splitlines()}
    assert lines >= {
        "image: essaim:latest",
        "replicas: 1",
        "replicas: 3",
        "endpoint_mode: dnsrr",
        "internal: true",
        "- mode: host",
        "order: stop-first",
        "- node.labels.essaim.data == yes",
        "- spread: node.id",
    }
    assert "docker.sock" not in done.stdout


@pytest.mark.parametrize("service", ["dashboard", "worker"])
def test_its_services_may_do_nothing_that_they_need_not(service: str) -> None:
    said = services()[service]
    assert said["read_only"]
    assert said["cap_drop"] == ["ALL"]
    assert "user" not in said  # that of the image, who is not root
    limits = said["deploy"]["resources"]["limits"]
    assert {"cpus", "memory"} <= set(limits)
    kept, scratch = said["volumes"]
    assert (kept["type"], kept["target"]) == ("volume", "/data")
    assert scratch["type"] == "tmpfs"
    assert scratch["tmpfs"]["size"]


def test_the_dashboard_finds_its_workers_and_shares_their_secret() -> None:
    parts = services()
    dashboard, worker = parts["dashboard"], parts["worker"]
    shared = "ESSAIM_WORKER_SECRET_FILE"
    assert dashboard["environment"]["ESSAIM_WORKERS"] == f"tcp://{NAME}:{PORT}"
    assert f"--listen=tcp://0.0.0.0:{PORT}" in worker["command"]
    assert dashboard["environment"][shared] == worker["environment"][shared]
    assert "essaim_worker" in dashboard["secrets"]
    assert worker["secrets"] == ["essaim_worker"]  # and not the teacher's password
    assert worker["networks"] == ["workers"]
    assert "ports" not in worker


def test_the_health_check_asks_the_port_that_the_worker_listens_at() -> None:
    said: dict[str, Any] = services()["worker"]
    kind, *check = said["healthcheck"]["test"]
    assert kind == "CMD"
    assert check[:3] == said["command"][:3]
    assert check[3:] == ["--check", f"--listen=tcp://127.0.0.1:{PORT}"]
