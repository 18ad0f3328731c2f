"""Every flag reaches the container: its HostConfig, Config and Mounts are those of a real 28.5."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import docker
import pytest

from essaim_practice.hosting.server import PracticeServer

from .recorded_specs import NAME, RECORDED, SLEEP, less, lines, masked, more

FOUND: list[dict[str, Any]] = json.loads(RECORDED.read_text())
PLAIN = {kind: next(e for e in FOUND if e["kind"] == kind) for kind in ("create", "run", "service")}


class Place:
    """A practice Swarm with what the lines refer to."""

    def __init__(self, server: PracticeServer) -> None:
        self.server, self.client = server, server.client
        api = self.client.api
        self.client.images.pull("alpine", "latest")
        pool = docker.types.IPAMPool(subnet="172.30.99.0/24")
        ipam = docker.types.IPAMConfig(pool_configs=[pool])
        self.client.networks.create(f"{NAME}-net", ipam=ipam)
        overlay = self.client.networks.create(f"{NAME}-overlay", "overlay", attachable=True)
        self.client.volumes.create(f"{NAME}-vol")
        self.client.containers.run(
            "alpine", list(SLEEP), name=f"{NAME}-other", detach=True, ipc_mode="shareable",
            volumes=[f"{NAME}-more:/more"],
        )  # fmt: skip
        config = self.client.configs.create(name=f"{NAME}-config", data=b"data")
        secret = self.client.secrets.create(name=f"{NAME}-secret", data=b"data")
        host = api.inspect_network("host", scope="swarm")["Id"]
        made = {"CONFIG_ID": config.id, "SECRET_ID": secret.id, "OVERLAY_ID": overlay.id}
        self.ids = made | {"HOST_ID": host}
        self.api = api

    def post(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        text = json.dumps(body)
        for word, id in self.ids.items():
            text = text.replace(word, str(id))
        url = self.api._url(path)
        kind = {"Content-Type": "application/json"}
        answer = self.api.post(url, data=text, params=query, headers=kind)
        self.api._raise_for_status(answer)
        made: dict[str, Any] = answer.json()
        return made

    def container(self, entry: dict[str, Any], name: str) -> dict[str, Any]:
        """The container that a recorded body makes, as it is inspected."""
        body = more(PLAIN[entry["kind"]]["body"], entry.get("body", {}))
        if entry["kind"] != "service":
            made = self.post("/containers/create", body, name=name)
            shown: dict[str, Any] = self.api.inspect_container(made["Id"])
            self.api.remove_container(made["Id"], v=True)
            return shown
        body["Name"] = name
        self.post("/services/create", body)
        label = f"com.docker.swarm.service.name={name}"
        for _ in range(1000):
            if found := self.api.containers(all=True, filters={"label": label}):
                break
            self.server.clock.step(0.5)
        shown = self.api.inspect_container(found[0]["Id"])
        self.api.remove_service(name)
        return shown


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with PracticeServer.start(
        nodes=1, engine="28.5", speed=100, seed=1, bind_ports=False
    ) as server:
        yield Place(server)


@pytest.mark.parametrize(
    ("number", "entry"), list(enumerate(FOUND)), ids=[f"{e['kind']} {e['flags']}" for e in FOUND]
)
def test_a_flag_reaches_its_container(place: Place, number: int, entry: dict[str, Any]) -> None:
    shown, kept = _own(place.container(entry, f"{NAME}-{number}")), PLAIN[entry["kind"]]
    wanted = deepcopy(more({name: kept[name] for name in shown}, entry))
    wanted = {name: wanted[name] for name in shown}
    asked = entry.get("body", {}).get("HostConfig", {}).get("CgroupnsMode")
    wanted["HostConfig"]["CgroupnsMode"] = asked or "private"  # the recorded kernel is older
    if "--blkio-weight" in entry["flags"]:  # and had to discard it
        wanted["HostConfig"]["BlkioWeight"] = 300
    found = less(wanted, shown), less(shown, wanted)
    assert found == ({}, {}), f"{found[0]} for {found[1]}"


def _own(container: dict[str, Any]) -> dict[str, Any]:
    """Without what the practice engine's alpine brings, and the recorded one's does not."""
    shown = masked(container)
    config = shown["Config"]
    config["Env"] = [pair for pair in config["Env"] if not pair.startswith("PATH=")] or None
    config["WorkingDir"] = config["WorkingDir"].removesuffix("/")
    return shown


def test_every_line_is_recorded() -> None:
    assert [(e["kind"], e["flags"]) for e in FOUND] == [(t.kind, t.flags) for t in lines()]
