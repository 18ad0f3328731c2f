"""What stack-class.yml says, with the values that it has where nobody sets another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "stack-class.yml"
NAME, PORT = "tasks.worker", 7070  # of the workers


def services() -> dict[str, dict[str, Any]]:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", FILE.read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


def worker(host: str, data: Path) -> list[str]:
    """The worker's command, of ``python -m``, for another address and folder."""
    python, module, *command = services()["worker"]["command"]
    assert (python, module) == ("python", "-m")
    there = {f"--listen=tcp://0.0.0.0:{PORT}": f"--listen={host}", "--data=/data": f"--data={data}"}
    assert set(there) <= set(command)
    return [there.get(word, word) for word in command]


def dashboard(name_and_port: str, **others: str) -> dict[str, str]:
    """The dashboard's settings, but for files of secrets, with workers at another port."""
    said = {
        name: str(value)
        for name, value in services()["dashboard"]["environment"].items()
        if value not in ("", None) and not name.endswith("_FILE")
    }
    assert said["ESSAIM_WORKERS"] == f"tcp://{NAME}:{PORT}"
    return said | {"ESSAIM_WORKERS": f"tcp://{name_and_port}"} | others
